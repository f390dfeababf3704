// Package sumsub speaks to identity providers of Sumsub's kind: applicants and links by signed requests, results by signed
// callbacks that are ordered by createdAt.
//
// What lives here: that protocol. What may not: storage, or any decision about who may play.
//
// Callbacks are set in the provider's console: the address of the account, the secret, and the digest HMAC_SHA256_HEX or
// HMAC_SHA512_HEX. They carry no time of sending, so an old one is no error; the order of results decides.
package sumsub
