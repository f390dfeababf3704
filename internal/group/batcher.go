package group

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fairground/internal/clock"
)

const (
	// One batch at a time gathers most; more are under way only when a crowd waits or the batch
	// in front is stuck behind a lock.
	lanes = 4
	stuck = 20 * time.Millisecond
	size  = 64
	// timeout bounds a batch; a caller that gives up earlier leaves the outcome to its key.
	timeout = 10 * time.Second
)

// Seat is what stands in a batch once: a player of a tenant. A batch is of one tenant.
type Seat struct{ Tenant, Player int64 }

// Call is one caller's wish.
type Call interface {
	Seat() Seat
	// Alone says that the call must have a batch for itself.
	Alone() bool
}

// Batcher lets calls that arrive together share one transaction: one round trip and one wait for the disk for all of them.
// A call that arrives alone leaves at once. Each call of a batch is decided by itself; only what a call could not be alone
// either, an outage, is shared.
type Batcher[C Call, A any] struct {
	cfg   Config[C, A]
	mu    sync.Mutex
	queue []*waiting[C, A]
	busy  map[Seat]bool // seats with a call under way
	lanes int
	last  int // how many the last batch had
}

// Config is what a Batcher is made of.
type Config[C Call, A any] struct {
	Clock clock.Clock
	// Send runs a batch as one transaction and answers in the order of its calls. An error must mean that nothing of it
	// happened, or that each call's key tells a repeat what did.
	Send func(ctx context.Context, batch []C) ([]A, error)
	// Crowd is how many calls wait before another batch is sent beside the one under way; more than that stand in one
	// batch only when more than twice as many wait.
	Crowd int
	// Linger is how long a batch waits for company if the one before had some; 0 not at all. Callers whose calls were
	// answered together come back together, and the first of them would leave alone.
	Linger time.Duration
}

type waiting[C Call, A any] struct {
	call  C
	since time.Time
	done  chan outcome[A]
}

type outcome[A any] struct {
	answer A
	err    error
}

// New makes a batcher.
func New[C Call, A any](cfg Config[C, A]) *Batcher[C, A] {
	return &Batcher[C, A]{cfg: cfg, busy: map[Seat]bool{}}
}

// Do sends a call and waits for its answer or for ctx.
func (b *Batcher[C, A]) Do(ctx context.Context, call C) (A, error) {
	w := &waiting[C, A]{call: call, done: make(chan outcome[A], 1), since: b.cfg.Clock.Now()}
	b.mu.Lock()
	b.queue = append(b.queue, w)
	if b.lanes == 0 || b.lanes < lanes && (len(b.queue) > b.lanes*b.cfg.Crowd || w.since.Sub(b.queue[0].since) > stuck) {
		b.lanes++
		go b.lane(context.WithoutCancel(ctx), b.last > 1)
	}
	b.mu.Unlock()
	select {
	case o := <-w.done:
		return o.answer, o.err
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// lane sends batches until nothing waits.
func (b *Batcher[C, A]) lane(ctx context.Context, gather bool) {
	if gather && b.cfg.Linger > 0 {
		time.Sleep(b.cfg.Linger)
	}
	var batch []*waiting[C, A]
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
		b.run(ctx, batch)
	}
}

// take removes the next batch from the queue: calls of one tenant, each seat once, in order of arrival, and no more than half
// of a crowd, because other lanes share it. A player with a call
// under way waits: twins in two transactions would only make each other start over. The lock is held.
func (b *Batcher[C, A]) take() []*waiting[C, A] {
	var batch []*waiting[C, A]
	rest, passed, most := b.queue[:0], map[Seat]bool{}, min(size, max(b.cfg.Crowd, (len(b.queue)+1)/2))
	for _, w := range b.queue {
		seat := w.call.Seat()
		fits := !b.busy[seat] && !passed[seat] && len(batch) < most &&
			(len(batch) == 0 || !w.call.Alone() && !batch[0].call.Alone() && seat.Tenant == batch[0].call.Seat().Tenant)
		passed[seat] = true // a player's later calls keep their place behind the earlier one
		if fits {
			batch = append(batch, w)
		} else {
			rest = append(rest, w)
		}
	}
	clear(b.queue[len(rest):])
	b.queue = rest
	for _, w := range batch {
		b.busy[w.call.Seat()] = true
	}
	if len(batch) > 0 {
		b.last = len(batch)
	}
	return batch
}

// free lets the players of a finished batch call again. The lock is held.
func (b *Batcher[C, A]) free(batch []*waiting[C, A]) {
	for _, w := range batch {
		delete(b.busy, w.call.Seat())
	}
}

func (b *Batcher[C, A]) run(ctx context.Context, batch []*waiting[C, A]) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	calls := make([]C, len(batch))
	for i, w := range batch {
		calls[i] = w.call
	}
	answers, err := b.cfg.Send(ctx, calls)
	if err == nil && len(answers) != len(batch) {
		err = fmt.Errorf("group: %d calls got %d answers", len(batch), len(answers))
	}
	if err != nil && len(batch) > 1 && ctx.Err() == nil {
		for _, w := range batch {
			b.run(ctx, []*waiting[C, A]{w})
		}
		return
	}
	for i, w := range batch {
		if err != nil {
			w.done <- outcome[A]{err: err}
			continue
		}
		w.done <- outcome[A]{answer: answers[i]}
	}
}
