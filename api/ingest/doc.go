// Package ingest takes what other systems send: payment gateways and identity providers.
//
// What lives here: reading the raw body and handing it with its headers to the room that checks
// the signature. What may not: SQL, rules, and any answer of success before the room has stored
// what came.
package ingest
