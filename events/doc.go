// Package events carries facts from where they happen to who must know: versioned event types,
// the outbox they are written to in the transaction that makes them true, and the relay that
// hands them on.
//
// Delivery is at least once, usually in order, and no consumer may rely on the order. A consumer
// in a transaction sees an event exactly once, because its inbox row commits with its work.
// No rule of any other room lives here.
package events
