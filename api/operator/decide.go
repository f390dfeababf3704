package operator

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/models"
	"fairground/operators"
	"fairground/workflows"
)

// decideTimeout is how long an answer waits for the workflow to apply a decision. Afterwards the
// relay delivers it.
const decideTimeout = 3 * time.Second

// errNoWorkflows says that workflows can't be reached.
var errNoWorkflows = models.E("api.unavailable", "the workflows can't be reached")

// DecideWithdrawal stores a reviewer's decision and has the workflow apply it.
func (s *Server) DecideWithdrawal(ctx context.Context, r gen.DecideWithdrawalRequestObject) (gen.DecideWithdrawalResponseObject, error) {
	out, err := s.decide(ctx, cashier.Decision{
		Withdrawal: r.Withdrawal, Version: int(r.Body.Version), Verdict: cashier.Verdict(r.Body.Verdict),
		ReasonCode: models.ReasonCode(text(r.Body.ReasonCode)), Reason: text(r.Body.Reason), Key: r.Params.IdempotencyKey,
	})
	switch {
	case err != nil:
		return nil, err
	case out.Applied:
		return gen.DecideWithdrawal200JSONResponse(out), nil
	default:
		return gen.DecideWithdrawal202JSONResponse(out), nil
	}
}

// ResolveWithdrawal stores what a person found out about a payment and has the workflow apply it.
func (s *Server) ResolveWithdrawal(ctx context.Context, r gen.ResolveWithdrawalRequestObject) (gen.ResolveWithdrawalResponseObject, error) {
	out, err := s.decide(ctx, cashier.Decision{
		Withdrawal: r.Withdrawal, Version: int(r.Body.Version), Verdict: cashier.Verdict(r.Body.Verdict), GatewayRef: text(r.Body.GatewayRef),
		ReasonCode: models.ReasonCode(text(r.Body.ReasonCode)), Reason: r.Body.Reason, Key: r.Params.IdempotencyKey,
	})
	switch {
	case err != nil:
		return nil, err
	case out.Applied:
		return gen.ResolveWithdrawal200JSONResponse(out), nil
	default:
		return gen.ResolveWithdrawal202JSONResponse(out), nil
	}
}

// decide writes the decision under the operator's own authority, then gives its id to the
// workflow. What the workflow does not take in time is left to the relay.
func (s *Server) decide(ctx context.Context, d cashier.Decision) (gen.Decided, error) {
	a := authorityOf(ctx)
	row, err := s.Cashier.Decide(ctx, a, d)
	if errors.Is(err, operators.ErrForbidden) {
		return gen.Decided{}, s.whyForbidden(ctx, d, err)
	}
	if err != nil {
		return gen.Decided{}, err
	}
	out := gen.Decided{Decision: row.ID, Applied: row.Applied}
	if !out.Applied && s.Decide != nil {
		wait, cancel := context.WithTimeout(ctx, decideTimeout)
		_, err := s.Decide(wait, workflows.DecideMessage{
			Withdrawal: row.Withdrawal, Decision: row.ID, Stage: row.Stage, Operator: row.Operator,
		})
		cancel()
		if no, ok := errors.AsType[*workflows.RefusedError](err); ok && no.Code != workflows.TypeDuplicateDecision {
			return gen.Decided{}, refused(no)
		}
		if out.Applied = err == nil; !out.Applied {
			s.Logger.WarnContext(ctx, "left to the relay", slog.String("what", "decide a withdrawal"),
				slog.String("withdrawal", row.Withdrawal), slog.String("decision", row.ID), slog.Any("error", err))
		}
	}
	w, err := s.Cashier.Withdrawal(ctx, a.Tenant, row.Withdrawal)
	if err != nil {
		return gen.Decided{}, err
	}
	out.Withdrawal = withdrawal(w)
	return out, nil
}

// whyForbidden tells a verdict of another stage from one that the operator may not give: the database looks at the
// permission of the present stage first.
func (s *Server) whyForbidden(ctx context.Context, d cashier.Decision, forbidden error) error {
	w, err := s.Cashier.Withdrawal(ctx, authorityOf(ctx).Tenant, d.Withdrawal)
	if err != nil {
		return forbidden
	}
	review := d.Verdict == cashier.VerdictApprove || d.Verdict == cashier.VerdictReject || d.Verdict == cashier.VerdictSendBack
	reviewing := w.Status == models.WithdrawalInitialReview || w.Status == models.WithdrawalSecondaryReview
	if review != reviewing {
		return cashier.ErrWrongStage
	}
	return forbidden
}

// refused is what a workflow's refusal means to the operator: by now another decision or the deadline was faster.
func refused(no *workflows.RefusedError) error {
	switch no.Code {
	case workflows.TypeEnding, workflows.TypeInvalidMessage:
		return cashier.ErrWrongStage
	}
	return &models.Error{Code: no.Code, Message: no.Message}
}

// ResumeWithdrawal starts the workflow of an open withdrawal again.
func (s *Server) ResumeWithdrawal(ctx context.Context, r gen.ResumeWithdrawalRequestObject) (gen.ResumeWithdrawalResponseObject, error) {
	if s.Resume == nil {
		return nil, errNoWorkflows
	}
	w, err := s.Cashier.Resume(ctx, authorityOf(ctx), r.Withdrawal)
	if err != nil {
		return nil, err
	}
	err = s.Resume(ctx, workflows.WithdrawalInput{
		Tenant: w.Tenant, Withdrawal: w.ID, Group: w.GroupID, Player: w.PlayerID, Asset: w.Asset, Amount: w.Amount, Status: string(w.Status),
	})
	if err != nil {
		return nil, errors.Join(errNoWorkflows, err)
	}
	return gen.ResumeWithdrawal202JSONResponse(withdrawal(w)), nil
}
