package events

// TypeAutoRoundChanged is the type of AutoRoundChanged.
const TypeAutoRoundChanged Type = "auto_round.changed.v1"

// AutoRoundChanged says that an operator made, changed or ended an automatic round.
type AutoRoundChanged struct {
	AutoRound string `json:"auto_round"`
}

// EventType implements Payload.
func (AutoRoundChanged) EventType() Type { return TypeAutoRoundChanged }
