package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairground/events"
	"fairground/internal/clock"
)

const (
	sweepGap   = 5 * time.Second
	sweepGrace = 10 * time.Second // a healthy round is finished long before
)

// sweep finds rounds that should be finished and gives them a workflow again. It is needed when
// Temporal lost its data or somebody terminated a run; the new run resumes where the round stands.
type sweep struct {
	deps    Deps
	starter *roundStarter
	overdue prometheus.Gauge
}

func newSweep(deps Deps, starter *roundStarter) (*sweep, error) {
	s := &sweep{deps: deps, starter: starter, overdue: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairground_rounds_overdue", Help: "Unfinished rounds more than ten seconds past the end of their window.",
	})}
	if deps.Metrics != nil {
		if err := deps.Metrics.Register(s.overdue); err != nil {
			return nil, fmt.Errorf("register sweep metrics: %w", err)
		}
	}
	return s, nil
}

// run sweeps now and then until ctx is done.
func (s *sweep) run(ctx context.Context) {
	for {
		if err := s.once(ctx); err != nil && ctx.Err() == nil {
			s.deps.Logger.WarnContext(ctx, "sweep of rounds", slog.Any("error", err))
		}
		if clock.Sleep(ctx, s.deps.Clock, sweepGap) != nil {
			return
		}
	}
}

func (s *sweep) once(ctx context.Context) error {
	tenants, err := events.Tenants(ctx, s.deps.DB)
	if err != nil {
		return err
	}
	var failed error
	overdue := 0
	for _, tenant := range tenants {
		n, err := s.tenant(ctx, tenant)
		overdue += n
		failed = errors.Join(failed, err)
	}
	s.overdue.Set(float64(overdue))
	return failed
}

// tenant resumes the overdue rounds of a tenant and says how many there are.
func (s *sweep) tenant(ctx context.Context, tenant int64) (int, error) {
	rounds, err := s.deps.Engine.Overdue(ctx, tenant, sweepGrace)
	if err != nil {
		return 0, err
	}
	for _, round := range rounds {
		s.deps.Logger.WarnContext(ctx, "round overdue", slog.Int64("tenant", tenant), slog.String("round", round.ID),
			slog.Time("closes_at", round.ClosesAt))
		if err := s.starter.resume(ctx, round); err != nil {
			return len(rounds), err // Temporal is away: the next sweep comes soon
		}
	}
	return len(rounds), nil
}
