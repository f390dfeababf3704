// Package clock is the only place that reads the machine's time.
//
// What lives here: the Clock interface, the system clock and a hand-driven one for tests.
// What may not: any decision about money. The database's clock decides those.
package clock
