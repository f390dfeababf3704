package players_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
	"fairground/players"
)

// requirePlay bets, opens and claims in points and money for player 0 and expects the refusal in every path; nil: none.
func (s *safety) requirePlay(t *testing.T, round games.RoundView, packet games.RoundView, cash cashRound, want *models.Error, key string) {
	t.Helper()
	p := s.w.Players[0]
	check := func(err error) {
		t.Helper()
		if want == nil {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, want)
	}
	_, err := s.w.Engine.PlaceBet(t.Context(), games.BetRequest{Tenant: s.w.Tenant, Round: round.ID, Player: p, Choice: "big", Stake: 10, Key: key})
	check(err)
	_, err = s.w.Engine.Claim(t.Context(), games.ClaimRequest{Tenant: s.w.Tenant, Round: packet.ID, Player: p, Key: key})
	check(err)
	_, err = s.w.Engine.Open(t.Context(), games.OpenRequest{Tenant: s.w.Tenant, Group: s.w.Group, Player: p, Game: "redpacket", Params: []byte(`{"total": 100, "shares": 2}`), Key: key})
	check(err)
	code := "ok"
	if want != nil {
		code = want.Code
	}
	require.Equal(t, code, s.betCash(t, cash, p, 10, key+"-cash"))
	_, got := s.openCash(t, p)
	require.Equal(t, code, got)
	require.Equal(t, code, s.deposit(t, p, 100))
	for _, asset := range []string{"points", "sbx"} {
		require.Equal(t, code, s.refusal(t, p, "deposit", asset, 1))
		require.Equal(t, code, s.refusal(t, p, "bet", asset, 1))
	}
}

// playground opens what requirePlay plays in, by player 1.
func (s *safety) playground(t *testing.T) (dice, packet games.RoundView, cash cashRound) {
	t.Helper()
	s.policy(t, true, 0, 0)
	require.Equal(t, "ok", s.deposit(t, s.w.Players[0], 1000))
	dice, err := s.w.Engine.Open(t.Context(), games.OpenRequest{Tenant: s.w.Tenant, Group: s.w.Group, Player: s.w.Players[1], Game: "dice", Key: "dice"})
	require.NoError(t, err)
	packet, err = s.w.Engine.Open(t.Context(), games.OpenRequest{
		Tenant: s.w.Tenant, Group: s.w.Group, Player: s.w.Players[1], Game: "redpacket", Params: []byte(`{"total": 100, "shares": 5}`), Key: "packet",
	})
	require.NoError(t, err)
	cash, code := s.openCash(t, s.w.Players[1])
	require.Equal(t, "ok", code)
	return dice, packet, cash
}

func TestAnExclusionHoldsEverywhereAndIsNeverShortened(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	dice, packet, cash := s.playground(t)
	until := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	require.ErrorIs(t, s.Exclude(t.Context(), s.w.Tenant, p, time.Now().Add(-time.Minute)), players.ErrInvalidExclusion)
	require.ErrorIs(t, s.Exclude(t.Context(), s.w.Tenant, p, time.Now().AddDate(101, 0, 0)), players.ErrInvalidExclusion)
	require.ErrorIs(t, s.Exclude(t.Context(), s.w.Tenant, 987654321, until), players.ErrNotFound)
	require.NoError(t, s.Exclude(t.Context(), s.w.Tenant, p, until))
	require.NoError(t, s.Exclude(t.Context(), s.w.Tenant, p, until), "a repeat")
	got, err := s.Restrictions(t.Context(), s.w.Tenant, p)
	require.NoError(t, err)
	require.Equal(t, until, got.ExcludedUntil)

	s.requirePlay(t, dice, packet, cash, players.ErrExcluded, "excluded")
	require.Equal(t, "ok", s.refusal(t, p, "withdraw", "sbx", 1000), "the money is theirs")
	require.EqualValues(t, 1000, s.w.Balance(t, p))

	err = s.Exclude(t.Context(), s.w.Tenant, p, until.Add(-time.Hour))
	require.ErrorIs(t, err, players.ErrExcluded)
	require.Error(t, s.asApp(t, `UPDATE players SET excluded_until = NULL WHERE player_id = $1`, p))
	require.Error(t, s.asApp(t, `UPDATE players SET excluded_until = excluded_until + interval '1 day' WHERE player_id = $1`, p), "not even longer")
	require.Error(t, s.asApp(t, `DELETE FROM players WHERE player_id = $1`, p))
	require.Error(t, s.asApp(t, `UPDATE players SET player_id = DEFAULT WHERE player_id = $1`, p))
	require.Error(t, s.asApp(t, `INSERT INTO players (tenant_id, public_id, telegram_id, frozen_at) VALUES ($1, 'p_x', 9, now())`, s.w.Tenant))
	require.Error(t, s.asApp(t, `DELETE FROM player_restrictions`))
	for _, sql := range []string{`UPDATE players SET excluded_until = NULL WHERE player_id = $1`, `UPDATE players SET excluded_until = now() WHERE player_id = $1`} {
		require.ErrorContains(t, s.asOwner(t, sql, p), "not shortened", "nobody at all")
	}
	require.NoError(t, s.asApp(t, `UPDATE players SET name = 'Eve' WHERE player_id = $1`, p), "the rest stays writable")
	require.NoError(t, s.Exclude(t.Context(), s.w.Tenant, p, until.Add(time.Hour)), "longer is the player's right")
	s.cleanAll(t)
}

