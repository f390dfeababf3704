package games_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/games/game"
	"fairground/models"
	"fairground/test/fixture"
)

// TestEveryGameIsPlayed plays each game of the catalogue through the engine once, with what its own rules offer, and verifies it.
func TestEveryGameIsPlayed(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3, Points: 100_000})
	for name, g := range games.Catalogue() {
		group, err := w.AddGroup(t.Context(), w.Players, 100_000)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if g.Info().Pace == game.PaceInstant {
				playOnce(t, w, group, g)
				return
			}
			roundOnce(t, w, group, name, g)
		})
	}
}

// stakesOf are stakes to try: what the game offers, or usual ones.
func stakesOf(rules game.Rules, opening game.Opening) []int64 {
	if stepped, ok := rules.(game.Stepped); ok {
		return stepped.Stakes(opening)
	}
	if opening.OpenerBet != nil {
		return []int64{opening.OpenerBet.Stake}
	}
	return []int64{1, 10, 50, 100, 500, 1000}
}

// offer is a bet that the rules take.
func offer(t *testing.T, rules game.Rules, opening game.Opening, nth int) game.Bet {
	t.Helper()
	choices := game.Choices(rules)
	for i := range choices {
		for _, stake := range stakesOf(rules, opening) {
			bet := game.Bet{Choice: choices[(i+nth)%len(choices)], Stake: stake}
			if _, err := rules.CheckBet(opening, bet); err == nil {
				return bet
			}
		}
	}
	require.Fail(t, "the rules take no bet that they offer")
	return game.Bet{}
}

func playOnce(t *testing.T, w *fixture.World, group int64, g game.Game) {
	t.Helper()
	live, err := w.Engine.Game(t.Context(), w.Tenant, g.Info().Name)
	require.NoError(t, err)
	opening, err := live.Rules.Open(nil)
	require.NoError(t, err)
	bet := offer(t, live.Rules, opening, 0)
	got, err := w.Engine.Play(t.Context(), games.PlayRequest{
		Tenant: w.Tenant, Group: group, Player: w.Players[0], Game: g.Info().Name, Choice: bet.Choice, Stake: bet.Stake, Key: "every",
	})
	require.NoError(t, err, g.Info().Name)
	_, err = w.Engine.RotateSeed(t.Context(), games.RotateRequest{Tenant: w.Tenant, Player: w.Players[0], Key: "every-" + g.Info().Name})
	require.NoError(t, err)
	proof, err := w.Engine.PlayProof(t.Context(), got.ID)
	require.NoError(t, err)
	require.Empty(t, games.VerifyPlay(proof).Failed())
}

func roundOnce(t *testing.T, w *fixture.World, group int64, name string, g game.Game) {
	t.Helper()
	view, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: group, Player: w.Players[0], Game: name, Params: json.RawMessage(`{}`), Key: "every-" + name})
	require.NoError(t, err, name)
	if !view.Acting {
		for i, player := range w.Players {
			if view.Opening.Seats > 0 && i+1 > view.Opening.Seats || view.Opening.OpenerBet != nil && i == 0 {
				continue
			}
			bet := offer(t, view.Rules, view.Opening, i)
			_, err := w.Engine.PlaceBet(t.Context(), games.BetRequest{
				Tenant: w.Tenant, Round: view.ID, Player: player, Choice: bet.Choice, Stake: bet.Stake, Key: fmt.Sprint("every-", view.ID),
			})
			require.NoError(t, err, "%s: %+v", name, bet)
			if view.Opening.Seats > 0 && i+1 == view.Opening.Seats {
				break
			}
		}
	}
	end(t, w, view.ID, g)
	proof, err := w.Engine.Proof(t.Context(), view.ID)
	require.NoError(t, err)
	report := games.Verify(proof)
	require.Empty(t, report.Failed(), "%s: %+v", name, report.Checks)
	require.True(t, report.Final, name)
}

// end takes a round to its end as the workflow does: a run is waited out, a throw is given.
func end(t *testing.T, w *fixture.World, round string, g game.Game) {
	t.Helper()
	_, err := w.Engine.Close(t.Context(), w.Tenant, round, true)
	require.NoError(t, err)
	if g.Info().Source == game.SourceTelegram {
		require.NoError(t, w.Engine.Provide(t.Context(), games.Provided{Tenant: w.Tenant, Round: round, Value: 1, Message: 1}))
	}
	drawn, err := w.Engine.Draw(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	if drawn.Live {
		require.Eventually(t, func() bool {
			err := w.Engine.EndRun(t.Context(), w.Tenant, round)
			if errors.Is(err, games.ErrRunning) {
				return false
			}
			require.NoError(t, err)
			return true
		}, 4*time.Minute, 200*time.Millisecond, "the run does not end")
	}
	got, err := w.Engine.Settle(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	require.Contains(t, []models.RoundStatus{models.RoundSettled, models.RoundVoided}, got.Status)
}
