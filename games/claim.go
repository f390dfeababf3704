package games

import (
	"context"
	"encoding/json"
	"fmt"
)

// ClaimRequest asks for the next share of a round's act phase.
type ClaimRequest struct {
	Tenant int64
	Round  string
	Player int64
	Key    string // idempotency key, unique per player
	Again  bool   // as in BetRequest
}

// ClaimReceipt is a share taken and paid.
type ClaimReceipt struct {
	Round    string
	Slot     int
	Amount   int64 // gained, minor units
	Loss     int64 // paid to the opener because the share was a mine, minor units
	Balance  int64 // after both, minor units
	Left     int64 // shares still to be taken
	Replayed bool
}

// Claim takes the next share, shows and pays it in one transaction. It returns ErrInvalidKey,
// ErrRoundNotFound, ErrRoundClosed, ErrNothingLeft, ErrAlreadyClaimed, ErrNotMember, ErrInsufficient
// (the possible loss is not covered), ErrKeyReused or,
// unless Again, ErrBusy.
func (e *Engine) Claim(ctx context.Context, req ClaimRequest) (ClaimReceipt, error) {
	if err := checkKey(req.Key); err != nil {
		return ClaimReceipt{}, err
	}
	unlock, err := e.lockPlayer(ctx, req.Tenant, req.Player, req.Again)
	if err != nil {
		return ClaimReceipt{}, err
	}
	defer unlock()
	var answer json.RawMessage
	err = e.db.Call(ctx, req.Tenant, `SELECT api_round_claim($1, $2, $3, $4, $5)`,
		[]any{req.Tenant, req.Round, req.Player, req.Key, requestHash("claim", req.Round)}, &answer)
	if err != nil {
		return ClaimReceipt{}, fmt.Errorf("claim a share: %w", busy(err, req.Again))
	}
	out := struct {
		Code                        string
		Slot                        int
		Amount, Loss, Balance, Left int64
		Replayed                    bool
	}{}
	if err := json.Unmarshal(answer, &out); err != nil {
		return ClaimReceipt{}, fmt.Errorf("read the answer of claim: %w", err)
	}
	if err := refusal(out.Code, answer); err != nil {
		return ClaimReceipt{}, err
	}
	return ClaimReceipt{
		Round: req.Round, Slot: out.Slot, Amount: out.Amount, Loss: out.Loss,
		Balance: out.Balance, Left: out.Left, Replayed: out.Replayed,
	}, nil
}
