// Package seamless is the protocol between a provider of outside games and the wallet, as both sides speak it.
//
// What lives here: paths, headers, signatures, messages and codes. What may not: anything that keeps state, and anything of
// another room: the wallet, the conformance kit and the demo provider all import it.
package seamless
