package providers

import (
	"context"
	_ "embed"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/providers.sql
var providersSQL string

//go:embed queries/games.sql
var gamesSQL string

//go:embed queries/transactions.sql
var transactionsSQL string

//go:embed queries/rounds.sql
var roundsSQL string

const maxPage = 100

// Providers lists a tenant's providers by title with all their games.
func (p *Providers) Providers(ctx context.Context, tenant int64) ([]Provider, error) {
	return p.list(ctx, tenant, "")
}

// Provider reads one. It returns ErrNotFound.
func (p *Providers) Provider(ctx context.Context, tenant int64, id string) (Provider, error) {
	list, err := p.list(ctx, tenant, id)
	if err != nil {
		return Provider{}, err
	}
	if id == "" || len(list) == 0 {
		return Provider{}, ErrNotFound
	}
	return list[0], nil
}

func (p *Providers) list(ctx context.Context, tenant int64, id string) ([]Provider, error) {
	list := []Provider{}
	err := p.read(ctx, tenant, "list providers", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, providersSQL, tenant, id)
		if err != nil {
			return err
		}
		if list, err = pgx.CollectRows(rows, scanProvider); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, gamesSQL, tenant, id)
		if err != nil {
			return err
		}
		games := map[string][]Game{}
		var provider string
		var g Game
		if _, err := pgx.ForEachRow(rows, []any{&provider, &g.Game, &g.Title, &g.LaunchURL, &g.Asset, &g.MinStake, &g.MaxStake, &g.Enabled}, func() error {
			games[provider] = append(games[provider], g)
			return nil
		}); err != nil {
			return err
		}
		for i := range list {
			list[i].Games = games[list[i].ID]
		}
		return nil
	})
	return list, err
}

func scanProvider(row pgx.CollectableRow) (Provider, error) {
	var v Provider
	var late, session float64
	var until *time.Time
	err := row.Scan(&v.ID, &v.Title, &v.Enabled, &v.FreeWins, &late, &session, &until, &v.CreatedAt, &v.UpdatedAt, &v.OpenRounds)
	v.LateWin, v.Session = time.Duration(late*float64(time.Second)), time.Duration(session*float64(time.Second))
	v.CreatedAt, v.UpdatedAt = v.CreatedAt.UTC(), v.UpdatedAt.UTC()
	if until != nil {
		v.OldKeyUntil = until.UTC()
	}
	return v, err
}

// Filter narrows a list of transactions or rounds. Zero fields do not.
type Filter struct {
	Player int64
	Round  string
	Open   bool   // rounds that did not end
	Cursor string // Next of the page before
	Limit  int    // 1 to 100, else 100
}

// TransactionPage is a page, newest first. Next is empty on the last one.
type TransactionPage struct {
	Transactions []Transaction
	Next         string
}

// Transactions lists a provider's transactions. It returns ErrNotFound, ErrInvalidCursor and the errors of postgres.DB.
func (p *Providers) Transactions(ctx context.Context, tenant int64, id string, f Filter) (TransactionPage, error) {
	before, limit, err := p.page(ctx, tenant, id, f)
	if err != nil {
		return TransactionPage{}, err
	}
	var page TransactionPage
	err = p.read(ctx, tenant, "list a provider's transactions", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, transactionsSQL, tenant, id, before, f.Player, f.Round, limit)
		if err != nil {
			return err
		}
		page.Transactions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Transaction])
		return err
	})
	for i := range page.Transactions {
		page.Transactions[i].At = page.Transactions[i].At.UTC()
	}
	if n := len(page.Transactions); n == limit {
		page.Next = strconv.FormatInt(page.Transactions[n-1].ID, 10)
	}
	return page, err
}

// RoundPage is a page, newest first. Next is empty on the last one.
type RoundPage struct {
	Rounds []Round
	Next   string
}

// Rounds lists a provider's rounds. It returns ErrNotFound, ErrInvalidCursor and the errors of postgres.DB.
func (p *Providers) Rounds(ctx context.Context, tenant int64, id string, f Filter) (RoundPage, error) {
	before, limit, err := p.page(ctx, tenant, id, f)
	if err != nil {
		return RoundPage{}, err
	}
	var page RoundPage
	var last int64
	err = p.read(ctx, tenant, "list a provider's rounds", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, roundsSQL, tenant, id, before, f.Player, f.Round, f.Open, limit)
		if err != nil {
			return err
		}
		page.Rounds = []Round{}
		var r Round
		var closed *time.Time
		_, err = pgx.ForEachRow(rows, []any{
			&last, &r.Round, &r.Game, &r.Player, &r.Group, &r.Asset, &r.Scale, &r.Staked, &r.Won, &r.Returned, &r.OpenedAt, &closed, &r.ClosedBy,
		}, func() error {
			r.OpenedAt, r.ClosedAt = r.OpenedAt.UTC(), time.Time{}
			if closed != nil {
				r.ClosedAt = closed.UTC()
			}
			page.Rounds = append(page.Rounds, r)
			return nil
		})
		return err
	})
	if len(page.Rounds) == limit {
		page.Next = strconv.FormatInt(last, 10)
	}
	return page, err
}

// page reads where a page begins, of a provider that exists.
func (p *Providers) page(ctx context.Context, tenant int64, id string, f Filter) (before int64, limit int, err error) {
	if _, err := p.Provider(ctx, tenant, id); err != nil {
		return 0, 0, err
	}
	before, limit = math.MaxInt64, f.Limit
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	if f.Cursor != "" {
		if before, err = strconv.ParseInt(f.Cursor, 10, 64); err != nil {
			return 0, 0, ErrInvalidCursor
		}
	}
	return before, limit, nil
}
