package gateway

import "errors"

// The errors of gateways. Each message starts with its stable code.
var (
	// ErrUnknown leaves room for doubt: the act may or may not have happened. Never give money back on it.
	ErrUnknown = errors.New("gateway.unknown: the outcome is not known")
	// ErrNotFound says that the gateway surely holds nothing under the name.
	ErrNotFound = errors.New("gateway.not_found: the gateway holds nothing under this name")
	// ErrForged refuses a callback whose signature is missing or wrong.
	ErrForged = errors.New("gateway.forged: the signature does not match")
	// ErrStale refuses a callback that is older or newer than the window.
	ErrStale = errors.New("gateway.stale: the callback is outside the time window")
	// ErrMalformed refuses a callback that is signed but cannot be read.
	ErrMalformed = errors.New("gateway.malformed: the callback cannot be read")
	// ErrRefused is a definite no to a deposit or a refund; errors.As a *RefusalError for the reason.
	ErrRefused = errors.New("gateway.refused: the gateway refused")
	// ErrUnsupported says that this kind of gateway does not do this.
	ErrUnsupported = errors.New("gateway.unsupported: this gateway does not do this")
	// ErrSettings refuses the settings of an account.
	ErrSettings = errors.New("gateway.settings: the settings are wrong")
)

// RefusalError is ErrRefused with the gateway's reason: a short code or text without secrets.
type RefusalError struct{ Reason string }

// Error implements error.
func (r *RefusalError) Error() string { return ErrRefused.Error() + ": " + r.Reason }

// Is makes errors.Is(err, ErrRefused) hold.
func (r *RefusalError) Is(target error) bool { return target == ErrRefused }

// Refused makes a RefusalError.
func Refused(reason string) error { return &RefusalError{Reason: reason} }
