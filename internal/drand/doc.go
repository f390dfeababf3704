// Package drand asks a drand network for its public randomness over HTTP.
//
// What lives here: the requests, and that an answer is the network's own. What may not: what the randomness is used for.
package drand
