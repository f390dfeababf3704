package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"fairground/internal/clock"
	"fairground/internal/postgres"
)

// RelayConfig is what a relay needs. Zero durations and counts take the defaults in brackets.
type RelayConfig struct {
	DB        *postgres.DB
	Clock     clock.Clock
	Logger    *slog.Logger
	Metrics   prometheus.Registerer // nil records nothing
	Consumers []Consumer

	Poll        time.Duration // how often all tenants are looked at without being woken [1 s]
	Lease       time.Duration // how long a claimed event stays with a relay that may have died [30 s]
	Timeout     time.Duration // limit of one consumer on one event [5 s]
	Batch       int           // most events claimed at once for one tenant [100]
	MaxAttempts int           // a failing event is parked after so many [12]
	Retain      time.Duration // how long published events are kept [7 days]
}

// Relay hands events from the outboxes of all tenants to their consumers. Any number of relays
// may run at once, in one process or in many.
type Relay struct {
	cfg     RelayConfig
	metrics *metrics
	woken   *tenantSet
}

// The wait before a failed event is tried again doubles from firstWait up to longestWait.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 5 * time.Minute
	awayWait    = time.Second // before an event is tried again that somebody else held up
	parallel    = 4           // tenants worked on at once
	measureGap  = 15 * time.Second
	pruneGap    = time.Hour
)

// NewRelay returns a relay; it does nothing until Run. It fails when metrics of the same name are
// registered already.
func NewRelay(cfg RelayConfig) (*Relay, error) {
	cfg.Poll = withDefault(cfg.Poll, time.Second)
	cfg.Lease = withDefault(cfg.Lease, 30*time.Second)
	cfg.Timeout = withDefault(cfg.Timeout, 5*time.Second)
	cfg.Batch = withDefault(cfg.Batch, 100)
	cfg.MaxAttempts = withDefault(cfg.MaxAttempts, 12)
	cfg.Retain = withDefault(cfg.Retain, 7*24*time.Hour)
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, err
	}
	return &Relay{cfg: cfg, metrics: m, woken: newTenantSet()}, nil
}

func withDefault[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Run relays until ctx is done, and returns nil then. It outlives every failure of the database.
func (r *Relay) Run(ctx context.Context) error {
	var all errgroup.Group
	all.Go(func() error { r.listen(ctx); return nil })
	all.Go(func() error { r.every(ctx, r.cfg.Poll, r.wakeAll); return nil })
	all.Go(func() error { r.every(ctx, measureGap, r.measure); return nil })
	all.Go(func() error { r.every(ctx, pruneGap, r.prune); return nil })
	for range parallel {
		all.Go(func() error { r.work(ctx); return nil })
	}
	return all.Wait()
}

// every calls do now and then once a gap.
func (r *Relay) every(ctx context.Context, gap time.Duration, do func(context.Context) error) {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.cfg.Logger.WarnContext(ctx, "outbox relay", slog.Any("error", err))
		}
		if clock.Sleep(ctx, r.cfg.Clock, gap) != nil {
			return
		}
	}
}

// wakeAll looks at every tenant, in case a notification was missed or an event is due again.
func (r *Relay) wakeAll(ctx context.Context) error {
	tenants, err := Tenants(ctx, r.cfg.DB)
	for _, t := range tenants {
		r.woken.add(t)
	}
	return err
}

// work drains the tenants that were woken, one after the other.
func (r *Relay) work(ctx context.Context) {
	for {
		tenant, ok := r.woken.next(ctx)
		if !ok {
			return
		}
		if err := r.Drain(ctx, tenant); err != nil && ctx.Err() == nil {
			r.cfg.Logger.WarnContext(ctx, "outbox relay", slog.Int64("tenant", tenant), slog.Any("error", err))
		}
		r.woken.done(tenant)
	}
}

// Drain hands on the waiting events of one tenant until none is due.
func (r *Relay) Drain(ctx context.Context, tenant int64) error {
	box := outbox{db: r.cfg.DB, tenant: tenant}
	for {
		claimed, err := box.claim(ctx, r.cfg.Batch, r.cfg.Lease)
		if err != nil {
			return err
		}
		held, err := r.deliver(ctx, box, claimed)
		if err != nil || held || len(claimed) < r.cfg.Batch {
			return err
		}
	}
}

