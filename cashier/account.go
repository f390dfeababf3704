package cashier

import "time"

// NewAccount asks for a gateway account.
type NewAccount struct {
	Kind   string // of the catalogue: stars, webhook, cryptopay, manual
	Title  string
	Assets []string          // "xtr" alone for Stars
	Values map[string]string // the kind's settings; sealed, never shown again
	Reason string

	MinConfirmations int           // at least as many before a payment counts, whatever the gateway says
	IntentTTL        time.Duration // how long an intent may be paid; 0: an hour
	LateCredit       time.Duration // how long after it a right payment is credited all the same; 0: 24 hours; negative: never
}

// AccountChange changes a gateway account; nil leaves a thing as it is.
type AccountChange struct {
	Title             *string
	Assets            []string
	Values            map[string]string // replaces the named settings; an empty text removes one
	Enabled           *bool
	Deposits, Payouts *bool // what the kind can do and the tenant wants
	MinConfirmations  *int
	IntentTTL         *time.Duration
	LateCredit        *time.Duration // 0: never
	Reason            string
}

// Account is a gateway account without its settings.
type Account struct {
	ID                         string // gw_…
	Kind, Title                string
	Assets                     []string
	Enabled, Deposits, Payouts bool
	Refunds                    bool     // Refund can be asked for
	Settings                   []string // the names of the settings that are set
	MinConfirmations           int
	IntentTTL                  time.Duration
	LateCredit                 time.Duration // 0: never
	Version                    int
	CreatedAt, UpdatedAt       time.Time
}
