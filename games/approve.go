package games

import (
	"context"
	"time"

	"fairground/operators"
)

// Decision is what somebody decides about a draft.
type Decision struct {
	Draft  string
	Base   int    // of an approval: the version in force that the draft was compared with, as the approver read it
	Reason string // 1 to 500 characters
}

// ApproveDraft puts a draft that another person wrote in force at once: rounds that open from now on play with it, running
// ones keep theirs. It needs games.approve and a step-up. The same approval again is a success.
//
// Errors: ErrDraftNotFound, ErrDraftDecided, ErrSamePerson, ErrStaleBase with base and live, ErrNotSimulated, ErrReturn,
// ErrAlreadyScheduled with version and effective_at, games.invalid_input and those of operators.
func (e *Engine) ApproveDraft(ctx context.Context, a operators.Authority, in Decision) (Draft, error) {
	return e.decide(ctx, a, "approve", in, nil)
}

// RejectDraft ends a draft for good. It needs games.approve. Its errors are those of ApproveDraft that fit.
func (e *Engine) RejectDraft(ctx context.Context, a operators.Authority, in Decision) (Draft, error) {
	return e.decide(ctx, a, "reject", in, nil)
}

// WithdrawDraft takes a draft back. Whoever may draft may do that. Its errors are those of ApproveDraft that fit.
func (e *Engine) WithdrawDraft(ctx context.Context, a operators.Authority, in Decision) (Draft, error) {
	return e.decide(ctx, a, "withdraw", in, nil)
}

func (e *Engine) decide(ctx context.Context, a operators.Authority, verdict string, in Decision, at *time.Time) (Draft, error) {
	if err := checkReason(in.Reason); err != nil {
		return Draft{}, err
	}
	facts := map[string]any{"draft": in.Draft, "verdict": verdict, "base": in.Base, "reason": in.Reason}
	if at != nil {
		facts["effective_at"] = at.UTC()
	}
	if err := e.change(ctx, a, "api_config_decide", facts, nil); err != nil {
		return Draft{}, err
	}
	return e.draft(ctx, a.Tenant, in.Draft)
}
