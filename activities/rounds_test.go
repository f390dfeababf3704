package activities_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"fairground/activities"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
)

// stage is a real engine on a real database with one open round of dice in which one player has bet.
type stage struct {
	*testsuite.TestActivityEnvironment
	db     *testdb.DB
	ref    activities.RoundRef
	do     *activities.Rounds
	group  int64
	player int64
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{db: testdb.New(t)}
	box, err := secret.New(strings.Repeat("fairground", 4))
	require.NoError(t, err)
	locker, err := redis.NewLocker(redis.ModeOff, nil)
	require.NoError(t, err)
	engine := games.New(games.Config{
		DB: s.db.DB, Box: box, Clock: clock.System(), Locker: locker, Logger: slog.New(slog.DiscardHandler),
	})
	s.do = &activities.Rounds{Engine: engine}
	var suite testsuite.WorkflowTestSuite
	s.TestActivityEnvironment = suite.NewTestActivityEnvironment()
	s.RegisterActivity(s.do)

	const tenant, kind = int64(1), "welcome"
	var group, player int64
	require.NoError(t, s.db.DB.InTenant(t.Context(), tenant, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `WITH t AS (INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, 't_one', 'one')),
			d AS (INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', 't_one', $1)),
			g AS (INSERT INTO groups (tenant_id, public_id, chat_id, status) VALUES ($1, 'g_one', -1, 'active') RETURNING group_id),
			p AS (INSERT INTO players (tenant_id, public_id, telegram_id) VALUES ($1, 'p_one', 1) RETURNING player_id)
			INSERT INTO members (tenant_id, group_id, player_id, status) SELECT $1, group_id, player_id, 'member' FROM g, p
			RETURNING group_id, player_id`, tenant).Scan(&group, &player)
	}))
	_, err = ledger.New(s.db.DB).Grant(t.Context(), ledger.GrantRequest{Tenant: tenant, Group: group, Player: player, Amount: 1000, Key: kind, Kind: kind})
	require.NoError(t, err)
	s.ref.Tenant, s.group, s.player = tenant, group, player
	s.open(t, "dice", "big")
	return s
}

// open opens a round in which the player bets.
func (s *stage) open(t *testing.T, game, choice string) {
	t.Helper()
	round, err := s.do.Engine.Open(t.Context(), games.OpenRequest{Tenant: s.ref.Tenant, Group: s.group, Player: s.player, Game: game, Key: "open " + game})
	require.NoError(t, err)
	s.ref.Round = round.ID
	_, err = s.do.Engine.PlaceBet(t.Context(), games.BetRequest{
		Tenant: s.ref.Tenant, Round: round.ID, Player: s.player, Choice: choice, Stake: 100, Key: "bet " + game,
	})
	require.NoError(t, err)
}

// end runs EndRun.
func (s *stage) end(t *testing.T) error {
	t.Helper()
	_, err := s.ExecuteActivity(s.do.EndRun, s.ref)
	return err
}

// step runs an activity and returns the status it answers with.
func (s *stage) step(t *testing.T, activity, in any) models.RoundStatus {
	t.Helper()
	value, err := s.ExecuteActivity(activity, in)
	require.NoError(t, err)
	var got activities.RoundStage
	require.NoError(t, value.Get(&got))
	return got.Status
}

// refused runs an activity that must answer with an error of a type.
func (s *stage) refused(t *testing.T, activity, in any, code string, final bool) {
	t.Helper()
	_, err := s.ExecuteActivity(activity, in)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, code, app.Type())
	require.Equal(t, final, app.NonRetryable())
}

func TestEveryStepMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	for range 2 {
		require.Equal(t, models.RoundClosed, s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref, Early: true}))
	}
	for range 2 {
		require.Equal(t, models.RoundDrawn, s.step(t, s.do.DrawRound, s.ref))
	}
	require.Equal(t, models.RoundDrawn, s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref}))
	s.refused(t, s.do.VoidRound, activities.Voiding{RoundRef: s.ref, Reason: "late"}, activities.TypeAlreadyDrawn, true)
	for range 2 {
		require.Equal(t, models.RoundSettled, s.step(t, s.do.SettleRound, s.ref))
	}
	require.Equal(t, models.RoundSettled, s.step(t, s.do.DrawRound, s.ref))
}

// TestARunIsWaitedForWithoutSayingHowLong looks at a run that is on, then at the same run when it is over.
func TestARunIsWaitedForWithoutSayingHowLong(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	require.NoError(t, s.end(t), "a round without a run has nothing to wait for")
	require.Equal(t, models.RoundVoided, s.step(t, s.do.VoidRound, activities.Voiding{RoundRef: s.ref, Reason: "a mistake"}))
	s.open(t, "crash", "manual")
	require.Equal(t, models.RoundClosed, s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref, Early: true}))
	require.Equal(t, models.RoundDrawn, s.step(t, s.do.DrawRound, s.ref))
	_, err := s.db.Owner.Exec(t.Context(), `UPDATE rounds SET live_started_at = live_started_at + interval '1 hour' WHERE round_id = $1`, s.ref.Round)
	require.NoError(t, err)
	var app *temporal.ApplicationError
	for _, activity := range []any{s.do.EndRun, s.do.SettleRound} {
		_, err = s.ExecuteActivity(activity, s.ref)
		require.ErrorAs(t, err, &app)
		require.Equal(t, "games.run_running", app.Type())
		require.False(t, app.NonRetryable())
		require.Equal(t, time.Second, app.NextRetryDelay())
	}
	_, err = s.db.Owner.Exec(t.Context(), `UPDATE rounds SET live_started_at = live_started_at - interval '3 hours' WHERE round_id = $1`, s.ref.Round)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, s.end(t))
	}
	require.Equal(t, models.RoundSettled, s.step(t, s.do.SettleRound, s.ref))
}

