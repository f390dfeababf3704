// Package newgame adds a game to a copy of the tree, as docs/add-a-game.md says, and checks that this touches one folder
// besides what is generated.
//
// What lives here: the test and its game in testdata. What may not: anything the product needs.
package newgame
