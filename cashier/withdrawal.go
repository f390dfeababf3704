package cashier

import (
	"time"

	"fairground/cashier/gateway"
	"fairground/models"
)

// Withdrawal is money on its way out. Amounts are minor units at Scale, times UTC.
type Withdrawal struct {
	Tenant, Group, Player int64
	ID                    string // w_…; also the id of the hold and the key at the gateway
	GroupID, PlayerID     string // public ids
	PlayerName            string // for operators only
	Asset                 string
	Scale                 int
	Amount                int64
	Gateway               string // public id of the gateway account
	Destination           string // masked
	Status                models.WithdrawalStatus
	Version               int // counts the changes of status
	Cycle                 int // one more after each sending back
	Reviews               int // needed: 0 to 2, fixed at the request
	StepUp                bool
	ReasonCode            models.ReasonCode
	Reason                string
	InitialBy             string // operators by public id; empty: nobody
	SecondaryBy           string
	ClaimedBy             string
	ClaimedUntil          *time.Time
	DueAt, ExpiresAt      *time.Time // of the present review
	Escalated             bool
	Payout                gateway.PayoutState // the gateway's latest word; empty before the first
	GatewayRef            string
	RequestedAt           time.Time
	UpdatedAt             time.Time
	EndedAt               *time.Time
}

// State is what a workflow needs to know of a withdrawal.
type State struct {
	Status     models.WithdrawalStatus
	Version    int
	Cycle      int
	InitialBy  string    // public id of the first reviewer; empty: nobody
	EscalateAt time.Time // of the present review; zero outside reviews
	ExpireAt   time.Time
	Payout     gateway.PayoutState
	Reason     string // the reason code or what the gateway said
	// Pending says that a decision of the present stage is written and not yet applied: Expire left the withdrawal alone.
	Pending bool
}

// WithdrawalEvent is one entry of a timeline.
type WithdrawalEvent struct {
	At     time.Time
	Kind   string                  // requested, moved, escalated, claimed, released, answered, needs_person
	Actor  string                  // an operator's public id, "player", "gateway" or "system"
	From   models.WithdrawalStatus // empty for the first
	Status models.WithdrawalStatus
	Code   models.ReasonCode
	Reason string // a reviewer's words, what the gateway said
	Detail string // the decision, the attempt or the gateway's reference
}

// OpenWithdrawal is one that has not ended, for sweeps and audits.
type OpenWithdrawal struct {
	ID, GroupID, PlayerID string
	Asset                 string
	Amount                int64
	Status                models.WithdrawalStatus
	Version               int
	RequestedAt           time.Time
	UpdatedAt             time.Time
}

// Page asks for a part of a list: from Cursor, which a former answer gave as Next, at most Limit entries (1 to 100, else 100).
type Page struct {
	Cursor string
	Limit  int
}

// limit is how many entries to read.
func (p Page) limit() int {
	if p.Limit < 1 || p.Limit > maxPage {
		return maxPage
	}
	return p.Limit
}

// maxPage is the longest page of a list.
const maxPage = 100
