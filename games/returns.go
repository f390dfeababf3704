package games

import (
	"context"
	"encoding/json"
	"errors"

	"fairground/games/game"
	"fairground/games/simulate"
)

// quickReturns is what a config returns where that needs no simulation, else nil.
func quickReturns(g game.Game, config json.RawMessage) (*simulate.Report, error) {
	report, err := simulate.Returns(g, config, simulate.Options{Rounds: 1, Workers: 1})
	switch {
	case errors.Is(err, simulate.ErrNothingToPlay):
		return nil, nil //nolint:nilnil // nothing can be said of it in a moment
	case err != nil:
		return nil, gameError(err)
	case report.Method == simulate.Simulated:
		return nil, nil //nolint:nilnil // as above
	}
	return &report, nil
}

// simulated finds what a draft returns. One simulation runs at a time in a process, on one core, so that play goes on beside it.
// It returns ErrBusy, or ctx's error when ctx ends first: the rounds, which are limited, then run out unseen.
func (e *Engine) simulated(ctx context.Context, d Draft, opts simulate.Options) (simulate.Report, error) {
	g, ok := e.games[d.Game]
	if !ok {
		return simulate.Report{}, ErrUnknownGame
	}
	if report, err := quickReturns(g, d.Config); err != nil || report != nil {
		if err != nil {
			return simulate.Report{}, err
		}
		return *report, nil
	}
	select {
	case e.simulating <- struct{}{}:
	default:
		return simulate.Report{}, ErrBusy
	}
	type result struct {
		report simulate.Report
		err    error
	}
	done := make(chan result, 1)
	opts.Workers = 1
	go func() {
		defer func() { <-e.simulating }()
		report, err := simulate.Returns(g, d.Config, opts)
		done <- result{report, err}
	}()
	select {
	case <-ctx.Done():
		return simulate.Report{}, ctx.Err()
	case r := <-done:
		return r.report, gameError(r.err)
	}
}

// returns is what a version returns, remembered by its content. A return that can't be enumerated is simulated with the seed of
// zeroes, so that everybody is told the same.
func (e *Engine) returnsOf(name, hash string, config json.RawMessage) (simulate.Report, error) {
	key := name + "/" + hash
	if report, ok := e.returns.get(key); ok {
		return report, nil
	}
	g, ok := e.games[name]
	if !ok {
		return simulate.Report{}, ErrUnknownGame
	}
	v, err, _ := e.reading.Do("returns/"+key, func() (any, error) {
		report, err := simulate.Returns(g, config, simulate.Options{Workers: 1})
		if errors.Is(err, simulate.ErrNothingToPlay) {
			report, err = simulate.Report{Game: name, Method: simulate.None, Returns: []game.Return{}}, nil
		}
		if err != nil {
			return nil, gameError(err)
		}
		report.ConfigHash = hash
		e.returns.put(key, report)
		return report, nil
	})
	if err != nil {
		return simulate.Report{}, err
	}
	report, _ := v.(simulate.Report)
	return report, nil
}
