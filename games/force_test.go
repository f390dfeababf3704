package games_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games"
	"fairground/games/game"
	"fairground/internal/postgres"
	"fairground/models"
	"fairground/test/fixture"
)

// databaseNow is the moment by the clock that decides.
func (d *desk) databaseNow(t *testing.T) (now time.Time) {
	t.Helper()
	require.NoError(t, d.Owner.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&now))
	return now
}

func TestAScheduleHoldsToTheMicrosecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	draft := d.ready(t, 3)
	_, err := d.Engine.ScheduleDraft(t.Context(), d.second, decision(draft), d.databaseNow(t))
	require.ErrorIs(t, err, games.ErrNotInFuture)
	_, err = d.Engine.ScheduleDraft(t.Context(), d.author, decision(draft), d.databaseNow(t).Add(time.Hour))
	require.ErrorIs(t, err, games.ErrSamePerson)
	at := d.databaseNow(t).Add(2 * time.Second).Truncate(time.Microsecond)
	draft, err = d.Engine.ScheduleDraft(t.Context(), d.second, decision(draft), at)
	require.NoError(t, err)
	require.True(t, draft.EffectiveAt.Equal(at))
	require.Equal(t, 1, d.live(t))

	// Rounds open one after the other across the moment.
	seen := map[int]int{}
	require.Eventually(t, func() bool {
		round := openRound(t, d.World, "dice", "")
		seen[round.ConfigVersion]++
		require.Equal(t, !round.OpensAt.Before(at), round.ConfigVersion == 2, "opened at %s, scheduled for %s", round.OpensAt, at)
		_, err := d.Engine.Void(t.Context(), d.Tenant, round.ID, "operator")
		require.NoError(t, err)
		return seen[2] > 2
	}, 30*time.Second, time.Millisecond)
	require.Positive(t, seen[1])
	d.requireLogged(t, "odds.draft", "odds.simulate", "odds.schedule")
}

func TestAScheduleIsCalledOffBeforeItsMoment(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	a, b := d.ready(t, 3), d.ready(t, 4)
	a, err := d.Engine.ScheduleDraft(t.Context(), d.second, decision(a), d.databaseNow(t).Add(time.Hour))
	require.NoError(t, err)
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(b))
	require.ErrorIs(t, err, games.ErrAlreadyScheduled)
	p, err := d.Engine.Published(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	require.Equal(t, 1, p.Live.Version.Version)
	require.NotNil(t, p.Next)
	require.Equal(t, a.Hash, p.Next.Hash)
	require.True(t, p.Next.EffectiveAt.Equal(*a.EffectiveAt))

	require.ErrorIs(t, d.Engine.CancelSchedule(t.Context(), d.second, "dice", 1, "no"), games.ErrNotScheduled)
	require.ErrorIs(t, d.Engine.CancelSchedule(t.Context(), d.second, "dice", 7, "no"), games.ErrNotScheduled)
	for range 2 { // again is a success
		require.NoError(t, d.Engine.CancelSchedule(t.Context(), d.second, "dice", 2, "on second thoughts"))
	}
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(b))
	require.NoError(t, err)
	require.Equal(t, 3, d.live(t))
	p, err = d.Engine.Published(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	require.Nil(t, p.Next)
	require.Len(t, p.History, 3)
	require.NotNil(t, p.History[1].CancelledAt)
	d.requireLogged(t, "odds.draft", "odds.simulate", "odds.draft", "odds.simulate", "odds.schedule", "odds.cancel", "odds.approve")
}

func TestRoundsOfAnotherVersionAreRefusedByTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	round := openRound(t, d.World, "dice", "")
	_, err := d.Engine.Void(t.Context(), d.Tenant, round.ID, "operator")
	require.NoError(t, err)
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(d.ready(t, 3)))
	require.NoError(t, err)
	// As a process would that read the version before the change and opens after it.
	err = d.asOwner(t, `INSERT INTO rounds SELECT (jsonb_populate_record(r, jsonb_build_object('round_id', 'r_aaaaaaaaaaaaaaaa', 'opens_at', clock_timestamp()))).*
		FROM rounds r WHERE r.tenant_id = $1 AND r.round_id = $2`, d.Tenant, round.ID)
	require.Equal(t, "FG024", postgres.Code(err), "%v", err)
}

// asOwner runs sql as the owner of the database, in the tenant.
func (d *desk) asOwner(t *testing.T, sql string, args ...any) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), d.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, strconv.FormatInt(d.Tenant, 10)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

func TestTheDatabaseItselfWantsTwoPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	draft := d.ready(t, 3)
	const broken = "23514"
	err := d.asOwner(t, `UPDATE config_drafts SET status = 'approved', decided_by = created_by, decided_at = now(), version = 2, effective_at = now(), simulation_id = 1
		WHERE tenant_id = $1 AND draft_id = $2`, d.Tenant, draft.ID)
	require.Equal(t, broken, postgres.Code(err), "%v", err)
	err = d.asOwner(t, `UPDATE config_drafts SET status = 'approved', decided_by = created_by + 1, decided_at = now(), version = 2, effective_at = now()
		WHERE tenant_id = $1 AND draft_id = $2`, d.Tenant, draft.ID)
	require.Equal(t, broken, postgres.Code(err), "not without a simulation: %v", err)
	err = d.asOwner(t, `INSERT INTO game_configs (tenant_id, game, version, config, hash, origin, draft_id, drafted_by, approved_by)
		VALUES ($1, 'dice', 2, '{}', 'x', 'draft', $2, 1, 1)`, d.Tenant, draft.ID)
	require.Equal(t, broken, postgres.Code(err), "%v", err)
	for _, sql := range []string{
		`INSERT INTO game_configs (tenant_id, game, version, config, hash) VALUES ($1, 'dice', 2, '{}', 'x')`,
		`UPDATE config_drafts SET status = 'open' WHERE tenant_id = $1`,
		`DELETE FROM config_simulations WHERE tenant_id = $1`,
		`UPDATE game_limits SET max_ppm = 1 WHERE tenant_id = $1`,
		`INSERT INTO config_cancellations (tenant_id, game, version, operator_id, reason) VALUES ($1, 'dice', 1, 1, 'x')`,
	} {
		require.Equal(t, "42501", postgres.Code(d.DB.Call(t.Context(), d.Tenant, sql, []any{d.Tenant})), sql)
	}
}

