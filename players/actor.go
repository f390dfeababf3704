package players

import (
	"fairground/models"
)

// Actor is the operator on whose authority something is done to a player. The database checks Via and Proof and keeps the
// act with its reason in the operation log.
type Actor struct {
	Tenant    int64
	Via       string // session, key or telegram
	Proof     []byte // as operators.Authority has it; never logged
	RequestID string
	Reason    string // for acts that take no reason of their own
}

// What an act on an operator's authority is refused with; the codes are those of the operators room.
var (
	ErrUnauthenticated = models.E("operators.unauthenticated", "nobody is signed in with this")
	ErrForbidden       = models.E("operators.forbidden", "the operator's roles, or the key's scopes, do not allow this")
	ErrStepUpRequired  = &models.Error{Code: "operators.step_up_required", Message: "this needs the second factor now", Fix: "step up with a code and try again"}
)
