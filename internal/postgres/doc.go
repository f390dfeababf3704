// Package postgres is the one door to the database: one pool, and transactions that always
// name their tenant.
//
// What lives here: opening the pool, tenant transactions, the one-round-trip call, retries
// and the meaning of the database's error codes. What may not: any table, any rule.
package postgres
