// Command cataloguegen writes the catalogue of games: every folder of games/ whose package has a
// type Game and a function New is in it. `go generate ./games` runs it.
//
// What lives here: the scan and the writing. What may not: the name of any game.
package main
