package cashier

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// Refusals of adjustments and reversals.
var (
	ErrAdjustmentNotFound = models.E("cashier.adjustment_not_found", "no such adjustment")
	ErrAdjustmentExpired  = models.E("cashier.adjustment_expired", "the request waited for more than 7 days: ask again")
	ErrOwnAccount         = models.E("cashier.own_account", "nobody moves money of their own player")
	ErrReversalWaiting    = models.E("cashier.reversal_waiting", "another reversal of this transfer waits for a decision")
	ErrTransferNotFound   = models.E("ledger.transfer_not_found", "no such transfer")
	ErrNotReversible      = models.E("ledger.not_reversible", "a round, a hold and a reversal are not undone this way")
	ErrAlreadyReversed    = models.E("ledger.already_reversed", "the transfer was reversed before")
	ErrUnknownAsset       = models.E("ledger.unknown_asset", "no such asset")
)

// codeInvalid is the code of an input that does not fit; the error names the field and the fix.
const codeInvalid = "cashier.invalid_input"

const (
	maxReasonCode = 64
	maxReason     = 500
	maxAdjustKey  = 128
)

// AdjustmentKind says what a row with four eyes does.
type AdjustmentKind string

// The kinds.
const (
	KindAdjustment AdjustmentKind = "adjustment" // gives to a player or takes
	KindReversal   AdjustmentKind = "reversal"   // undoes a transfer
)

// AdjustmentStatus is the state of an adjustment or a reversal.
type AdjustmentStatus string

// The states. A pending one becomes one of the others and stays that.
const (
	AdjustmentPending  AdjustmentStatus = "pending"
	AdjustmentPosted   AdjustmentStatus = "posted"
	AdjustmentRejected AdjustmentStatus = "rejected"
	AdjustmentExpired  AdjustmentStatus = "expired" // nobody decided within 7 days
)

// AdjustmentRequest asks to give to a player (Amount > 0) or to take (< 0), in minor units of the asset.
type AdjustmentRequest struct {
	Group, Player int64
	Asset         string
	Amount        int64
	ReasonCode    string // 1 to 64 characters
	Reason        string // 1 to 500 characters
	Key           string // idempotency key, of the operator
}

// Adjustment is an adjustment or a reversal.
type Adjustment struct {
	ID             string // adj_…
	Kind           AdjustmentKind
	GroupID        string
	PlayerID       string // empty for a reversal
	Asset          string
	Amount         int64 // minor units; of a reversal what the transfer moved in all
	Original       int64 // the transfer to reverse; 0 for an adjustment
	ReasonCode     string
	Reason         string
	Status         AdjustmentStatus
	Alone          bool   // within what one person may do alone
	RequestedBy    string // public id of the operator
	RequestedName  string
	RequestedAt    time.Time
	ExpiresAt      time.Time
	ApprovedBy     string // empty unless a second person approved
	ClosedBy       string
	ClosedAt       *time.Time
	DecisionReason string
	Transfer       int64 // what was posted; 0 until then
	Debt           int64 // of a reversal: what the player had spent already
}

