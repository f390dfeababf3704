package ledger

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

//go:embed queries/transfers.sql
var transfersSQL string

// Transfer is one posted set of moves.
type Transfer struct {
	ID    int64
	Asset string
	Kind  string
	Ref   string
	At    time.Time // UTC
	Moves []Move
}

// TransferList is a page of transfers, newest first. Next is empty on the last page.
type TransferList struct {
	Transfers []Transfer
	Next      string
}

// Transfers lists what was posted in a group. It returns ErrInvalidCursor and the errors of
// postgres.DB.
func (l *Ledger) Transfers(ctx context.Context, tenant, group int64, page Page) (TransferList, error) {
	before, err := page.before()
	if err != nil {
		return TransferList{}, err
	}
	limit := clamp(page.Limit)
	var list []Transfer
	err = l.db.InTenantWith(ctx, tenant, postgres.TxOptions{ReadOnly: true}, func(ctx context.Context, tx pgx.Tx) error {
		// One more than asked for tells whether there is a next page.
		rows, err := tx.Query(ctx, transfersSQL, tenant, group, before, limit+1)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanTransfer)
		return err
	})
	if err != nil {
		return TransferList{}, meaning("list transfers", err)
	}
	if len(list) <= limit {
		return TransferList{Transfers: list}, nil
	}
	list = list[:limit]
	return TransferList{Transfers: list, Next: strconv.FormatInt(list[limit-1].ID, 10)}, nil
}

func scanTransfer(row pgx.CollectableRow) (Transfer, error) {
	var t Transfer
	var moves []byte
	if err := row.Scan(&t.ID, &t.Asset, &t.Kind, &t.Ref, &t.At, &moves); err != nil {
		return Transfer{}, err
	}
	t.At = t.At.UTC()
	var stored []struct {
		FromPurpose Purpose `json:"from_purpose"`
		FromOwner   string  `json:"from_owner"`
		ToPurpose   Purpose `json:"to_purpose"`
		ToOwner     string  `json:"to_owner"`
		Amount      int64   `json:"amount"`
	}
	if err := json.Unmarshal(moves, &stored); err != nil {
		return Transfer{}, fmt.Errorf("read the moves of transfer %d: %w", t.ID, err)
	}
	for _, m := range stored {
		t.Moves = append(t.Moves, Move{From: AccountRef{m.FromPurpose, m.FromOwner}, To: AccountRef{m.ToPurpose, m.ToOwner}, Amount: m.Amount})
	}
	return t, nil
}
