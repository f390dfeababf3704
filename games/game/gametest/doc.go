// Package gametest is the suite that every game must pass: Run checks a game's description, its
// config, its texts, and by simulation that its draws are deterministic, its payouts bounded, its
// odds honest, and that a run which is still going on tells nothing of its end.
//
// What lives here: what holds for every game. What may not: the rules of one game.
package gametest