// RequestAdjustment adjusts a player's balance: points against the issuer, cash against the house. What one operator
// adjusts alone within 24 hours, up to the tenant's limit (none by default), is posted at once and needs a step-up; more
// waits 7 days for another person. The same key and request again give the same answer.
//
// Errors: operators.ErrForbidden, ErrStepUpRequired, ErrUnauthenticated, ErrOwnAccount, ErrKeyReused, ErrNoAccount,
// ErrInsufficient with the balance, and cashier.invalid_input, which names the field.
func (c *Cashier) RequestAdjustment(ctx context.Context, a operators.Authority, in AdjustmentRequest) (Adjustment, error) {
	if err := in.check(); err != nil {
		return Adjustment{}, err
	}
	text, err := json.Marshal(map[string]any{
		"id": secret.ID("adj"), "group": in.Group, "player": in.Player, "asset": in.Asset, "amount": in.Amount,
		"reason_code": in.ReasonCode, "reason": in.Reason, "key": in.Key,
	})
	if err != nil {
		return Adjustment{}, fmt.Errorf("cashier: write an adjustment: %w", err)
	}
	hash := payloadHash(in.Group, in.Player, in.Asset, in.Amount, in.ReasonCode, in.Reason)
	return c.adjust(ctx, a, "request an adjustment", `SELECT api_adjustment_request($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, text, hash, a.RequestID)
}

func (in AdjustmentRequest) check() error {
	if in.Amount == 0 || in.Amount == math.MinInt64 {
		return models.FieldError(codeInvalid, "amount", "a number of minor units, not zero; below zero takes")
	}
	if n := utf8.RuneCountInString(in.ReasonCode); n < 1 || n > maxReasonCode {
		return models.FieldError(codeInvalid, "reason_code", fmt.Sprintf("use 1 to %d characters", maxReasonCode))
	}
	if in.Key == "" || len(in.Key) > maxAdjustKey {
		return models.FieldError(codeInvalid, "key", fmt.Sprintf("use 1 to %d characters", maxAdjustKey))
	}
	return checkReason("reason", in.Reason)
}

func checkReason(field, reason string) error {
	if n := utf8.RuneCountInString(reason); n < 1 || n > maxReason || !utf8.ValidString(reason) {
		return models.FieldError(codeInvalid, field, fmt.Sprintf("use 1 to %d characters", maxReason))
	}
	return nil
}

// Reverse undoes a transfer under the same rules of four eyes; what a player has spent meanwhile becomes a debt. The same
// operator asking again is answered with the same request.
//
// Errors: those of an authority, ErrTransferNotFound, ErrNotReversible, ErrAlreadyReversed, ErrReversalWaiting,
// ErrOwnAccount, ErrInsufficient, and cashier.invalid_input.
func (c *Cashier) Reverse(ctx context.Context, a operators.Authority, transfer int64, reason string) (Adjustment, error) {
	if err := checkReason("reason", reason); err != nil {
		return Adjustment{}, err
	}
	text, err := json.Marshal(map[string]any{"id": secret.ID("adj"), "transfer": transfer, "reason": reason})
	if err != nil {
		return Adjustment{}, fmt.Errorf("cashier: write a reversal: %w", err)
	}
	return c.adjust(ctx, a, "request a reversal", `SELECT api_adjustment_reverse($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, text, payloadHash(transfer, reason), a.RequestID)
}

// ApproveAdjustment posts what another person asked for. It needs a step-up. When the money is short the request goes on
// waiting. The same approval again is a success.
//
// Errors: those of an authority, ErrAdjustmentNotFound, ErrSamePerson, ErrOwnAccount, ErrAlreadyDecided,
// ErrAdjustmentExpired, ErrInsufficient with the balance.
func (c *Cashier) ApproveAdjustment(ctx context.Context, a operators.Authority, id, reason string) (Adjustment, error) {
	return c.decideAdjustment(ctx, a, id, true, reason)
}

// RejectAdjustment ends a request; its maker may do that too. Nothing moves. The errors are those of ApproveAdjustment.
func (c *Cashier) RejectAdjustment(ctx context.Context, a operators.Authority, id, reason string) (Adjustment, error) {
	return c.decideAdjustment(ctx, a, id, false, reason)
}

func (c *Cashier) decideAdjustment(ctx context.Context, a operators.Authority, id string, approve bool, reason string) (Adjustment, error) {
	if err := checkReason("reason", reason); err != nil {
		return Adjustment{}, err
	}
	return c.adjust(ctx, a, "decide on an adjustment", `SELECT api_adjustment_decide($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, id, approve, reason, a.RequestID)
}

// adjust calls one function that answers with an adjustment's id, and reads the adjustment.
func (c *Cashier) adjust(ctx context.Context, a operators.Authority, act, sql string, args ...any) (Adjustment, error) {
	var raw []byte
	if err := c.db.Call(ctx, a.Tenant, sql, args, &raw); err != nil {
		return Adjustment{}, meaning(act, err)
	}
	if err := refusal(raw, ErrAdjustmentNotFound, ErrAdjustmentExpired, ErrOwnAccount, ErrReversalWaiting,
		ErrTransferNotFound, ErrNotReversible, ErrAlreadyReversed, ErrUnknownAsset); err != nil {
		return Adjustment{}, err
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		return Adjustment{}, fmt.Errorf("cashier: %s: read the answer: %w", act, err)
	}
	return c.adjustment(ctx, a.Tenant, made.ID)
}

// payloadHash is the hash of a request's payload; parts are led by their length.
func payloadHash(parts ...any) []byte {
	h := sha256.New()
	for _, part := range parts {
		text := fmt.Sprint(part)
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return h.Sum(nil)
}
