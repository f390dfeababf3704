package models

import "time"

// MemberStatus is Telegram's status of a person in a chat.
type MemberStatus string

// The states of a membership.
const (
	MemberMember        MemberStatus = "member"
	MemberAdministrator MemberStatus = "administrator"
	MemberCreator       MemberStatus = "creator"
	MemberRestricted    MemberStatus = "restricted"
	MemberLeft          MemberStatus = "left"
	MemberKicked        MemberStatus = "kicked"
	MemberUnknown       MemberStatus = "unknown"
)

// Active says whether the member may play.
func (s MemberStatus) Active() bool {
	return s == MemberMember || s == MemberAdministrator || s == MemberCreator || s == MemberRestricted
}

// Administrator says whether the member may change the chat's settings.
func (s MemberStatus) Administrator() bool { return s == MemberAdministrator || s == MemberCreator }

// Member is a player's place in a group.
type Member struct {
	TenantID  int64 `gorm:"primaryKey"`
	GroupID   int64 `gorm:"primaryKey"`
	PlayerID  int64 `gorm:"primaryKey"`
	Status    MemberStatus
	Stake     int64 // the stake of this member's taps, minor units; 0 for the game's default
	CheckedAt time.Time
}

// TableName implements gorm's Tabler.
func (Member) TableName() string { return "members" }
