package players_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/players"
)

func (s *safety) limit(t *testing.T, player int64, kind players.LimitKind, window players.LimitWindow) players.Limit {
	t.Helper()
	all, err := s.Limits(t.Context(), s.w.Tenant, player, "sbx")
	require.NoError(t, err)
	require.Len(t, all, 6)
	i := slices.IndexFunc(all, func(l players.Limit) bool { return l.Kind == kind && l.Window == window })
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}

func TestALimitIsLoweredAtOnceAndRaisedAfterADay(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	set := func(n *int64) players.Limit {
		t.Helper()
		l, err := s.SetLimit(t.Context(), s.w.Tenant, p, players.LimitChange{Asset: "sbx", Kind: players.LimitDeposit, Window: players.WindowDay, Amount: n})
		require.NoError(t, err)
		return l
	}
	require.Nil(t, s.limit(t, p, players.LimitDeposit, players.WindowDay).Amount)
	require.EqualValues(t, 500, *set(new(int64(500))).Amount)
	require.EqualValues(t, 300, *set(new(int64(300))).Amount)

	raised := set(new(int64(900)))
	require.EqualValues(t, 300, *raised.Amount)
	require.EqualValues(t, 900, *raised.Pending.Amount)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), raised.Pending.At, time.Hour)
	smaller := set(new(int64(800)))
	require.Equal(t, raised.Pending.At, smaller.Pending.At, "a smaller raise waits no longer")
	require.Nil(t, set(new(int64(300))).Pending, "setting what holds takes the raise back")

	removed := set(nil)
	require.EqualValues(t, 300, *removed.Amount)
	require.NotNil(t, removed.Pending)
	require.Nil(t, removed.Pending.Amount)
	require.NoError(t, s.asOwner(t, `UPDATE player_limits SET pending_at = clock_timestamp() - interval '1 second' WHERE tenant_id = $1`, s.w.Tenant))
	require.Nil(t, s.limit(t, p, players.LimitDeposit, players.WindowDay).Amount, "a day later nobody has to come by")
	require.EqualValues(t, 700, *set(new(int64(700))).Amount)

	for _, bad := range []players.LimitChange{
		{Asset: "points", Kind: players.LimitLoss, Window: players.WindowDay, Amount: new(int64(1))},
		{Asset: "sbx", Kind: "other", Window: players.WindowDay, Amount: new(int64(1))},
		{Asset: "sbx", Kind: players.LimitLoss, Window: "year", Amount: new(int64(1))},
		{Asset: "sbx", Kind: players.LimitLoss, Window: players.WindowDay, Amount: new(int64(-1))},
	} {
		_, err := s.SetLimit(t.Context(), s.w.Tenant, p, bad)
		require.ErrorIs(t, err, players.ErrInvalidLimit)
	}
	_, err := s.SetLimit(t.Context(), s.w.Tenant, 987654321, players.LimitChange{Asset: "sbx", Kind: players.LimitLoss, Window: players.WindowDay, Amount: new(int64(1))})
	require.ErrorIs(t, err, players.ErrNotFound)
	require.Error(t, s.asApp(t, `UPDATE player_limits SET amount = NULL`), "only functions write limits")
}

func TestTheLowestLimitWins(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	s.policy(t, true, 0, 0)
	a := s.owner(t)
	change := players.LimitChange{Asset: "sbx", Kind: players.LimitDeposit, Window: players.WindowWeek, Amount: new(int64(400))}
	_, err := s.SetLimit(t.Context(), s.w.Tenant, p, players.LimitChange{Asset: "sbx", Kind: players.LimitDeposit, Window: players.WindowMonth, Amount: new(int64(1000))})
	require.NoError(t, err)
	require.NoError(t, s.SetDefaultLimit(t.Context(), a, change))
	require.Equal(t, "ok", s.deposit(t, p, 400))
	require.Equal(t, "players.deposit_limit", s.deposit(t, p, 1))
	change.Amount = new(int64(200))
	require.NoError(t, s.SetPlayerLimit(t.Context(), a, p, change))
	got := s.limit(t, p, players.LimitDeposit, players.WindowWeek)
	require.EqualValues(t, 200, *got.Amount)
	require.EqualValues(t, 400, got.Used)
	require.Nil(t, got.Own)
	change.Amount = nil
	require.NoError(t, s.SetPlayerLimit(t.Context(), a, p, change))
	require.NoError(t, s.SetDefaultLimit(t.Context(), a, change))
	require.Equal(t, "ok", s.deposit(t, p, 600), "the month's limit is left")
	require.Equal(t, "players.deposit_limit", s.deposit(t, p, 1))
	require.Equal(t, "ok", s.refusal(t, p, "withdraw", "sbx", 1_000_000), "limits never hold money back")

	a.Proof = []byte("somebody else's")
	require.ErrorIs(t, s.SetPlayerLimit(t.Context(), a, p, change), players.ErrUnauthenticated)
	require.ErrorIs(t, s.SetDefaultLimit(t.Context(), a, change), players.ErrUnauthenticated)
	s.cleanAll(t)
}

