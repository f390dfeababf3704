package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"fairground/games"
	"fairground/games/game"
	"fairground/games/simulate"
)

const (
	gameGroups  = 64
	gameMembers = 8
	// simulated is how many rounds of a game are played to time one core.
	simulated = 200_000
)

// catalogue names every game.
func catalogue() []string { return slices.Sorted(maps.Keys(games.Catalogue())) }

// table is a group that one caller plays rounds in, one after the other.
type table struct {
	group   int64
	members []int64
	view    games.RoundView
	bets    []game.Bet // one on each choice, the opener's first
	acted   int        // bets or claims made in the round
}

// gameTables makes the groups that the games are played in.
func (e *environment) gameTables(ctx context.Context) error {
	if len(e.tables) > 0 {
		return nil
	}
	for i := range gameGroups {
		members := e.world.Players[i*gameMembers : (i+1)*gameMembers]
		group, err := e.world.AddGroup(ctx, members, purse)
		if err != nil {
			return err
		}
		e.tables = append(e.tables, &table{group: group, members: members})
	}
	if _, err := e.owner.Exec(ctx, `UPDATE groups SET issuer_daily_cap = 1000000000000`); err != nil {
		return fmt.Errorf("lift the cap: %w", err)
	}
	return nil
}

// played is bets, claims or plays a second of a game.
func (e *environment) played(name string) func(context.Context, time.Duration) (float64, error) {
	return func(ctx context.Context, d time.Duration) (float64, error) {
		if err := e.gameTables(ctx); err != nil {
			return 0, err
		}
		g, err := e.world.Engine.Game(ctx, e.world.Tenant, name)
		if err != nil {
			return 0, err
		}
		open, err := g.Rules.Open(nil)
		if err != nil {
			return 0, err
		}
		bets, err := simulate.OneOnEach(g.Rules, open)
		if err != nil {
			return 0, err
		}
		if g.Info.Pace == game.PaceInstant {
			return e.instant(ctx, d, name, bets[0])
		}
		for _, t := range e.tables {
			*t = table{group: t.group, members: t.members, bets: bets}
		}
		rate, err := load(ctx, many, d, func(ctx context.Context, client, _ int) (bool, error) {
			return e.tables[client].step(ctx, e, name, open)
		})
		if err != nil {
			return 0, err
		}
		return rate, e.clear(ctx)
	}
}

// instant is plays a second: any caller for any player, as a crowd comes.
func (e *environment) instant(ctx context.Context, d time.Duration, name string, bet game.Bet) (float64, error) {
	if !e.seeded { // a player's first play publishes a chain of seeds: once for a long time
		for _, player := range e.world.Players {
			if _, err := e.world.Engine.Seeds(ctx, e.world.Tenant, player); err != nil {
				return 0, err
			}
		}
		e.seeded = true
	}
	return load(ctx, many, d, func(ctx context.Context, _, _ int) (bool, error) {
		player := e.world.Players[rand.IntN(hotPlayers)] //nolint:gosec // spreads load, protects nothing
		_, err := e.world.Engine.Play(ctx, games.PlayRequest{
			Tenant: e.world.Tenant, Group: e.world.Group, Player: player, Game: name, Choice: bet.Choice, Stake: bet.Stake, Key: e.keys.next(),
		})
		if errors.Is(err, games.ErrBusy) { // two plays of one player at once
			return false, nil
		}
		return err == nil, err
	})
}

// step makes the next bet or claim of a table, and opens the next round when there is none or nothing is left in it.
func (t *table) step(ctx context.Context, e *environment, name string, open game.Opening) (bool, error) {
	w := e.world
	if t.view.ID == "" || t.acted >= t.places(open) {
		if err := t.clear(ctx, e); err != nil {
			return false, err
		}
		var err error
		t.view, err = w.Engine.Open(ctx, games.OpenRequest{Tenant: w.Tenant, Group: t.group, Player: t.members[0], Game: name, Key: e.keys.next()})
		if err != nil {
			return false, fmt.Errorf("open a round of %s: %w", name, err)
		}
		t.acted = 0
		if open.OpenerBet != nil {
			t.acted = 1
			return true, nil
		}
	}
	player, bet := t.members[t.acted%len(t.members)], t.bets[min(t.acted, len(t.bets)-1)]
	t.acted++
	if open.Slots > 0 {
		_, err := w.Engine.Claim(ctx, games.ClaimRequest{Tenant: w.Tenant, Round: t.view.ID, Player: player, Key: e.keys.next()})
		return err == nil, err
	}
	_, err := w.Engine.PlaceBet(ctx, games.BetRequest{Tenant: w.Tenant, Round: t.view.ID, Player: player, Choice: bet.Choice, Stake: bet.Stake, Key: e.keys.next()})
	return err == nil, err
}

