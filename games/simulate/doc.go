// Package simulate says what a game gives back: exactly where its rules can be enumerated, otherwise by playing many rounds,
// with the interval that the true return lies in 99.99 times of 100.
//
// What lives here: pure functions over rules and random streams. What may not: I/O, clocks, any game by name.
package simulate
