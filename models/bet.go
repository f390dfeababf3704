package models

import "time"

// Bet is one accepted stake in a round.
type Bet struct {
	TenantID   int64  `gorm:"primaryKey"`
	RoundID    string `gorm:"primaryKey"`
	ID         int64  `gorm:"column:bet_id;primaryKey"`
	PlayerID   int64
	Choice     string
	Stake      int64 // minor units
	MaxPayout  int64 // most it can win, stake included, minor units
	Seed       string
	TransferID int64
	PlacedAt   time.Time
}

// TableName implements gorm's Tabler.
func (Bet) TableName() string { return "bets" }

// Slot is one share of a round's act phase.
type Slot struct {
	TenantID int64  `gorm:"primaryKey"`
	RoundID  string `gorm:"primaryKey"`
	Slot     int    `gorm:"primaryKey"`
	Amount   int64  // minor units
	Loss     int64  // minor units
	TakenBy  *int64 // player id
	TakenAt  *time.Time
}

// TableName implements gorm's Tabler.
func (Slot) TableName() string { return "round_slots" }
