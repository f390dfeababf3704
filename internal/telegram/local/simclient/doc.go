// Package simclient drives a local Telegram over its /sim API: it makes people and chats,
// writes and taps as them and waits for what the bot does.
//
// What lives here: one method a route. What may not: assertions, and any rule of the product.
package simclient
