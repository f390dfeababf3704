package games_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/games/game"
	"fairground/models"
	"fairground/test/fixture"
)

// shownQuestion is what a quiz shows of the question that is asked now.
type shownQuestion struct {
	Slot     int
	Question string
	Acts     []string
}

func ask(t *testing.T, w *fixture.World, round string) shownQuestion {
	t.Helper()
	live, err := w.Engine.Live(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	var q shownQuestion
	require.NoError(t, json.Unmarshal(live.Shown, &q))
	require.False(t, live.Over)
	return q
}

func TestAQuizIsAskedQuestionByQuestion(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	ctx := t.Context()
	round := openRound(t, w, "quiz", "")
	for p := range w.Players {
		_, err := w.Engine.PlaceBet(ctx, bet(w, round.ID, p, "enter", 20, "enter"))
		require.NoError(t, err)
	}
	drawn := draw(t, w, round.ID)
	require.True(t, drawn.Live)
	view, err := w.Engine.Round(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.Empty(t, view.Outcome)
	require.Empty(t, view.Report)

	asked := map[string]bool{}
	for slot := range 5 {
		q := ask(t, w, round.ID)
		require.Equal(t, slot, q.Slot)
		asked[q.Question] = true
		for p := range w.Players {
			req := act(w, round.ID, p, "answer-"+q.Question)
			req.Slot, req.Choice = slot, q.Acts[p%len(q.Acts)]
			_, err := w.Engine.Act(ctx, req)
			require.NoError(t, err)
			req.Key += "-again"
			_, err = w.Engine.Act(ctx, req)
			require.ErrorIs(t, err, games.ErrAlreadyActed, "an answer stands")
			req.Slot, req.Key = slot+1, "ahead-"+q.Question
			if slot < 4 {
				_, err = w.Engine.Act(ctx, req)
				require.ErrorIs(t, err, games.ErrTooEarly, "the next question is not asked yet")
			}
		}
		forward(t, w, round.ID, 15*time.Second)
	}
	require.Len(t, asked, 5)
	finishRun(t, w, round.ID, games.StageResult{})
	proof := requireProof(t, w, round.ID)
	require.Len(t, proof.Acts, 15)
	view, err = w.Engine.Round(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.NotEmpty(t, view.Report)
	require.Equal(t, 3000-proof.House, w.Total(t))

	forged := proof
	outcome := *proof.Outcome
	forged.Outcome = &outcome
	outcome.Content = json.RawMessage(`{"questions":[]}`)
	require.Contains(t, games.Verify(forged).Failed(), games.CheckContent)
	forged.Acts = append([]game.Act{}, proof.Acts...)
	forged.Outcome = proof.Outcome
	forged.Acts[0].Choice = "e"
	require.Contains(t, games.Verify(forged).Failed(), games.CheckActs)
}

func TestARaffleNeedsItsLeastTickets(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	ctx := t.Context()
	lonely := openRound(t, w, "raffle", "")
	_, err := w.Engine.PlaceBet(ctx, bet(w, lonely.ID, 0, "ticket", 10, "one"))
	require.NoError(t, err)
	require.Equal(t, models.RoundVoided, finish(t, w, lonely.ID).Status)
	require.Equal(t, "not_filled", requireProof(t, w, lonely.ID).VoidReason)
	require.EqualValues(t, 3000, w.Total(t))

	round := openRound(t, w, "raffle", "")
	for p := range w.Players {
		for _, key := range []string{"first", "second"} {
			_, err := w.Engine.PlaceBet(ctx, bet(w, round.ID, p, "ticket", int64(10*(p+1)), key))
			require.NoError(t, err)
		}
	}
	require.Equal(t, models.RoundSettled, finish(t, w, round.ID).Status)
	proof := requireProof(t, w, round.ID)
	require.NotEmpty(t, proof.Payouts)
	require.GreaterOrEqual(t, proof.House, int64(0))
	view, err := w.Engine.Round(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.NotEmpty(t, view.Report, "a raffle tells which tickets won")
	require.Equal(t, 3000-proof.House, w.Total(t))
}
