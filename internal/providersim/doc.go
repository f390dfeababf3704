// Package providersim is a provider of one game, heads or tails, for machines without a real one: a page to play on, and
// behind it the calls of a seamless wallet with everything that a provider owes it. What was begun is written down first, so
// a bet whose answer got lost is rolled back and a win is paid, whatever fails or is killed in between.
//
// What lives here: the page, the game, the client of the wallet, the journal. What may not: the wallet. It is no part of a
// deployment.
package providersim
