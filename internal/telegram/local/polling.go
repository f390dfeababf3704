package local

import (
	"context"
	"slices"
	"sort"
	"time"
)

// poll is one getUpdates call in progress.
type poll struct {
	bell   chan struct{}
	kicked chan struct{} // closed when another poll takes over
}

func (p *poll) ring() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

const (
	maxBatch = 100
	maxWait  = 50 * time.Second
)

// getUpdates hands out unconfirmed updates from offset on, and waits for one when there is
// none. A second poll of the same bot ends the first with 409.
func (s *Server) getUpdates(ctx context.Context, b *bot, p params) ([]rawUpdate, error) {
	limit := int(p.int64("limit"))
	if limit <= 0 || limit > maxBatch {
		limit = maxBatch
	}
	wait := min(max(0, time.Duration(p.int64("timeout"))*time.Second), maxWait)
	mine, err := s.beginPoll(b, p)
	if err != nil {
		return nil, err
	}
	defer s.endPoll(b, mine)
	timer := s.clock.NewTimer(wait)
	defer timer.Stop()
	offset := p.int64("offset")
	for {
		s.mu.Lock()
		batch := b.batch(offset, limit)
		s.mu.Unlock()
		if len(batch) > 0 || wait == 0 {
			return batch, nil
		}
		select {
		case <-mine.bell:
		case <-mine.kicked:
			return nil, conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
		case <-timer.C():
			return batch, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.done:
			return nil, context.Canceled
		}
	}
}

// beginPoll takes over from any other poll, confirms what lies before offset and remembers
// which kinds of update the bot wants.
func (s *Server) beginPoll(b *bot, p params) (*poll, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Webhook.URL != "" {
		return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if err := b.allow(p); err != nil {
		return nil, err
	}
	b.confirm(p.int64("offset"))
	if b.poll != nil {
		close(b.poll.kicked)
	}
	b.poll = &poll{bell: make(chan struct{}, 1), kicked: make(chan struct{})}
	s.saver.wake()
	return b.poll, nil
}

func (s *Server) endPoll(b *bot, mine *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.poll == mine {
		b.poll = nil
	}
}

// allow remembers which kinds of update the bot asks for; a call that says nothing about it
// changes nothing.
func (b *bot) allow(p params) error {
	allowed := slices.Clone(b.Allowed) // an answer may still be reading the old one
	if err := p.decode("allowed_updates", &allowed); err != nil {
		return err
	}
	b.Allowed = allowed
	return nil
}

// confirm forgets updates before offset; a negative one keeps only that many of the newest.
func (b *bot) confirm(offset int64) {
	drop := sort.Search(len(b.Queue), func(i int) bool { return b.Queue[i].ID >= offset })
	if offset < 0 {
		drop = max(0, len(b.Queue)+int(offset))
	}
	b.Queue = append([]queued(nil), b.Queue[drop:]...)
}

// batch is up to limit updates from offset on, oldest first.
func (b *bot) batch(offset int64, limit int) []rawUpdate {
	out := make([]rawUpdate, 0, min(limit, len(b.Queue)))
	for _, u := range b.Queue {
		if u.ID >= offset && len(out) < limit {
			out = append(out, rawUpdate(u.Body))
		}
	}
	return out
}
