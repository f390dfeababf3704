// Package providers lets games of others be played with the money of a group: by a seamless wallet that they call.
//
// What lives here: providers and their games, launch sessions, the wallet's calls (authenticate, balance, bet, win, rollback,
// close), and what operators do with all that. The protocol is in providers/seamless, the kit that attacks a wallet in
// providers/conformance. What may not: HTTP beyond headers, other rooms' tables, any rule of a game.
package providers
