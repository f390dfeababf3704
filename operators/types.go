package operators

import (
	"encoding/json"
	"time"

	"fairground/models"
)

// SignIn is what a person shows to sign in.
type SignIn struct {
	Email, Password string
	Code            string // of the TOTP device, or a recovery code; empty if none yet
	RequestID       string
}

// Enrolment is a new TOTP device before its first code. Show it once and keep it out of logs.
type Enrolment struct {
	Secret string // base32, for typing
	URL    string // otpauth://…, for a QR code
}

// NewOperator is an operator made without an invitation.
type NewOperator struct {
	Tenant                int64
	Email, Name, Password string
	Roles                 []models.Role
}

// Invitation asks a person to become an operator.
type Invitation struct {
	Email, Name string
	Roles       []models.Role
	Reason      string
}

// Filter narrows a list of operators.
type Filter struct {
	Status models.OperatorStatus // empty: all
	Role   models.Role           // empty: all
	Cursor string
	Limit  int // 1 to 100; 0 means 50
}

// Page is one page of operators, by their age. Next is empty on the last page.
type Page struct {
	Operators []models.Operator
	Next      string
}

// NewKey asks for an API key.
type NewKey struct {
	Name      string // 1 to 64 characters
	Scopes    []Permission
	ExpiresAt *time.Time // nil: never
	Reason    string
}

// Key is an API key without its token.
type Key struct {
	ID        string // k_…
	Name      string
	Operator  string // public id of the operator it acts for
	Scopes    []Permission
	CreatedAt time.Time
	ExpiresAt *time.Time
	UsedAt    *time.Time
	RevokedAt *time.Time
}

// LogFilter narrows the operation log. Zero values match all.
type LogFilter struct {
	Action   string // exact, or a prefix that ends with a dot
	Operator string // public id
	Subject  string // public id
	Since    time.Time
	Until    time.Time
	Cursor   string
	Limit    int // 1 to 200; 0 means 50
}

// LogEntry is one act. Operator is empty for an act of the installation itself.
type LogEntry struct {
	ID            int64
	At            time.Time // UTC
	Operator      string    // public id
	OperatorName  string
	Via           Via // or "system"
	Action        string
	SubjectKind   string
	Subject       string
	Before, After json.RawMessage // null when the act has none
	Reason        string
	RequestID     string
}

// LogPage is one page of the log, newest first. Next is empty on the last page.
type LogPage struct {
	Entries []LogEntry
	Next    string
}
