package player

import (
	"context"
	"errors"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/models"
	"fairground/players"
	"fairground/workflows"
)

// ask verifies the player by the code and asks for the withdrawal.
func (s *Server) ask(ctx context.Context, wish cashier.WithdrawalRequest, code string) (cashier.Withdrawal, error) {
	verified, err := s.players.Verify(ctx, wish.Tenant, wish.Player, code, players.PurposeWithdraw)
	if err != nil {
		return cashier.Withdrawal{}, err
	}
	wish.Verification = verified
	return s.cashier.RequestWithdrawal(ctx, wish)
}

// RequestWithdrawal holds the caller's money and has the review begin.
func (s *Server) RequestWithdrawal(ctx context.Context, r gen.RequestWithdrawalRequestObject) (gen.RequestWithdrawalResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	wish := cashier.WithdrawalRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Asset: r.Body.Asset, Amount: r.Body.Amount, Address: r.Body.Address,
		Key: r.Params.IdempotencyKey,
	}
	w, err := s.cashier.AskedBefore(ctx, wish)
	if errors.Is(err, cashier.ErrWithdrawalNotFound) {
		w, err = s.ask(ctx, wish, r.Body.Code)
	}
	if err != nil {
		return nil, err
	}
	if s.startWithdrawal != nil && w.Status == models.WithdrawalRequested {
		in := workflows.WithdrawalInput{Tenant: w.Tenant, Withdrawal: w.ID, Group: w.GroupID, Player: w.PlayerID, Asset: w.Asset, Amount: w.Amount}
		s.later(ctx, "start the workflow", w.ID, func(ctx context.Context) error { return s.startWithdrawal(ctx, in) })
	}
	return gen.RequestWithdrawal201JSONResponse(withdrawal(w)), nil
}

// ListWithdrawals lists the caller's withdrawals in a group, newest first.
func (s *Server) ListWithdrawals(ctx context.Context, r gen.ListWithdrawalsRequestObject) (gen.ListWithdrawalsResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	page, err := s.cashier.PlayerWithdrawals(ctx, c.Tenant, g.ID, c.Player, cashier.Page{Cursor: word(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.ListWithdrawals200JSONResponse{Withdrawals: each(page.Withdrawals, withdrawal), NextCursor: given(page.Next)}, nil
}

// GetWithdrawal shows one of the caller's withdrawals.
func (s *Server) GetWithdrawal(ctx context.Context, r gen.GetWithdrawalRequestObject) (gen.GetWithdrawalResponseObject, error) {
	w, err := s.ownWithdrawal(ctx, r.Group, r.Withdrawal)
	if err != nil {
		return nil, err
	}
	return gen.GetWithdrawal200JSONResponse(withdrawal(w)), nil
}

// CancelWithdrawal takes one of the caller's withdrawals back.
func (s *Server) CancelWithdrawal(ctx context.Context, r gen.CancelWithdrawalRequestObject) (gen.CancelWithdrawalResponseObject, error) {
	w, err := s.ownWithdrawal(ctx, r.Group, r.Withdrawal)
	if err != nil {
		return nil, err
	}
	if w, err = s.cashier.CancelWithdrawal(ctx, w.Tenant, w.Player, w.ID); err != nil {
		return nil, err
	}
	if s.cancelWithdrawal != nil {
		s.later(ctx, "tell the workflow", w.ID, func(ctx context.Context) error { return s.cancelWithdrawal(ctx, w.ID) })
	}
	return gen.CancelWithdrawal200JSONResponse(withdrawal(w)), nil
}

// ownWithdrawal finds a withdrawal of the caller in a group; other people's do not exist for the caller.
func (s *Server) ownWithdrawal(ctx context.Context, group, id string) (cashier.Withdrawal, error) {
	c, g, err := s.inGroup(ctx, group)
	if err != nil {
		return cashier.Withdrawal{}, err
	}
	w, err := s.cashier.Withdrawal(ctx, c.Tenant, id)
	if err == nil && (w.Player != c.Player || w.Group != g.ID) {
		err = cashier.ErrWithdrawalNotFound
	}
	return w, err
}

func withdrawal(w cashier.Withdrawal) gen.Withdrawal {
	out := gen.Withdrawal{
		Withdrawal: w.ID, Status: gen.WithdrawalStatus(w.Status), Amount: scaled(w.Asset, w.Scale, w.Amount), Gateway: w.Gateway,
		Destination: w.Destination, Steps: steps(w), Cancellable: w.Status.Waiting(), RequestedAt: w.RequestedAt.UTC(), UpdatedAt: w.UpdatedAt.UTC(),
		ReasonCode: given(w.ReasonCode), Reason: given(w.Reason), EndedAt: utc(w.EndedAt),
	}
	if !w.Status.Final() {
		out.DueAt, out.ExpiresAt = utc(w.DueAt), utc(w.ExpiresAt)
	}
	return out
}

// steps draws the way of a withdrawal: what is behind it, where it stands, what is ahead. One
// that ended early stays at the step it ended at.
func steps(w cashier.Withdrawal) []gen.WithdrawalStep {
	way := []gen.WithdrawalStepStep{
		gen.WithdrawalStepStepRequested, gen.WithdrawalStepStepInitialReview, gen.WithdrawalStepStepSecondaryReview,
		gen.WithdrawalStepStepPaying, gen.WithdrawalStepStepPaid,
	}
	at := stepOf(w)
	out := make([]gen.WithdrawalStep, len(way))
	for i, step := range way {
		state := gen.Done
		switch {
		case i == 1 && w.Reviews < 1, i == 2 && w.Reviews < 2:
			state = gen.Skipped
		case i > at:
			state = gen.Ahead
		case i == at && w.Status.Final() && w.Status != models.WithdrawalPaid:
			state = gen.Ended
		case i == at && w.Status != models.WithdrawalPaid:
			state = gen.Current
		}
		out[i] = gen.WithdrawalStep{Step: step, State: state}
	}
	return out
}

// stepOf is the place of a withdrawal in steps.
func stepOf(w cashier.Withdrawal) int {
	const requested, initial, secondary, paying, paid = 0, 1, 2, 3, 4
	switch w.Status {
	case models.WithdrawalRequested:
		return requested
	case models.WithdrawalInitialReview:
		return initial
	case models.WithdrawalSecondaryReview:
		return secondary
	case models.WithdrawalPaid:
		return paid
	case models.WithdrawalApproved, models.WithdrawalPaying, models.WithdrawalUnknown, models.WithdrawalFailed:
		return paying
	case models.WithdrawalRejected, models.WithdrawalCancelled, models.WithdrawalExpired:
		return endedAt(w)
	default:
		return requested
	}
}

// endedAt is the review that a withdrawal ended in before it was paid.
func endedAt(w cashier.Withdrawal) int {
	switch {
	case w.Reviews == 0:
		return 0
	case w.Reviews > 1 && w.InitialBy != "":
		return 2
	default:
		return 1
	}
}
