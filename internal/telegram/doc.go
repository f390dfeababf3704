// Package telegram speaks the Telegram Bot API: one thin client over go-telegram-bot-api,
// typed errors without the token, updates with the fields the library lacks, the polling
// loop, the webhook handler and the check of a Mini App's initData.
//
// What lives here: transport and wire types. What may not: commands, message texts, rate
// limits (notify), storage, and any rule of the product.
package telegram
