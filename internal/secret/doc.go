// Package secret derives every key from the one master secret and seals what is stored
// encrypted: bot tokens and server seeds before their reveal.
//
// What lives here: key derivation by purpose, sealing, random public ids.
// What may not: any key kept as text, any log line.
package secret
