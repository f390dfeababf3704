package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"fairground/cashier/gateway"
	"fairground/operators"
)

// maxPackages is the longest price list, maxStars and maxPoints what a package may hold.
const (
	maxPackages = 20
	maxStars    = 100_000
	maxPoints   = 1_000_000_000_000
)

// CheckStars says whether a payment in Stars may go on; the bot asks it before it answers Telegram's pre-checkout.
// Errors: ErrDepositNotFound, ErrDepositClosed, ErrAmountMismatch, ErrOtherPayer, ErrGatewayOff, the player's (ErrExcluded,
// ErrFrozen), and those of postgres.DB.
func (c *Cashier) CheckStars(ctx context.Context, tenant int64, s StarsCheckout) error {
	_, err := c.inquire(ctx, tenant, "check a payment in Stars", `SELECT api_stars_check($1, $2, $3, $4)`, tenant, s.Payload, s.TelegramID, s.Amount)
	return err
}

// ReceiveStars takes a payment that Telegram has made, and credits its points by the price of its intent. What can't be
// credited waits in quarantine. A repeat of the same charge is a success.
// Errors: ErrAccountNotFound when the tenant has no account for Stars, ErrInvalidAmount, and those of postgres.DB.
func (c *Cashier) ReceiveStars(ctx context.Context, tenant int64, p StarsPayment) error {
	if p.Amount <= 0 || p.ChargeID == "" {
		return ErrInvalidAmount
	}
	var account string
	if err := c.db.Call(ctx, tenant, `SELECT api_stars_account($1, $2)`, []any{tenant, p.Payload}, &account); err != nil {
		return meaning("find the account of Stars", err)
	}
	if account == "" {
		return ErrAccountNotFound
	}
	notice, ok := storable(gateway.Notice{
		Kind: gateway.NoticeDeposit, EventID: p.ChargeID, Tx: p.ChargeID, Intent: p.Payload, Asset: starsAsset, Amount: p.Amount,
		State: gateway.DepositConfirmed, At: c.clock.Now(),
	})
	if !ok {
		return fmt.Errorf("cashier: receive Stars: %w", gateway.ErrMalformed)
	}
	notice.Payer = &p.TelegramID
	if err := c.store(ctx, tenant, account, []inboxNotice{notice}, []byte(strconv.FormatInt(p.Amount, 10))); err != nil {
		return err
	}
	// The payment is kept by now, and its event brings the rest about should this fail.
	if _, err := c.CreditDeposit(ctx, tenant, account, p.ChargeID); err != nil {
		c.logger.WarnContext(ctx, "Stars wait for their workflow", slog.String("account", account), slog.Any("error", err))
	}
	return nil
}

// StarsRefundOpen says whether that refund of that charge to that person was begun and has no answer yet. The bot asks before
// it gives Stars back: a notice that somebody made up, or that came twice, must not. Errors: those of postgres.DB.
func (c *Cashier) StarsRefundOpen(ctx context.Context, tenant int64, refund, charge string, telegramID int64) (bool, error) {
	open := false
	err := c.db.Call(ctx, tenant, `SELECT EXISTS (SELECT 1 FROM deposit_refunds r JOIN deposit_payments p USING (tenant_id, account_id, tx)
		WHERE r.tenant_id = $1 AND r.refund_id = $2 AND r.tx = $3 AND p.payer = $4 AND p.asset = $5 AND r.state IN ('begun', 'unknown'))`,
		[]any{tenant, refund, charge, telegramID, starsAsset}, &open)
	if err != nil {
		return false, meaning("look for a refund of Stars", err)
	}
	return open, nil
}

// StarsRefunded stores how the bot's refund went: refused is Telegram's reason, empty when the Stars are back. After a refusal
// the points are back with the player. A repeat changes nothing. Errors: ErrRefundNotFound and those of postgres.DB.
func (c *Cashier) StarsRefunded(ctx context.Context, tenant int64, refund, refused string) error {
	state := RefundDone
	if refused != "" {
		state = RefundRefused
	}
	return c.refundAnswer(ctx, tenant, refund, state, refused)
}

// StarsPackages is the price list in force, smallest package first; empty: Stars buy nothing.
func (c *Cashier) StarsPackages(ctx context.Context, tenant int64) ([]StarsPackage, error) {
	var list []StarsPackage
	err := c.read(ctx, tenant, "read the prices of Stars", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT stars, points FROM stars_prices
			WHERE tenant_id = $1 AND version = (SELECT max(version) FROM stars_prices WHERE tenant_id = $1) ORDER BY stars`, tenant)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[StarsPackage])
		return err
	})
	return list, err
}

// PublishStars puts a new price list in force; deposits that were begun keep their price. It needs cashier.configure and a
// step-up. Errors: ErrInvalidPrices, those of operators and of postgres.DB.
func (c *Cashier) PublishStars(ctx context.Context, a operators.Authority, list []StarsPackage, reason string) error {
	text, err := encodePrices(list)
	if err != nil {
		return err
	}
	_, err = c.inquire(ctx, a.Tenant, "publish the prices of Stars", `SELECT api_stars_publish($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, text, reason)
	return err
}

// SeedStars publishes a tenant's first price list; it does nothing when there is one. Errors: ErrInvalidPrices and those of postgres.DB.
func (c *Cashier) SeedStars(ctx context.Context, tenant int64, list []StarsPackage) error {
	text, err := encodePrices(list)
	if err != nil {
		return err
	}
	_, err = c.inquire(ctx, tenant, "seed the prices of Stars", `SELECT api_stars_seed($1, $2)`, tenant, text)
	return err
}

func encodePrices(list []StarsPackage) (json.RawMessage, error) {
	if len(list) == 0 || len(list) > maxPackages {
		return nil, ErrInvalidPrices
	}
	var seen []int64
	rows := make([]map[string]int64, 0, len(list))
	for _, p := range list {
		if p.Stars < 1 || p.Stars > maxStars || p.Points < 1 || p.Points > maxPoints || slices.Contains(seen, p.Stars) {
			return nil, ErrInvalidPrices
		}
		seen = append(seen, p.Stars)
		rows = append(rows, map[string]int64{"stars": p.Stars, "points": p.Points})
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("cashier: write prices: %w", err)
	}
	return text, nil
}
