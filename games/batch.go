package games

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"fairground/internal/clock"
	"fairground/internal/postgres"
)

const (
	// One batch at a time gathers most; more are under way only when a crowd waits or the batch
	// in front is stuck behind a lock.
	batchLanes = 4
	batchCrowd = 32
	batchStuck = 20 * time.Millisecond
	batchSize  = 64
	// batchTimeout bounds a batch; a caller that gives up earlier leaves the outcome to its key.
	batchTimeout = 10 * time.Second
)

// betCall is one bet on its way to the database.
type betCall struct {
	req   BetRequest
	most  int64
	fresh string
	hash  []byte
	alone bool // its round counts its bets
	since time.Time
	done  chan betAnswer
}

type betAnswer struct {
	answer json.RawMessage
	err    error
}

// batcher lets bets that arrive together share one transaction: one round trip and one wait for the
// disk for all of them. A bet that arrives alone leaves at once. Each bet of a batch is decided by
// itself; only what a bet could not be alone either, an outage, is shared.
type batcher struct {
	db    *postgres.DB
	clock clock.Clock
	mu    sync.Mutex
	queue []*betCall
	busy  map[purse]bool // players with a bet under way
	lanes int
}

// purse is a player of a tenant.
type purse struct{ tenant, player int64 }

func (c *betCall) purse() purse { return purse{c.req.Tenant, c.req.Player} }

func newBatcher(db *postgres.DB, clk clock.Clock) *batcher {
	return &batcher{db: db, clock: clk, busy: map[purse]bool{}}
}

// do sends a bet and waits for its answer or for ctx.
func (b *batcher) do(ctx context.Context, call *betCall) (json.RawMessage, error) {
	call.done, call.since = make(chan betAnswer, 1), b.clock.Now()
	b.mu.Lock()
	b.queue = append(b.queue, call)
	if b.lanes == 0 || b.lanes < batchLanes && (len(b.queue) > b.lanes*batchCrowd || call.since.Sub(b.queue[0].since) > batchStuck) {
		b.lanes++
		go b.lane(context.WithoutCancel(ctx))
	}
	b.mu.Unlock()
	select {
	case a := <-call.done:
		return a.answer, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lane sends batches until nothing waits.
func (b *batcher) lane(ctx context.Context) {
	var batch []*betCall
	for {
		b.mu.Lock()
		b.free(batch)
		batch = b.take()
		if len(batch) == 0 {
			b.lanes-- // what still waits, waits for a player of another lane, and that lane looks again
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		b.send(ctx, batch)
	}
}

// take removes the next batch from the queue: bets of one tenant, each player once, in order of arrival. A player
// with a bet under way waits: twins in two transactions would only make each other start over. A bet in a round
// that counts its bets goes alone. The lock is held.
func (b *batcher) take() []*betCall {
	var batch []*betCall
	rest, waiting := b.queue[:0], map[purse]bool{}
	for _, c := range b.queue {
		who := c.purse()
		fits := !b.busy[who] && !waiting[who] && len(batch) < batchSize &&
			(len(batch) == 0 || !c.alone && !batch[0].alone && c.req.Tenant == batch[0].req.Tenant)
		if !fits {
			// A player's later bets keep their place behind the earlier one.
			waiting[who] = true
			rest = append(rest, c)
			continue
		}
		waiting[who] = true
		batch = append(batch, c)
	}
	clear(b.queue[len(rest):])
	b.queue = rest
	for _, c := range batch {
		b.busy[c.purse()] = true
	}
	return batch
}

// free lets the players of a finished batch bet again. The lock is held.
func (b *batcher) free(batch []*betCall) {
	for _, c := range batch {
		delete(b.busy, c.purse())
	}
}

func (b *batcher) send(ctx context.Context, batch []*betCall) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	answers, err := b.place(ctx, batch)
	if err != nil && len(batch) > 1 && ctx.Err() == nil {
		for _, call := range batch {
			b.send(ctx, []*betCall{call})
		}
		return
	}
	for i, call := range batch {
		if err != nil {
			call.done <- betAnswer{err: err}
			continue
		}
		call.done <- betAnswer{answer: answers[i]}
	}
}

const placeBets = `SELECT api_round_bets($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// place runs a batch as one transaction.
func (b *batcher) place(ctx context.Context, batch []*betCall) ([]json.RawMessage, error) {
	n := len(batch)
	rounds, choices, seeds, fresh, keys := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	players, stakes, most, hashes := make([]int64, n), make([]int64, n), make([]int64, n), make([][]byte, n)
	for i, c := range batch {
		rounds[i], players[i], choices[i], stakes[i] = c.req.Round, c.req.Player, c.req.Choice, c.req.Stake
		most[i], seeds[i], fresh[i], keys[i], hashes[i] = c.most, c.req.Seed, c.fresh, c.req.Key, c.hash
	}
	tenant := batch[0].req.Tenant
	var answers []json.RawMessage
	err := b.db.Call(ctx, tenant, placeBets, []any{tenant, rounds, players, choices, stakes, most, seeds, fresh, keys, hashes}, &answers)
	if err == nil && len(answers) != n {
		return nil, fmt.Errorf("%d bets got %d answers", n, len(answers))
	}
	return answers, err
}
