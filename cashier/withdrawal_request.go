package cashier

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"fairground/internal/secret"
)

// WithdrawalRequest is a player's wish to take money out of a group.
type WithdrawalRequest struct {
	Tenant, Group, Player int64
	Asset                 string
	Amount                int64  // minor units
	Address               string // of the player's address book, a_…
	Verification          string // of players.Verify for PurposeWithdraw, used up by it
	Key                   string // once per player and key
}

// RequestWithdrawal holds the amount and starts the withdrawal, in one transaction, which requests of other players may share.
// The same key again gives the first answer.
//
// Errors: ErrAssetOff, ErrGatewayOff, ErrAddressNotFound, ErrAddressWaiting, ErrNotVerified, ErrCooldown, ErrAmountTooLow,
// ErrAmountTooHigh, ErrDailyLimit, ErrInsufficient, ErrKeyReused, ErrNoAccount, ErrNotMember, ErrFrozen, ErrKYCRequired,
// ErrUnderAge, ErrMarketClosed, ErrInvalidAmount, ErrInvalidKey, and those of postgres.DB. Only accepted requests are kept
// under the key: after a refusal the same key may pass later.
func (c *Cashier) RequestWithdrawal(ctx context.Context, r WithdrawalRequest) (Withdrawal, error) {
	if r.Amount <= 0 {
		return Withdrawal{}, ErrInvalidAmount
	}
	if !validKey(r.Key) {
		return Withdrawal{}, ErrInvalidKey
	}
	answer, err := c.requests.Do(ctx, &requestCall{WithdrawalRequest: r, id: secret.ID("w")})
	return decided("request a withdrawal", answer, err)
}

// CancelWithdrawal takes a withdrawal back for its player and gives the money back, until it is being paid. A repeat gives
// the cancelled withdrawal again. Errors: ErrWithdrawalNotFound, ErrTooLate, and those of postgres.DB.
func (c *Cashier) CancelWithdrawal(ctx context.Context, tenant, player int64, id string) (Withdrawal, error) {
	answer, err := c.cancels.Do(ctx, &cancelCall{tenant: tenant, player: player, id: id})
	return decided("cancel a withdrawal", answer, err)
}

// maxKey is the longest idempotency key the database keeps.
const maxKey = 128

func validKey(key string) bool { return key != "" && len(key) <= maxKey }

// fingerprint is the hash of a request's payload.
func fingerprint(parts ...any) []byte {
	text, err := json.Marshal(parts)
	if err != nil { // only numbers and texts are hashed
		panic("cashier: hash a request: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return sum[:]
}
