// Package slots is a slot machine: reels with fixed strips, lines, a wild and a scatter that gives free spins. A spin is one
// bet, drawn and paid at once by the house.
//
// # The maths
//
// Reel i shows three neighbours of its strip, from the stop s_i = fairness.Stream.Intn(length of strip i) on, around the end:
// one word a reel. A line names one of the three rows of each reel. From the left, the longest run of one symbol, the wild
// standing for any but the scatter, pays pays[symbol][length]; a run of wilds alone may pay as wilds, and the better counts.
// The scatter pays and gives free spins by the number of reels that show it.
//
// Amounts are counted in hundredths of what is staked on one line: a spin of L lines has W = the lines' pays + L x the
// scatter's, at most L x max_win. A free spin multiplies before that bound. The bet gets back floor(stake x sum of W / (100 L)),
// rounded once. Free spins add free spins by the same table while retrigger is on; there are never more than `most` of them,
// so the most that a bet can win is known: L x 100 parts of the best spin plus `most` times the best free spin.
//
// The return is exact: all stops are gone through (branches whose lines have all ended are counted, not walked), which gives
// the mean of a spin, of a free spin, and how often each number of free spins is given. The i-th free spin is played or not
// before it is spun, so the expected bonus is E[free spins played] x E[a free spin], with the first factor by counting ways
// of giving i free spins over all i up to the bound. It is a quotient of big integers: a config over 100 % is refused with the
// number. Strips with more than 50,000,000 combinations of stops are not gone through: their return is simulated.
//
// The default machine has 3 reels of 32 stops and 5 lines. It returns 96.3265 % (an edge of 3.6735 %), and a bet wins at most
// 2,500 times its stake.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package slots
