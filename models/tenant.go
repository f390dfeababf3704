package models

import "time"

// Tenant is one operator's platform: one bot, its groups and its players.
type Tenant struct {
	ID          int64  `gorm:"column:tenant_id;primaryKey"`
	PublicID    string // t_…
	Name        string
	Language    string // BCP 47 tag, default of its groups
	BotID       *int64 // Telegram's id of the tenant's bot
	BotUsername string // without @
	BotToken    []byte // sealed
	CreatedAt   time.Time
}

// TableName implements gorm's Tabler.
func (Tenant) TableName() string { return "tenants" }
