package cashier

import (
	"time"

	"fairground/models"
)

// DepositRequest is a player's wish to put money into a group.
type DepositRequest struct {
	Tenant, Group, Player int64
	Account               string // public id of the gateway account
	Asset                 string // what is paid; for Stars "xtr" or empty
	Amount                int64  // minor units; for Stars the Stars of a published package
	Key                   string // once per player and key
}

// Deposit is money on its way in: an intent and the payment that was taken for it. Amounts are minor units, times UTC.
type Deposit struct {
	Tenant, Group, Player int64
	ID                    string // dep_…
	GroupID, PlayerID     string // public ids
	PlayerName            string // for operators only
	Account, Kind         string // the gateway account's public id and its kind
	Asset                 string // what is paid
	Scale                 int
	Amount                int64  // as asked; of a deposit made from quarantine, as paid
	CreditAsset           string // what the player gets: Asset, or points for Stars
	CreditScale           int
	Credit                int64
	Status                models.DepositStatus
	Reason                string // why it failed or is in quarantine
	URL, Address, Memo    string // where to pay
	Ref                   string // the gateway's name of the intent
	Tx                    string // the payment that was taken for it
	Confirmations, Needed int
	Refund                RefundState // empty: none was asked for
	CreatedAt, UpdatedAt  time.Time
	ExpiresAt             time.Time
	EndedAt               *time.Time
}

// RefundState is how far a refund came.
type RefundState string

// The states of a refund.
const (
	RefundBegun   RefundState = "begun"   // the gateway, or the bot for Stars, is being asked
	RefundUnknown RefundState = "unknown" // no answer that can be trusted; ask again, the key is the same
	RefundDone    RefundState = "done"
	RefundRefused RefundState = "refused" // what was taken from the player is back
)

// DepositState is what a workflow needs to know of a payment.
type DepositState struct {
	Status    string        // of the payment: confirming, credited, quarantined, refunded or failed
	Confirmed bool          // it may be credited now
	Wait      time.Duration // when to ask again, while it is neither confirmed nor final
	Deposit   string        // the deposit's id; empty when no intent is known
}

// DepositEvent is one entry of a deposit's timeline.
type DepositEvent struct {
	At     time.Time
	Kind   string               // created, instructed, noticed, moved, ignored, resolved, refund
	Actor  string               // an operator's public id, "player", "gateway" or "system"
	From   models.DepositStatus // empty unless the status moved
	Status models.DepositStatus
	Reason string
	Detail string // the payment, its amount and confirmations
}

// DepositFilter narrows a list; zero values ask for everything.
type DepositFilter struct {
	Status               []models.DepositStatus
	Group, Player        string // public ids
	Asset, Account       string
	MinAmount, MaxAmount *int64     // minor units, both included
	Since, Until         *time.Time // of the creation; Until excluded
	Sort                 string     // created_at, -created_at, amount, -amount; newest first when empty
	Cursor               string
	Limit                int
}

// DepositPage is a part of a list. Next is empty on the last page.
type DepositPage struct {
	Deposits []Deposit
	Next     string
}

// StarsCheckout is what Telegram asks before a payment in Stars.
type StarsCheckout struct {
	Payload    string // of the invoice: the deposit's id
	TelegramID int64  // who pays
	Amount     int64  // Stars
}

// StarsPayment is a payment in Stars that Telegram has made.
type StarsPayment struct {
	Payload    string // of the invoice: the deposit's id
	ChargeID   string // telegram_payment_charge_id
	TelegramID int64
	Amount     int64 // Stars
}

// StarsPackage is an entry of the published price list.
type StarsPackage struct {
	Stars  int64
	Points int64
}

// QuarantineItem is a payment that nobody could be credited for.
type QuarantineItem struct {
	ID              string // q_…
	Account, Tx     string
	Deposit         string // the intent, where one is known
	GroupID         string // of the intent, public ids
	PlayerID        string
	Asset           string // as the gateway says
	Scale           int
	Amount          int64 // what was really paid, minor units at Scale
	State           PaymentState
	Why             models.QuarantineReason
	Status          models.QuarantineStatus
	Refund          RefundState
	Reason          string // the operator's words
	ResolvedBy      string // an operator's public id
	CreditedTo      string // the deposit that a resolution credited
	PaidAt          time.Time
	ReceivedAt      time.Time
	ResolvedAt      *time.Time
	PayerTelegramID int64 // for Stars; 0: not known
	IntentAmount    int64 // what was asked for, at IntentScale; 0: no intent
	IntentScale     int
	IntentAsset     string
	PlayerFullName  string // for operators only
}

// PaymentState is what its gateway says of a payment.
type PaymentState string

// What a gateway may say. Only one that was set aside is in quarantine without being confirmed: look at the gateway before it
// is credited.
const (
	PaymentPending   PaymentState = "pending"
	PaymentConfirmed PaymentState = "confirmed"
	PaymentFailed    PaymentState = "failed"
)

// QuarantineFilter narrows a list; zero values ask for everything.
type QuarantineFilter struct {
	Status  []models.QuarantineStatus
	Why     []models.QuarantineReason
	Account string
	Cursor  string
	Limit   int
}

// QuarantinePage is a part of a list, oldest open items first. Next is empty on the last page.
type QuarantinePage struct {
	Items []QuarantineItem
	Next  string
}

// ResolutionAct is what an operator does with a payment in quarantine.
type ResolutionAct string

// The acts.
const (
	ActCredit  ResolutionAct = "credit"  // what was really paid, to the intent's player or a named one
	ActRefund  ResolutionAct = "refund"  // back to the payer
	ActDismiss ResolutionAct = "dismiss" // nothing moves
)

// Resolution is an operator's decision on a payment in quarantine.
type Resolution struct {
	Act           ResolutionAct
	Group, Player string // public ids; both empty: the intent's player. Only for ActCredit
	Reason        string // required
}
