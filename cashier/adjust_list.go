package cashier

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"fairground/models"
	"fairground/operators"
)

//go:embed queries/adjustments.sql
var adjustmentsSQL string

const (
	defaultRows = 50
	maxRows     = 200
)

// AdjustmentFilter narrows a list of adjustments. Zero values match all; ids are public ones.
type AdjustmentFilter struct {
	Kind        AdjustmentKind
	Status      AdjustmentStatus
	Group       string
	Player      string
	Asset       string
	RequestedBy string
	Cursor      string
	Limit       int // 1 to 200; 0 means 50
}

// AdjustmentPage is one page of adjustments, newest first. Next is empty on the last page.
type AdjustmentPage struct {
	Adjustments []Adjustment
	Next        string
}

// AdjustLimit is what one operator may adjust or reverse alone within 24 hours.
type AdjustLimit struct {
	Asset string
	Limit int64 // minor units
}

// Adjustments lists adjustments and reversals. It needs adjustments.read.
func (c *Cashier) Adjustments(ctx context.Context, a operators.Authority, f AdjustmentFilter) (AdjustmentPage, error) {
	if err := a.Allow(operators.AdjustmentsRead); err != nil {
		return AdjustmentPage{}, err
	}
	before, err := rowCursor(f.Cursor)
	if err != nil {
		return AdjustmentPage{}, err
	}
	limit := rowLimit(f.Limit)
	list, seqs, err := c.adjustments(ctx, a.Tenant, before, "", string(f.Kind), string(f.Status), f.Group, f.Player, f.Asset, f.RequestedBy, limit+1)
	if err != nil {
		return AdjustmentPage{}, err
	}
	if len(list) <= limit {
		return AdjustmentPage{Adjustments: list}, nil
	}
	return AdjustmentPage{Adjustments: list[:limit], Next: strconv.FormatInt(seqs[limit-1], 10)}, nil
}

// Adjustment reads one adjustment or reversal. It needs adjustments.read and returns ErrAdjustmentNotFound.
func (c *Cashier) Adjustment(ctx context.Context, a operators.Authority, id string) (Adjustment, error) {
	if err := a.Allow(operators.AdjustmentsRead); err != nil {
		return Adjustment{}, err
	}
	return c.adjustment(ctx, a.Tenant, id)
}

func (c *Cashier) adjustment(ctx context.Context, tenant int64, id string) (Adjustment, error) {
	if id == "" {
		return Adjustment{}, ErrAdjustmentNotFound
	}
	list, _, err := c.adjustments(ctx, tenant, 0, id, "", "", "", "", "", "", 1)
	if err != nil {
		return Adjustment{}, err
	}
	if len(list) == 0 {
		return Adjustment{}, ErrAdjustmentNotFound
	}
	return list[0], nil
}

// adjustments runs the list query with its arguments after the tenant.
func (c *Cashier) adjustments(ctx context.Context, tenant int64, args ...any) (list []Adjustment, seqs []int64, err error) {
	err = c.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		list, seqs = nil, nil
		rows, err := tx.Query(ctx, adjustmentsSQL, append([]any{tenant}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one Adjustment
			var seq int64
			if err := rows.Scan(&seq, &one.ID, &one.Kind, &one.GroupID, &one.PlayerID, &one.Asset, &one.Amount, &one.Original, &one.ReasonCode, &one.Reason,
				&one.Status, &one.Alone, &one.RequestedBy, &one.RequestedName, &one.RequestedAt, &one.ExpiresAt, &one.ApprovedBy, &one.ClosedBy, &one.ClosedAt,
				&one.DecisionReason, &one.Transfer, &one.Debt); err != nil {
				return err
			}
			list, seqs = append(list, one), append(seqs, seq)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, nil, fmt.Errorf("cashier: list adjustments: %w", err)
	}
	return list, seqs, nil
}

// SetAdjustLimit says what one operator may adjust or reverse alone within 24 hours, in minor units; 0, the default,
// always asks a second person. It needs cashier.configure and a step-up and returns ErrUnknownAsset.
func (c *Cashier) SetAdjustLimit(ctx context.Context, a operators.Authority, asset string, limit int64, reason string) error {
	if limit < 0 {
		return models.FieldError(codeInvalid, "limit", "a number of minor units, zero or more")
	}
	if err := checkReason("reason", reason); err != nil {
		return err
	}
	var raw []byte
	err := c.db.Call(ctx, a.Tenant, `SELECT api_adjustment_limit($1, $2, $3, $4, $5, $6, $7)`,
		[]any{a.Tenant, string(a.Via), a.Proof, asset, limit, reason, a.RequestID}, &raw)
	if err != nil {
		return meaning("set the adjustment limit", err)
	}
	return refusal(raw, ErrUnknownAsset)
}

// AdjustLimits lists the limits that are set. It needs cashier.read.
func (c *Cashier) AdjustLimits(ctx context.Context, a operators.Authority) ([]AdjustLimit, error) {
	if err := a.Allow(operators.CashierRead); err != nil {
		return nil, err
	}
	var list []AdjustLimit
	err := c.db.InTenant(ctx, a.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT asset, adjust_limit FROM adjustment_settings WHERE tenant_id = $1 ORDER BY asset`, a.Tenant)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[AdjustLimit])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cashier: list the adjustment limits: %w", err)
	}
	return list, nil
}

// rowCursor reads the row number a page goes on from; 0 for the first page.
func rowCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq <= 0 {
		return 0, ErrInvalidCursor
	}
	return seq, nil
}

func rowLimit(limit int) int {
	if limit <= 0 {
		return defaultRows
	}
	return min(limit, maxRows)
}
