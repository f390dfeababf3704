// Package items is the shop of virtual items: a catalogue that operators keep, units that players buy, give away and use, and
// the effects they have.
//
// A unit is one row and one unit of an asset in the ledger; every act is one function in the database, so a unit that was
// bought survives any crash exactly once. A unit keeps the rules it was bought under. Effects are the same for everybody and
// never reach a draw: an insurance pays after a settlement, an extra ticket is a bet like any other.
//
// What lives here: the catalogue, units, effects and their audit. What may not: rounds (an extra ticket is placed by games),
// scores, odds.
package items
