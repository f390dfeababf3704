package providersim

import (
	"context"
	"log/slog"
	"time"

	"fairground/providers/seamless"
)

const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 30 * time.Second
	idle       = time.Second // the longest sleep between looks
)

// Deliver tells the wallet what it could not be told, until ctx is done: rollbacks of bets without an answer, and wins. Each is
// repeated until the wallet answers.
func (s *Sim) Deliver(ctx context.Context) {
	for ctx.Err() == nil {
		for _, t := range s.due() {
			s.deliver(ctx, t)
		}
		timer := s.cfg.Clock.NewTimer(idle)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// Waiting is how many games are not over.
func (s *Sim) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.journal.open)
}

func (s *Sim) due() []toss {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	var due []toss
	for _, t := range s.journal.list() {
		if !t.busy && !t.next.After(now) {
			due = append(due, t)
		}
	}
	return due
}

func (s *Sim) deliver(ctx context.Context, t toss) {
	var a seamless.Answer
	var err error
	if t.State == drawn {
		a, err = s.settle(ctx, t)
	} else {
		a, err = s.takeBack(ctx, t)
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "the wallet gave no answer", slog.String("round", t.ID), slog.Any("error", err))
		s.later(t)
		return
	}
	if a.Code != seamless.OK {
		s.cfg.Logger.ErrorContext(ctx, "the wallet refused what is owed", slog.String("round", t.ID), slog.String("state", string(t.State)), slog.String("code", string(a.Code)))
	}
	t.State = over
	if err := s.note(t); err != nil { // it is told once more after a restart, which the wallet must bear
		s.cfg.Logger.ErrorContext(ctx, "the journal can't be written", slog.Any("error", err))
		s.later(t)
	}
}

// later sets when a game is tried again.
func (s *Sim) later(t toss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.journal.open[t.ID]
	if !ok {
		return
	}
	kept.failures++
	kept.next = s.cfg.Clock.Now().Add(min(firstRetry<<min(kept.failures-1, 10), lastRetry))
}
