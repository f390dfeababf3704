package cashier

import (
	"context"
	"encoding/json"
	"time"

	"fairground/internal/group"
	"fairground/internal/postgres"
)

// A withdrawal costs the database several times what a bet does, so a crowd is worth a second batch sooner, and a moment of
// waiting for company is short beside it.
const (
	crowd  = 16
	linger = 500 * time.Microsecond
)

// requestCall is one request on its way to the database.
type requestCall struct {
	WithdrawalRequest

	id string // of the withdrawal to be
}

// Seat is the player: a balance is never decided on twice in one statement.
func (c *requestCall) Seat() group.Seat { return group.Seat{Tenant: c.Tenant, Player: c.Player} }

// Alone is for nobody: every request shares.
func (*requestCall) Alone() bool { return false }

// cancelCall is one cancellation on its way to the database.
type cancelCall struct {
	tenant, player int64
	id             string
}

// Seat is the player.
func (c *cancelCall) Seat() group.Seat { return group.Seat{Tenant: c.tenant, Player: c.player} }

// Alone is for nobody.
func (*cancelCall) Alone() bool { return false }

const (
	requestWithdrawals = `SELECT api_withdrawal_requests($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	cancelWithdrawals  = `SELECT api_withdrawal_cancels($1, $2, $3)`
)

// requestAll runs a batch of requests as one transaction.
func requestAll(db *postgres.DB) func(context.Context, []*requestCall) ([]json.RawMessage, error) {
	return func(ctx context.Context, batch []*requestCall) ([]json.RawMessage, error) {
		n := len(batch)
		groups, players, amounts := make([]int64, n), make([]int64, n), make([]int64, n)
		ids, assets, addresses, proofs, keys := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		hashes := make([][]byte, n)
		for i, c := range batch {
			groups[i], players[i], amounts[i] = c.Group, c.Player, c.Amount
			ids[i], assets[i], addresses[i], proofs[i], keys[i] = c.id, c.Asset, c.Address, c.Verification, c.Key
			hashes[i] = c.fingerprint()
		}
		tenant := batch[0].Tenant
		var answers []json.RawMessage
		err := db.Call(ctx, tenant, requestWithdrawals, []any{tenant, groups, players, ids, assets, amounts, addresses, proofs, keys, hashes}, &answers)
		return answers, err
	}
}

// cancelAll runs a batch of cancellations as one transaction.
func cancelAll(db *postgres.DB) func(context.Context, []*cancelCall) ([]json.RawMessage, error) {
	return func(ctx context.Context, batch []*cancelCall) ([]json.RawMessage, error) {
		players, ids := make([]int64, len(batch)), make([]string, len(batch))
		for i, c := range batch {
			players[i], ids[i] = c.player, c.id
		}
		tenant := batch[0].tenant
		var answers []json.RawMessage
		err := db.Call(ctx, tenant, cancelWithdrawals, []any{tenant, players, ids}, &answers)
		return answers, err
	}
}

// decided reads the withdrawal that one answer of a batch carries, or the refusal.
func decided(act string, answer json.RawMessage, err error) (Withdrawal, error) {
	if err != nil {
		return Withdrawal{}, meaning(act, err)
	}
	return answered(answer, refusal(answer))
}
