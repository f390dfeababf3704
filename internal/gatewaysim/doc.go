// Package gatewaysim is a payment processor for one machine: a sandbox that takes deposits and payouts, signs and repeats its
// callbacks, and fails on demand. It speaks the generic protocol of docs/gateways.md under /v1 and the Crypto Pay style under
// /cryptopay, shows a page at /pay/{ref} where a person pays, and is steered through /sim.
//
// What lives here: the stand-in. What may not: anything of the product; it shares no code with the gateways that it tests.
//
// # The /sim API
//
// JSON in and out, without a password: the server listens on loopback addresses only.
//
//	POST /sim/faults     Faults            ->  Faults      (GET reads them)
//	POST /sim/hooks      Hooks             ->  Hooks       where callbacks go when a request names no address
//	POST /sim/pay        PayInput          ->  Payment     pays an invoice
//	GET  /sim/payouts                          {"payouts":[Payout]}
//	GET  /sim/deposits                         {"invoices":[Invoice],"payments":[Payment]}
//	GET  /sim/statement                        {"entries":[Entry],"next":""}  all of it
//	GET  /sim/events                           {"waiting":n,"delivered":n}    callbacks
//
// # Faults
//
// Percentages decide once for a key, by a hash of the seed and the key, so that a run can be repeated:
// timeout_after_success pays and drops the connection; unknown answers 500 and holds the payout as unknown for resolve_ms, then
// it turns out paid (half), failed (a quarter) or never to have happened (a quarter). A repeat of the key gives what is stored.
// duplicate sends a callback twice, reorder sends the later one of a pair first, wrong_amount lets a person pay too little or
// too much. delay_ms waits before every answer, settle_ms before an accepted payout is paid, confirm_ms before a payment is
// confirmed.
//
// # State
//
// One append-only file of JSON lines, synced before an answer leaves: a process that is killed loses nothing it has told.
package gatewaysim
