package cashier

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/internal/secret"
	"fairground/operators"
)

// ResolveQuarantine credits what was really paid, sends it back, or dismisses it; each is logged with the reason. It needs
// deposits.resolve and a step-up. Limits of the player don't hold it back: they are why some payments are here.
//
// Errors: ErrItemNotFound, ErrAlreadyResolved, ErrOnlyDismiss, ErrPlayerRequired, ErrNotCreditable, ErrNotMember,
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
