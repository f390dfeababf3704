package ledger

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"fairground/models"
)

// Refusals of the ledger; compare with errors.Is. Nothing moved when one is returned.
var (
	// ErrInsufficientFunds carries balance and needed (int64 minor units) in its Data.
	ErrInsufficientFunds = models.E("ledger.insufficient_funds", "the balance is too low")
	ErrKeyReused         = models.E("ledger.key_reused", "the idempotency key was used with another payload")
	// ErrIssuerCap carries cap (int64 minor units) in its Data.
	ErrIssuerCap        = models.E("ledger.issuer_cap", "the group has issued all it may today")
	ErrAccountNotFound  = models.E("ledger.account_not_found", "the group or the player does not exist")
	ErrUnknownAsset     = models.E("ledger.unknown_asset", "no such asset")
	ErrInvalidPosting   = models.E("ledger.invalid_posting", "these moves can't be posted together")
	ErrHoldNotFound     = models.E("ledger.hold_not_found", "no such hold")
	ErrHoldResolved     = models.E("ledger.hold_resolved", "the hold has ended the other way")
	ErrTransferNotFound = models.E("ledger.transfer_not_found", "no such transfer")
	ErrAlreadyReversed  = models.E("ledger.already_reversed", "the transfer was reversed before")
	ErrNotReversible    = models.E("ledger.not_reversible", "a round, a hold and a reversal are not undone this way")
	// The next three name the input in Field.
	ErrInvalidAmount = models.E("ledger.invalid_amount", "an amount is a positive number of minor units")
	ErrInvalidKey    = models.E("ledger.invalid_key", "a key has 1 to 128 characters")
	ErrInvalidCursor = models.E("ledger.invalid_cursor", "the cursor is not one of ours")
)

// maxKey is the longest key and hold id the database keeps.
const maxKey = 128

// refusal is the error of an outcome the database answered with.
func refusal(o outcome) error {
	switch o.Code {
	case ErrInsufficientFunds.Code:
		return withData(ErrInsufficientFunds, map[string]any{"balance": o.Balance, "needed": o.Needed})
	case ErrIssuerCap.Code:
		return withData(ErrIssuerCap, map[string]any{"cap": o.Cap})
	}
	for _, known := range []*models.Error{ErrKeyReused, ErrHoldNotFound, ErrHoldResolved, ErrTransferNotFound, ErrAlreadyReversed, ErrNotReversible} {
		if o.Code == known.Code {
			return known
		}
	}
	return fmt.Errorf("ledger: the database answered with the unknown code %q", o.Code)
}

func withData(e *models.Error, data map[string]any) error {
	dup := *e
	dup.Data = data
	return &dup
}

// meaning turns the codes that the posting functions raise into refusals.
func meaning(act string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("ledger: %s: %w", act, err)
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return wrapped
	}
	switch pg.Code {
	case "P0002":
		return fmt.Errorf("%w: %w", ErrAccountNotFound, wrapped)
	case "23503":
		return fmt.Errorf("%w: %w", ErrUnknownAsset, wrapped)
	case "22023", "22003":
		return fmt.Errorf("%w: %w", ErrInvalidPosting, wrapped)
	case "23514": // a row without a partition has this code too, but names no constraint
		if pg.ConstraintName != "" {
			return fmt.Errorf("%w: %w", ErrInvalidPosting, wrapped)
		}
	}
	return wrapped
}

func checkKey(field, key string) error {
	if key == "" || len(key) > maxKey {
		return withField(ErrInvalidKey, field, fmt.Sprintf("use 1 to %d characters", maxKey))
	}
	return nil
}

func checkAmount(field string, amount int64) error {
	if amount <= 0 {
		return withField(ErrInvalidAmount, field, "use a positive number of minor units")
	}
	return nil
}

func withField(e *models.Error, field, fix string) error {
	dup := *e
	dup.Field, dup.Fix = field, fix
	return &dup
}
