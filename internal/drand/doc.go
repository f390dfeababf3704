// Package drand asks a drand network for its public randomness over HTTP.
//
// What lives here: the requests. What may not: the check of signatures, which package fairness makes, and what the randomness is
// used for.
package drand