func TestDepositsAtOnceNeverPassTheLimit(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	s.policy(t, true, 0, 0)
	_, err := s.SetLimit(t.Context(), s.w.Tenant, p, players.LimitChange{Asset: "sbx", Kind: players.LimitDeposit, Window: players.WindowDay, Amount: new(int64(500))})
	require.NoError(t, err)
	codes := atOnce(12, func(int) string { return s.deposit(t, p, 100) })
	require.Equal(t, map[string]int{"ok": 5, "players.deposit_limit": 7}, codes)
	require.EqualValues(t, 500, s.limit(t, p, players.LimitDeposit, players.WindowDay).Used)
	s.cleanAll(t)
}

func TestBetsAtOnceNeverPassTheLossLimit(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	s.policy(t, true, 0, 0)
	require.Equal(t, "ok", s.deposit(t, p, 10_000))
	_, err := s.SetLimit(t.Context(), s.w.Tenant, p, players.LimitChange{Asset: "sbx", Kind: players.LimitLoss, Window: players.WindowMonth, Amount: new(int64(500))})
	require.NoError(t, err)
	round, code := s.openCash(t, s.w.Players[1])
	require.Equal(t, "ok", code)
	keys := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	codes := atOnce(len(keys), func(i int) string { return s.betCash(t, round, p, 100, keys[i]) })
	require.Equal(t, map[string]int{"ok": 5, "players.loss_limit": 5}, codes)
	require.EqualValues(t, 500, s.limit(t, p, players.LimitLoss, players.WindowDay).Used)

	s.voidCash(t, round)
	require.Zero(t, s.limit(t, p, players.LimitLoss, players.WindowMonth).Used, "stakes that came back are no loss")
	again, code := s.openCash(t, s.w.Players[1])
	require.Equal(t, "ok", code)
	twins := atOnce(6, func(int) string { return s.betCash(t, again, p, 500, "the same") })
	require.Equal(t, map[string]int{"ok": 6}, twins, "who repeats a bet that filled the limit hears what the bet heard")
	require.Equal(t, "players.loss_limit", s.betCash(t, again, p, 1, "more"))
	s.cleanAll(t)
}

func TestALossGrowsOld(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	s.policy(t, true, 0, 0)
	require.Equal(t, "ok", s.deposit(t, p, 1000))
	round, code := s.openCash(t, p)
	require.Equal(t, "ok", code)
	require.Equal(t, "ok", s.betCash(t, round, p, 300, "old"))
	require.NoError(t, s.asOwner(t, `ALTER TABLE lines DISABLE TRIGGER USER`))
	require.NoError(t, s.asOwner(t, `UPDATE lines SET posted_at = posted_at - interval '25 hours' WHERE tenant_id = $1
		AND account_id IN (SELECT account_id FROM accounts WHERE asset = 'sbx')`, s.w.Tenant))
	require.NoError(t, s.asOwner(t, `ALTER TABLE lines ENABLE TRIGGER USER`))
	require.Equal(t, "ok", s.betCash(t, round, p, 50, "new"))
	for window, used := range map[players.LimitWindow]int64{players.WindowDay: 50, players.WindowWeek: 350, players.WindowMonth: 350} {
		require.Equal(t, used, s.limit(t, p, players.LimitLoss, window).Used, window)
	}
	require.Zero(t, s.limit(t, p, players.LimitDeposit, players.WindowDay).Used)
	_, err := s.SetLimit(t.Context(), s.w.Tenant, p, players.LimitChange{Asset: "sbx", Kind: players.LimitLoss, Window: players.WindowDay, Amount: new(int64(100))})
	require.NoError(t, err)
	require.Equal(t, "ok", s.betCash(t, round, p, 50, "fits the day"))
	require.Equal(t, "players.loss_limit", s.betCash(t, round, p, 1, "does not"))
}

// atOnce runs fn n times together and counts the answers.
func atOnce(n int, fn func(i int) string) map[string]int {
	answers := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i] = fn(i) })
	}
	wg.Wait()
	codes := map[string]int{}
	for _, a := range answers {
		codes[a]++
	}
	return codes
}
