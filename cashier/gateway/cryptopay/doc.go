// Package cryptopay is a gateway of the Crypto Pay style: calls with a token header, invoices, transfers to Telegram users
// under a constant spend_id, and callbacks signed with a key that is the token's SHA-256.
//
// Amounts travel as decimal strings and are converted exactly. What may not be here: floats, and calls that the style lacks
// (it knows no refund).
package cryptopay
