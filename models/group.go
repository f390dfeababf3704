package models

import "time"

// GroupStatus says whether a group may play.
type GroupStatus string

// The states of a group.
const (
	GroupPending GroupStatus = "pending" // the bot was added, no administrator has sent /start yet
	GroupActive  GroupStatus = "active"
	GroupPaused  GroupStatus = "paused"
	GroupRemoved GroupStatus = "removed" // the bot was removed
)

// Group is a Telegram chat of a tenant. Accounts belong to a group.
type Group struct {
	TenantID       int64  `gorm:"primaryKey"`
	ID             int64  `gorm:"column:group_id;primaryKey;autoIncrement"`
	PublicID       string // g_…
	ChatID         int64  // Telegram's chat id
	Title          string
	Language       string // BCP 47 tag
	TopicID        *int64 // message_thread_id the bot posts to
	Status         GroupStatus
	IssuerDailyCap int64 // most points minted a day (UTC), minor units
	CreatedAt      time.Time
}

// TableName implements gorm's Tabler.
func (Group) TableName() string { return "groups" }
