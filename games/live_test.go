package games_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/clock"
	"fairground/models"
	"fairground/test/fixture"
)

// slowCrash is crash at a growth that makes nearly every run last for seconds.
const slowCrash = `{"window_seconds": 20, "min_stake": 10, "max_stake": 5000, "max_bets": 0, "max_exposure": 0, "edge_bp": 300,
	"max_multiplier": 10000, "growth_ppm": 2000}`

func publish(t *testing.T, w *fixture.World, name, config string) {
	t.Helper()
	_, err := w.Engine.PublishConfig(t.Context(), w.Tenant, name, json.RawMessage(config))
	require.NoError(t, err)
}

// draw closes and draws a round.
func draw(t *testing.T, w *fixture.World, round string) games.StageResult {
	t.Helper()
	_, err := w.Engine.Close(t.Context(), w.Tenant, round, true)
	require.NoError(t, err)
	out, err := w.Engine.Draw(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	return out
}

// startCrash opens rounds of crash, places each player's bets, and draws, until a run is as long as it should be; then it moves
// the run's beginning, so that this is what is left of it.
func startCrash(t *testing.T, w *fixture.World, bets int, left time.Duration) (games.RoundView, games.StageResult) {
	t.Helper()
	for {
		round := openRound(t, w, "crash", "")
		for n := range bets * len(w.Players) {
			_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, n%len(w.Players), "manual", 10, fmt.Sprintf("bet-%d-%s", n, round.ID)))
			require.NoError(t, err)
		}
		out := draw(t, w, round.ID)
		require.Equal(t, models.RoundDrawn, out.Status)
		require.True(t, out.Live)
		if spare := time.Until(out.LiveUntil) - left; spare > 50*time.Millisecond {
			forward(t, w, round.ID, spare)
			out.LiveUntil = out.LiveUntil.Add(-spare)
			return round, out
		}
		forward(t, w, round.ID, time.Hour)
		out.LiveUntil = out.LiveUntil.Add(-time.Hour)
		finishRun(t, w, round.ID, out)
	}
}

// forward moves the beginning of a run back in time.
func forward(t *testing.T, w *fixture.World, round string, by time.Duration) {
	t.Helper()
	const back = `UPDATE rounds SET live_started_at = live_started_at - make_interval(secs => $2) WHERE round_id = $1`
	_, err := w.Owner.Exec(t.Context(), back, round, by.Seconds())
	require.NoError(t, err)
}

func sleepUntil(t *testing.T, at time.Time) {
	t.Helper()
	require.NoError(t, clock.Sleep(t.Context(), clock.System(), time.Until(at)))
}

