package models

import (
	"encoding/json"
	"time"
)

// GameConfig is one version of a game's configuration in a tenant; versions are never changed.
type GameConfig struct {
	TenantID  int64  `gorm:"primaryKey"`
	Game      string `gorm:"primaryKey"`
	Version   int    `gorm:"primaryKey"`
	Config    json.RawMessage
	Hash      string // SHA-256 of the canonical config, hex
	CreatedAt time.Time
}

// TableName implements gorm's Tabler.
func (GameConfig) TableName() string { return "game_configs" }
