package games_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/models"
	"fairground/test/fixture"
)

func notices(t *testing.T, w *fixture.World, round, kind string) (n int) {
	t.Helper()
	err := w.DB.Call(t.Context(), w.Tenant, `SELECT count(*) FROM notifications WHERE kind = $1 AND payload->>'round' = $2`, []any{kind, round}, &n)
	require.NoError(t, err)
	return n
}

func TestTheFirstThrowDecides(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	ctx := t.Context()
	round := openRound(t, w, "tgdice", "")
	_, err := w.Engine.PlaceBet(ctx, bet(w, round.ID, 0, "value.3", 100, "k"))
	require.NoError(t, err)
	throw := func(value int64) error {
		return w.Engine.Provide(ctx, games.Provided{Tenant: w.Tenant, Round: round.ID, Value: value, Message: 40 + value})
	}
	require.ErrorIs(t, throw(3), games.ErrNotClosed, "a value is worth nothing while bets are taken")
	require.Zero(t, notices(t, w, round.ID, "round.throw"))
	for range 2 {
		_, err = w.Engine.Close(ctx, w.Tenant, round.ID, true)
		require.NoError(t, err)
	}
	require.Equal(t, 1, notices(t, w, round.ID, "round.throw"), "the chat is asked once")
	_, err = w.Engine.Draw(ctx, w.Tenant, round.ID)
	require.ErrorIs(t, err, games.ErrWaiting)
	require.Equal(t, "games.invalid_params", models.CodeOf(throw(7)))

	require.NoError(t, throw(3))
	var others errgroup.Group
	for value := range int64(6) {
		others.Go(func() error { return throw(value + 1) })
	}
	require.NoError(t, others.Wait(), "a later throw changes nothing")
	finish(t, w, round.ID)
	require.NoError(t, throw(5))
	proof := requireProof(t, w, round.ID)
	require.Equal(t, &games.External{Source: "telegram", Value: 3, Message: 43}, proof.External)
	require.EqualValues(t, 1000-100+570, w.Balance(t, w.Players[0]))
	for _, check := range games.Verify(proof).Checks {
		if check.Name == games.CheckDraw {
			require.Contains(t, check.Detail, "can't be recomputed")
		}
	}

	forged := proof
	forged.External = &games.External{Source: "telegram", Value: 4}
	require.Contains(t, games.Verify(forged).Failed(), games.CheckDraw)
	forged.External = nil
	require.Contains(t, games.Verify(forged).Failed(), games.CheckDraw)

	dice := openRound(t, w, "dice", "")
	require.ErrorIs(t, w.Engine.Provide(ctx, games.Provided{Tenant: w.Tenant, Round: dice.ID, Value: 1}), games.ErrRoundNotFound)
}

func TestARoundWithoutItsThrowIsRefunded(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	ctx := t.Context()
	round := openRound(t, w, "tgdice", "")
	_, err := w.Engine.PlaceBet(ctx, bet(w, round.ID, 0, "big", 100, "k"))
	require.NoError(t, err)
	_, err = w.Engine.Close(ctx, w.Tenant, round.ID, true)
	require.NoError(t, err)
	_, err = w.Owner.Exec(ctx, `UPDATE rounds SET closed_at = closed_at - interval '61 seconds' WHERE round_id = $1`, round.ID)
	require.NoError(t, err)
	out, err := w.Engine.Draw(ctx, w.Tenant, round.ID)
	require.NoError(t, err)
	require.Equal(t, models.RoundVoided, out.Status)
	require.Equal(t, games.ReasonNoSource, requireProof(t, w, round.ID).VoidReason)
	require.EqualValues(t, 2000, w.Total(t))
	err = w.Engine.Provide(ctx, games.Provided{Tenant: w.Tenant, Round: round.ID, Value: 1})
	require.ErrorIs(t, err, games.ErrRoundClosed)
}

func TestARoundBelowItsLeastPotIsRefunded(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	for _, c := range []struct {
		stake int64
		ends  models.RoundStatus
	}{{99, models.RoundVoided}, {100, models.RoundSettled}} {
		round := openRound(t, w, "dice", "")
		_, err := w.Owner.Exec(t.Context(), `UPDATE rounds SET min_pot = 100 WHERE round_id = $1`, round.ID)
		require.NoError(t, err)
		_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", c.stake, round.ID))
		require.NoError(t, err)
		require.Equal(t, c.ends, finish(t, w, round.ID).Status)
		if proof := requireProof(t, w, round.ID); c.ends == models.RoundVoided {
			require.Equal(t, "not_filled", proof.VoidReason)
		}
	}
}
