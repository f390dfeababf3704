// Package parity is one ten-sided die and bets on odd or even, banked by the house: the smallest game that a test adds.
//
// # The maths
//
// The die is fairness.Stream.Intn(10)+1: five faces are odd and five are even. A win gets floor(stake x pays / 100) back, so
// a choice returns pays / 2 hundredths of the stake; a config above 100 % is refused.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package parity
