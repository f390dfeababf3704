package games_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/internal/redis"
	"fairground/models"
	"fairground/test/fixture"
)

const (
	torturePlayers = 50
	tortureBets    = 200
	tortureRounds  = 10
	settlers       = 5
)

// TestTorture plays 10 rounds of 50 players with 200 bets each, a quarter of them sent twice, and
// five settlers a round. Under no lock and under one that always says yes, two rounds each show
// that the money is the same.
func TestTorture(t *testing.T) {
	t.Parallel()
	for mode, rounds := range map[string]int{"redis": tortureRounds, "off": 2, "liar": 2} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			client, err := redis.Open(t.Context(), "redis://"+miniredis.RunT(t).Addr())
			require.NoError(t, err)
			t.Cleanup(func() { _ = client.Close() })
			locker, err := redis.NewLocker(mode, client)
			require.NoError(t, err)
			w := fixture.New(t, fixture.Options{Players: torturePlayers, Points: 20_000, Locker: locker})
			if testing.Short() {
				rounds = 1
			}
			for n := range rounds {
				tortureRound(t, w, n)
			}
		})
	}
}

func tortureRound(t *testing.T, w *fixture.World, n int) {
	t.Helper()
	round := openRound(t, w, "dice", "")
	var mu sync.Mutex
	acknowledged := map[int64]bool{}
	closing := make(chan struct{})

	var players errgroup.Group
	for p := range torturePlayers {
		players.Go(func() error {
			rng := rand.New(rand.NewPCG(uint64(n), uint64(p)))
			for i := range tortureBets {
				if p == 0 && i == tortureBets*3/4 {
					close(closing)
				}
				req := bet(w, round.ID, p, []string{"big", "small", "odd", "even"}[rng.IntN(4)], 10, fmt.Sprintf("%d-%d", n, i))
				// A quarter of the bets is sent twice, at the same moment.
				var copies errgroup.Group
				for range 1 + rng.IntN(4)/3 {
					copies.Go(func() error {
						receipt, err := placeUntilHeard(t, w, req)
						if errors.Is(err, games.ErrRoundClosed) || errors.Is(err, games.ErrInsufficient) {
							return nil
						}
						if err != nil {
							return err
						}
						mu.Lock()
						defer mu.Unlock()
						acknowledged[receipt.Bet] = true
						return nil
					})
				}
				if err := copies.Wait(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	<-closing
	var closers errgroup.Group
	for range settlers {
		closers.Go(func() error {
			if _, err := w.Engine.Close(t.Context(), w.Tenant, round.ID, true); err != nil {
				return err
			}
			if _, err := w.Engine.Draw(t.Context(), w.Tenant, round.ID); err != nil {
				return err
			}
			_, err := w.Engine.Settle(t.Context(), w.Tenant, round.ID)
			return err
		})
	}
	require.NoError(t, closers.Wait())
	require.NoError(t, players.Wait())

	var stored int
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM bets WHERE round_id = $1`, round.ID).Scan(&stored))
	require.Len(t, acknowledged, stored, "every acknowledged bet is stored once, and no other")
	require.Equal(t, models.RoundSettled, mustStatus(t, w, round.ID))
	requireProof(t, w, round.ID)
}

// placeUntilHeard repeats a bet that was refused as busy, as a client would.
func placeUntilHeard(t *testing.T, w *fixture.World, req games.BetRequest) (games.Receipt, error) {
	t.Helper()
	for {
		receipt, err := w.Engine.PlaceBet(t.Context(), req)
		if !errors.Is(err, games.ErrBusy) {
			return receipt, err
		}
	}
}

func mustStatus(t *testing.T, w *fixture.World, round string) models.RoundStatus {
	t.Helper()
	v, err := w.Engine.Round(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	return v.Status
}

// TestFiftyClaimsAtOnce gives each of fifty players at most one of ten shares.
func TestFiftyClaimsAtOnce(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 50})
	round := openRound(t, w, "redpacket", `{"total": 800, "shares": 10, "mode": "random"}`)
	var mu sync.Mutex
	var got int
	var claimers errgroup.Group
	for _, p := range w.Players {
		claimers.Go(func() error {
			for {
				_, err := w.Engine.Claim(t.Context(), games.ClaimRequest{Tenant: w.Tenant, Round: round.ID, Player: p, Key: "c"})
				switch {
				case errors.Is(err, games.ErrBusy):
					continue
				case errors.Is(err, games.ErrNothingLeft):
					return nil
				case err != nil:
					return err
				}
				mu.Lock()
				got++
				mu.Unlock()
				return nil
			}
		})
	}
	require.NoError(t, claimers.Wait())
	require.Equal(t, 10, got)
	finish(t, w, round.ID)
	require.EqualValues(t, 50_000, w.Total(t))
	requireProof(t, w, round.ID)
}
