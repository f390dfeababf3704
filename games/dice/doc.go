// Package dice is sic bo: three dice, and bets on their sum, its parity or a triple. The house
// banks it with published odds.
//
// # The maths
//
// Each die is fairness.Stream.Intn(6)+1, so all 216 throws are equally likely. A choice wins in
// `ways` of them, counted by going through all 216:
//
//	big    sum 11 to 17, no triple   105     small  sum 4 to 10, no triple   105
//	odd    odd sum, no triple        105     even   even sum, no triple      105
//	triple any three of a kind         6     sum.4 to sum.17   3 6 10 15 21 25 27 27 25 21 15 10 6 3
//
// A winning stake gets back floor(stake x pays / 100), stake included. The expected return of a
// choice is ways x pays / 216 hundredths of the stake; a config where that passes 100 % is
// refused. The default config returns 97.22 % (an edge of 2.78 %), except sum.9 and sum.12 with
// 92.59 % (7.41 %) and sum.10 and sum.11 with 87.50 % (12.50 %), the price of whole multiples.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package dice
