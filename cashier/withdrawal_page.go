package cashier

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// listFilter is a filter with the ids of this side.
type listFilter struct {
	WithdrawalFilter
	group, player int64
}

// list reads one page by keyset: the rows after the cursor's value and id.
func (c *Cashier) list(ctx context.Context, tenant int64, f listFilter) (WithdrawalPage, error) {
	query, args, err := f.query(tenant)
	if err != nil {
		return WithdrawalPage{}, err
	}
	limit := Page{Limit: f.Limit}.limit()
	var page WithdrawalPage
	err = c.read(ctx, tenant, "list withdrawals", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf("%s LIMIT %d", query, limit+1), args...)
		if err != nil {
			return err
		}
		list, keys, err := views(rows)
		if err != nil {
			return err
		}
		page = WithdrawalPage{Withdrawals: list}
		if len(list) > limit {
			page.Withdrawals = list[:limit]
			page.Next, err = encodeCursor(f.order(), keys[limit-1], list[limit-1].ID)
		}
		return err
	})
	return page, err
}

// order is the asked order, or the default.
func (f listFilter) order() string {
	if f.Sort == "" {
		return SortNewest
	}
	return f.Sort
}

// sortKey is the expression of an order, its type, and whether it runs down.
func sortKey(order string) (expression, kind string, down bool, err error) {
	switch order {
	case SortNewest:
		return "w.requested_at", "timestamptz", true, nil
	case SortOldest:
		return "w.requested_at", "timestamptz", false, nil
	case SortLargest:
		return "w.amount", "bigint", true, nil
	case SortSmallest:
		return "w.amount", "bigint", false, nil
	case SortDue:
		return "coalesce(w.due_at, 'infinity')", "timestamptz", false, nil
	default:
		return "", "", false, models.FieldError("cashier.invalid_sort", "sort", "requested_at, -requested_at, amount, -amount or due_at")
	}
}

// query builds the list's statement. Only constants of this file go into its text; what was asked for goes into arguments.
func (f listFilter) query(tenant int64) (string, []any, error) {
	expression, kind, down, err := sortKey(f.order())
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT api_withdrawal_view($1, w.withdrawal_id), to_jsonb((%s)::text)\n  FROM withdrawals w\n WHERE w.tenant_id = $1", expression)
	args := []any{tenant}
	where := func(condition string, value any) {
		args = append(args, value)
		fmt.Fprintf(&b, "\n   AND "+condition, len(args))
	}
	if f.group != 0 {
		where("w.group_id = $%d", f.group)
	}
	if f.player != 0 {
		where("w.player_id = $%d", f.player)
	}
	if err := f.conditions(where); err != nil {
		return "", nil, err
	}
	direction, after := "", ">"
	if down {
		direction, after = " DESC", "<"
	}
	if f.Cursor != "" {
		value, id, err := decodeCursor(f.order(), f.Cursor)
		if err != nil {
			return "", nil, err
		}
		args = append(args, value, id)
		fmt.Fprintf(&b, "\n   AND (%s, w.withdrawal_id) %s ($%d::text::%s, $%d)", expression, after, len(args)-1, kind, len(args))
	}
	fmt.Fprintf(&b, "\n ORDER BY %s%s, w.withdrawal_id%s", expression, direction, direction)
	return b.String(), args, nil
}

// conditions adds what an operator asked for.
func (f listFilter) conditions(where func(string, any)) error {
	status := f.Status
	if f.Tab != "" {
		of, err := tabStatus(f.Tab)
		if err != nil {
			return err
		}
		if len(status) > 0 {
			of = slices.DeleteFunc(of, func(s models.WithdrawalStatus) bool { return !slices.Contains(status, s) })
		}
		status = of
	}
	if f.Tab != "" || len(status) > 0 {
		where("w.status = ANY ($%d)", status)
	}
	for _, by := range []struct{ condition, value string }{
		{"w.group_id = (SELECT group_id FROM groups WHERE tenant_id = $1 AND public_id = $%d)", f.Group},
		{"w.player_id = (SELECT player_id FROM players WHERE tenant_id = $1 AND public_id = $%d)", f.Player},
		{"w.asset = $%d", f.Asset},
		{"w.gateway = $%d", f.Gateway},
		{"w.claimed_until > clock_timestamp() AND w.claimed_by = (SELECT operator_id FROM operators WHERE tenant_id = $1 AND public_id = $%d)", f.ClaimedBy},
	} {
		if by.value != "" {
			where(by.condition, by.value)
		}
	}
	if f.MinAmount != nil {
		where("w.amount >= $%d", *f.MinAmount)
	}
	if f.MaxAmount != nil {
		where("w.amount <= $%d", *f.MaxAmount)
	}
	if f.Since != nil {
		where("w.requested_at >= $%d", *f.Since)
	}
	if f.Until != nil {
		where("w.requested_at < $%d", *f.Until)
	}
	if f.Escalated != nil {
		where("w.escalated = $%d", *f.Escalated)
	}
	return nil
}

// tabStatus is what a tab shows.
func tabStatus(tab Tab) ([]models.WithdrawalStatus, error) {
	switch tab {
	case TabInitial:
		return []models.WithdrawalStatus{models.WithdrawalRequested, models.WithdrawalInitialReview}, nil
	case TabSecondary:
		return []models.WithdrawalStatus{models.WithdrawalSecondaryReview}, nil
	case TabPayout:
		return []models.WithdrawalStatus{models.WithdrawalApproved, models.WithdrawalPaying, models.WithdrawalUnknown}, nil
	case TabDone:
		return []models.WithdrawalStatus{
			models.WithdrawalPaid, models.WithdrawalRejected, models.WithdrawalCancelled, models.WithdrawalExpired, models.WithdrawalFailed,
		}, nil
	default:
		return nil, models.FieldError("cashier.invalid_tab", "tab", "initial, secondary, payout or done")
	}
}

// A cursor is the order it belongs to, the last row's value and its id.
func encodeCursor(order string, value json.RawMessage, id string) (string, error) {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return "", fmt.Errorf("cashier: read a sort key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join([]string{order, text, id}, "|"))), nil
}

func decodeCursor(order, cursor string) (value, id string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(text), "|")
	if err != nil || len(parts) != 3 || parts[0] != order || !sortable(order, parts[1]) {
		return "", "", ErrInvalidCursor
	}
	return parts[1], parts[2], nil
}

// sortable checks a value from outside before the database has to read it as a time or a number.
func sortable(order, value string) bool {
	_, kind, _, err := sortKey(order)
	if err != nil {
		return false
	}
	if kind == "bigint" {
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	}
	if value == "infinity" {
		return true
	}
	_, err = time.Parse("2006-01-02 15:04:05.999999Z07", value)
	return err == nil
}
