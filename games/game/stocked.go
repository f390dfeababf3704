package game

import "encoding/json"

// Stocked is implemented by banked rules that bring a bank of their own, so that the game can be tried before anybody has
// imported one.
type Stocked interface {
	Banked
	// OwnBank is the bank that the game itself brings, as Pick takes it; false if the round plays with an imported one.
	OwnBank(open Opening) (bank json.RawMessage, ok bool)
}
