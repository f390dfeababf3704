// Package notify is the bot's way out to Telegram and the store of what came in: the governor
// that keeps every send within Telegram's limits, the reader of the notifications outbox, and
// the inbox that takes each update once.
//
// What lives here: pacing, priorities, retries, delivery state. What may not: message texts,
// rounds, money.
package notify
