// Package notify is the bot's way out to Telegram and the store of what came in: the governor
// that keeps every send within Telegram's limits, the reader of the notifications outbox, and
// the inbox that takes each update once.
//
// What lives here: pacing, priorities, retries, delivery state. What may not: message texts,
// rounds, money.
//
// The life of a notification; a claim leases it for two minutes, so that a reader that died
// loses nothing:
//
//	queued --claim--> sent
//	   |                ^
//	   +--trouble--> failed --claim again, later each time--> sent
//	   |                |
//	   +----------------+--blocked, refused or eight attempts--> dead
package notify
