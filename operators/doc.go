// Package operators knows the people who run a tenant: their accounts and roles, how they prove who they are (password,
// TOTP, recovery codes, sessions, API keys, a linked Telegram account, OIDC), what each may do, and the log of what
// they did.
//
// What lives here: sign-in, the second factor, staff, keys, the permission matrix, reading the operation log. Every
// write is a function of the database, which checks the proof itself; other rooms pass Authority.Via and Proof on to
// theirs. What may not: money (the cashier's), players, messages. Tokens, codes and passwords are in no log and no error.
package operators
