package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Gateway carries money in and out. Implementations are safe for concurrent use.
type Gateway interface {
	// Info says what this gateway is and can do; it makes no call.
	Info() Info
	// CreateDeposit asks for a way to pay an intent. The same intent may be asked for again and gives the same instruction.
	// It returns ErrUnsupported, ErrRefused or ErrUnknown; no money moves by it.
	CreateDeposit(ctx context.Context, r DepositRequest) (Instruction, error)
	// Deposit asks for the present state of one payment. It returns ErrUnsupported, ErrNotFound or ErrUnknown.
	Deposit(ctx context.Context, tx string) (Notice, error)
	// Payout sends money. The key is constant for a withdrawal: the same key never pays twice and answers what it answered
	// before. Whatever leaves room for doubt (transport, timeout, 5xx, 408, 409, 429, a body that cannot be read) is
	// ErrUnknown; only a definite refusal is PayoutFailed, with a nil error; PayoutUnknown with a nil error is the gateway's
	// own word that it does not know yet. Ask PayoutStatus after ErrUnknown, or send the
	// same key again; never a new key.
	Payout(ctx context.Context, r PayoutRequest) (PayoutResult, error)
	// PayoutStatus asks what became of a key. ErrNotFound only when the gateway surely holds nothing under the key: sending
	// the same key again is then safe, giving the money back is not while an earlier request may still be on its way.
	PayoutStatus(ctx context.Context, key string) (PayoutResult, error)
	// Refund sends a deposit back, once for a key. It returns ErrUnsupported, ErrRefused or ErrUnknown.
	Refund(ctx context.Context, r RefundRequest) error
	// ParseWebhook checks a callback's signature and age and reads its notices. It is pure: the caller refuses repeats by
	// Notice.EventID in its inbox. It returns ErrForged, ErrStale, ErrMalformed or ErrUnsupported.
	ParseWebhook(header http.Header, body []byte, now time.Time) ([]Notice, error)
	// Statement lists what the gateway booked in [from, to), a page at a time; an empty cursor is the first page and an empty
	// Next the last. It returns ErrUnsupported or ErrUnknown.
	Statement(ctx context.Context, from, to time.Time, cursor string) (Statement, error)
}

// Info describes a gateway. A capability that is false makes its methods answer ErrUnsupported.
type Info struct {
	Kind, Title string
	Assets      []string // that it carries; empty: whatever its account lists
	Deposits    bool
	Payouts     bool
	Manual      bool // payouts are made by a person: Payout answers PayoutManual and calls nobody
	Refunds     bool
	Statements  bool
	Webhooks    bool
}

// DepositRequest asks for a way to pay one deposit intent.
type DepositRequest struct {
	Intent, Asset string
	Amount        int64 // minor units
	Scale         int
	Description   string
	CallbackURL   string    // where notices are sent; empty: as set at the gateway
	ExpiresAt     time.Time // UTC; zero: the gateway's own
}

// Instruction tells the player how to pay: a page, an address with a memo, or a text in Memo alone.
type Instruction struct {
	Ref       string // the gateway's name of the intent
	URL       string
	Address   string
	Memo      string
	ExpiresAt time.Time // UTC; zero when unknown
}

// PayoutRequest asks to send money under a constant key.
type PayoutRequest struct {
	Key, Asset  string
	Amount      int64 // minor units
	Scale       int
	Destination string
}

// PayoutState is how far a payout came.
type PayoutState string

// The states of a payout.
const (
	PayoutAccepted PayoutState = "accepted" // taken, not yet paid: wait
	PayoutPaid     PayoutState = "paid"     // final
	PayoutFailed   PayoutState = "failed"   // final: no money left and none will under this key
	PayoutUnknown  PayoutState = "unknown"  // nobody can say: ask again, then a person
	PayoutManual   PayoutState = "manual"   // a person pays and records the reference
)

// Final tells whether the state will not change any more.
func (s PayoutState) Final() bool { return s == PayoutPaid || s == PayoutFailed }

// Valid tells whether s is one of the states.
func (s PayoutState) Valid() bool {
	switch s {
	case PayoutAccepted, PayoutPaid, PayoutFailed, PayoutUnknown, PayoutManual:
		return true
	}
	return false
}

// PayoutResult is what a gateway says of a payout. Reason explains a failed or unknown one and holds no secret.
type PayoutResult struct {
	State  PayoutState
	Ref    string // the gateway's name of the payout
	Reason string
	Asset  string // what stands under the key; empty when the gateway does not say
	Amount int64  // minor units at Scale, of Asset
	Scale  int
}

// Of tells whether the result can be of the payout of an amount: one that is of another asset or amount is not.
func (r PayoutResult) Of(asset string, amount int64, scale int) bool {
	if r.Asset == "" {
		return true
	}
	units, exact := Rescale(r.Amount, r.Scale, scale)
	return exact && units == amount && strings.EqualFold(r.Asset, asset)
}

// RefundRequest sends all of a payment back. The key is constant: a repeat refunds nothing more.
type RefundRequest struct {
	Tx, Key, Asset string
	Amount         int64 // minor units
	Scale          int
}

// NoticeKind says what a notice is of.
type NoticeKind string

// The kinds of notices.
const (
	NoticeDeposit NoticeKind = "deposit"
	NoticePayout  NoticeKind = "payout"
)

// The states of a deposit in a Notice.
const (
	DepositPending   = "pending"   // seen, not yet safe to credit
	DepositConfirmed = "confirmed" // paid for good
	DepositFailed    = "failed"    // will not be paid
)

// Notice is one fact a gateway tells: of a deposit (Tx, Ref, Intent) or of a payout (Key, Ref).
type Notice struct {
	Kind          NoticeKind
	EventID       string // the same for every repeat of the notice; unique within the gateway account
	Tx            string // one payment of a deposit
	Ref           string
	Intent        string // as given to CreateDeposit; empty when the payer named none
	Key           string // as given to Payout
	Asset         string // what was really paid, lower case
	Amount        int64  // what was really paid, minor units at Scale
	Scale         int
	State         string // a deposit's state, or a PayoutState
	Reason        string // why a payout failed
	Confirmations int
	Needed        int
	At            time.Time // when it happened, UTC
	Raw           []byte    // the body it was read from
}

// Units is the amount in minor units of an asset with the given scale; false when it cannot be said exactly.
func (n Notice) Units(scale int) (int64, bool) { return Rescale(n.Amount, n.Scale, scale) }

// EntryKind says what a statement entry is of.
type EntryKind string

// The kinds of statement entries.
const (
	EntryDeposit EntryKind = "deposit"
	EntryPayout  EntryKind = "payout"
	EntryRefund  EntryKind = "refund"
)

// Entry is one booked movement: only final ones appear (deposits confirmed, payouts paid, refunds made).
type Entry struct {
	Kind   EntryKind
	Key    string // payouts and refunds
	Ref    string
	Tx     string // deposits and refunds
	Asset  string
	Amount int64 // minor units at Scale, never negative
	Scale  int
	At     time.Time // UTC
}

// Statement is a page of entries, oldest first.
type Statement struct {
	Entries []Entry
	Next    string // cursor of the next page; empty on the last
}
