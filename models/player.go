package models

import "time"

// Player is a person within one tenant. PublicID is the pseudonym shown in public.
type Player struct {
	TenantID   int64  `gorm:"primaryKey"`
	ID         int64  `gorm:"column:player_id;primaryKey;autoIncrement"`
	PublicID   string // p_…
	TelegramID int64
	Name       string
	Username   string // without @, may be empty
	Language   string
	Seed       *string // the player's own seed for draws, nil for a fresh one each bet
	CreatedAt  time.Time
}

// TableName implements gorm's Tabler.
func (Player) TableName() string { return "players" }
