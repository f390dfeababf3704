// Package crash is a multiplier that climbs until it crashes at a hidden point: who cashes out before takes the stake times
// the multiplier, who doesn't loses it. The house banks it with published odds.
//
// # The draw
//
// Two numbers, always both: a = fairness.Stream.Intn(10000) and w = fairness.Stream.Int64n(2^32). If a < edge_bp the run
// crashes at 1.00 times. Otherwise it crashes at floor(100 x 2^32 / (2^32 - w)) hundredths, which is 1/(1-u) for u = w/2^32,
// but never beyond max_multiplier. All integers below 2^53. The word has 32 bits so that the chance of every target is a
// fraction of 64-bit integers; with 52 bits no return would differ by one part in a million.
//
// # The curve
//
// The multiplier starts at 1.00 and grows by growth_ppm parts per million every 100 ms. In billionths of a hundredth:
// v(0) = 100 x 10^6, v(k+1) = v(k) + floor(v(k) x growth_ppm / 10^6); t ms after the start it is
// floor((v(k) + floor((v(k+1) - v(k)) x (t mod 100) / 100)) / 10^6) hundredths with k = floor(t / 100). It never falls. The
// run lasts until the first millisecond at which the curve reaches the crash point, at least 1 ms.
//
// # What it pays
//
// A bet names its automatic cash-out: "auto.250" takes 2.50 times if the run crashes at 2.50 or later. A bet on "manual"
// stands for the automatic cash-out at max_multiplier. Either may cash out before by the act "cash_out" of slot 0, from the
// first millisecond of the run until its own target is reached: at t, while the run lasts, it takes the multiplier of t.
// Payouts are floor(stake x multiplier / 100).
//
// A target of m hundredths wins in (10000 - edge_bp) x floor(100 x 2^32 / m) of 10000 x 2^32 draws and so returns at most
// 1 - edge_bp/10000, exactly that for 2.00, and less by under one part in a million for any other. A cash-out by hand at m
// needs a crash point beyond m, which returns less than the target m does: no strategy beats the edge.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package crash
