package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// Type is the name and version of a kind of event. A published version never changes its fields.
type Type string

// The events of rounds.
const (
	TypeRoundOpened  Type = "round.opened.v1"
	TypeRoundFull    Type = "round.full.v1"
	TypeRoundLive    Type = "round.live.v1"
	TypeRoundSettled Type = "round.settled.v1"
	TypeRoundVoided  Type = "round.voided.v1"
	TypePlaySettled  Type = "play.settled.v1"
)

// The events of the cashier.
const (
	TypeWithdrawalRequested Type = "withdrawal.requested.v1"
	TypeWithdrawalDecided   Type = "withdrawal.decided.v1"
	TypeWithdrawalChanged   Type = "withdrawal.changed.v1"
	TypeDepositNoticed      Type = "deposit.noticed.v1"
	TypePayoutNoticed       Type = "payout.noticed.v1"
)

// Event is one fact, as the outbox holds it.
type Event struct {
	Tenant    int64
	ID        int64 // grows with time within a tenant
	Type      Type
	Payload   json.RawMessage
	Attempts  int       // how often a relay has taken it, this time included
	CreatedAt time.Time // UTC
}

// Payload is the content of an event; it knows its own type.
type Payload interface {
	EventType() Type
}

// RoundOpened says that a round takes bets or claims.
type RoundOpened struct {
	Round    string    `json:"round"`
	Group    string    `json:"group"` // the group's public id
	Game     string    `json:"game"`
	ClosesAt time.Time `json:"closes_at"` // UTC
	Acting   bool      `json:"acting"`    // it was drawn when it opened, and players claim shares
}

// EventType implements Payload.
func (RoundOpened) EventType() Type { return TypeRoundOpened }

// RoundFull says that a round has no seat or share left.
type RoundFull struct {
	Round string `json:"round"`
}

// EventType implements Payload.
func (RoundFull) EventType() Type { return TypeRoundFull }

// RoundLive says that the run of a round began: players act while its hidden outcome runs.
type RoundLive struct {
	Round     string    `json:"round"`
	Game      string    `json:"game"`
	StartedAt time.Time `json:"started_at"` // UTC
}

// EventType implements Payload.
func (RoundLive) EventType() Type { return TypeRoundLive }

// RoundSettled says that a round was paid out. Amounts are minor units.
type RoundSettled struct {
	Round string `json:"round"`
	Game  string `json:"game"`
	Paid  int64  `json:"paid"`  // to players
	House int64  `json:"house"` // what the house keeps, negative when it pays
}

// EventType implements Payload.
func (RoundSettled) EventType() Type { return TypeRoundSettled }

// RoundVoided says that a round was refunded.
type RoundVoided struct {
	Round  string `json:"round"`
	Game   string `json:"game"`
	Reason string `json:"reason"`
}

// EventType implements Payload.
func (RoundVoided) EventType() Type { return TypeRoundVoided }

// PlaySettled says that an instant play was taken, drawn and paid. Amounts are minor units.
type PlaySettled struct {
	Play   string `json:"play"`
	Group  string `json:"group"`  // public id
	Player string `json:"player"` // public id
	Game   string `json:"game"`
	Stake  int64  `json:"stake"`
	Payout int64  `json:"payout"` // stake included
}

// EventType implements Payload.
func (PlaySettled) EventType() Type { return TypePlaySettled }

// WithdrawalRequested says that a player asked for money and that it is held. Amount is minor units.
type WithdrawalRequested struct {
	Withdrawal string `json:"withdrawal"`
	Group      string `json:"group"`  // public id
	Player     string `json:"player"` // public id
	Asset      string `json:"asset"`
	Amount     int64  `json:"amount"`
}

// EventType implements Payload.
func (WithdrawalRequested) EventType() Type { return TypeWithdrawalRequested }

// WithdrawalDecided says that an operator wrote a decision, which the workflow has to apply.
type WithdrawalDecided struct {
	Withdrawal string `json:"withdrawal"`
	Decision   string `json:"decision"`
	Stage      string `json:"stage"`
	Operator   string `json:"operator"` // public id
}

// EventType implements Payload.
func (WithdrawalDecided) EventType() Type { return TypeWithdrawalDecided }

// WithdrawalChanged says that a withdrawal has a new status.
type WithdrawalChanged struct {
	Withdrawal string `json:"withdrawal"`
	Status     string `json:"status"`
}

// EventType implements Payload.
func (WithdrawalChanged) EventType() Type { return TypeWithdrawalChanged }

// DepositNoticed says that a gateway sent word of a payment.
type DepositNoticed struct {
	Account string `json:"account"` // the gateway account's public id
	Tx      string `json:"tx"`      // the gateway's name of the payment
}

// EventType implements Payload.
func (DepositNoticed) EventType() Type { return TypeDepositNoticed }

// PayoutNoticed says that a gateway sent word of a payout.
type PayoutNoticed struct {
	Withdrawal string `json:"withdrawal"`
}

// EventType implements Payload.
func (PayoutNoticed) EventType() Type { return TypePayoutNoticed }

// Decode reads the payload of an event. It fails when the event is of another type.
func Decode[P Payload](e Event) (P, error) {
	var p P
	if p.EventType() != e.Type {
		return p, fmt.Errorf("decode event %d: it is %s, not %s", e.ID, e.Type, p.EventType())
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return p, fmt.Errorf("decode event %d of type %s: %w", e.ID, e.Type, err)
	}
	return p, nil
}
