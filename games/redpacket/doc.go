// Package redpacket is the red packet: the opener funds a total, it is split into shares when
// the packet opens, and each player who claims takes the next share. What nobody claims goes
// back to the opener.
//
// # The maths
//
// random and mine: a total of T in n shares is cut at n-1 distinct points of 1 to T-1. Points
// come one by one as fairness.Stream.Int64n(T-1)+1; a point that was cut before is drawn again.
// The shares are the differences of 0, the sorted points and T: every share is at least 1, the
// sum is T exactly, and each of the C(T-1, n-1) splits is equally likely. All integers.
//
// equal: T/n each, and one more for each of the first T mod n shares. No word is used.
//
// mine: split as random. A share whose last digit is the packet's mine digit costs its taker
// floor(T x loss_bp / 10000), paid to the opener; so much every taker must be able to pay.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package redpacket
