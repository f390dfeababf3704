package gatewaysim

import (
	"encoding/json"
	"time"
)

// The two protocols.
const (
	styleV1     = "v1"
	styleCrypto = "cryptopay"
)

// States of payments and payouts.
const (
	statePending   = "pending"
	stateConfirmed = "confirmed"
	stateFailed    = "failed"
	stateAccepted  = "accepted"
	statePaid      = "paid"
	stateUnknown   = "unknown"
	stateGone      = "gone" // it turned out never to have happened: as good as unseen
)

// Invoice asks for a payment.
type Invoice struct {
	Ref         string    `json:"ref"`
	Number      int64     `json:"number"`
	Style       string    `json:"style"`
	Intent      string    `json:"intent"`
	Asset       string    `json:"asset"`
	Amount      int64     `json:"amount"` // minor units
	Scale       int       `json:"scale"`
	Description string    `json:"description,omitempty"`
	CallbackURL string    `json:"callback_url,omitempty"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	CreatedAt   time.Time `json:"created_at"`
}

// Payment is money that arrived for an invoice.
type Payment struct {
	Tx        string    `json:"tx"`
	Number    int64     `json:"number"`
	Ref       string    `json:"ref"`
	Intent    string    `json:"intent"`
	Asset     string    `json:"asset"`
	Amount    int64     `json:"amount"`
	Scale     int       `json:"scale"`
	State     string    `json:"state"`
	ConfirmAt time.Time `json:"confirm_at,omitzero"`
	At        time.Time `json:"at"`
	Refunded  bool      `json:"refunded,omitempty"`
}

// Payout is money that was asked to leave.
type Payout struct {
	Key         string    `json:"key"`
	Ref         string    `json:"ref"`
	Number      int64     `json:"number"`
	Style       string    `json:"style"`
	Asset       string    `json:"asset"`
	Amount      int64     `json:"amount"`
	Scale       int       `json:"scale"`
	Destination string    `json:"destination"`
	CallbackURL string    `json:"callback_url,omitempty"`
	State       string    `json:"state"`
	Reason      string    `json:"reason,omitempty"`
	Fate        string    `json:"fate,omitempty"` // what the state becomes at ResolveAt
	ResolveAt   time.Time `json:"resolve_at,omitzero"`
	At          time.Time `json:"at"`
}

// Refund is a payment that was sent back.
type Refund struct {
	Key    string    `json:"key"`
	Ref    string    `json:"ref"`
	Tx     string    `json:"tx"`
	Asset  string    `json:"asset"`
	Amount int64     `json:"amount"`
	Scale  int       `json:"scale"`
	At     time.Time `json:"at"`
}

// event is one fact to call back with until it is taken.
type event struct {
	ID        string          `json:"id"`
	Number    int64           `json:"number"`
	Style     string          `json:"style"`
	URL       string          `json:"url"`
	Data      json.RawMessage `json:"data"`
	After     string          `json:"after,omitempty"` // the event that must be taken first
	NotBefore time.Time       `json:"not_before,omitzero"`
	Copies    int             `json:"copies"` // still to be delivered

	attempts int  // since the process began
	busy     bool // being sent
}

// Faults are percentages (0 to 100) and delays; see the package comment.
type Faults struct {
	TimeoutAfterSuccess int   `json:"timeout_after_success"`
	Unknown             int   `json:"unknown"`
	Duplicate           int   `json:"duplicate"`
	Reorder             int   `json:"reorder"`
	WrongAmount         int   `json:"wrong_amount"`
	Seed                int64 `json:"seed"`
	DelayMS             int   `json:"delay_ms"`
	ResolveMS           int   `json:"resolve_ms"` // 0: 2000
	SettleMS            int   `json:"settle_ms"`
	ConfirmMS           int   `json:"confirm_ms"`
}

// Hooks are the addresses of callbacks that no request named.
type Hooks struct {
	V1        string `json:"v1"`
	Cryptopay string `json:"cryptopay"`
}

// batch is one line of the state file: objects as they are now.
type batch struct {
	Invoices []Invoice `json:"invoices,omitempty"`
	Payments []Payment `json:"payments,omitempty"`
	Payouts  []Payout  `json:"payouts,omitempty"`
	Refunds  []Refund  `json:"refunds,omitempty"`
	Events   []event   `json:"events,omitempty"`
	Faults   *Faults   `json:"faults,omitempty"`
	Hooks    *Hooks    `json:"hooks,omitempty"`
}
