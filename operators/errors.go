package operators

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// Refusals of this room; compare with errors.Is. Nothing changed when one is returned.
var (
	ErrUnauthenticated    = &models.Error{Code: "operators.unauthenticated", Message: "nobody is signed in with this", Fix: "sign in again"}
	ErrForbidden          = models.E("operators.forbidden", "the operator's roles, or the key's scopes, do not allow this")
	ErrStepUpRequired     = &models.Error{Code: "operators.step_up_required", Message: "this needs the second factor now", Fix: "step up with a code and try again"}
	ErrInvalidCredentials = models.E("operators.invalid_credentials", "the e-mail, the password or the code is wrong")
	ErrCodeRequired       = &models.Error{Code: "operators.code_required", Message: "this account has a second factor", Field: "code", Fix: "send the code of the device, or a recovery code"}
	// ErrLocked carries retry_after (int64 seconds) in its Data.
	ErrLocked            = models.E("operators.locked", "too many failures: wait 15 minutes")
	ErrWrongCode         = &models.Error{Code: "operators.wrong_code", Message: "the code is wrong or was used before", Field: "code", Fix: "wait for the device's next code, or use a recovery code"}
	ErrNoSecondFactor    = &models.Error{Code: "operators.no_second_factor", Message: "the account has no second factor", Fix: "enrol a TOTP device first"}
	ErrSessionOnly       = models.E("operators.session_required", "this is done in a signed-in session only")
	ErrNotLinked         = models.E("operators.not_linked", "this Telegram account belongs to no operator")
	ErrInvalidLinkCode   = &models.Error{Code: "operators.invalid_link_code", Message: "the code is wrong, used or expired", Field: "code", Fix: "make a new code in the console"}
	ErrTelegramTaken     = models.E("operators.telegram_taken", "this Telegram account belongs to another operator")
	ErrInvalidInvitation = &models.Error{Code: "operators.invalid_invitation", Message: "the invitation is wrong, used or expired", Fix: "ask for a new invitation"}
	ErrOwnerExists       = models.E("operators.owner_exists", "the tenant has an owner: operators are invited now")
	ErrEmailTaken        = &models.Error{Code: "operators.email_taken", Message: "an operator has this e-mail", Field: "email", Fix: "use another e-mail"}
	ErrNotFound          = models.E("operators.not_found", "there is no such operator")
	ErrKeyNotFound       = models.E("operators.key_not_found", "there is no such key")
	ErrSelf              = models.E("operators.self", "nobody does this to their own account")
	ErrLastOwner         = models.E("operators.last_owner", "the tenant's last active owner stays")
	ErrTenantNotFound    = models.E("operators.tenant_not_found", "there is no such tenant")
	ErrOIDCOff           = models.E("operators.oidc_off", "single sign-on is not configured")
	ErrInvalidState      = &models.Error{Code: "operators.invalid_state", Message: "the sign-in was not started here or took too long", Fix: "start the sign-in again"}
)

// CodeInvalid is the code of an input that does not fit; the error names the field and the fix.
const CodeInvalid = "operators.invalid"

// FromCode is the error of an answer's code, or nil when the code is not one of this room's.
func FromCode(code string) error {
	for _, known := range []*models.Error{
		ErrUnauthenticated, ErrForbidden, ErrStepUpRequired, ErrInvalidCredentials, ErrCodeRequired, ErrLocked, ErrWrongCode, ErrNoSecondFactor,
		ErrSessionOnly, ErrNotLinked, ErrInvalidLinkCode, ErrTelegramTaken, ErrInvalidInvitation, ErrOwnerExists, ErrEmailTaken, ErrNotFound,
		ErrKeyNotFound, ErrSelf, ErrLastOwner, ErrTenantNotFound, ErrOIDCOff, ErrInvalidState,
	} {
		if code == known.Code {
			return known
		}
	}
	return nil
}

// answerError is the error of an answer that is not ok.
func (o *Operators) answerError(a answer) error {
	if a.Code == ErrLocked.Code && a.Until != nil {
		return withData(ErrLocked, map[string]any{"retry_after": int64(max(a.Until.Sub(o.clock.Now()).Seconds(), 1))})
	}
	if err := FromCode(a.Code); err != nil {
		return err
	}
	return fmt.Errorf("operators: the database answered with the unknown code %q", a.Code)
}

// invalid is the error of an input that does not fit.
func invalid(field, fix string) error { return models.FieldError(CodeInvalid, field, fix) }

func withData(e *models.Error, data map[string]any) error {
	dup := *e
	dup.Data = data
	return &dup
}

// orNotFound turns "no rows" into the room's error and wraps the rest.
func orNotFound(err error, missing error, act string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return missing
	}
	return fmt.Errorf("operators: %s: %w", act, err)
}
