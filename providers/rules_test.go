package providers_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
	"fairground/providers"
	"fairground/providers/seamless"
)

// TestWhoMayNotBetIsStillPaid blocks a player in every way there is: no bet is taken, what is owed is paid.
func TestWhoMayNotBetIsStillPaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ block, reason string }{
		"frozen":         {`UPDATE players SET frozen_at = clock_timestamp() WHERE tenant_id = $1`, "players.frozen"},
		"excluded":       {`UPDATE players SET excluded_until = clock_timestamp() + interval '1 day' WHERE tenant_id = $1`, "players.excluded"},
		"left the group": {`UPDATE members SET status = 'left' WHERE tenant_id = $1`, "players.not_member"},
		"paused":         {`UPDATE groups SET status = 'paused' WHERE tenant_id = $1`, "games.group_inactive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			s := w.launch(t, 0)
			won, undone := s.betting("r1", 100), s.betting("r2", 50)
			require.Equal(t, seamless.OK, s.call(t, seamless.Bet, won).Code)
			require.Equal(t, seamless.OK, s.call(t, seamless.Bet, undone).Code)
			w.asOwner(t, c.block, w.tenant)
			refused := s.betting("r3", 10)
			a, text := s.send(t, seamless.Bet, refused)
			require.Equal(t, seamless.PlayerBlocked, a.Code)
			require.Equal(t, c.reason, a.Reason)
			_, again := s.send(t, seamless.Bet, refused)
			require.Equal(t, text, again)
			require.Equal(t, seamless.OK, s.call(t, seamless.Win, s.winning(won, 300)).Code)
			require.Equal(t, seamless.OK, s.call(t, seamless.Rollback, s.rollingBack(undone)).Code)
			require.Equal(t, seamless.OK, s.call(t, seamless.Close, s.closing("r1")).Code)
			s.has(t, 1200)
			w.clean(t)
		})
	}
}

func TestStakesAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setGame(t, w.provider, providers.Game{Game: "coin", MinStake: 5, MaxStake: 500})
	s := w.launch(t, 0)
	for amount, reason := range map[int64]string{4: "providers.min_stake", 501: "providers.max_stake"} {
		a := s.call(t, seamless.Bet, s.betting("r1", amount))
		require.Equal(t, seamless.LimitReached, a.Code)
		require.Equal(t, reason, a.Reason)
	}
	// The game turns to another asset: its old sessions bet no more.
	w.setGame(t, w.provider, providers.Game{Game: "coin", Asset: "sbx"})
	require.Equal(t, seamless.GameUnavailable, s.call(t, seamless.Bet, s.betting("r1", 10)).Code)
	_, err := w.Launch(t.Context(), providers.LaunchRequest{Tenant: w.tenant, Group: w.group, Player: w.people[0], Provider: w.provider, Game: "coin"})
	require.Equal(t, "cashier.asset_off", models.CodeOf(err))
	w.clean(t)
}

// TestLossesAtProvidersCount plays for money with a limit of loss of 300 a day.
func TestLossesAtProvidersCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setGame(t, w.provider, providers.Game{Game: "coin", Asset: "sbx"})
	w.asOwner(t, `SELECT cash_policy_put($1, jsonb_build_object('asset', 'sbx', 'enabled', true, 'min_amount', 1, 'max_amount', 0, 'daily_amount', 0, 'auto_below', 0,
		'single_below', 0, 'step_up_above', 0, 'claim_for', 900, 'escalate_after', 14400, 'expire_after', 86400, 'kyc_level', 0, 'min_age', 0, 'markets', '[]'::jsonb,
		'credential_cooldown', 0, 'address_wait', 0), NULL)`, w.tenant)
	w.asOwner(t, `WITH r AS (SELECT * FROM ledger_apply($1, 'test.fund', 'fund', ARRAY[ledger_account($1, $2, 'sbx', 'clearing', 'test')],
			ARRAY[ledger_account($1, $2, 'sbx', 'player', $3)], ARRAY[1000::bigint]))
		SELECT ledger_remember($1, 'test', 'fund', '', r.o_transfer, '{"code": "ok"}') FROM r`, w.tenant, w.group, fmt.Sprint(w.people[0]))
	w.asOwner(t, `INSERT INTO player_limits (tenant_id, player_id, asset, kind, span, set_by, amount) VALUES ($1, $2, 'sbx', 'loss', 'day', 'player', 300)`, w.tenant, w.people[0])
	s := w.launch(t, 0)
	betting := func(round string, amount int64) seamless.Request {
		r := s.betting(round, amount)
		r.Asset = "sbx"
		return r
	}
	bet, back := betting("r1", 200), betting("r2", 100)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, bet).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, back).Code)
	a := s.call(t, seamless.Bet, betting("r3", 1))
	require.Equal(t, seamless.LimitReached, a.Code)
	require.Equal(t, "players.loss_limit", a.Reason)
	require.Equal(t, seamless.OK, s.call(t, seamless.Rollback, s.rollingBack(back)).Code)
	win := s.winning(bet, 50)
	win.Asset = "sbx"
	require.Equal(t, seamless.OK, s.call(t, seamless.Win, win).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, betting("r4", 150)).Code)
	require.Equal(t, seamless.LimitReached, s.call(t, seamless.Bet, betting("r5", 1)).Code)
	w.clean(t)
}

func TestFreeRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)
	free := s.betting("r1", 70)
	free.Free = true
	a := s.call(t, seamless.Win, free)
	require.Equal(t, seamless.InvalidRequest, a.Code)
	require.Equal(t, "free", a.Field)
	yes := true
	_, err := w.Set(t.Context(), w.operator(t, models.RoleOwner), w.provider, providers.Change{FreeWins: &yes, Reason: "free rounds are in the contract"})
	require.NoError(t, err)
	require.Equal(t, seamless.OK, s.call(t, seamless.Win, free).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Win, free).Code)
	s.has(t, 1070)
	w.clean(t)
}

