package players

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"fairground/models"
)

// What keeps a player from playing or paying, and what is wrong with their safety's inputs; compare with errors.Is.
var (
	// ErrExcluded carries until (RFC 3339 text) in its Data.
	ErrExcluded     = models.E("players.excluded", "the player is excluded")
	ErrFrozen       = models.E("players.frozen", "the player is frozen")
	ErrKYCRequired  = models.E("players.kyc_required", "the player's identity must be checked first")
	ErrUnderAge     = models.E("players.under_age", "the player is too young")
	ErrMarketClosed = models.E("players.market_closed", "the player's market is closed")
	// The next two carry left (int64 minor units) and window in their Data.
	ErrDepositLimit = models.E("players.deposit_limit", "the player's deposit limit would be exceeded")
	ErrLossLimit    = models.E("players.loss_limit", "the player's loss limit would be exceeded")

	ErrInvalidPIN   = models.FieldError("players.invalid_pin", "pin", "6 to 12 digits, not all the same and not in a row")
	ErrNoCredential = &models.Error{Code: "players.no_credential", Message: "the player has neither a PIN nor an authenticator", Fix: "set a PIN first"}
	ErrWrongCode    = &models.Error{Code: "players.wrong_code", Message: "the PIN or the code is wrong, or was used before", Field: "code", Fix: "try again, or wait for the next code"}
	// ErrCredentialLocked carries until (RFC 3339 text) and retry_after (int64 seconds) in its Data.
	ErrCredentialLocked = models.E("players.credential_locked", "too many wrong tries: wait 15 minutes")
	ErrNotVerified      = models.E("players.not_verified", "the verification is missing, used or too old")
	ErrInvalidExclusion = models.FieldError("players.invalid_exclusion", "until", "a moment from now on, at most 100 years ahead")
	ErrInvalidLimit     = models.FieldError("players.invalid_limit", "limit", "deposit or loss, of a day, week or month, in an asset of money, 0 or more")
	ErrInvalidKYC       = models.FieldError("players.invalid_kyc", "settings", "a known provider and its required values")
	ErrInvalidDecision  = models.FieldError("players.invalid_decision", "status", "approved, rejected or expired")
	ErrKYCOff           = models.E("players.kyc_off", "no identity provider is set up")
	ErrKYCUnavailable   = models.E("players.kyc_unavailable", "the identity provider can't be reached now")
	// ErrOwnAccount refuses an operator's act on the player they are themselves.
	ErrOwnAccount = models.E("cashier.own_account", "nobody decides on their own player")
	// Callbacks of identity providers. An unknown account is ErrTenantNotFound.
	ErrKYCForged    = models.E("hooks.forged", "the signature does not fit the body")
	ErrKYCStale     = models.E("hooks.stale", "the callback is too old or too far ahead")
	ErrKYCMalformed = models.E("hooks.malformed", "the body can't be read")
)

// refusals are the codes that the database may answer with.
func refusals() []*models.Error {
	return []*models.Error{
		ErrExcluded, ErrFrozen, ErrInvalidPIN, ErrNoCredential, ErrWrongCode, ErrCredentialLocked, ErrNotVerified, ErrInvalidExclusion,
		ErrInvalidLimit, ErrInvalidKYC, ErrInvalidDecision, ErrKYCOff, ErrNotFound, ErrUnauthenticated, ErrForbidden, ErrStepUpRequired,
		ErrOwnAccount,
	}
}

// ask calls a function of the database that answers {"code": …} and reads its answer into out, which may be nil. A refusal
// becomes an error with the answer's facts.
func (p *Players) ask(ctx context.Context, tenant int64, act string, out any, sql string, args ...any) error {
	var raw json.RawMessage
	if err := p.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "P0002" {
			return ErrNotFound
		}
		return fmt.Errorf("players: %s: %w", act, err)
	}
	var facts map[string]any
	if err := json.Unmarshal(raw, &facts); err != nil {
		return fmt.Errorf("players: read the answer of %s: %w", act, err)
	}
	code, _ := facts["code"].(string)
	if code == "ok" {
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(raw, out); err != nil {
			return fmt.Errorf("players: read the answer of %s: %w", act, err)
		}
		return nil
	}
	delete(facts, "code")
	if text, ok := facts["until"].(string); ok && code == ErrCredentialLocked.Code {
		if until, err := time.Parse(time.RFC3339, text); err == nil {
			facts["retry_after"] = max(int64(until.Sub(p.clock.Now()).Seconds()), 1)
		}
	}
	for _, known := range refusals() {
		if known.Code == code {
			e := *known
			if len(facts) > 0 {
				e.Data = facts
			}
			return &e
		}
	}
	return fmt.Errorf("players: %s: the database answered with the unknown code %q", act, code)
}