// TestAThrowIsWaitedFor looks every second for the value that decides.
func TestAThrowIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	require.Equal(t, models.RoundVoided, s.step(t, s.do.VoidRound, activities.Voiding{RoundRef: s.ref, Reason: "a mistake"}))
	s.open(t, "tgdice", "big")
	require.Equal(t, models.RoundClosed, s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref, Early: true}))
	_, err := s.ExecuteActivity(s.do.DrawRound, s.ref)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, "games.waiting_for_source", app.Type())
	require.False(t, app.NonRetryable())
	require.Equal(t, time.Second, app.NextRetryDelay())
	require.NoError(t, s.do.Engine.Provide(t.Context(), games.Provided{Tenant: s.ref.Tenant, Round: s.ref.Round, Value: 6}))
	require.Equal(t, models.RoundDrawn, s.step(t, s.do.DrawRound, s.ref))
	require.Equal(t, models.RoundSettled, s.step(t, s.do.SettleRound, s.ref))
}

func TestARefundMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	for range 2 {
		require.Equal(t, models.RoundVoided, s.step(t, s.do.VoidRound, activities.Voiding{RoundRef: s.ref, Reason: "a mistake"}))
	}
	require.Equal(t, models.RoundVoided, s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref}))
	require.Equal(t, models.RoundVoided, s.step(t, s.do.SettleRound, s.ref))
}

func TestAnOpenWindowIsNotClosedByTheClockAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	s.refused(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref}, "games.too_early", false)
	s.refused(t, s.do.SettleRound, s.ref, "games.not_drawn", false)
	s.refused(t, s.do.DrawRound, s.ref, "games.not_closed", true)
}

func TestAnExtensionIsBoundedByTheDatabase(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	year := activities.Extension{RoundRef: s.ref, Until: clock.System().Now().AddDate(1, 0, 0), Operator: "op_1"}
	value, err := s.ExecuteActivity(s.do.ExtendRound, year)
	require.NoError(t, err)
	var until time.Time
	require.NoError(t, value.Get(&until))
	require.WithinDuration(t, clock.System().Now().Add(time.Hour), until, time.Minute)
	s.step(t, s.do.CloseRound, activities.Closing{RoundRef: s.ref, Early: true})
	s.refused(t, s.do.ExtendRound, year, "games.round_closed", true)
}

func TestARoundThatDoesNotExistEndsEveryStep(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer func() { ledgertest.Clean(t, s.db) }()
	nowhere := activities.RoundRef{Tenant: s.ref.Tenant, Round: "r_aaaaaaaaaaaaaaaa"}
	for name, step := range map[string]struct{ do, in any }{
		"close":  {s.do.CloseRound, activities.Closing{RoundRef: nowhere}},
		"draw":   {s.do.DrawRound, nowhere},
		"settle": {s.do.SettleRound, nowhere},
		"void":   {s.do.VoidRound, activities.Voiding{RoundRef: nowhere}},
		"extend": {s.do.ExtendRound, activities.Extension{RoundRef: nowhere}},
	} {
		t.Log(name)
		s.refused(t, step.do, step.in, activities.TypeNotFound, true)
	}
	other := activities.RoundRef{Tenant: s.ref.Tenant + 1, Round: s.ref.Round}
	s.refused(t, s.do.SettleRound, other, activities.TypeNotFound, true)
}

func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.db.DB.Pool().Close()
	for _, step := range []struct{ do, in any }{
		{s.do.CloseRound, activities.Closing{RoundRef: s.ref}},
		{s.do.DrawRound, s.ref},
		{s.do.SettleRound, s.ref},
		{s.do.VoidRound, activities.Voiding{RoundRef: s.ref}},
	} {
		_, err := s.ExecuteActivity(step.do, step.in)
		require.Error(t, err)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.False(t, app.NonRetryable())
	}
}

func TestRulesThatPanicEndTheDraw(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	broken := &activities.Rounds{} // without an engine every call panics
	env.RegisterActivity(broken)
	for _, step := range []struct{ do, in any }{{broken.CloseRound, activities.Closing{}}, {broken.DrawRound, activities.RoundRef{}}} {
		_, err := env.ExecuteActivity(step.do, step.in)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, activities.TypePanic, app.Type())
		require.True(t, app.NonRetryable())
	}
}
