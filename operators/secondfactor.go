package operators

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	totpPeriod      = 30
	totpDigits      = 6
	totpSecretBytes = 20
	recoveryCodes   = 10
	recoveryLetters = 10
)

// second is a code as the program judges it: the time step of a good TOTP code, a recovery code's hash that the
// database looks up, or wrong.
type second struct {
	step     *int64
	recovery []byte
	wrong    bool
}

// judge looks at a code for an account. No code is neither good nor wrong.
func (o *Operators) judge(who account, code string) (second, error) {
	code = typed(code)
	switch {
	case code == "":
		return second{}, nil
	case len(code) > maxCode:
		return second{wrong: true}, nil
	case len(code) == totpDigits && strings.Trim(code, "0123456789") == "":
		step, err := o.totpStep(who, who.sealed, code)
		return second{step: step, wrong: step == nil}, err
	default:
		return second{recovery: o.recoveryHash(who.publicID, code)}, nil
	}
}

// totpStep is the time step, at most one away from now, whose code this is; nil for none.
func (o *Operators) totpStep(who account, sealed []byte, code string) (*int64, error) {
	if len(sealed) == 0 {
		return nil, nil //nolint:nilnil // no device, no step: not a failure
	}
	plain, err := o.box.Open(purposeTOTP, sealed, []byte(who.publicID))
	if err != nil {
		return nil, fmt.Errorf("operators: open a second factor: %w", err)
	}
	now := o.clock.Now().Unix() / totpPeriod
	var found *int64
	for step := now - 1; step <= now+1; step++ {
		want, err := hotp.GenerateCode(string(plain), uint64(step)) //nolint:gosec // a time after 1970
		if err != nil {
			return nil, fmt.Errorf("operators: make a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = &step
		}
	}
	return found, nil
}

func (o *Operators) recoveryHash(operatorID, code string) []byte {
	return o.keyed(purposeRecovery, operatorID, code)
}

// EnrolTOTP makes a new device's secret and keeps it sealed until ConfirmTOTP. It takes the password, so that a stolen
// session gets no device of its own; a session that single sign-on opened in the last 10 minutes needs none. Replacing a
// device that is in force needs a step-up too. It returns ErrInvalidCredentials, ErrLocked after 10 failures,
// ErrSessionOnly, ErrStepUpRequired or ErrUnauthenticated.
func (o *Operators) EnrolTOTP(ctx context.Context, a Authority, password string) (Enrolment, error) {
	who, err := o.account(ctx, a.Tenant, `operator_id = $2`, a.Operator)
	if err != nil {
		return Enrolment{}, err
	}
	proven, err := o.deriveKey(ctx, password, who.kdf)
	if err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: o.name, AccountName: who.email, SecretSize: totpSecretBytes})
	if err != nil {
		return Enrolment{}, fmt.Errorf("operators: make a second factor: %w", err)
	}
	sealed, err := o.box.Seal(purposeTOTP, []byte(key.Secret()), []byte(who.publicID))
	if err != nil {
		return Enrolment{}, fmt.Errorf("operators: seal a second factor: %w", err)
	}
	_, err = o.call(ctx, a.Tenant, "enrol a second factor", `SELECT api_operator_totp_enrol($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, proven, sealed, a.RequestID)
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Secret: key.Secret(), URL: key.URL()}, nil
}

// ConfirmTOTP puts the enrolled device in force with its first code, steps the session up and gives ten recovery codes,
// which are shown this once. It returns ErrWrongCode, ErrNoSecondFactor when nothing was enrolled, and ErrLocked.
func (o *Operators) ConfirmTOTP(ctx context.Context, a Authority, code string) ([]string, error) {
	who, err := o.account(ctx, a.Tenant, `operator_id = $2`, a.Operator)
	if err != nil {
		return nil, err
	}
	step, err := o.totpStep(who, who.pending, typed(code))
	if err != nil {
		return nil, err
	}
	codes, hashes := o.newRecoveryCodes(who.publicID)
	_, err = o.call(ctx, a.Tenant, "confirm a second factor", `SELECT api_operator_totp_confirm($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.Tenant, string(a.Via), a.Proof, who.pending, step, hashes, o.attest(who.publicID), a.RequestID)
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// NewRecoveryCodes replaces the recovery codes. It needs a step-up.
func (o *Operators) NewRecoveryCodes(ctx context.Context, a Authority) ([]string, error) {
	codes, hashes := o.newRecoveryCodes(a.OperatorID)
	_, err := o.call(ctx, a.Tenant, "replace the recovery codes", `SELECT api_operator_recovery_codes($1, $2, $3, $4, $5)`,
		a.Tenant, string(a.Via), a.Proof, hashes, a.RequestID)
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (o *Operators) newRecoveryCodes(operatorID string) (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		code := newCode(recoveryLetters)
		codes = append(codes, code[:recoveryLetters/2]+"-"+code[recoveryLetters/2:])
		hashes = append(hashes, o.recoveryHash(operatorID, code))
	}
	return codes, hashes
}

// StepUp shows the second factor for what needs it, for 10 minutes: a TOTP code, each once, or one recovery code. A
// Telegram authority steps up the same way. It returns ErrWrongCode, ErrNoSecondFactor, ErrLocked, ErrUnauthenticated,
// or ErrSessionOnly for an API key, which never steps up.
func (o *Operators) StepUp(ctx context.Context, a Authority, code string) (Authority, error) {
	who, err := o.account(ctx, a.Tenant, `operator_id = $2`, a.Operator)
	if err != nil {
		return Authority{}, err
	}
	shown, err := o.judge(who, code)
	if err != nil {
		return Authority{}, err
	}
	got, err := o.call(ctx, a.Tenant, "step up", `SELECT api_operator_step_up($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, shown.step, shown.recovery, o.attest(who.publicID), a.RequestID)
	if err != nil {
		return Authority{}, err
	}
	up := got.authority(a.Tenant, a.Via, a.Proof)
	up.CSRF, up.RequestID = a.CSRF, a.RequestID
	return up, nil
}