// deliver hands on claimed events in order. held says that the rest had to be given back.
func (r *Relay) deliver(ctx context.Context, box outbox, claimed []Event) (held bool, err error) {
	if len(claimed) == 0 {
		return false, nil
	}
	deadline := r.cfg.Clock.Now().Add(r.cfg.Lease - r.cfg.Timeout)
	var published []int64
	for i, e := range claimed {
		// A consumer may take its whole timeout; what does not fit in the lease goes back untried.
		late := r.cfg.Clock.Now().After(deadline)
		var failed error
		if !late {
			failed = r.hand(ctx, e)
		}
		switch {
		case late || errors.Is(failed, ErrLater) || ctx.Err() != nil:
			r.note(ctx, e, failed)
			err = errors.Join(err, r.giveBack(ctx, box, claimed[i:], late))
			held = true
		case notYet(failed) > 0:
			err = errors.Join(err, box.postpone(ctx, []int64{e.ID}, notYet(failed), false))
		case failed != nil:
			err = errors.Join(err, r.fail(ctx, box, e, failed))
		default:
			published = append(published, e.ID)
		}
		if held {
			break
		}
	}
	return held, errors.Join(err, r.publish(ctx, box, published))
}

// hand gives one event to everybody who wants it.
func (r *Relay) hand(ctx context.Context, e Event) error {
	var failed []error
	for _, c := range r.cfg.Consumers {
		if !c.wants(e.Type) {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
		err := c.handle(limited, r.cfg.DB, e)
		cancel()
		switch {
		case notYet(err) > 0:
			failed = append(failed, err)
		case err != nil:
			r.metrics.failures.WithLabelValues(c.name, string(e.Type)).Inc()
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// notYet is how long a consumer wants to wait for an event, if that is all it said.
func notYet(err error) time.Duration {
	if wait, ok := errors.AsType[*NotYetError](err); ok {
		return wait.Wait
	}
	return 0
}

// publish marks events as handled, even when the process is told to stop at that moment.
func (r *Relay) publish(ctx context.Context, box outbox, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	waits, err := box.publish(context.WithoutCancel(ctx), ids)
	for _, w := range waits {
		r.metrics.lag.Observe(w.Seconds())
	}
	return err
}

// giveBack returns events to the outbox. Nothing of this is counted against them.
func (r *Relay) giveBack(ctx context.Context, box outbox, rest []Event, atOnce bool) error {
	ids := make([]int64, len(rest))
	for i, e := range rest {
		ids[i] = e.ID
	}
	wait := awayWait
	if atOnce || ctx.Err() != nil {
		wait = 0
	}
	return box.postpone(context.WithoutCancel(ctx), ids, wait, false)
}

// fail waits longer each time and parks the event in the end.
func (r *Relay) fail(ctx context.Context, box outbox, e Event, cause error) error {
	if e.Attempts >= r.cfg.MaxAttempts {
		r.metrics.parked.WithLabelValues(string(e.Type)).Inc()
		r.cfg.Logger.ErrorContext(ctx, "event parked", slog.Int64("tenant", e.Tenant), slog.Int64("event", e.ID),
			slog.String("type", string(e.Type)), slog.Int("attempts", e.Attempts), slog.Any("error", cause))
		return box.park(ctx, e.ID, fmt.Sprintf("failed %d times: %.500v", e.Attempts, cause))
	}
	r.note(ctx, e, cause)
	return box.postpone(ctx, []int64{e.ID}, backoff(e.Attempts), true)
}

func (r *Relay) note(ctx context.Context, e Event, cause error) {
	if cause == nil || ctx.Err() != nil {
		return
	}
	r.cfg.Logger.WarnContext(ctx, "event not handled", slog.Int64("tenant", e.Tenant), slog.Int64("event", e.ID),
		slog.String("type", string(e.Type)), slog.Int("attempts", e.Attempts), slog.Any("error", cause))
}

// backoff is the wait after so many attempts.
func backoff(attempts int) time.Duration {
	return min(longestWait, firstWait<<min(max(attempts, 1)-1, 20))
}
