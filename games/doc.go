// Package games is the round engine: it opens rounds, takes bets and claims, closes, draws,
// settles and voids them, and publishes their proofs.
//
// What lives here: the engine, the generated catalogue, the proof and its verification. What
// may not: the rules of a game (each has its own folder), message texts, workflows.
package games
