package cashier

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
	"fairground/operators"
)

// The orders of a list of deposits. A minus sign is descending.
const (
	SortCreatedNewest = "-created_at"
	SortCreatedOldest = "created_at"
)

// Deposit reads one deposit. It returns ErrDepositNotFound and the errors of postgres.DB. Whoever shows it to a player checks
// that it is the player's.
func (c *Cashier) Deposit(ctx context.Context, tenant int64, id string) (Deposit, error) {
	var raw []byte
	if err := c.db.Call(ctx, tenant, `SELECT api_deposit_view($1, $2)`, []any{tenant, id}, &raw); err != nil {
		return Deposit{}, fmt.Errorf("cashier: read a deposit: %w", err)
	}
	if raw == nil {
		return Deposit{}, ErrDepositNotFound
	}
	return readDeposit(raw)
}

// PlayerDeposits lists a player's deposits, newest first; group 0 means of every group.
// It returns ErrInvalidCursor and the errors of postgres.DB.
func (c *Cashier) PlayerDeposits(ctx context.Context, tenant, group, player int64, page Page) (DepositPage, error) {
	q := newListQuery(tenant)
	q.where("d.player_id = $%d", player)
	if group != 0 {
		q.where("d.group_id = $%d", group)
	}
	return c.deposits(ctx, tenant, q, SortCreatedNewest, page)
}

// Deposits lists a tenant's deposits for an operator.
// It returns operators.ErrForbidden, ErrInvalidCursor, cashier.invalid_sort and the errors of postgres.DB.
func (c *Cashier) Deposits(ctx context.Context, a operators.Authority, f DepositFilter) (DepositPage, error) {
	if !a.May(operators.DepositsRead) {
		return DepositPage{}, operators.ErrForbidden
	}
	q := newListQuery(a.Tenant)
	if len(f.Status) > 0 {
		q.where("d.status = ANY ($%d)", f.Status)
	}
	for _, by := range []struct{ condition, value string }{
		{"d.group_id = (SELECT group_id FROM groups WHERE tenant_id = $1 AND public_id = $%d)", f.Group},
		{"d.player_id = (SELECT player_id FROM players WHERE tenant_id = $1 AND public_id = $%d)", f.Player},
		{"d.asset = $%d", f.Asset},
		{"d.account_id = $%d", f.Account},
	} {
		if by.value != "" {
			q.where(by.condition, by.value)
		}
	}
	if f.MinAmount != nil {
		q.where("d.amount >= $%d", *f.MinAmount)
	}
	if f.MaxAmount != nil {
		q.where("d.amount <= $%d", *f.MaxAmount)
	}
	if f.Since != nil {
		q.where("d.created_at >= $%d", *f.Since)
	}
	if f.Until != nil {
		q.where("d.created_at < $%d", *f.Until)
	}
	return c.deposits(ctx, a.Tenant, q, f.Sort, Page{Cursor: f.Cursor, Limit: f.Limit})
}

func (c *Cashier) deposits(ctx context.Context, tenant int64, q *listQuery, sort string, page Page) (DepositPage, error) {
	key := keyset{table: "deposits d", view: "api_deposit_view($1, d.deposit_id)", id: "d.deposit_id", order: sort}
	switch sort {
	case "", SortCreatedNewest:
		key.order, key.value, key.kind, key.down = SortCreatedNewest, "d.created_at", "timestamptz", true
	case SortCreatedOldest:
		key.value, key.kind = "d.created_at", "timestamptz"
	case SortLargest:
		key.value, key.kind, key.down = "d.amount", "bigint", true
	case SortSmallest:
		key.value, key.kind = "d.amount", "bigint"
	default:
		return DepositPage{}, models.FieldError("cashier.invalid_sort", "sort", "created_at, -created_at, amount or -amount")
	}
	raws, next, err := c.page(ctx, tenant, q, key, page)
	if err != nil {
		return DepositPage{}, err
	}
	result := DepositPage{Next: next, Deposits: make([]Deposit, 0, len(raws))}
	for _, raw := range raws {
		d, err := readDeposit(raw)
		if err != nil {
			return DepositPage{}, err
		}
		result.Deposits = append(result.Deposits, d)
	}
	return result, nil
}

