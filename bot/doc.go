// Package bot is the product's face in Telegram: commands, keyboards, the live message of a
// round and its result, one bot for each tenant.
//
// What lives here: reading updates, asking the domain rooms, and saying what they answered in
// the reader's language. What may not: SQL, rules of games, money of any kind. Every refusal
// of a room becomes one clear toast or reply.
package bot
