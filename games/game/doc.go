// Package game is the contract between the round engine and the games: pure rules,
// no I/O, no clock, no randomness but the draw it is handed.
//
// What lives here: the Game and Rules interfaces, their value types and the conformance
// suite in gametest. What may not: any game, any storage, any message text.
package game
