package players

import (
	"time"

	"fairground/models"
	"fairground/players/kyc"
)

// Purpose is what a verification is good for.
type Purpose string

// The purposes of verifications.
const (
	PurposeWithdraw Purpose = "withdraw"
	PurposeAddress  Purpose = "address"
	PurposeLimits   Purpose = "limits"
)

// Enrolment is a fresh TOTP secret, shown once.
type Enrolment struct {
	Secret string // base32, for typing
	URL    string // otpauth://…, for a QR code
}

// CredentialState is what a player can prove themselves with.
type CredentialState struct {
	HasPIN, HasTOTP bool
	ChangedAt       time.Time // UTC; zero: never changed. The cool-down of withdrawals counts from here
	LockedUntil     time.Time // UTC; zero: not locked
}

// KYCStatus is how far the check of a player's identity came.
type KYCStatus = models.KYCStatus

// KYCSession is where a player takes the identity check.
type KYCSession = kyc.Session

// Restrictions are what keeps a player from playing or paying.
type Restrictions struct {
	ExcludedUntil  time.Time // UTC; zero: not excluded
	Frozen         bool
	FrozenReason   string // for operators
	KYC            KYCStatus
	KYCLevel       int
	KYCReason      string    // why the check was rejected
	KYCExpiresAt   time.Time // UTC; zero: no end
	BirthDateKnown bool      // the date itself stays in the database
	Market         string    // ISO 3166 alpha-2; empty when unknown
}

// LimitKind is what a limit bounds.
type LimitKind string

// The kinds of limits.
const (
	LimitDeposit LimitKind = "deposit"
	LimitLoss    LimitKind = "loss" // stakes less winnings
)

// LimitWindow is the rolling time that a limit looks back on.
type LimitWindow string

// The windows: 24 hours, 7 days and 30 days.
const (
	WindowDay   LimitWindow = "day"
	WindowWeek  LimitWindow = "week"
	WindowMonth LimitWindow = "month"
)

// Limit is what bounds a player in one asset and window. Amounts are minor units.
type Limit struct {
	Kind    LimitKind
	Window  LimitWindow
	Amount  *int64   // what holds now, the lowest of the player's, the operators' and the tenant's; nil: none
	Own     *int64   // the player's own part of it; nil: none
	Pending *Pending // a raise of the player's own that waits
	Used    int64    // of the window; a loss below zero is a gain
}

// Pending is a raise or removal that waits for its 24 hours.
type Pending struct {
	Amount *int64 // nil: removal
	At     time.Time
}

// LimitChange sets or removes a limit. A nil amount removes.
type LimitChange struct {
	Asset  string
	Kind   LimitKind
	Window LimitWindow
	Amount *int64 // minor units, 0 and up
}

// KYCSettings choose the tenant's identity provider.
type KYCSettings struct {
	Provider string            // a name of KYCKinds
	Values   map[string]string // by field name; sealed at rest
	Enabled  bool
}

// KYCAccount is the tenant's account at an identity provider, without its secrets.
type KYCAccount struct {
	ID       string // kyc_…, part of the callback's address
	Provider string
	Enabled  bool
}
