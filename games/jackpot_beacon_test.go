package games_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
)

// TestAPotTakesPublicRandomnessToo draws a pot from the seeds as they stand in the proof: with the public randomness, when the
// engine that settles is the one that drew and when it is another.
func TestAPotTakesPublicRandomnessToo(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		w, network := beaconWorld(t)
		setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 1000, Chance: 2, Seed: 500})
		round := openRound(t, w, "dice", "")
		for i := range w.Players { // each unit wins: which of the bets is all that is drawn
			for n, choice := range []string{"big", "small", "triple", "sum.4", "sum.17"} {
				_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, i, choice, 10+int64(n), choice))
				require.NoError(t, err)
			}
		}
		hasten(t, w, round.ID)
		_, err := w.Engine.Close(t.Context(), w.Tenant, round.ID, false)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			out, err := w.Engine.Draw(t.Context(), w.Tenant, round.ID)
			if errors.Is(err, games.ErrWaiting) {
				return false
			}
			require.NoError(t, err)
			return out.Status == models.RoundDrawn
		}, 30*time.Second, 50*time.Millisecond)
		if again {
			w.Engine = network.engine(t, w)
		}
		_, err = w.Engine.Settle(t.Context(), w.Tenant, round.ID)
		require.NoError(t, err)
		require.True(t, requireProof(t, w, round.ID).Jackpot.Hit)
	}
}
