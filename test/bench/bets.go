package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"fairground/games"
	"fairground/test/fixture"
)

// keys makes idempotency keys that no other call of the run has.
type keys struct{ n atomic.Int64 }

func (k *keys) next() string { return "bench-" + strconv.FormatInt(k.n.Add(1), 36) }

// openDice opens a dice round that stays open for the run.
func openDice(ctx context.Context, w *fixture.World, group, player int64, k *keys) (string, error) {
	v, err := w.Engine.Open(ctx, games.OpenRequest{Tenant: w.Tenant, Group: group, Player: player, Game: "dice", Key: k.next()})
	if err != nil {
		return "", fmt.Errorf("open a round: %w", err)
	}
	if _, err := w.Owner.Exec(ctx, `UPDATE rounds SET closes_at = clock_timestamp() + interval '1 hour' WHERE round_id = $1`, v.ID); err != nil {
		return "", fmt.Errorf("keep the round open: %w", err)
	}
	return v.ID, nil
}

// placeBets is accepted bets a second through PlaceBet; pick chooses round and player of a number.
func placeBets(ctx context.Context, w *fixture.World, d time.Duration, k *keys, pick func(int) (string, int64)) (float64, error) {
	return load(ctx, clients, d, func(ctx context.Context, _, _ int) (bool, error) {
		round, player := pick(rand.IntN(1 << 30)) //nolint:gosec // spreads load, protects nothing
		_, err := w.Engine.PlaceBet(ctx, games.BetRequest{Tenant: w.Tenant, Round: round, Player: player, Choice: "big", Stake: 10, Key: k.next()})
		if errors.Is(err, games.ErrBusy) { // two bets of one player at once
			return false, nil
		}
		return err == nil, err
	})
}

// settleCost is the cost of settling one bet of a round of 1,000 against placing it.
func settleCost(ctx context.Context, w *fixture.World, group int64, k *keys) (place, settle time.Duration, err error) {
	round, err := openDice(ctx, w, group, w.Players[0], k)
	if err != nil {
		return 0, 0, err
	}
	const bets = 1000
	var next atomic.Int64
	start := time.Now()
	if _, err = load(ctx, clients, time.Minute, func(ctx context.Context, _, _ int) (bool, error) {
		i := next.Add(1)
		if i > bets {
			return false, errDone
		}
		choice := []string{"big", "small", "odd", "even"}[i%4]
		_, err := w.Engine.PlaceBet(ctx, games.BetRequest{
			Tenant: w.Tenant, Round: round, Player: w.Players[int(i)%len(w.Players)], Choice: choice, Stake: 10, Key: k.next(),
		})
		return err == nil, err
	}); err != nil && !isDone(err) {
		return 0, 0, err
	}
	place = time.Since(start)
	if _, err := w.Engine.Close(ctx, w.Tenant, round, true); err != nil {
		return 0, 0, fmt.Errorf("close: %w", err)
	}
	if _, err := w.Engine.Draw(ctx, w.Tenant, round); err != nil {
		return 0, 0, fmt.Errorf("draw: %w", err)
	}
	start = time.Now()
	if _, err := w.Engine.Settle(ctx, w.Tenant, round); err != nil {
		return 0, 0, fmt.Errorf("settle: %w", err)
	}
	return place, time.Since(start), nil
}
