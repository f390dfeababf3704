package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairground/internal/secret"
	"fairground/operators"
)

// ResolveQuarantine credits what was really paid, sends it back, or dismisses it; each is logged with the reason. It needs
// deposits.resolve and a step-up. Limits of the player don't hold it back: they are why some payments are here.
//
// Errors: ErrItemNotFound, ErrAlreadyResolved, ErrOnlyDismiss, ErrPlayerRequired, ErrNotCreditable, ErrAboveLimit, ErrNotMember,
// ErrRefundUnsupported, ErrRefundRefused after which the payment waits here again, ErrOwnAccount, ErrInvalidAct,
// ErrReasonMissing, those of operators and of postgres.DB.
func (c *Cashier) ResolveQuarantine(ctx context.Context, a operators.Authority, id string, r Resolution) (QuarantineItem, error) {
	switch r.Act {
	case ActCredit, ActRefund, ActDismiss:
	default:
		return QuarantineItem{}, ErrInvalidAct
	}
	reason, err := cleanReason(r.Reason)
	if err != nil {
		return QuarantineItem{}, err
	}
	request, err := json.Marshal(map[string]string{
		"item": id, "act": string(r.Act), "group": r.Group, "player": r.Player, "reason": reason, "new": secret.ID("dep"), "refund": secret.ID("rf"),
	})
	if err != nil {
		return QuarantineItem{}, fmt.Errorf("cashier: write a resolution: %w", err)
	}
	raw, err := c.inquire(ctx, a.Tenant, "resolve a payment in quarantine", `SELECT api_quarantine_resolve($1, $2, $3, $4, $5)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, json.RawMessage(request))
	if err != nil {
		return QuarantineItem{}, err
	}
	if r.Act == ActRefund {
		if err := c.sendBack(ctx, a.Tenant, raw); err != nil {
			return QuarantineItem{}, err
		}
	}
	return c.quarantined(context.WithoutCancel(ctx), a.Tenant, id)
}

// SetAside puts the payment of a deposit that its gateway never ends into quarantine, where ResolveQuarantine ends it. What the
// gateway says of it afterwards is noted and credits nothing by itself. It needs deposits.resolve and a step-up; the same
// again gives the same item.
//
// Errors: ErrDepositNotFound, ErrNotConfirming with the status, ErrOwnAccount, ErrReasonMissing, those of operators and of
// postgres.DB.
func (c *Cashier) SetAside(ctx context.Context, a operators.Authority, deposit, reason string) (QuarantineItem, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return QuarantineItem{}, err
	}
	raw, err := c.inquire(ctx, a.Tenant, "set a payment aside", `SELECT api_deposit_set_aside($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, deposit, secret.ID("q"), reason)
	if err != nil {
		return QuarantineItem{}, err
	}
	var answer struct {
		Item string `json:"item"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return QuarantineItem{}, fmt.Errorf("cashier: set a payment aside: read the answer: %w", err)
	}
	return c.quarantined(context.WithoutCancel(ctx), a.Tenant, answer.Item)
}

// QuarantineWaits says how many payments wait in quarantine and since when the first one of them has; zero for none.
func (c *Cashier) QuarantineWaits(ctx context.Context, tenant int64) (n int, since time.Time, err error) {
	var first *time.Time
	err = c.db.Call(ctx, tenant, `SELECT count(*), min(received_at) FROM deposit_quarantine WHERE tenant_id = $1 AND status = 'open'`, []any{tenant}, &n, &first)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("cashier: count the quarantine: %w", err)
	}
	if first != nil {
		since = first.UTC()
	}
	return n, since, nil
}

// Quarantine reads one payment in quarantine. It returns ErrItemNotFound and the errors of postgres.DB.
func (c *Cashier) Quarantine(ctx context.Context, tenant int64, id string) (QuarantineItem, error) {
	return c.quarantined(ctx, tenant, id)
}

func (c *Cashier) quarantined(ctx context.Context, tenant int64, id string) (QuarantineItem, error) {
	var raw []byte
	if err := c.db.Call(ctx, tenant, `SELECT api_quarantine_view($1, $2)`, []any{tenant, id}, &raw); err != nil {
		return QuarantineItem{}, fmt.Errorf("cashier: read a payment in quarantine: %w", err)
	}
	if raw == nil {
		return QuarantineItem{}, ErrItemNotFound
	}
	return readQuarantine(raw)
}