// TestAnOperatorEndsARound refunds what was neither paid nor rolled back; the provider's late calls find it done.
func TestAnOperatorEndsARound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	s := w.launch(t, 0)
	paid, open, undone := s.betting("r1", 10), s.betting("r1", 20), s.betting("r1", 40)
	for _, bet := range []seamless.Request{paid, open, undone} {
		require.Equal(t, seamless.OK, s.call(t, seamless.Bet, bet).Code)
	}
	require.Equal(t, seamless.OK, s.call(t, seamless.Win, s.winning(paid, 5)).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Rollback, s.rollingBack(undone)).Code)
	stuck := providers.Stuck{Player: s.id, Round: "r1", Refund: true, Reason: "the provider lost it"}
	_, err := w.CloseRound(t.Context(), w.operator(t, models.RoleSupport), w.provider, stuck)
	require.ErrorIs(t, err, operators.ErrForbidden)
	finance := w.operator(t, models.RoleFinance)
	w.asOwner(t, `UPDATE operators SET telegram_id = 1000, telegram_check = '' WHERE tenant_id = $1 AND public_id = $2`, w.tenant, finance.OperatorID)
	_, err = w.CloseRound(t.Context(), finance, w.provider, stuck)
	require.Equal(t, "cashier.own_account", models.CodeOf(err))
	returned, err := w.CloseRound(t.Context(), w.operator(t, models.RoleFinance), w.provider, stuck)
	require.NoError(t, err)
	require.EqualValues(t, 20, returned)
	late := s.call(t, seamless.Rollback, s.rollingBack(open))
	require.Equal(t, seamless.OK, late.Code)
	require.Zero(t, *late.Returned)
	require.Equal(t, seamless.TransactionUndone, s.call(t, seamless.Win, s.winning(open, 100)).Code)
	require.Equal(t, seamless.RoundClosed, s.call(t, seamless.Win, s.winning(paid, 100)).Code)
	s.has(t, 1000-10+5)
	w.clean(t)
}

// TestAReversalAndARollbackGiveBackOnce has operators reverse a bet before the provider rolls it back, and after.
func TestAReversalAndARollbackGiveBackOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)
	first, second := s.betting("r1", 100), s.betting("r2", 100)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, first).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, second).Code)
	reverse := func(bet seamless.Request) {
		w.asOwner(t, `SELECT ledger_reverse($1, transfer_id, uuid, sha256('x'), 'a mistake') FROM provider_transactions WHERE tenant_id = $1 AND uuid = $2`, w.tenant, bet.Transaction)
	}
	reverse(first)
	a := s.call(t, seamless.Rollback, s.rollingBack(first))
	require.Equal(t, seamless.OK, a.Code)
	require.Zero(t, *a.Returned)
	require.Equal(t, seamless.OK, s.call(t, seamless.Rollback, s.rollingBack(second)).Code)
	reverse(second)
	s.has(t, 1000)
	w.ledgerClean(t)
}

// TestAStorm sends every call of many games several times, in any order and at once. Whatever was answered, each game ends
// either taken back or paid, never both, and the balance is the sum of what was said.
func TestAStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	type step struct {
		s    seat
		call seamless.Call
		r    seamless.Request
	}
	var steps []step
	for i := range 2 {
		s := w.launch(t, i)
		for n := range 12 {
			bet := s.betting(fmt.Sprintf("r%d", n), int64(5+n))
			calls := []step{{s, seamless.Bet, bet}, {s, seamless.Win, s.winning(bet, int64(3*n))}, {s, seamless.Rollback, s.rollingBack(bet)}, {s, seamless.Close, s.closing(bet.Round)}}
			for range 3 {
				steps = append(steps, calls...)
			}
		}
	}
	rand.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	var wait sync.WaitGroup
	queue := make(chan step)
	for range 12 {
		wait.Go(func() {
			for one := range queue {
				one.s.call(t, one.call, one.r)
			}
		})
	}
	for _, one := range steps {
		queue <- one
	}
	close(queue)
	wait.Wait()
	for i := range 2 {
		var moved int64
		require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT coalesce(sum(CASE kind WHEN 'bet' THEN -amount ELSE amount END), 0)
			FROM provider_transactions WHERE player_id = $1`, w.people[i]).Scan(&moved))
		seat{w: w, id: w.people[i]}.has(t, 1000+moved)
	}
	var both int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM provider_rollbacks r JOIN provider_transactions t
		ON t.provider_id = r.provider_id AND t.reference = r.reference AND t.kind = 'win' AND t.amount > 0 WHERE r.transfer_id IS NOT NULL`).Scan(&both))
	require.Zero(t, both, "a bet was taken back and paid")
	w.clean(t)
}

// TestTheGroupsPacingHolds counts bets at a provider with the group's daily cap of stakes.
func TestTheGroupsPacingHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.asOwner(t, `INSERT INTO group_pacing (tenant_id, group_id, game, daily_stake, zone, version, updated_by) VALUES ($1, $2, '', 150, 'UTC', 1, 0)`, w.tenant, w.group)
	s := w.launch(t, 0)
	first := s.betting("r1", 100)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, first).Code)
	a := s.call(t, seamless.Bet, s.betting("r2", 51))
	require.Equal(t, seamless.LimitReached, a.Code)
	require.Equal(t, "games.daily_cap", a.Reason)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, s.betting("r3", 50)).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Rollback, s.rollingBack(first)).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, s.betting("r4", 100)).Code)
	require.Equal(t, seamless.LimitReached, s.call(t, seamless.Bet, s.betting("r5", 1)).Code)
	w.clean(t)
}
