// Package fairness is the provably fair draw: commit, player seeds, reveal, verify.
//
// What lives here: pure functions over bytes, computed identically by the browser
// verifier. What may not: storage, clocks, game rules.
package fairness
