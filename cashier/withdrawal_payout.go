package cashier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"fairground/cashier/gateway"
	"fairground/models"
)

// payoutOrder is what a payout needs; the database gives it out only in the states that allow a call.
type payoutOrder struct {
	Fresh       bool   `json:"fresh"` // nobody has begun this attempt before
	Gateway     string `json:"gateway"`
	Asset       string `json:"asset"`
	Scale       int    `json:"scale"`
	Amount      int64  `json:"amount"`
	Destination []byte `json:"destination"` // sealed
	Address     string `json:"address"`
	Player      int64  `json:"player"`
}

// SubmitPayout commits that an approved withdrawal is being paid, then asks the gateway with the withdrawal's id as the key,
// and stores the answer. Repeats, workers side by side and crashes at any point pay once: the key never changes, and an
// attempt that was begun before is asked about first. In any other state than approved and paying it only says where the
// withdrawal stands.
//
// Errors: ErrWithdrawalNotFound, ErrPayoutsStopped and ErrGatewayOff (try again later), and those of postgres.DB. Doubt about
// the gateway is no error: the status is then unknown.
func (c *Cashier) SubmitPayout(ctx context.Context, tenant int64, id string) (State, error) {
	raw, err := c.ask(ctx, tenant, "begin a payout", `SELECT api_withdrawal_pay($1, $2)`, tenant, id)
	if err != nil {
		return State{}, err
	}
	state, err := readState(raw)
	if err != nil || state.Status != models.WithdrawalPaying {
		return state, err
	}
	var order payoutOrder
	if err := json.Unmarshal(raw, &order); err != nil {
		return State{}, fmt.Errorf("cashier: read a payout order: %w", err)
	}
	return c.settlePayout(ctx, tenant, id, order, true)
}

// ReconcilePayout asks the gateway what became of a payout that was begun, and stores the answer. It never asks for money
// to be sent. Before a payout was begun and after it ended it only says where the withdrawal stands.
func (c *Cashier) ReconcilePayout(ctx context.Context, tenant int64, id string) (State, error) {
	raw, err := c.ask(ctx, tenant, "read a payout", `SELECT api_withdrawal_payout($1, $2)`, tenant, id)
	if err != nil {
		return State{}, err
	}
	state, err := readState(raw)
	if err != nil || (state.Status != models.WithdrawalPaying && state.Status != models.WithdrawalUnknown) {
		return state, err
	}
	var order payoutOrder
	if err := json.Unmarshal(raw, &order); err != nil {
		return State{}, fmt.Errorf("cashier: read a payout order: %w", err)
	}
	return c.settlePayout(ctx, tenant, id, order, false)
}

// FinishPayout stores what a gateway said of a payout: paid captures the hold, failed releases it. A repeat changes nothing,
// and a word that contradicts the end of a withdrawal opens an incident.
func (c *Cashier) FinishPayout(ctx context.Context, tenant int64, id string, result gateway.PayoutResult) (State, error) {
	return c.storeAnswer(ctx, tenant, id, "notice", result)
}

// settlePayout asks the gateway outside of any transaction and stores what it says.
func (c *Cashier) settlePayout(ctx context.Context, tenant int64, id string, order payoutOrder, send bool) (State, error) {
	gw, _, err := c.Gateway(ctx, tenant, order.Gateway)
	if err != nil {
		return State{}, err
	}
	if !order.Fresh {
		result, err := gw.PayoutStatus(ctx, id)
		switch {
		case err == nil:
			return c.storeOrdered(ctx, tenant, id, "status", order, result)
		case errors.Is(err, gateway.ErrNotFound) && send:
			// The gateway surely has not seen the key: sending it is what the attempt was for.
		case errors.Is(err, gateway.ErrUnsupported) && send:
			// It can't be asked, but the same key never pays twice.
		default:
			return c.storeAnswer(ctx, tenant, id, "status", gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: reasonOf(err)})
		}
	}
	destination, err := c.openDestination(tenant, order.Player, order.Address, order.Destination)
	if err != nil {
		return State{}, err
	}
	result, err := gw.Payout(ctx, gateway.PayoutRequest{
		Key: id, Asset: order.Asset, Amount: order.Amount, Scale: order.Scale, Destination: destination,
	})
	if err != nil {
		result = gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: reasonOf(err)}
	}
	return c.storeOrdered(ctx, tenant, id, "payout", order, result)
}