// places is how many bets or claims a round of the table takes.
func (t *table) places(open game.Opening) int {
	switch {
	case open.Slots > 0:
		return 1 + min(open.Slots, len(t.members)-1)
	case open.Seats > 0:
		return open.Seats
	case open.BetsEach > 0:
		return open.BetsEach * len(t.members)
	default:
		return 1 << 30
	}
}

// clear ends the table's round: refunded, or settled when it was drawn as it opened.
func (t *table) clear(ctx context.Context, e *environment) error {
	if t.view.ID == "" {
		return nil
	}
	w, round := e.world, t.view.ID
	t.view.ID = ""
	_, err := w.Engine.Void(ctx, w.Tenant, round, "bench")
	if !errors.Is(err, games.ErrAlreadyDrawn) {
		return err
	}
	if _, err := w.Engine.Close(ctx, w.Tenant, round, true); err != nil {
		return err
	}
	if _, err := w.Engine.Draw(ctx, w.Tenant, round); err != nil {
		return err
	}
	_, err = w.Engine.Settle(ctx, w.Tenant, round)
	return err
}

func (e *environment) clear(ctx context.Context) error {
	for _, t := range e.tables {
		if err := t.clear(ctx, e); err != nil {
			return fmt.Errorf("end a round: %w", err)
		}
	}
	return nil
}

// gameGoal is the ratio an instant game has to reach; the others are there for comparison.
func gameGoal(name string) float64 {
	if games.Catalogue()[name].Info().Pace == game.PaceInstant {
		return 0.4
	}
	return 0
}

func gameNote(name string) string {
	if gameGoal(name) > 0 {
		return fmt.Sprintf("%d callers here and at the limit; a play takes, draws and pays in one transaction", many)
	}
	open, err := openingOf(name)
	if err == nil && (open.Seats > 0 || open.Slots > 0 || open.BetsEach > 0) {
		return fmt.Sprintf("%d callers here and at the limit; small rounds, their opening and end included", many)
	}
	return fmt.Sprintf("%d callers here and at the limit, each in a round of a group of %d", many, gameMembers)
}

func openingOf(name string) (game.Opening, error) {
	g := games.Catalogue()[name]
	rules, err := g.Parse(g.Info().DefaultConfig)
	if err != nil {
		return game.Opening{}, err
	}
	return rules.Open(nil)
}

// measureSimulations times rounds of every game that can be simulated on one core, without any database.
func measureSimulations(ctx context.Context, opts options, rep *report, say func(string, ...any)) error {
	for _, name := range catalogue() {
		row := row{Name: "simulate." + name, Unit: "rounds/s", Note: "one core, one bet on each choice"}
		g := games.Catalogue()[name]
		rules, err := g.Parse(g.Info().DefaultConfig)
		if err != nil {
			return fmt.Errorf("parse the config of %s: %w", name, err)
		}
		if _, knows := rules.(game.Banked); knows || !opts.wants(row.Name) || ctx.Err() != nil {
			continue // what players know decides a game with questions: there is nothing to draw again and again
		}
		var rates []float64
		for range opts.cycles {
			start := time.Now()
			if _, err := simulate.Run(rules, simulate.Options{Rounds: simulated, Workers: 1}); err != nil {
				return fmt.Errorf("simulate %s: %w", name, err)
			}
			rates = append(rates, simulated/time.Since(start).Seconds())
		}
		row.Value = median(rates)
		rep.Rows = append(rep.Rows, row)
		say("%-28s %9.0f rounds/s", row.Name, row.Value)
	}
	return nil
}