func TestReturnsStayWithinTheLimits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	early := d.ready(t, 3)
	best := early.Simulation.Best()
	_, err := d.Engine.SetReturnLimits(t.Context(), d.second, games.ReturnLimits{Game: "dice", Max: best}, "only owners do")
	require.Equal(t, "operators.forbidden", models.CodeOf(err))
	owner := d.hire(t, models.RoleOwner)
	for _, wrong := range []games.ReturnLimits{{Game: "dice", Min: -1}, {Game: "dice", Min: 2, Max: 1}, {Game: "dice", Max: 1_000_001}} {
		_, err = d.Engine.SetReturnLimits(t.Context(), owner, wrong, "wrong")
		require.Equal(t, "games.invalid_input", models.CodeOf(err))
	}
	limits, err := d.Engine.SetReturnLimits(t.Context(), owner, games.ReturnLimits{Game: "dice", Max: best - 1}, "the house keeps more")
	require.NoError(t, err)
	require.Equal(t, 1, limits.Version)
	_, err = d.Engine.SetReturnLimits(t.Context(), owner, games.ReturnLimits{Game: "dice", Max: best}, "read before")
	require.ErrorIs(t, err, games.ErrStale)

	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(early))
	require.ErrorIs(t, err, games.ErrReturn, "by the database")
	var refused *models.Error
	require.ErrorAs(t, err, &refused)
	require.Regexp(t, `returns [0-9.]+ %, allowed 0 to [0-9.]+ %$`, refused.Fix)
	require.EqualValues(t, best-1, refused.Data["max_ppm"])
	shown, err := d.Engine.Draft(t.Context(), d.author, early.ID)
	require.NoError(t, err)
	require.Equal(t, refused.Fix, shown.Simulation.Refusal.Fix)
	_, err = d.Engine.DraftConfig(t.Context(), d.author, games.NewDraft{
		Game: "dice", Base: 1, Config: d.config(t, func(c map[string]any) { c["min_stake"] = 5 }), Reason: "r", Key: "limited",
	})
	require.ErrorIs(t, err, games.ErrReturn)

	limits.Max = best
	_, err = d.Engine.SetReturnLimits(t.Context(), owner, limits, "as it was")
	require.NoError(t, err)
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(early))
	require.NoError(t, err)
}

// TestOddsAreTheSameForEverybody shows that nothing about a person reaches odds: neither what decides which config is in
// force, nor what reads a config, opens a round or draws.
func TestOddsAreTheSameForEverybody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	var columns []string
	require.NoError(t, d.Owner.QueryRow(t.Context(), `SELECT coalesce(array_agg(table_name || '.' || column_name), '{}') FROM information_schema.columns
		WHERE table_name IN ('game_configs', 'config_drafts', 'config_simulations', 'config_cancellations', 'game_limits')
		  AND column_name ~ '(player|group|member|chat|segment|bettor)'`).Scan(&columns))
	require.Empty(t, columns)
	var arguments []string
	require.NoError(t, d.Owner.QueryRow(t.Context(), `SELECT coalesce(array_agg(proname::text), '{}') FROM pg_proc
		WHERE (proname LIKE 'api\_config%' OR proname LIKE 'config\_%' OR proname = 'api_game_limits') AND pg_get_function_arguments(oid) ~ '(player|group|member)'`).
		Scan(&arguments))
	require.Empty(t, arguments)

	inputs := func(of reflect.Type, method string) (in []reflect.Type) {
		m, ok := of.MethodByName(method)
		require.True(t, ok)
		for one := range m.Type.Ins() {
			in = append(in, one)
		}
		return in
	}
	rules, raw := reflect.TypeFor[game.Rules](), reflect.TypeFor[json.RawMessage]()
	require.Equal(t, []reflect.Type{raw}, inputs(reflect.TypeFor[game.Game](), "Parse"))
	require.Equal(t, []reflect.Type{raw}, inputs(rules, "Open"))
	require.Empty(t, inputs(rules, "Odds"))
	require.Equal(t, []reflect.Type{reflect.TypeFor[game.Opening](), reflect.TypeFor[*fairness.Stream]()}, inputs(rules, "Draw"))

	// Whoever opens gets the version in force.
	_, err := d.Engine.ApproveDraft(t.Context(), d.second, decision(d.ready(t, 3)))
	require.NoError(t, err)
	for i, player := range d.Players {
		round, err := d.Engine.Open(t.Context(), games.OpenRequest{Tenant: d.Tenant, Group: d.Group, Player: player, Game: "dice", Key: "same"})
		require.NoError(t, err)
		require.Equal(t, 2, round.ConfigVersion, i)
		_, err = d.Engine.Void(t.Context(), d.Tenant, round.ID, "operator")
		require.NoError(t, err)
	}
}
