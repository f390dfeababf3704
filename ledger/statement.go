package ledger

import (
	"context"
	_ "embed"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
)

//go:embed queries/statement.sql
var statementSQL string

// maxPage is the longest page of a list.
const maxPage = 100

// Page asks for a part of a list: from Cursor, which a former answer gave as Next, at most
// Limit entries (1 to 100, else 100). The zero Page is the newest 100.
type Page struct {
	Cursor string
	Limit  int
}

// Line is one change of a player's balance. Versions count from 1 without gaps.
type Line struct {
	Version  int64
	Transfer int64
	Kind     string
	Ref      string
	Delta    int64     // minor units, never zero
	After    int64     // balance after it, minor units
	At       time.Time // UTC
}

// Statement is a page of lines, newest first. Next is empty on the last page.
type Statement struct {
	Lines []Line
	Next  string
}

// Statement lists what changed a player's balance; it is empty before the first posting.
// It returns ErrInvalidCursor and the errors of postgres.DB.
func (l *Ledger) Statement(ctx context.Context, tenant, group int64, asset string, player int64, page Page) (Statement, error) {
	before, err := page.before()
	if err != nil {
		return Statement{}, err
	}
	limit := clamp(page.Limit)
	var lines []Line
	err = l.db.InTenantWith(ctx, tenant, postgres.TxOptions{ReadOnly: true}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, statementSQL, tenant, group, asset, Player(player).Owner, before, limit)
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
		return err
	})
	if err != nil {
		return Statement{}, meaning("read a statement", err)
	}
	s := Statement{Lines: lines}
	for i := range lines {
		lines[i].At = lines[i].At.UTC()
	}
	if n := len(lines); n > 0 && lines[n-1].Version > 1 {
		s.Next = strconv.FormatInt(lines[n-1].Version, 10)
	}
	return s, nil
}

// before is the key the page starts below.
func (p Page) before() (int64, error) {
	if p.Cursor == "" {
		return math.MaxInt64, nil
	}
	n, err := strconv.ParseInt(p.Cursor, 10, 64)
	if err != nil || n < 1 {
		return 0, withField(ErrInvalidCursor, "cursor", "use the next cursor of an answer, or none")
	}
	return n, nil
}

func clamp(limit int) int {
	if limit < 1 || limit > maxPage {
		return maxPage
	}
	return limit
}