func TestAnExclusionEndsByItself(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	dice, packet, cash := s.playground(t)
	require.NoError(t, s.asOwner(t, `UPDATE players SET excluded_until = clock_timestamp() - interval '1 second' WHERE player_id = $1`, s.w.Players[0]))
	s.requirePlay(t, dice, packet, cash, nil, "after")
	got, err := s.Restrictions(t.Context(), s.w.Tenant, s.w.Players[0])
	require.NoError(t, err)
	require.Zero(t, got.ExcludedUntil)
	s.cleanAll(t)
}

func TestAFrozenPlayerMovesNothing(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	dice, packet, cash := s.playground(t)
	support := s.staff(t, "support@example.org", models.RoleSupport)
	a := s.owner(t)
	require.ErrorIs(t, s.FreezePlayer(t.Context(), support, p, "because"), players.ErrForbidden)
	require.NoError(t, s.FreezePlayer(t.Context(), a, p, "chargebacks"))
	require.NoError(t, s.FreezePlayer(t.Context(), a, p, "again"), "a repeat keeps the reason")
	got, err := s.Restrictions(t.Context(), s.w.Tenant, p)
	require.NoError(t, err)
	require.True(t, got.Frozen)
	require.Equal(t, "chargebacks", got.FrozenReason)
	s.requirePlay(t, dice, packet, cash, players.ErrFrozen, "frozen")
	require.Equal(t, "players.frozen", s.refusal(t, p, "withdraw", "sbx", 1))
	require.Error(t, s.asApp(t, `UPDATE players SET frozen_at = NULL WHERE player_id = $1`, p))

	require.ErrorIs(t, s.UnfreezePlayer(t.Context(), support, p, "because"), players.ErrForbidden)
	require.NoError(t, s.UnfreezePlayer(t.Context(), a, p, "cleared"))
	s.requirePlay(t, dice, packet, cash, nil, "thawed")
	require.ErrorIs(t, s.FreezePlayer(t.Context(), a, 987654321, "x"), players.ErrNotFound)
	require.NoError(t, s.asOwner(t, `UPDATE operator_sessions SET step_up_until = clock_timestamp() WHERE tenant_id = $1`, s.w.Tenant))
	require.ErrorIs(t, s.FreezePlayer(t.Context(), a, p, "x"), players.ErrStepUpRequired)

	var noted int
	require.NoError(t, s.db.DB.Call(t.Context(), s.w.Tenant, `SELECT count(*) FROM operation_log WHERE action IN ('player.freeze', 'player.unfreeze')`, nil, &noted))
	require.Equal(t, 2, noted)
	s.cleanAll(t)
}

func TestMoneyIsOffUntilTheTenantTurnsItOn(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	for _, act := range []string{"deposit", "bet"} {
		require.Equal(t, "cashier.asset_off", s.refusal(t, p, act, "sbx", 1))
		require.Equal(t, "ok", s.refusal(t, p, act, "points", 1))
	}
	_, code := s.openCash(t, p)
	require.Equal(t, "cashier.asset_off", code)
	s.policy(t, false, 0, 0)
	_, code = s.openCash(t, p)
	require.Equal(t, "cashier.asset_off", code)
	require.Equal(t, "ok", s.refusal(t, p, "withdraw", "sbx", 1), "what was deposited before can leave")
}