// DepositTimeline is everything that happened to a deposit, oldest first.
// It returns operators.ErrForbidden, ErrDepositNotFound and the errors of postgres.DB.
func (c *Cashier) DepositTimeline(ctx context.Context, a operators.Authority, id string) ([]DepositEvent, error) {
	if !a.May(operators.DepositsRead) {
		return nil, operators.ErrForbidden
	}
	var list []DepositEvent
	err := c.read(ctx, a.Tenant, "read a deposit's timeline", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT e.at, e.kind, coalesce(o.public_id, e.actor), e.from_status, e.to_status, e.reason, e.detail
			FROM deposit_events e LEFT JOIN operators o ON o.tenant_id = e.tenant_id AND o.operator_id = e.operator_id
			WHERE e.tenant_id = $1 AND e.deposit_id = $2 ORDER BY e.event_id`, a.Tenant, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DepositEvent])
		return err
	})
	if err == nil && len(list) == 0 {
		return nil, ErrDepositNotFound
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, err
}

// Quarantined lists payments in quarantine for an operator, the longest waiting first.
// It returns operators.ErrForbidden, ErrInvalidCursor and the errors of postgres.DB.
func (c *Cashier) Quarantined(ctx context.Context, a operators.Authority, f QuarantineFilter) (QuarantinePage, error) {
	if !a.May(operators.DepositsRead) {
		return QuarantinePage{}, operators.ErrForbidden
	}
	q := newListQuery(a.Tenant)
	if len(f.Status) > 0 {
		q.where("d.status = ANY ($%d)", f.Status)
	}
	if len(f.Why) > 0 {
		q.where("d.why = ANY ($%d)", f.Why)
	}
	if f.Account != "" {
		q.where("d.account_id = $%d", f.Account)
	}
	key := keyset{
		table: "deposit_quarantine d", view: "api_quarantine_view($1, d.item_id)", id: "d.item_id", value: "d.received_at", kind: "timestamptz", order: "received_at",
	}
	raws, next, err := c.page(ctx, a.Tenant, q, key, Page{Cursor: f.Cursor, Limit: f.Limit})
	if err != nil {
		return QuarantinePage{}, err
	}
	result := QuarantinePage{Next: next, Items: make([]QuarantineItem, 0, len(raws))}
	for _, raw := range raws {
		item, err := readQuarantine(raw)
		if err != nil {
			return QuarantinePage{}, err
		}
		result.Items = append(result.Items, item)
	}
	return result, nil
}

// keyset is an order of a table. Everything in it is a constant of this file; what was asked for goes into arguments.
type keyset struct {
	table, view, id string
	order           string // its name, kept in cursors
	value, kind     string // the expression and its type
	down            bool
}

// listQuery collects conditions; $1 is the tenant.
type listQuery struct {
	conditions strings.Builder
	args       []any
}

func newListQuery(tenant int64) *listQuery { return &listQuery{args: []any{tenant}} }

func (q *listQuery) where(condition string, value any) {
	q.args = append(q.args, value)
	fmt.Fprintf(&q.conditions, "\n   AND "+condition, len(q.args))
}

// page reads one page of views, and the cursor of the next.
func (c *Cashier) page(ctx context.Context, tenant int64, q *listQuery, k keyset, page Page) (views [][]byte, next string, err error) {
	direction, after := "", ">"
	if k.down {
		direction, after = " DESC", "<"
	}
	if page.Cursor != "" {
		value, id, err := k.decode(page.Cursor)
		if err != nil {
			return nil, "", err
		}
		q.args = append(q.args, value, id)
		fmt.Fprintf(&q.conditions, "\n   AND (%s, %s) %s ($%d::text::%s, $%d)", k.value, k.id, after, len(q.args)-1, k.kind, len(q.args))
	}
	limit := page.limit()
	text := fmt.Sprintf("SELECT %s, to_jsonb(%s) #>> '{}', %s\n  FROM %s\n WHERE d.tenant_id = $1%s\n ORDER BY %s%s, %s%s LIMIT %d",
		k.view, k.value, k.id, k.table, q.conditions.String(), k.value, direction, k.id, direction, limit+1)
	err = c.read(ctx, tenant, "read a list", func(ctx context.Context, tx pgx.Tx) error {
		views, next = nil, ""
		rows, err := tx.Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var view []byte
		var value, id string
		for rows.Next() {
			if len(views) == limit {
				next = k.encode(value, id)
				break
			}
			view = nil
			if err := rows.Scan(&view, &value, &id); err != nil {
				return err
			}
			views = append(views, view)
		}
		rows.Close()
		return rows.Err()
	})
	return views, next, err
}

// A cursor is the order it belongs to, the last row's value and its id.
func (k keyset) encode(value, id string) string {
	text, _ := json.Marshal([3]string{k.order, value, id}) // texts always encode
	return base64.RawURLEncoding.EncodeToString(text)
}

// decode checks a value from outside before the database has to read it.
func (k keyset) decode(cursor string) (value, id string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	var parts [3]string
	if err != nil || json.Unmarshal(text, &parts) != nil || parts[0] != k.order {
		return "", "", ErrInvalidCursor
	}
	if k.kind == "bigint" {
		_, err = strconv.ParseInt(parts[1], 10, 64)
	} else {
		_, err = time.Parse(time.RFC3339Nano, parts[1])
	}
	if err != nil {
		return "", "", ErrInvalidCursor
	}
	return parts[1], parts[2], nil
}
