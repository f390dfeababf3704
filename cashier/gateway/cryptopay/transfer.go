package cryptopay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairground/cashier/gateway"
)

type transfer struct {
	ID        int64     `json:"transfer_id"`
	SpendID   string    `json:"spend_id"`
	Asset     string    `json:"asset"`
	Amount    string    `json:"amount"`
	Status    string    `json:"status"`
	Completed time.Time `json:"completed_at,omitzero"`
}

// Payout implements gateway.Gateway; the destination is a Telegram user id. A repeated spend_id is refused by the other
// side under a name of its own, so after any refusal the list of transfers is asked first: what it holds was paid.
func (g *Gateway) Payout(ctx context.Context, r gateway.PayoutRequest) (gateway.PayoutResult, error) {
	user, ok := userID(r.Destination)
	if !ok {
		return gateway.PayoutResult{State: gateway.PayoutFailed, Reason: "the destination is not a Telegram user id"}, nil
	}
	params := map[string]any{
		"user_id": user, "asset": strings.ToUpper(r.Asset), "spend_id": r.Key,
		"amount": gateway.FormatAmount(r.Amount, r.Scale),
	}
	var said transfer
	err := g.call(ctx, "transfer", params, &said)
	var no *gateway.RefusalError
	switch {
	case err == nil:
		return g.completed(said, r)
	case !errors.As(err, &no):
		return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "no answer"}, err
	}
	found, paid, err := g.find(ctx, r.Key)
	switch {
	case err != nil:
		return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "no answer"}, err
	case paid:
		return g.completed(found, r)
	case slices.Contains(g.refusals, no.Reason):
		return gateway.PayoutResult{State: gateway.PayoutFailed, Reason: no.Reason}, nil
	}
	return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: no.Reason}, doubt(no)
}

// completed reads a transfer that answers a request; one of another amount is doubt, not a success.
func (g *Gateway) completed(t transfer, r gateway.PayoutRequest) (gateway.PayoutResult, error) {
	amount, scale, err := gateway.ParseAmount(t.Amount, r.Scale)
	if err != nil || t.SpendID != r.Key || !strings.EqualFold(t.Asset, r.Asset) || amount != r.Amount || scale != r.Scale {
		unknown := gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "the answer is of another transfer"}
		return unknown, fmt.Errorf("%w: another transfer stands under the key", gateway.ErrUnknown)
	}
	return g.result(t)
}

// result says what stands under a key. A transfer whose amount cannot be read is doubt.
func (g *Gateway) result(t transfer) (gateway.PayoutResult, error) {
	asset := strings.ToLower(t.Asset)
	amount, scale, err := gateway.ParseAmount(t.Amount, g.scales[asset])
	if err != nil || asset == "" {
		return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "the answer cannot be read"},
			fmt.Errorf("%w: the transfer cannot be read", gateway.ErrUnknown)
	}
	r := gateway.PayoutResult{
		State: gateway.PayoutAccepted, Ref: strconv.FormatInt(t.ID, 10), Asset: asset, Amount: amount, Scale: scale,
	}
	if t.Status == "completed" {
		r.State = gateway.PayoutPaid
	}
	return r, nil
}

// PayoutStatus implements gateway.Gateway. A list without the key proves nothing while a request may be on its way, so the
// answer is then PayoutUnknown and never ErrNotFound: sending the same key again or a person decides.
func (g *Gateway) PayoutStatus(ctx context.Context, key string) (gateway.PayoutResult, error) {
	found, ok, err := g.find(ctx, key)
	switch {
	case err != nil:
		return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "no answer"}, err
	case !ok:
		return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: "no transfer under the key yet"}, nil
	}
	return g.result(found)
}

// find looks a key up in the list of transfers.
func (g *Gateway) find(ctx context.Context, key string) (transfer, bool, error) {
	var said list[transfer]
	if err := g.call(ctx, "getTransfers", map[string]any{"spend_id": key}, &said); err != nil {
		return transfer{}, false, doubt(err)
	}
	for _, one := range said.Items {
		if one.SpendID == key {
			return one, true, nil
		}
	}
	return transfer{}, false, nil
}

// doubt turns a refusal into ErrUnknown: asking was refused, which says nothing of the thing asked for.
func doubt(err error) error {
	if no, ok := errors.AsType[*gateway.RefusalError](err); ok {
		return fmt.Errorf("%w: the gateway refused with %s", gateway.ErrUnknown, no.Reason)
	}
	return err
}

func userID(destination string) (int64, bool) {
	id, err := strconv.ParseInt(destination, 10, 64)
	return id, err == nil && id > 0
}
