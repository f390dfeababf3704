package models

import (
	"encoding/json"
	"time"
)

// RoundStatus is a round's place in its life; docs/architecture.md draws it.
type RoundStatus string

// The states of a round.
const (
	RoundOpen    RoundStatus = "open"
	RoundClosed  RoundStatus = "closed"
	RoundDrawn   RoundStatus = "drawn"
	RoundSettled RoundStatus = "settled"
	RoundVoided  RoundStatus = "voided"
)

// Final says whether nothing more happens to the round.
func (s RoundStatus) Final() bool { return s == RoundSettled || s == RoundVoided }

// Round is one game played in a group.
type Round struct {
	TenantID      int64  `gorm:"primaryKey"`
	ID            string `gorm:"column:round_id;primaryKey"` // r_…
	GroupID       int64
	Game          string
	ConfigVersion int
	Asset         string
	Bank          string // pool or house
	Status        RoundStatus
	Acting        bool   // drawn at opening; players claim slots while it is open
	Live          bool   // players act while its hidden outcome runs
	Source        string // where its draw comes from: empty for seeds, telegram
	Exclusive     bool   // one such round a group at a time
	EscrowID      int64
	OpenedBy      int64 // player id
	Params        json.RawMessage
	Seats         int
	Slots         int
	CommitHash    []byte // SHA-256 of the server seed
	SeedSealed    []byte // encrypted server seed
	Seed          []byte // the server seed once revealed
	ClientSeed    *string
	Outcome       json.RawMessage // of a live round once its run is over
	OutcomeSealed []byte          // encrypted outcome of a live round
	External      *int64          `gorm:"column:external_value"`   // what the source gave
	ExternalMsg   *int64          `gorm:"column:external_message"` // the chat message that shows it
	VoidReason    *string
	MessageID     *int64
	OpensAt       time.Time
	ClosesAt      time.Time
	ClosedAt      *time.Time
	DrawnAt       *time.Time
	LiveStartedAt *time.Time // its run began
	SettledAt     *time.Time

	JackpotID      *string // the group's pot that its stakes feed
	JackpotVersion *int    // of the pot's config
}

// TableName implements gorm's Tabler.
func (Round) TableName() string { return "rounds" }
