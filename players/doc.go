// Package players knows who plays where: tenants and their bots, groups, players, membership,
// sign-in codes and sessions. Every public key it hands out is entered in the directory in the
// same transaction.
//
// What lives here: identity, membership, a player's seed and usual stake, tokens. What may
// not: money (the ledger's), rounds (games), messages and Telegram calls (the bot's).
package players
