package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"fairground/cashier"
	"fairground/events"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/temporal"
	"fairground/items"
	"fairground/workflows"
)

// Deps is what a worker needs. Metrics and Ready may be nil. Without a Cashier it serves rounds only.
type Deps struct {
	Temporal  client.Client
	Namespace string // where search attributes are registered; "default" when empty
	Engine    *games.Engine
	DB        *postgres.DB
	Logger    *slog.Logger
	Clock     clock.Clock
	Metrics   prometheus.Registerer
	Ready     func(ready bool) // told when the worker begins and ceases to take work
	Tuning    Tuning

	Cashier *cashier.Cashier
	// PayoutPatience is how long a payout that a gateway can't tell the end of is polled before a person is asked [15 min].
	PayoutPatience time.Duration
}

// money says whether the worker serves the cashier.
func (d Deps) money() bool { return d.Cashier != nil }

// retryWait is the pause before Temporal is tried again while it is away.
const retryWait = time.Second

// Run works until ctx is done, then lets running activities end and returns nil. While Temporal
// or Postgres is away it waits for them; an error means that the worker can't go on as it is configured.
func Run(ctx context.Context, deps Deps) error {
	if deps.Namespace == "" {
		deps.Namespace = client.DefaultNamespace
	}
	if deps.Ready == nil {
		deps.Ready = func(bool) {}
	}
	starter := &roundStarter{temporal: deps.Temporal, engine: deps.Engine, logger: deps.Logger}
	shop := items.New(deps.DB)
	auto := &autoScheduler{temporal: deps.Temporal, engine: deps.Engine}
	consumers := append(starter.consumers(), insurances(shop))
	consumers = append(consumers, auto.consumers()...)
	if deps.money() {
		consumers = append(consumers, (&withdrawalStarter{temporal: deps.Temporal, cashier: deps.Cashier, clock: deps.Clock}).consumers()...)
		consumers = append(consumers, (&depositStarter{temporal: deps.Temporal}).consumers()...)
	}
	relay, err := events.NewRelay(events.RelayConfig{
		DB: deps.DB, Clock: deps.Clock, Logger: deps.Logger, Metrics: deps.Metrics, Consumers: consumers,
	})
	if err != nil {
		return fmt.Errorf("build the relay: %w", err)
	}
	sweep, err := newSweep(deps, starter)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return relay.Run(ctx) })
	group.Go(func() error { sweep.run(ctx); return nil })
	group.Go(func() error { auto.run(ctx, deps); return nil })
	group.Go(func() error { keepPartitions(ctx, deps); return nil })
	group.Go(func() error { expireItems(ctx, deps, shop); return nil })
	if deps.money() {
		group.Go(func() error { expireIntents(ctx, deps); return nil })
	}
	group.Go(func() error { serve(ctx, deps); return nil })
	return group.Wait()
}

// serve keeps a Temporal worker running. A worker that meets a fatal error, as when the service
// lost its namespace, is made anew.
func serve(ctx context.Context, deps Deps) {
	for ctx.Err() == nil {
		err := serveOnce(ctx, deps)
		deps.Ready(false)
		if err == nil || ctx.Err() != nil {
			return
		}
		deps.Logger.WarnContext(ctx, "no work from Temporal", slog.Any("error", err))
		if clock.Sleep(ctx, deps.Clock, retryWait) != nil {
			return
		}
	}
}

func serveOnce(ctx context.Context, deps Deps) error {
	if err := temporal.EnsureSearchAttributes(ctx, deps.Temporal, deps.Namespace); err != nil {
		return err
	}
	fatal := make(chan error, 1)
	if deps.money() {
		if err := workflows.EnsureLedgerAudit(ctx, deps.Temporal); err != nil {
			return err
		}
	}
	for _, w := range newWorkers(deps, func(err error) {
		select {
		case fatal <- err:
		default: // the first is enough
		}
	}) {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		defer w.Stop()
	}
	deps.Ready(true)
	deps.Logger.InfoContext(ctx, "worker ready", slog.String("namespace", deps.Namespace))
	select {
	case <-ctx.Done():
		return nil
	case err := <-fatal:
		return errors.Join(errors.New("the worker stopped"), err)
	}
}

// newWorkers makes a worker for each queue.
func newWorkers(deps Deps, onFatal func(error)) []sdk.Worker {
	workers := []sdk.Worker{newRounds(deps, onFatal)}
	if deps.money() {
		workers = append(workers, newWithdrawals(deps, onFatal), newPayments(deps, onFatal))
	}
	return workers
}
