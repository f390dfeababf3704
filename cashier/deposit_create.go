package cashier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairground/cashier/gateway"
	"fairground/internal/secret"
)

// CreateDeposit writes an intent and asks the gateway how to pay it. The same key again gives the first intent, and asks the
// gateway again if it had not answered.
//
// Errors: ErrGatewayOff, ErrAssetOff, ErrNoPrice, ErrTooManyDeposits, ErrNotMember, ErrNoAccount, ErrKeyReused,
// ErrInvalidAmount, ErrInvalidKey, the player's (ErrExcluded, ErrFrozen, ErrKYCRequired, ErrUnderAge, ErrMarketClosed,
// ErrDepositLimit); ErrGatewayRefused, which ends the intent; ErrGatewayDown, after which the same key may be tried again; and
// those of postgres.DB.
func (c *Cashier) CreateDeposit(ctx context.Context, r DepositRequest) (Deposit, error) {
	if r.Amount <= 0 {
		return Deposit{}, ErrInvalidAmount
	}
	if !validKey(r.Key) {
		return Deposit{}, ErrInvalidKey
	}
	gw, account, err := c.Gateway(ctx, r.Tenant, r.Account)
	if errors.Is(err, ErrAccountNotFound) {
		return Deposit{}, ErrGatewayOff
	}
	if err != nil {
		return Deposit{}, err
	}
	if r.Asset == "" && account.Kind == "stars" {
		r.Asset = starsAsset
	}
	request, err := json.Marshal(map[string]any{
		"id": secret.ID("dep"), "group": r.Group, "player": r.Player, "account": r.Account, "asset": r.Asset, "amount": r.Amount, "key": r.Key,
	})
	if err != nil {
		return Deposit{}, fmt.Errorf("cashier: write a deposit: %w", err)
	}
	d, call, err := c.depositAnswer(c.inquire(ctx, r.Tenant, "create a deposit", `SELECT api_deposit_create($1, $2, $3)`,
		r.Tenant, request, fingerprint(r.Group, r.Account, r.Asset, r.Amount)))
	if err != nil || !call {
		return d, err
	}
	return c.instruct(ctx, gw, d)
}

// instruct asks the gateway outside of any transaction. The gateway knows the intent by its id, so asking twice makes no
// second one.
func (c *Cashier) instruct(ctx context.Context, gw gateway.Gateway, d Deposit) (Deposit, error) {
	callback := ""
	if c.publicURL != "" {
		callback = c.hook(d.Account)
	}
	how, err := gw.CreateDeposit(ctx, gateway.DepositRequest{
		Intent: d.ID, Asset: d.Asset, Amount: d.Amount, Scale: d.Scale, Description: "Top-up " + d.ID, CallbackURL: callback, ExpiresAt: d.ExpiresAt,
	})
	switch {
	case errors.Is(err, gateway.ErrRefused), errors.Is(err, gateway.ErrUnsupported):
		if _, err := c.inquire(context.WithoutCancel(ctx), d.Tenant, "refuse a deposit", `SELECT api_deposit_refuse($1, $2, 'gateway_refused')`, d.Tenant, d.ID); err != nil {
			return Deposit{}, err
		}
		return Deposit{}, ErrGatewayRefused
	case err != nil:
		return Deposit{}, fmt.Errorf("%w: %s", ErrGatewayDown, reasonOf(err))
	}
	text, err := json.Marshal(map[string]any{
		"ref": firstNonEmpty(how.Ref, d.ID), "url": how.URL, "address": how.Address, "memo": how.Memo, "expires_at": orNil(how.ExpiresAt),
	})
	if err != nil {
		return Deposit{}, fmt.Errorf("cashier: write an instruction: %w", err)
	}
	d, _, err = c.depositAnswer(c.inquire(context.WithoutCancel(ctx), d.Tenant, "store an instruction", `SELECT api_deposit_instruct($1, $2, $3)`, d.Tenant, d.ID, text))
	return d, err
}

// depositAnswer reads the deposit that an answer carries, and whether the gateway is to be called.
func (c *Cashier) depositAnswer(raw json.RawMessage, err error) (Deposit, bool, error) {
	if err != nil {
		return Deposit{}, false, err
	}
	var answer struct {
		Call    bool            `json:"call"`
		Deposit json.RawMessage `json:"deposit"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Deposit{}, false, fmt.Errorf("cashier: read an answer: %w", err)
	}
	d, err := readDeposit(answer.Deposit)
	return d, answer.Call, err
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// orNil is nil for a time that is not known.
func orNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
