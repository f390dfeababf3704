// Package webhook is the generic gateway: JSON over HTTP both ways, signed with HMAC-SHA256. Any processor of fiat or crypto
// that speaks the protocol of docs/gateways.md works with it.
//
// What lives here: the client's side of that protocol. What may not: anything of one processor alone.
package webhook
