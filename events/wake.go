package events

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
)

// listen wakes the tenants that Postgres names, on a connection of its own. Without it events
// still arrive, by polling.
func (r *Relay) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		r.cfg.Logger.WarnContext(ctx, "outbox relay is not notified, it polls", slog.Any("error", err))
		if clock.Sleep(ctx, r.cfg.Clock, r.cfg.Poll) != nil {
			return
		}
	}
}

func (r *Relay) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, r.cfg.DB.Pool().Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		tenant, err := strconv.ParseInt(n.Payload, 10, 64)
		if err != nil {
			err = r.wakeAll(ctx)
			if err != nil {
				return err
			}
			continue
		}
		r.woken.add(tenant)
	}
}

// tenantSet is a queue in which a tenant stands at most once, and that gives a tenant to one
// worker at a time: so its events stay in order.
type tenantSet struct {
	mu      sync.Mutex
	queue   []int64
	queued  map[int64]bool
	working map[int64]bool // true: woken again meanwhile
	ready   chan struct{}
}

func newTenantSet() *tenantSet {
	return &tenantSet{queued: map[int64]bool{}, working: map[int64]bool{}, ready: make(chan struct{}, 1)}
}

// add queues a tenant, unless it stands there; one that is worked on is queued afterwards.
func (s *tenantSet) add(tenant int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, busy := s.working[tenant]; busy {
		s.working[tenant] = true
		return
	}
	s.push(tenant)
}

func (s *tenantSet) push(tenant int64) {
	if s.queued[tenant] {
		return
	}
	s.queued[tenant] = true
	s.queue = append(s.queue, tenant)
	s.signal()
}

func (s *tenantSet) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// next takes a tenant, waiting for one; ok is false when ctx is done.
func (s *tenantSet) next(ctx context.Context) (tenant int64, ok bool) {
	for {
		if ctx.Err() != nil {
			return 0, false
		}
		if tenant, ok := s.take(); ok {
			return tenant, true
		}
		select {
		case <-ctx.Done():
			return 0, false
		case <-s.ready:
		}
	}
}

func (s *tenantSet) take() (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return 0, false
	}
	tenant := s.queue[0]
	s.queue = s.queue[1:]
	delete(s.queued, tenant)
	s.working[tenant] = false
	if len(s.queue) > 0 {
		s.signal() // one wake-up may stand for several tenants
	}
	return tenant, true
}

// done ends the work on a tenant.
func (s *tenantSet) done(tenant int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.working[tenant]
	delete(s.working, tenant)
	if again {
		s.push(tenant)
	}
}
