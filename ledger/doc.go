// Package ledger is the only writer of money: accounts, postings, holds, reversals,
// statements and the audit that proves them.
//
// What lives here: one verb a file, each one call of a function in the database that checks
// and posts in one transaction. What may not: game rules, membership, message text, and any
// write to a money table from Go; the application role could not do it.
//
// Amounts are int64 minor units of an asset and times are UTC. A request carries a key:
// the same key with the same payload gives the first answer again (Replayed), the same key
// with another payload is refused with ledger.key_reused. A refusal for lack of money is kept
// under its key; refusals that may pass later are not.
package ledger
