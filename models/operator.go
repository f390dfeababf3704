package models

import "time"

// Role is what an operator is trusted with; operators.Matrix says what each may do.
type Role string

// The roles. An operator may have several.
const (
	RoleOwner          Role = "owner"           // everything; four eyes hold for owners too
	RoleReviewer       Role = "reviewer"        // the initial review of withdrawals
	RoleSeniorReviewer Role = "senior_reviewer" // both reviews of withdrawals
	RoleFinance        Role = "finance"         // what is stuck, deposits, adjustments
	RoleRisk           Role = "risk"            // restrictions and identity checks
	RoleSupport        Role = "support"         // reads, and asks for adjustments
	RoleAnalyst        Role = "analyst"         // reads only
)

// OperatorStatus is the state of an operator's account.
type OperatorStatus string

// The states of an operator's account.
const (
	OperatorInvited  OperatorStatus = "invited"
	OperatorActive   OperatorStatus = "active"
	OperatorDisabled OperatorStatus = "disabled"
)

// Operator is a person who runs a tenant. It holds nothing secret.
type Operator struct {
	TenantID     int64
	ID           int64  // operator_id
	PublicID     string // o_…
	Email        string // lower case; one installation has it once
	Name         string
	Roles        []Role
	Status       OperatorStatus
	SecondFactor bool   // a TOTP device is enrolled
	TelegramID   *int64 // the linked Telegram user
	SignedInAt   *time.Time
	CreatedAt    time.Time
}
