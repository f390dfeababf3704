package games

import (
	"context"
	"encoding/json"

	"fairground/internal/group"
	"fairground/internal/postgres"
)

// betCrowd is how many bets wait before a second batch is sent beside the first.
const betCrowd = 32

// betCall is one bet on its way to the database.
type betCall struct {
	req   BetRequest
	most  int64
	fresh string
	hash  []byte
	alone bool // its round counts its bets, under a lock of its own
}

// Seat is the player: a balance is never decided on twice in one statement.
func (c *betCall) Seat() group.Seat { return group.Seat{Tenant: c.req.Tenant, Player: c.req.Player} }

// Alone says that the bet goes alone.
func (c *betCall) Alone() bool { return c.alone }

const placeBets = `SELECT api_round_bets($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// place runs a batch of bets as one transaction.
func place(db *postgres.DB) func(context.Context, []*betCall) ([]json.RawMessage, error) {
	return func(ctx context.Context, batch []*betCall) ([]json.RawMessage, error) {
		n := len(batch)
		rounds, choices, seeds, fresh, keys := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		players, stakes, most, hashes := make([]int64, n), make([]int64, n), make([]int64, n), make([][]byte, n)
		for i, c := range batch {
			rounds[i], players[i], choices[i], stakes[i] = c.req.Round, c.req.Player, c.req.Choice, c.req.Stake
			most[i], seeds[i], fresh[i], keys[i], hashes[i] = c.most, c.req.Seed, c.fresh, c.req.Key, c.hash
		}
		tenant := batch[0].req.Tenant
		var answers []json.RawMessage
		err := db.Call(ctx, tenant, placeBets, []any{tenant, rounds, players, choices, stakes, most, seeds, fresh, keys, hashes}, &answers)
		return answers, err
	}
}
