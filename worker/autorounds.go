package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"fairground/events"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/workflows"
)

// autoGap is the time between two looks for automatic rounds whose schedules lag behind.
const autoGap = 15 * time.Second

// autoScheduler keeps the schedules of automatic rounds as the database says: at once when an operator changed one, now and then what
// that missed, and all of them at the start, because Temporal may have lost its data.
type autoScheduler struct {
	temporal client.Client
	engine   *games.Engine
}

func (s *autoScheduler) consumers() []events.Consumer {
	return []events.Consumer{events.Effect("auto_rounds.sync", s.changed, events.TypeAutoRoundChanged)}
}

func (s *autoScheduler) changed(ctx context.Context, e events.Event) error {
	changed, err := events.Decode[events.AutoRoundChanged](e)
	if err != nil {
		return err
	}
	a, err := s.engine.AutoRound(ctx, e.Tenant, changed.AutoRound)
	if err != nil {
		return err
	}
	return classify(s.sync(ctx, a))
}

// sync makes the schedule of one automatic round what the database says.
func (s *autoScheduler) sync(ctx context.Context, a games.AutoRound) error {
	var err error
	if a.Deleted {
		err = workflows.EndAutoRound(ctx, s.temporal, a.ID)
	} else {
		err = workflows.EnsureAutoRound(ctx, s.temporal, workflows.AutoSchedule{
			Tenant: a.Tenant, Auto: a.ID, Group: a.GroupID, Game: a.Game, EveryMinutes: a.EveryMinutes, Calendar: a.Calendar, Zone: a.Zone,
			Enabled: a.Enabled, Version: a.Version,
		})
	}
	if err != nil {
		return err
	}
	return s.engine.SyncedAutoRound(ctx, a)
}

// run syncs everything once and then what lags behind, until ctx is done.
func (s *autoScheduler) run(ctx context.Context, deps Deps) {
	list := s.engine.EveryAutoRound
	for {
		err := s.once(ctx, deps, list)
		if err == nil {
			list = s.engine.UnsyncedAutoRounds
		} else if ctx.Err() == nil {
			deps.Logger.WarnContext(ctx, "schedules of automatic rounds", slog.Any("error", err))
		}
		if clock.Sleep(ctx, deps.Clock, autoGap) != nil {
			return
		}
	}
}

func (s *autoScheduler) once(ctx context.Context, deps Deps, list func(context.Context, int64) ([]games.AutoRound, error)) error {
	tenants, err := events.Tenants(ctx, deps.DB)
	if err != nil {
		return err
	}
	var failed error
	for _, tenant := range tenants {
		due, err := list(ctx, tenant)
		failed = errors.Join(failed, err)
		for _, a := range due {
			failed = errors.Join(failed, s.sync(ctx, a))
		}
	}
	return failed
}
