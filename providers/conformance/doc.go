// Package conformance attacks a seamless wallet over HTTP and says which promises of the protocol it keeps.
//
// What lives here: the cases, each of which plays rounds of its own and checks one promise, and the table of results. What may
// not: any knowledge of a wallet beyond providers/seamless. The money that a run stakes is mostly paid back; use a player made
// for it all the same.
package conformance
