// Package wheel is the wheel of fortune: players bet on a symbol before it spins, and the house pays what the segment shows.
//
// # The maths
//
// The wheel has segments with whole weights, one symbol each. With a total weight of T a spin is n = fairness.Stream.Intn(T):
// one word. The segments lie on [0, T) in the order of the config, each as wide as its weight, and the one that holds n wins.
// So a symbol of weight w wins in w of T spins, and a winning stake gets back floor(stake x pays / 100), stake included.
//
// The return of a symbol is w x pays / T hundredths of the stake: a config where that passes 100 % is refused. A segment that
// pays 0 can't be bet on: it is the house's. The default wheel returns 96.00 % on every symbol (an edge of 4.00 %).
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package wheel
