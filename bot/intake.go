package bot

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fairground/internal/clock"
	"fairground/internal/telegram"
	"fairground/notify"
)

const (
	flushEvery  = 100 * time.Millisecond
	leftEvery   = 15 * time.Second
	leftAge     = 30 * time.Second
	forgetEvery = time.Hour
	forgetAge   = 3 * 24 * time.Hour
	maxFailures = 5
)

// intake takes updates once and has them handled in order of each person.
type intake struct {
	inbox  *notify.Inbox
	lanes  *lanes
	clock  clock.Clock
	logger *slog.Logger
	// gather reads ahead what the updates of a batch need, while they are stored; nil for nothing.
	gather func(ctx context.Context, batch []telegram.Update)
	// seal turns an update that may hold a secret into what is stored of it, and open turns that back.
	seal func(u telegram.Update) (json.RawMessage, error)
	open func(update int64, stored json.RawMessage) (json.RawMessage, error)
	// handle says whether the update is done with; one that is not is taken up again later. Again
	// says that this one was: what it asks for may have been done already.
	handle func(u telegram.Update, again bool) (done bool)

	mu     sync.Mutex
	ended  []int64 // handled, not yet noted
	busy   map[int64]bool
	failed map[int64]int // how often an update that is not done with has failed
}

func newIntake(inbox *notify.Inbox, clk clock.Clock, logger *slog.Logger, handle func(u telegram.Update, again bool) bool) *intake {
	return &intake{
		inbox: inbox, lanes: newLanes(), clock: clk, logger: logger, handle: handle,
		busy: map[int64]bool{}, failed: map[int64]int{},
	}
}

// take stores a batch in one statement and starts handling what is new in it.
func (i *intake) take(ctx context.Context, batch []telegram.Update) error {
	stored := make([]notify.Update, len(batch))
	for n, u := range batch {
		stored[n] = notify.Update{ID: int64(u.UpdateID), Payload: u.Raw}
		if u.Private() {
			sealed, err := i.seal(u)
			if err != nil {
				return err
			}
			stored[n].Payload = sealed
		}
	}
	var reads sync.WaitGroup
	if i.gather != nil {
		reads.Go(func() { i.gather(ctx, batch) })
	}
	fresh, err := i.inbox.Take(ctx, stored)
	reads.Wait()
	if err != nil {
		return err
	}
	isNew := make(map[int64]bool, len(fresh))
	for _, id := range fresh {
		isNew[id] = true
	}
	for _, u := range batch {
		if id := int64(u.UpdateID); isNew[id] {
			delete(isNew, id)
			i.start(u, false)
		}
	}
	return nil
}

// start queues one update behind the same person's earlier ones.
func (i *intake) start(u telegram.Update, again bool) {
	id := int64(u.UpdateID)
	i.mu.Lock()
	known := i.busy[id] || slices.Contains(i.ended, id)
	i.busy[id] = true
	i.mu.Unlock()
	if known {
		return
	}
	i.lanes.do(u.Sender(), func() { i.finish(id, u.Paid(), i.handle(u, again)) })
}

// finish notes an update's end. One that keeps failing is given up, unless somebody has paid.
func (i *intake) finish(id int64, paid, done bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.busy, id)
	if !done {
		i.failed[id]++
		if paid || i.failed[id] < maxFailures {
			return
		}
		i.logger.Error("an update is given up", slog.Int64("update", id))
	}
	delete(i.failed, id)
	i.ended = append(i.ended, id)
}

// run notes what was handled and takes up what was not, until ctx ends.
func (i *intake) run(ctx context.Context) {
	forget := i.clock.Now()
	left := forget.Add(leftEvery)
	for {
		now := i.clock.Now()
		if !now.Before(left) {
			i.takeUp(ctx, leftAge)
			left = now.Add(leftEvery)
		}
		if !now.Before(forget) {
			if err := i.inbox.Forget(ctx, forgetAge); err != nil && ctx.Err() == nil {
				i.logger.WarnContext(ctx, "old updates stay", slog.Any("error", err))
			}
			forget = now.Add(forgetEvery)
		}
		i.flush(ctx)
		if clock.Sleep(ctx, i.clock, flushEvery) != nil {
			return
		}
	}
}

// takeUp starts what was taken longer than age ago and never finished.
func (i *intake) takeUp(ctx context.Context, age time.Duration) {
	i.flush(ctx)
	left, err := i.inbox.Left(ctx, age)
	if err != nil {
		if ctx.Err() == nil {
			i.logger.WarnContext(ctx, "unfinished updates can't be read", slog.Any("error", err))
		}
		return
	}
	for _, stored := range left {
		raw, err := i.open(stored.ID, stored.Payload)
		var update telegram.Update
		if err == nil {
			update, err = telegram.DecodeUpdate(raw)
		}
		if err != nil {
			i.logger.WarnContext(ctx, "a stored update can't be read", slog.Int64("update", stored.ID), slog.Any("error", err))
			continue
		}
		i.start(update, true)
	}
}

// flush notes the handled updates in one statement.
func (i *intake) flush(ctx context.Context) {
	i.mu.Lock()
	ended := i.ended
	i.ended = nil
	i.mu.Unlock()
	if len(ended) == 0 {
		return
	}
	if err := i.inbox.Done(ctx, ended); err != nil {
		i.mu.Lock()
		i.ended = append(ended, i.ended...)
		i.mu.Unlock()
	}
}
