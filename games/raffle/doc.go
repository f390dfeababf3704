// Package raffle is a raffle: players buy tickets until the window closes, and tickets drawn without replacement share the pot.
//
// # The maths
//
// A bet of n x price buys n tickets. In the order of the bets they are numbered from 1. The ticket list is the text
//
//	fairground.tickets.v1
//	<seq>:<player>:<first ticket>-<last ticket>
//
// with a line for each bet, each line ended; its hex SHA-256 is the hash of the list. The draw gives a key: eight words of the
// round's stream, big-endian, 32 bytes. Nobody's tickets reach it. The winners come from fairness.Stream(key, hash, 0): the
// draw fixes the list, and neither the key nor the list can be chosen by who knows the other.
//
// With R tickets left the next winner is Intn(R), counted from 0 over the tickets left in their order. A ticket wins once;
// with one_prize_each all tickets of a winner's player leave. So every ticket left is equally likely at every step.
//
// There are prizes_per_run winners, and one more for each full one_more_per_tickets tickets sold, but no more than prizes in
// stock, than tickets, or with one_prize_each than players. The prizes are given in the order of the list, each as often as its
// stock. One is floor(pot x share / 10000); what is not given away, remainders of rounding included, stays with the house or
// goes to the first winner, as `rest` says. Shares times stock are at most 100 % of the pot, or the config is refused.
// Only 10,000,000,000,000 minor units of a pot are shared: what lies above would stay with the house.
//
// The default raffle gives 60 %, 20 % and twice 10 % of the pot, and the rest to the first winner: 100 % comes back.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness but the stream.
package raffle
