package games_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/test/fixture"
)

func TestPlaysArePacedLikeBets(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Points: 10_000})
	play := func(player int, stake int64, key string) error {
		_, err := w.Engine.Play(t.Context(), toss(w, player, "heads", stake, key))
		return err
	}
	require.NoError(t, play(0, 100, "before"))
	pace(t, w, games.Pacing{Group: games.Limits{MaxStake: 200}, Games: map[string]games.Limits{"coin": {DailyStake: 400, DailyBets: 3}}})
	require.Equal(t, "at most 200", refused(t, play(0, 250, "a"), games.ErrStakeLimit).Fix)
	require.NoError(t, play(0, 200, "a"))
	require.EqualValues(t, 100, refused(t, play(0, 101, "b"), games.ErrDailyCap).Data["left"])
	require.NoError(t, play(0, 50, "b"))
	require.Equal(t, "bets", refused(t, play(0, 10, "c"), games.ErrDailyCap).Data["cap"])
	require.NoError(t, play(1, 10, "c"), "caps are a player's own")
	pace(t, w, games.Pacing{Group: games.Limits{PlayerCooldown: time.Hour}})
	refuses(t, play(1, 10, "d"), games.ErrCooldown)
	var from, to string
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT to_char(n - interval '3 hours', 'HH24:MI'), to_char(n + interval '3 hours', 'HH24:MI')
		FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS n) AS x`).Scan(&from, &to))
	pace(t, w, games.Pacing{QuietFrom: from, QuietTo: to})
	refuses(t, play(1, 10, "d"), games.ErrQuietHours)
	pace(t, w, games.Pacing{})
	require.NoError(t, play(1, 10, "d"))
}

// TestPlaysNeverCostTheHouseMore has a crowd play for as long as the house may lose.
func TestPlaysNeverCostTheHouseMore(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 30, Points: 10_000})
	const limit = 700
	pace(t, w, games.Pacing{Group: games.Limits{HouseLimit: limit}})
	var over atomic.Int64
	for turn := range 6 {
		var all sync.WaitGroup
		for i := range w.Players {
			all.Go(func() {
				_, err := w.Engine.Play(t.Context(), toss(w, i, "heads", 100, fmt.Sprint(turn)))
				if errors.Is(err, games.ErrHouseLimit) {
					over.Add(1)
				} else if err != nil {
					t.Errorf("play: %v", err)
				}
			})
		}
		all.Wait()
	}
	var worst int64
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT max(lost)::bigint FROM (SELECT sum(payout - stake) OVER (ORDER BY transfer_id) AS lost FROM plays) AS x`).Scan(&worst))
	require.LessOrEqual(t, worst, int64(limit))
	t.Logf("the house lost %d of %d at worst; %d plays were refused", worst, limit, over.Load())
}
