// Command cataloguegen writes the catalogue of games: every folder of games/ whose package has a
// type Game and a function New is in it. It gathers the games' rules for the browser below web/verify as well and writes the
// verifying page in one file. `go generate ./games` runs it.
//
// What lives here: the scan and the writing. What may not: the name of any game.
package main
