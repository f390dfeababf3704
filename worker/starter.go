package worker

import (
	"context"
	"errors"
	"log/slog"

	"go.temporal.io/sdk/client"

	"fairground/events"
	"fairground/games"
	"fairground/workflows"
)

// roundStarter sees to it that every unfinished round has a workflow and that a full one is told.
type roundStarter struct {
	temporal client.Client
	engine   *games.Engine
	logger   *slog.Logger
}

func (s *roundStarter) consumers() []events.Consumer {
	return []events.Consumer{
		events.Effect("rounds.start", s.opened, events.TypeRoundOpened),
		events.Effect("rounds.close_early", s.full, events.TypeRoundFull),
	}
}

// opened starts the workflow that whoever opened the round may not have been able to start.
func (s *roundStarter) opened(ctx context.Context, e events.Event) error {
	opened, err := events.Decode[events.RoundOpened](e)
	if err != nil {
		return err
	}
	return classify(workflows.StartRound(ctx, s.temporal, workflows.RoundInput{
		Tenant: e.Tenant, Round: opened.Round, Group: opened.Group, Game: opened.Game, ClosesAt: opened.ClosesAt,
	}))
}

// full ends the window of a round early. A round whose workflow is missing gets one; a finished
// round needs nothing.
func (s *roundStarter) full(ctx context.Context, e events.Event) error {
	full, err := events.Decode[events.RoundFull](e)
	if err != nil {
		return err
	}
	err = workflows.CloseRoundEarly(ctx, s.temporal, full.Round)
	if !errors.Is(err, workflows.ErrNotRunning) {
		return classify(err)
	}
	round, err := s.engine.Round(ctx, e.Tenant, full.Round)
	if err != nil || round.Status.Final() {
		return err
	}
	if err := s.resume(ctx, round); err != nil {
		return err
	}
	err = workflows.CloseRoundEarly(ctx, s.temporal, full.Round)
	if errors.Is(err, workflows.ErrNotRunning) {
		return nil // it ended in this moment
	}
	return classify(err)
}

// resume starts a workflow for an unfinished round, or leaves it with the one that is running.
func (s *roundStarter) resume(ctx context.Context, r games.RoundView) error {
	return classify(workflows.ResumeRound(ctx, s.temporal, workflows.RoundInput{
		Tenant: r.TenantID, Round: r.ID, Group: r.Group, Game: r.Game, ClosesAt: r.ClosesAt,
	}))
}

// classify says that a failure of Temporal is never the event's fault: the input is our own, and
// a service that lacks a namespace or a search attribute gets it as soon as the worker starts.
func classify(err error) error {
	if err == nil {
		return nil
	}
	return events.Later(err)
}
