package cashier

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
	"fairground/operators"
)

//go:embed queries/withdrawal_counts.sql
var withdrawalCountsSQL string

//go:embed queries/timeline.sql
var timelineSQL string

// Tab is one of the lists that reviewers work from.
type Tab string

// The tabs.
const (
	TabInitial   Tab = "initial"   // requested and in the initial review
	TabSecondary Tab = "secondary" // in the secondary review
	TabPayout    Tab = "payout"    // approved, paying or unknown
	TabDone      Tab = "done"      // ended
)

// The orders of a list. A minus sign is descending.
const (
	SortNewest   = "-requested_at"
	SortOldest   = "requested_at"
	SortLargest  = "-amount"
	SortSmallest = "amount"
	SortDue      = "due_at" // those without a deadline last
)

// WithdrawalFilter narrows a list; zero values ask for everything.
type WithdrawalFilter struct {
	Status               []models.WithdrawalStatus
	Tab                  Tab
	Group, Player        string // public ids
	Asset, Gateway       string
	MinAmount, MaxAmount *int64     // minor units, both included
	Since, Until         *time.Time // of the request; Until excluded
	Escalated            *bool
	ClaimedBy            string // an operator's public id
	Sort                 string // SortNewest when empty
	Cursor               string
	Limit                int
}

// WithdrawalPage is a part of a list. Next is empty on the last page.
type WithdrawalPage struct {
	Withdrawals []Withdrawal
	Counts      map[Tab]int // by tab, whatever the filter; done stops counting at 10,000
	Next        string
}

// Withdrawal reads one withdrawal. It returns ErrWithdrawalNotFound and the errors of postgres.DB. Whoever shows it to a
// player checks that it is the player's.
func (c *Cashier) Withdrawal(ctx context.Context, tenant int64, id string) (Withdrawal, error) {
	var raw []byte
	if err := c.db.Call(ctx, tenant, `SELECT api_withdrawal_view($1, $2)`, []any{tenant, id}, &raw); err != nil {
		return Withdrawal{}, fmt.Errorf("cashier: read a withdrawal: %w", err)
	}
	if raw == nil {
		return Withdrawal{}, ErrWithdrawalNotFound
	}
	return readWithdrawal(raw)
}

// PlayerWithdrawals lists a player's withdrawals, newest first; group 0 means of every group.
// It returns ErrInvalidCursor and the errors of postgres.DB.
func (c *Cashier) PlayerWithdrawals(ctx context.Context, tenant, group, player int64, page Page) (WithdrawalPage, error) {
	f := listFilter{WithdrawalFilter: WithdrawalFilter{Cursor: page.Cursor, Limit: page.Limit}, group: group, player: player}
	return c.list(ctx, tenant, f)
}

// Withdrawals lists a tenant's withdrawals for an operator, with the counts of the tabs.
// It returns operators.ErrForbidden, ErrInvalidCursor and the errors of postgres.DB.
func (c *Cashier) Withdrawals(ctx context.Context, a operators.Authority, f WithdrawalFilter) (WithdrawalPage, error) {
	if err := a.Allow(operators.WithdrawalsRead); err != nil {
		return WithdrawalPage{}, err
	}
	page, err := c.list(ctx, a.Tenant, listFilter{WithdrawalFilter: f})
	if err != nil {
		return WithdrawalPage{}, err
	}
	page.Counts = map[Tab]int{}
	err = c.read(ctx, a.Tenant, "count withdrawals", func(ctx context.Context, tx pgx.Tx) error {
		var initial, secondary, payout, done int
		if err := tx.QueryRow(ctx, withdrawalCountsSQL, a.Tenant).Scan(&initial, &secondary, &payout, &done); err != nil {
			return err
		}
		page.Counts = map[Tab]int{TabInitial: initial, TabSecondary: secondary, TabPayout: payout, TabDone: done}
		return nil
	})
	return page, err
}

// Timeline is everything that happened to a withdrawal, oldest first.
// It returns operators.ErrForbidden, ErrWithdrawalNotFound and the errors of postgres.DB.
func (c *Cashier) Timeline(ctx context.Context, a operators.Authority, id string) ([]WithdrawalEvent, error) {
	if err := a.Allow(operators.WithdrawalsRead); err != nil {
		return nil, err
	}
	var list []WithdrawalEvent
	err := c.read(ctx, a.Tenant, "read a timeline", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, timelineSQL, a.Tenant, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[WithdrawalEvent])
		return err
	})
	if err == nil && len(list) == 0 {
		return nil, ErrWithdrawalNotFound
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, err
}

// Open lists the withdrawals that have not ended, oldest first.
func (c *Cashier) Open(ctx context.Context, tenant int64) ([]OpenWithdrawal, error) {
	var list []OpenWithdrawal
	err := c.read(ctx, tenant, "list open withdrawals", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT w.withdrawal_id, g.public_id, p.public_id, w.asset, w.amount, w.status, w.version, w.requested_at, w.updated_at
			FROM withdrawals w
			JOIN groups g ON g.tenant_id = w.tenant_id AND g.group_id = w.group_id
			JOIN players p ON p.tenant_id = w.tenant_id AND p.player_id = w.player_id
			WHERE w.tenant_id = $1 AND w.ended_at IS NULL ORDER BY w.requested_at, w.withdrawal_id`, tenant)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[OpenWithdrawal])
		return err
	})
	for i := range list {
		list[i].RequestedAt, list[i].UpdatedAt = list[i].RequestedAt.UTC(), list[i].UpdatedAt.UTC()
	}
	return list, err
}

// views reads what a list query selects: a view each.
func views(rows pgx.Rows) ([]Withdrawal, []json.RawMessage, error) {
	var list []Withdrawal
	var keys []json.RawMessage
	defer rows.Close()
	for rows.Next() {
		var view, key []byte
		if err := rows.Scan(&view, &key); err != nil {
			return nil, nil, err
		}
		w, err := readWithdrawal(view)
		if err != nil {
			return nil, nil, err
		}
		list, keys = append(list, w), append(keys, key)
	}
	return list, keys, rows.Err()
}
