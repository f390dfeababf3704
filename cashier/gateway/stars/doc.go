// Package stars is Telegram Stars. The bot alone talks to Telegram: it sends the invoice, answers the pre-checkout, reports
// the payment to the cashier and performs refunds. What is left for this gateway is the link that brings a player to the bot.
//
// Stars buy points and are never paid out.
package stars