// storeOrdered stores a result unless it is of another asset or amount than was ordered: then something else was paid under
// the key than the ledger holds, which ends nothing and stops payouts until a person has looked.
func (c *Cashier) storeOrdered(ctx context.Context, tenant int64, id, source string, order payoutOrder, result gateway.PayoutResult) (State, error) {
	if result.Of(order.Asset, order.Amount, order.Scale) {
		return c.storeAnswer(ctx, tenant, id, source, result)
	}
	c.logger.ErrorContext(ctx, "a gateway speaks of another amount than it was asked for", slog.String("withdrawal", id))
	if _, err := c.OpenIncident(context.WithoutCancel(ctx), tenant, IncidentReport{
		Kind: "payout_mismatch", StopsPayouts: true, Key: "payout_mismatch:" + id,
		Detail: map[string]any{
			"withdrawal": id, "says": result.State, "ref": result.Ref, "asset": result.Asset, "amount": result.Amount, "scale": result.Scale,
		},
	}); err != nil {
		return State{}, err
	}
	return c.storeAnswer(ctx, tenant, id, source, gateway.PayoutResult{State: gateway.PayoutUnknown, Ref: result.Ref, Reason: "gateway.amount_mismatch"})
}

// storeAnswer outlives the caller's deadline: what a gateway said must not be lost because it said it late.
func (c *Cashier) storeAnswer(ctx context.Context, tenant int64, id, source string, result gateway.PayoutResult) (State, error) {
	if !result.State.Valid() {
		result = gateway.PayoutResult{State: gateway.PayoutUnknown, Ref: result.Ref, Reason: "the gateway answered with an unknown state"}
	}
	ctx = context.WithoutCancel(ctx)
	raw, err := c.ask(ctx, tenant, "store a payout's answer", `SELECT api_withdrawal_answer($1, $2, $3, $4, $5, $6, $7)`,
		tenant, id, source, string(result.State), result.Ref, result.Reason, c.attest(tenant))
	if err != nil {
		return State{}, err
	}
	var answer struct {
		Conflict bool `json:"conflict"`
		New      bool `json:"new"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return State{}, fmt.Errorf("cashier: read an answer: %w", err)
	}
	if answer.Conflict {
		if err := c.contradicted(ctx, tenant, id, result, answer.New); err != nil {
			return State{}, err
		}
	}
	return readState(raw)
}

// contradicted opens an incident for a gateway's word against the end of a withdrawal: once for every new word, so that one
// that a person has accepted stays accepted.
func (c *Cashier) contradicted(ctx context.Context, tenant int64, id string, says gateway.PayoutResult, news bool) error {
	key := "payout_conflict:" + id
	known := false
	if !news {
		err := c.db.Call(ctx, tenant, `SELECT EXISTS (SELECT 1 FROM incidents WHERE tenant_id = $1 AND key = $2 AND status = 'resolved'
			AND resolved_at > (SELECT max(at) FROM payout_answers WHERE tenant_id = $1 AND withdrawal_id = $3))`, []any{tenant, key, id}, &known)
		if err != nil {
			return fmt.Errorf("cashier: look for an incident: %w", err)
		}
	}
	if known {
		return nil
	}
	c.logger.ErrorContext(ctx, "a gateway contradicts the end of a withdrawal", slog.String("withdrawal", id), slog.String("says", string(says.State)))
	_, err := c.OpenIncident(ctx, tenant, IncidentReport{
		Kind: "payout_conflict", StopsPayouts: true, Key: key, Detail: map[string]any{"withdrawal": id, "says": says.State, "ref": says.Ref},
	})
	return err
}

// reasonOf names a gateway's error by its code alone: what a server wrote may hold anything.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, gateway.ErrUnknown):
		return "gateway.unknown"
	case errors.Is(err, gateway.ErrNotFound):
		return "gateway.not_found"
	case errors.Is(err, gateway.ErrUnsupported):
		return "gateway.unsupported"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "gateway.timeout"
	default:
		return "gateway.error"
	}
}
