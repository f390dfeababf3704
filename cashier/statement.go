package cashier

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/cashier/gateway"
)

//go:embed queries/statement_ours.sql
var statementOursSQL string

//go:embed queries/statement_accepted.sql
var statementAcceptedSQL string

const (
	// statementSlack is how much the gateway's clock may differ from ours.
	statementSlack = time.Hour
	// maxStatementPages ends a statement that never ends.
	maxStatementPages = 10_000
)

// Difference is a movement that the gateway and the ledger do not agree on. Amounts are minor units of Asset; At is UTC.
type Difference struct {
	Problem string            `json:"problem"` // missing_here, missing_there, amount
	Kind    gateway.EntryKind `json:"kind"`
	ID      string            `json:"id"` // a payout's withdrawal, a deposit's payment, a refund
	Asset   string            `json:"asset"`
	Here    *int64            `json:"here"`  // nil: not there, or not finished there
	There   *int64            `json:"there"` // the same
	State   string            `json:"state"` // where it stands here
	At      time.Time         `json:"at"`
}

// movement is one side's word on a movement.
type movement struct {
	Kind   gateway.EntryKind
	ID     string
	Asset  string
	Scale  int
	Amount int64
	Final  bool // it counts
	Inside bool // it happened in the period
	State  string
	At     time.Time // when it happened here, or at the earliest
}

// GatewayAudit compares a gateway's own statement of [from, to) with the ledger, both ways (I11): payouts by withdrawal, deposits
// by payment, refunds by their key. Choose to a few minutes back, so that what is on its way has arrived. A gateway without
// statements is compared with nothing.
//
// Errors: ErrAccountNotFound, gateway.ErrUnknown when the statement can't be read to its end, and those of postgres.DB;
// differences are in the rows of the check.
func (c *Cashier) GatewayAudit(ctx context.Context, tenant int64, account string, from, to time.Time) (Check, error) {
	check := Check{Name: "I11", Title: "the gateway's statement and the ledger agree", Rows: []json.RawMessage{}}
	gw, _, err := c.Gateway(ctx, tenant, account)
	if err != nil || !gw.Info().Statements {
		return check, err
	}
	ours, err := c.ourMovements(ctx, tenant, account, from, to, nil)
	if err != nil {
		return check, err
	}
	// What we finished in the period the gateway may have booked before it or after it.
	earliest, latest := from, to
	for _, m := range ours {
		if m.At.Before(earliest) {
			earliest = m.At
		}
	}
	if now := c.clock.Now(); now.After(latest) {
		latest = now
	}
	theirs, err := statement(ctx, gw, earliest.Add(-statementSlack), latest.Add(statementSlack))
	if err != nil {
		return check, fmt.Errorf("cashier: read the statement of %s: %w", account, err)
	}
	known, err := c.ourMovements(ctx, tenant, account, from, to, theirs)
	if err != nil {
		return check, err
	}
	for _, d := range differences(known, theirs, from, to, &check.Checked) {
		row, err := json.Marshal(d)
		if err != nil {
			return check, fmt.Errorf("cashier: write a difference: %w", err)
		}
		check.Rows = append(check.Rows, row)
	}
	check.Rows, err = c.notAccepted(ctx, tenant, check.Name+":"+account, check.Rows)
	check.Offending = int64(len(check.Rows))
	return check, err
}

// notAccepted leaves out findings that a person has accepted by resolving the incident that showed them. One that comes back
// with another amount, another state or once more is a new one.
func (c *Cashier) notAccepted(ctx context.Context, tenant int64, scope string, rows []json.RawMessage) ([]json.RawMessage, error) {
	if len(rows) == 0 {
		return rows, nil
	}
	var accepted []int64
	err := c.read(ctx, tenant, "read accepted findings", func(ctx context.Context, tx pgx.Tx) error {
		found, err := tx.Query(ctx, statementAcceptedSQL, tenant, scope, rows)
		if err != nil {
			return err
		}
		accepted, err = pgx.CollectRows(found, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, err
	}
	left := []json.RawMessage{}
	for i, row := range rows {
		if !slices.Contains(accepted, int64(i+1)) {
			left = append(left, row)
		}
	}
	return left, nil
}

// statement reads a gateway's statement to its end.
func statement(ctx context.Context, gw gateway.Gateway, from, to time.Time) ([]gateway.Entry, error) {
	var all []gateway.Entry
	cursor := ""
	for range maxStatementPages {
		page, err := gw.Statement(ctx, from, to, cursor)
		if errors.Is(err, gateway.ErrUnsupported) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == "" {
			return all, nil
		}
		if page.Next == cursor {
			break
		}
		cursor = page.Next
	}
	return nil, fmt.Errorf("%w: the statement does not end", gateway.ErrUnknown)
}

// nameOf is what an entry is known by here.
func nameOf(e gateway.Entry) string {
	if e.Kind == gateway.EntryDeposit {
		return e.Tx
	}
	return e.Key
}

// ourMovements reads what the ledger says of the period, and of everything that the gateway names.
func (c *Cashier) ourMovements(ctx context.Context, tenant int64, account string, from, to time.Time, theirs []gateway.Entry) ([]movement, error) {
	names := map[gateway.EntryKind][]string{gateway.EntryDeposit: {}, gateway.EntryPayout: {}, gateway.EntryRefund: {}}
	for _, e := range theirs {
		names[e.Kind] = append(names[e.Kind], nameOf(e))
	}
	var list []movement
	err := c.read(ctx, tenant, "read the ledger's side of a statement", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, statementOursSQL, tenant, account, from, to, names[gateway.EntryDeposit], names[gateway.EntryPayout], names[gateway.EntryRefund])
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[movement])
		return err
	})
	return list, err
}

type movementKey struct {
	kind gateway.EntryKind
	id   string
}

// differences compares both sides. Entries of the gateway outside of the period only answer for ours.
func differences(ours []movement, theirs []gateway.Entry, from, to time.Time, checked *int64) []Difference {
	here := make(map[movementKey]movement, len(ours))
	for _, m := range ours {
		here[movementKey{m.Kind, m.ID}] = m
	}
	var found []Difference
	there := make(map[movementKey]bool, len(theirs))
	for _, e := range theirs {
		key := movementKey{e.Kind, nameOf(e)}
		m, known := here[key]
		twice := there[key]
		there[key] = true
		if inside := !e.At.Before(from) && e.At.Before(to); !inside && !m.Inside {
			continue
		}
		*checked++
		d := Difference{Kind: e.Kind, ID: key.id, Asset: strings.ToLower(e.Asset), There: &e.Amount, State: m.State, At: e.At.UTC()}
		same := e.Amount
		if known {
			if units, exact := gateway.Rescale(e.Amount, e.Scale, m.Scale); exact {
				same = units
				d.There = &units
			}
		}
		switch {
		case !known || !m.Final:
			d.Problem = "missing_here"
		case twice || m.Asset != d.Asset || same != m.Amount:
			d.Problem, d.Here = "amount", &m.Amount
		default:
			continue
		}
		found = append(found, d)
	}
	for _, m := range ours {
		if !m.Final || !m.Inside || there[movementKey{m.Kind, m.ID}] {
			continue
		}
		*checked++
		found = append(found, Difference{Problem: "missing_there", Kind: m.Kind, ID: m.ID, Asset: m.Asset, Here: &m.Amount, State: m.State, At: m.At.UTC()})
	}
	return found
}
