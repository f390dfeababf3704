// Package bot is the product's face in Telegram: commands, keyboards, the live message of a
// round and its result, one bot for each tenant.
//
// Of the cashier it is the private face of players (wallet, top-up, withdrawal, limits, PIN) and
// a review desk of operators who linked their account. A PIN or a code is deleted from the chat
// as soon as it is read, and is never stored: private messages are kept sealed until handled.
//
// What lives here: reading updates, asking the domain rooms, and saying what they answered in
// the reader's language. What may not: SQL, rules of games, the movement of money. Every refusal
// of a room becomes one clear toast or reply.
package bot
