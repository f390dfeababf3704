// Package wallet is the seamless wallet that providers of outside games call: POST /wallet/v1/<call>.
//
// What lives here: reading a call's bytes and sending the room's answer, byte for byte. What may not: SQL, rules, and anything
// that changes a byte of either. The protocol is described in docs/providers.md.
package wallet
