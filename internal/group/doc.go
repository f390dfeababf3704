// Package group lets callers that arrive together share one transaction.
//
// What lives here: the queue, who stands in a batch, and what happens when a batch fails as a whole. What may not: what the
// callers ask for; each room sends its own batches.
package group
