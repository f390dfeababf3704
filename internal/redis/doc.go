// Package redis opens Redis and gives the admission lock built on it.
//
// What lives here: the client's settings and the lock with its modes. What may not: anything
// that money depends on. Postgres alone decides; losing Redis costs latency.
package redis