// finishRun waits for the end of a run and settles.
func finishRun(t *testing.T, w *fixture.World, round string, drawn games.StageResult) {
	t.Helper()
	sleepUntil(t, drawn.LiveUntil)
	require.Eventually(t, func() bool { return w.Engine.EndRun(t.Context(), w.Tenant, round) == nil }, 30*time.Second, time.Millisecond)
	out, err := w.Engine.Settle(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	require.Equal(t, models.RoundSettled, out.Status)
	requireProof(t, w, round)
}

func act(w *fixture.World, round string, player int, key string) games.ActRequest {
	return games.ActRequest{Tenant: w.Tenant, Round: round, Player: w.Players[player], Choice: "cash_out", Key: key}
}

func TestARunHidesItsOutcome(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	publish(t, w, "crash", slowCrash)
	round, drawn := startCrash(t, w, 1, 3*time.Second)
	ctx := t.Context()

	proof, err := w.Engine.Proof(ctx, round.ID)
	require.NoError(t, err)
	require.Empty(t, proof.ServerSeed)
	require.Nil(t, proof.Outcome)
	require.Empty(t, proof.Acts)
	view, err := w.Engine.Round(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.Empty(t, view.Outcome)
	require.Empty(t, view.Seed)
	var ms int64
	err = w.DB.Call(ctx, w.Tenant, `SELECT live_ms FROM live_runs WHERE round_id = $1`, []any{round.ID}, &ms)
	require.ErrorContains(t, err, "permission denied")

	_, err = w.Engine.Settle(ctx, w.Tenant, round.ID)
	require.ErrorIs(t, err, games.ErrRunning)
	require.ErrorIs(t, w.Engine.EndRun(ctx, w.Tenant, round.ID), games.ErrRunning)
	_, err = w.Engine.Void(ctx, w.Tenant, round.ID, "operator")
	require.ErrorIs(t, err, games.ErrAlreadyDrawn)
	again, err := w.NewEngine(nil).Draw(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.WithinDuration(t, drawn.LiveUntil, again.LiveUntil, time.Millisecond, "a draw made again is the draw that runs")

	live, err := w.Engine.Live(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.False(t, live.Over)
	require.Contains(t, string(live.Shown), `"over":false`)
	overdue, err := w.Engine.Overdue(ctx, w.Tenant, 0)
	require.NoError(t, err)
	require.Empty(t, overdue, "a run is not overdue")

	finishRun(t, w, round.ID, drawn)
	live, err = w.Engine.Live(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.True(t, live.Over)
	require.Equal(t, requireProof(t, w, round.ID).Outcome.LiveMS, live.AtMS)
	require.Contains(t, string(live.Shown), `"over":true`)
}

func TestActsAreTakenInTheirTimeOnly(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	publish(t, w, "crash", slowCrash)
	ctx := t.Context()
	refused := func(code string, req games.ActRequest) {
		t.Helper()
		_, err := w.Engine.Act(ctx, req)
		require.Equal(t, code, models.CodeOf(err), "%v", err)
	}
	dice := openRound(t, w, "dice", "")
	refused("games.round_not_found", act(w, dice.ID, 0, "dice"))
	finish(t, w, dice.ID)

	soon := openRound(t, w, "crash", "")
	_, err := w.Engine.PlaceBet(ctx, bet(w, soon.ID, 0, "manual", 10, "soon"))
	require.NoError(t, err)
	refused("games.too_early", act(w, soon.ID, 0, "early"))
	_, err = w.Engine.Live(ctx, w.Tenant, soon.ID)
	require.ErrorIs(t, err, games.ErrTooEarly)
	_, err = w.Engine.Void(ctx, w.Tenant, soon.ID, "operator")
	require.NoError(t, err)
	refused("games.round_closed", act(w, soon.ID, 0, "voided"))

	bettors := *w
	bettors.Players = w.Players[:2]
	round, drawn := startCrash(t, &bettors, 2, 4*time.Second)
	refused("games.no_bet", act(w, round.ID, 2, "nothing"))
	refused("games.invalid_key", act(w, round.ID, 0, ""))
	wrong := act(w, round.ID, 0, "wrong")
	wrong.Choice = "jump"
	refused("games.invalid_choice", wrong)
	_, err = w.Owner.Exec(ctx, `UPDATE members SET status = 'left' WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[2])
	require.NoError(t, err)
	refused("players.not_member", act(w, round.ID, 2, "stranger"))

	first, err := w.Engine.Act(ctx, act(w, round.ID, 0, "first"))
	require.NoError(t, err)
	require.Positive(t, first.AtMS)
	require.Contains(t, string(first.Shown), `"over":false`)
	replay, err := w.Engine.Act(ctx, act(w, round.ID, 0, "first"))
	require.NoError(t, err)
	require.True(t, replay.Replayed)
	replay.Replayed = false
	require.Equal(t, first, replay)
	second, err := w.Engine.Act(ctx, act(w, round.ID, 0, "second"))
	require.NoError(t, err)
	require.Greater(t, second.Bet, first.Bet, "the oldest bet acts first")
	refused("games.already_acted", act(w, round.ID, 0, "third"))
	live, err := w.Engine.Live(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.Len(t, live.Acts, 2)
	require.Empty(t, live.Acts[0].Choice, "what was chosen is told afterwards")

	sleepUntil(t, drawn.LiveUntil)
	for range 2 {
		refused("games.too_late", act(w, round.ID, 0, "late"))
	}
	finishRun(t, w, round.ID, drawn)
	refused("games.too_late", act(w, round.ID, 0, "later"))
	proof := requireProof(t, w, round.ID)
	require.Len(t, proof.Acts, 2)
	require.Len(t, proof.Payouts, 2)
	require.Equal(t, "cash_out", proof.Acts[0].Choice)
}

// TestTwoHundredCashOutAtOneInstant settles a race around the end of a run by the database's clock.
func TestTwoHundredCashOutAtOneInstant(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 200})
	publish(t, w, "crash", slowCrash)
	round, drawn := startCrash(t, w, 1, 2500*time.Millisecond)
	var mu sync.Mutex
	accepted, late := map[int64]int64{}, 0 // milliseconds by bet
	var race errgroup.Group
	for p := range w.Players {
		race.Go(func() error {
			waves := []time.Duration{-time.Second, -300 * time.Millisecond, -100 * time.Millisecond, 0}
			sleepUntil(t, drawn.LiveUntil.Add(waves[p%len(waves)]))
			got, err := w.Engine.Act(t.Context(), act(w, round.ID, p, "cash"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, games.ErrTooLate):
				late++
				return nil
			case err != nil:
				return err
			}
			accepted[got.Bet] = got.AtMS
			return nil
		})
	}
	race.Go(func() error { // the settlement comes in between
		sleepUntil(t, drawn.LiveUntil)
		for {
			if _, err := w.Engine.Settle(t.Context(), w.Tenant, round.ID); !errors.Is(err, games.ErrRunning) {
				return err
			}
		}
	})
	require.NoError(t, race.Wait())
	require.Equal(t, len(w.Players), len(accepted)+late)
	t.Logf("%d in time, %d too late", len(accepted), late)

	proof := requireProof(t, w, round.ID)
	require.Equal(t, models.RoundSettled, proof.Status)
	requireRace(t, w, proof, accepted)
}

// requireRace checks that those and only those who acted in time are paid.
func requireRace(t *testing.T, w *fixture.World, proof games.Proof, accepted map[int64]int64) {
	t.Helper()
	bySeq := map[int64]int64{}
	for n, id := range betIDs(t, w, proof.Round) {
		if at, ok := accepted[id]; ok {
			bySeq[int64(n)+1] = at
		}
	}
	acts, paid := map[int64]int64{}, []int64{}
	for _, a := range proof.Acts {
		require.Less(t, a.AtMS, proof.Outcome.LiveMS)
		acts[a.Seq] = a.AtMS
	}
	require.Equal(t, bySeq, acts, "every acknowledged act is in the proof, and no other")
	for _, p := range proof.Payouts {
		require.Contains(t, acts, p.Seq, "who was too late gets nothing")
		paid = append(paid, p.Seq)
	}
	require.Len(t, paid, len(acts))
	require.Len(t, slices.Compact(paid), len(acts))
	total, house := w.Total(t), int64(0)
	for _, round := range settled(t, w) {
		house += round.House
	}
	require.Equal(t, int64(len(w.Players))*1000-house, total)
}

func betIDs(t *testing.T, w *fixture.World, round string) []int64 {
	t.Helper()
	var ids []int64
	require.NoError(t, w.DB.Call(t.Context(), w.Tenant, `SELECT array_agg(bet_id ORDER BY bet_id) FROM bets WHERE round_id = $1`, []any{round}, &ids))
	return ids
}

func settled(t *testing.T, w *fixture.World) []games.RoundView {
	t.Helper()
	rounds, _, err := w.Engine.ListRounds(t.Context(), w.Tenant, w.Group, "", 100)
	require.NoError(t, err)
	return rounds
}

// TestTwinsOfAnActActOnce sends each act several times at once: a bet acts once, whatever the keys.
func TestTwinsOfAnActActOnce(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 4})
	publish(t, w, "crash", slowCrash)
	round, drawn := startCrash(t, w, 1, 3*time.Second)
	var race errgroup.Group
	for p := range w.Players {
		for n := range 6 {
			race.Go(func() error {
				_, err := w.Engine.Act(t.Context(), act(w, round.ID, p, fmt.Sprint("k", n/3)))
				if errors.Is(err, games.ErrAlreadyActed) {
					return nil
				}
				return err
			})
		}
	}
	require.NoError(t, race.Wait())
	finishRun(t, w, round.ID, drawn)
	require.Len(t, requireProof(t, w, round.ID).Acts, len(w.Players))
}

// TestForgedActsAreFound changes a true proof of a run.
func TestForgedActsAreFound(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	publish(t, w, "crash", slowCrash)
	round, drawn := startCrash(t, w, 1, 3*time.Second)
	for p := range w.Players {
		_, err := w.Engine.Act(t.Context(), act(w, round.ID, p, "k"))
		require.NoError(t, err)
	}
	finishRun(t, w, round.ID, drawn)
	for name, forge := range map[string]func(*games.Proof){
		"another player": func(p *games.Proof) { p.Acts[0].Player = "p_nobody" },
		"another bet":    func(p *games.Proof) { p.Acts[0].Seq = 9 },
		"too late":       func(p *games.Proof) { p.Acts[2].AtMS = p.Outcome.LiveMS },
		"too early":      func(p *games.Proof) { p.Acts[0].AtMS = 0 },
		"another choice": func(p *games.Proof) { p.Acts[0].Choice = "jump" },
		"twice":          func(p *games.Proof) { p.Acts = append(p.Acts, p.Acts[2]) },
		"out of order":   func(p *games.Proof) { slices.Reverse(p.Acts) },
	} {
		proof := requireProof(t, w, round.ID)
		forge(&proof)
		require.Contains(t, games.Verify(proof).Failed(), games.CheckActs, name)
	}
	proof := requireProof(t, w, round.ID)
	proof.Outcome.LiveMS++
	require.Contains(t, games.Verify(proof).Failed(), games.CheckDraw)
	proof = requireProof(t, w, round.ID)
	proof.Acts = []game.Act{}
	require.Contains(t, games.Verify(proof).Failed(), games.CheckPayouts)
}
