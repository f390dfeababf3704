package ledger

import (
	"context"
	_ "embed"
	"time"
)

//go:embed queries/balance.sql
var balanceSQL string

//go:embed queries/balance_at.sql
var balanceAtSQL string

//go:embed queries/top.sql
var topSQL string

// Balance is what a player can spend now, in minor units; zero before the first posting.
// It returns the errors of postgres.DB.
func (l *Ledger) Balance(ctx context.Context, tenant, group int64, asset string, player int64) (int64, error) {
	return l.AccountBalance(ctx, tenant, group, asset, Player(player))
}

// AccountBalance is the balance of any account, in minor units: kept for a strict account,
// summed over its postings for a derived one, zero when it does not exist. It returns the
// errors of postgres.DB.
func (l *Ledger) AccountBalance(ctx context.Context, tenant, group int64, asset string, ref AccountRef) (int64, error) {
	var amount int64
	err := l.db.Call(ctx, tenant, balanceSQL, []any{tenant, group, asset, string(ref.Purpose), ref.Owner}, &amount)
	return amount, meaning("read a balance", err)
}

// BalanceAt is what a player could spend at a past moment, the postings of that microsecond
// included; zero before the first one. It returns the errors of postgres.DB.
func (l *Ledger) BalanceAt(ctx context.Context, tenant, group int64, asset string, player int64, at time.Time) (int64, error) {
	ref := Player(player)
	var amount int64
	err := l.db.Call(ctx, tenant, balanceAtSQL, []any{tenant, group, asset, string(ref.Purpose), ref.Owner, at}, &amount)
	return amount, meaning("read a past balance", err)
}
