// Package duel is a coin flip between two players: the opener stakes on heads, whoever joins
// stakes the same on tails, and the winner takes the pot less the rake.
//
// # The maths
//
// The coin is fairness.Stream.Intn(2): 0 is heads, 1 is tails. With stakes of X each the winner
// gets 2X - floor(2X x rake_bp / 10000); the rest stays with the house. Each side returns
// (20000 - 2 x rake_bp) / 2 basis points of its stake: 100 % without a rake.
//
// The engine voids a duel that nobody joins, and gives the stake back.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package duel
