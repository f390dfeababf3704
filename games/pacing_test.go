package games_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
	"fairground/test/fixture"
)

// owner makes an operator who is signed in and stepped up.
func owner(t testing.TB, w *fixture.World) operators.Authority {
	t.Helper()
	proof := make([]byte, 32)
	_, err := rand.Read(proof)
	require.NoError(t, err)
	unique := sha256.Sum256(proof)
	a := operators.Authority{Tenant: w.Tenant, OperatorID: secret.ID("o"), Roles: []models.Role{models.RoleOwner}, Via: operators.ViaSession, Proof: proof}
	require.NoError(t, w.Owner.QueryRow(t.Context(), `WITH o AS (INSERT INTO operators (tenant_id, public_id, email, email_key, name, roles, status, password_kdf, password_check, attest_check)
			VALUES ($1, $2, $2, $3, 'Op', $4, 'active', 'x', $3, $3) RETURNING operator_id)
		INSERT INTO operator_sessions (tenant_id, token_check, operator_id, method, expires_at, step_up_until)
		SELECT $1, sha256($5), operator_id, 'password', clock_timestamp() + interval '1 hour', clock_timestamp() + interval '1 hour' FROM o
		RETURNING operator_id`, w.Tenant, a.OperatorID, unique[:], a.Roles, proof).Scan(&a.Operator))
	return a
}

// pace sets a group's pacing anew.
func pace(t testing.TB, w *fixture.World, p games.Pacing) {
	t.Helper()
	now, err := w.Engine.Pacing(t.Context(), w.Tenant, w.Group)
	require.NoError(t, err)
	p.Version = now.Version
	_, err = w.Engine.SetPacing(t.Context(), owner(t, w), w.Group, p, "a test")
	require.NoError(t, err)
}

// refuses fails the test unless err is the refusal.
func refuses(t testing.TB, err, want error) {
	t.Helper()
	require.ErrorIs(t, err, want)
}

// refused is the refusal with its facts.
func refused(t testing.TB, err, want error) *models.Error {
	t.Helper()
	require.ErrorIs(t, err, want)
	e, ok := errors.AsType[*models.Error](err)
	require.True(t, ok)
	return e
}

func TestAPacingIsReadAndReplacedByVersion(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	p, err := w.Engine.Pacing(t.Context(), w.Tenant, w.Group)
	require.NoError(t, err)
	require.Zero(t, p.Version)
	require.Equal(t, 1, p.Group.Rounds)
	op := owner(t, w)
	want := games.Pacing{
		Group:     games.Limits{Rounds: 3, RoundCooldown: time.Minute, PlayerCooldown: time.Second, MinStake: 5, MaxStake: 50, DailyStake: 500, DailyLoss: 400, DailyBets: 9, HouseLimit: 7000},
		Games:     map[string]games.Limits{"dice": {Rounds: 1, MaxStake: 20}},
		QuietFrom: "23:00", QuietTo: "07:30", Zone: "Asia/Tehran",
	}
	got, err := w.Engine.SetPacing(t.Context(), op, w.Group, want, "why not")
	require.NoError(t, err)
	require.Equal(t, 1, got.Version)
	require.Equal(t, op.OperatorID, got.UpdatedBy)
	got.UpdatedAt, got.UpdatedBy, got.Version = time.Time{}, "", 0
	require.Equal(t, want, got)
	_, err = w.Engine.SetPacing(t.Context(), op, w.Group, want, "again")
	refuses(t, err, games.ErrStale)
	_, err = w.Engine.SetPacing(t.Context(), operators.Authority{Tenant: w.Tenant, Via: operators.ViaSession, Proof: []byte("nobody")}, w.Group, want, "")
	refuses(t, err, operators.ErrUnauthenticated)
	for field, bad := range map[string]games.Pacing{
		"quiet_to":          {QuietFrom: "10:00"},
		"quiet_from":        {QuietFrom: "24:00", QuietTo: "01:00"},
		"zone":              {Zone: "Mars/Olympus"},
		"group.max_stake":   {Group: games.Limits{MinStake: 10, MaxStake: 5}},
		"games.dice.rounds": {Games: map[string]games.Limits{"dice": {Rounds: 21}}},
	} {
		_, err = w.Engine.SetPacing(t.Context(), op, w.Group, bad, "")
		require.Equal(t, field, refused(t, err, games.ErrInvalidPacing).Field)
	}
	var logged int
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM operation_log WHERE action = 'pacing.set'`).Scan(&logged))
	require.Equal(t, 1, logged)
}

func TestRoundsInParallelAndTheirCooldown(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	open := func(key string) (games.RoundView, error) {
		return w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: "dice", Key: key})
	}
	first, err := open("1")
	require.NoError(t, err)
	_, err = open("2")
	require.Equal(t, first.ID, refused(t, err, games.ErrRoundRunning).Data["round"])
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 2}})
	second, err := open("2")
	require.NoError(t, err)
	again, err := open("2")
	require.NoError(t, err)
	require.Equal(t, second.ID, again.ID)
	_, err = open("3")
	require.NotEmpty(t, refused(t, err, games.ErrTooManyRounds).Data["until"])
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 5}, Games: map[string]games.Limits{"dice": {Rounds: 2}}})
	_, err = open("3")
	require.Equal(t, "dice", refused(t, err, games.ErrTooManyRounds).Data["game"])

	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 2, RoundCooldown: time.Hour}})
	finish(t, w, first.ID)
	_, err = open("3")
	e := refused(t, err, games.ErrCooldown)
	require.Equal(t, "group", e.Data["of"])
	require.NotEmpty(t, e.Data["until"])
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 2}})
	_, err = open("3")
	require.NoError(t, err)
}

func TestManyOpeningsAtOnceFillTheLanesOnly(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 24})
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 4}})
	var opened, full atomic.Int64
	var all sync.WaitGroup
	for _, p := range w.Players {
		all.Go(func() {
			_, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: p, Game: "dice", Key: "k"})
			switch {
			case err == nil:
				opened.Add(1)
			case errors.Is(err, games.ErrTooManyRounds):
				full.Add(1)
			default:
				t.Errorf("open: %v", err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 4, opened.Load())
	require.EqualValues(t, 20, full.Load())
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	running := openRound(t, w, "dice", "")
	var from, to string
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT to_char(n - interval '3 hours', 'HH24:MI'), to_char(n + interval '3 hours', 'HH24:MI')
		FROM (SELECT clock_timestamp() AT TIME ZONE 'Asia/Shanghai' AS n) AS x`).Scan(&from, &to))
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 2}, QuietFrom: from, QuietTo: to, Zone: "Asia/Shanghai"})
	_, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: "dice", Key: "quiet"})
	e := refused(t, err, games.ErrQuietHours)
	until, err := time.Parse(time.RFC3339, fmt.Sprint(e.Data["until"]))
	require.NoError(t, err)
	require.Equal(t, to, until.In(time.FixedZone("", 8*3600)).Format("15:04"))
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, running.ID, 1, "big", 10, "k")) // what runs goes on
	require.NoError(t, err)
	finish(t, w, running.ID)

	pace(t, w, games.Pacing{QuietFrom: to, QuietTo: from, Zone: "Asia/Shanghai"})
	_, err = w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: "dice", Key: "quiet"})
	require.NoError(t, err)
}

func TestStakesAndCooldownOfAPlayer(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	place := func(player int, stake int64, key string) error {
		_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, player, "big", stake, key))
		return err
	}
	pace(t, w, games.Pacing{Group: games.Limits{MinStake: 20}, Games: map[string]games.Limits{"dice": {MinStake: 15, MaxStake: 40}}})
	require.Equal(t, "15 to 40", refused(t, place(0, 41, "a"), games.ErrStakeLimit).Fix)
	require.Equal(t, "at least 20", refused(t, place(0, 15, "a"), games.ErrStakeLimit).Fix)
	require.NoError(t, place(0, 20, "a"), "a refusal is not kept")
	require.NoError(t, place(0, 20, "a"), "nor is a bet asked again")

	pace(t, w, games.Pacing{Group: games.Limits{PlayerCooldown: time.Hour}})
	e := refused(t, place(0, 20, "b"), games.ErrCooldown)
	require.Equal(t, "player", e.Data["of"])
	require.NoError(t, place(1, 20, "b"))
	refuses(t, place(1, 20, "c"), games.ErrCooldown)
	require.NoError(t, place(1, 20, "b"))
	pace(t, w, games.Pacing{Games: map[string]games.Limits{"duel": {PlayerCooldown: time.Hour}}})
	require.NoError(t, place(1, 20, "c"))
}

func TestDailyCapsOfAPlayer(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Points: 5000})
	round := openRound(t, w, "dice", "")
	place := func(stake int64, key string) error {
		_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", stake, key))
		return err
	}
	require.NoError(t, place(100, "before")) // counts, though there was no cap
	pace(t, w, games.Pacing{Group: games.Limits{DailyStake: 250}})
	e := refused(t, place(151, "a"), games.ErrDailyCap)
	require.Equal(t, "stake", e.Data["cap"])
	require.EqualValues(t, 150, e.Data["left"])
	require.NotEmpty(t, e.Data["until"])
	require.NoError(t, place(150, "a"))
	refuses(t, place(10, "b"), games.ErrDailyCap)

	pace(t, w, games.Pacing{Group: games.Limits{DailyBets: 3}})
	require.NoError(t, place(10, "b"))
	require.Equal(t, "bets", refused(t, place(10, "c"), games.ErrDailyCap).Data["cap"])
	pace(t, w, games.Pacing{Group: games.Limits{DailyLoss: 300}})
	require.Equal(t, "loss", refused(t, place(41, "c"), games.ErrDailyCap).Data["cap"])
	require.NoError(t, place(40, "c"))

	_, err := w.Engine.Void(t.Context(), w.Tenant, round.ID, "a test")
	require.NoError(t, err)
	pace(t, w, games.Pacing{Group: games.Limits{DailyBets: 1, DailyStake: 100, DailyLoss: 100}})
	round = openRound(t, w, "dice", "")
	require.NoError(t, place(100, "d"), "what was given back does not count")
	refuses(t, place(100, "e"), games.ErrDailyCap)
}

// TestCapsHoldForACrowd lets 50 players and one of them many times stake at once.
func TestCapsHoldForACrowd(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 50, Points: 5000})
	round := openRound(t, w, "dice", "")
	pace(t, w, games.Pacing{Group: games.Limits{DailyStake: 300, DailyBets: 4}})
	taken := make([]atomic.Int64, len(w.Players))
	var all sync.WaitGroup
	for i := range w.Players {
		for n := range 4 {
			all.Go(func() {
				_, err := w.Engine.PlaceBet(t.Context(), games.BetRequest{
					Tenant: w.Tenant, Round: round.ID, Player: w.Players[i], Choice: "big", Stake: 100, Key: fmt.Sprint(n), Again: true,
				})
				if err == nil {
					taken[i].Add(1)
				} else if !errors.Is(err, games.ErrDailyCap) {
					t.Errorf("bet: %v", err)
				}
			})
		}
	}
	all.Wait()
	for i := range taken {
		require.EqualValues(t, 3, taken[i].Load())
	}
	finish(t, w, round.ID)
	requireProof(t, w, round.ID)
}

// TestTheHouseNeverRisksMore lets 100 players stake at once in two rounds, over and over until the house's limit is reached.
func TestTheHouseNeverRisksMore(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 100, Points: 5000})
	const limit = 3000
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 2, HouseLimit: limit}})
	rounds := []string{openRound(t, w, "dice", "").ID, openRound(t, w, "dice", "").ID}
	exposure := func() (open int64) {
		require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT coalesce(sum(b.max_payout - b.stake), 0)::bigint FROM bets b JOIN rounds r USING (tenant_id, round_id)
			WHERE r.status IN ('open', 'closed', 'drawn')`).Scan(&open))
		return open
	}
	crowd := func(turn int) (taken int64) {
		var n atomic.Int64
		var all sync.WaitGroup
		for i, p := range w.Players {
			all.Go(func() {
				_, err := w.Engine.PlaceBet(t.Context(), games.BetRequest{
					Tenant: w.Tenant, Round: rounds[i%2], Player: p, Choice: []string{"big", "small"}[i/2%2], Stake: 90, Key: fmt.Sprint(turn), Again: true,
				})
				if err == nil {
					n.Add(1)
				} else if !errors.Is(err, games.ErrHouseLimit) {
					t.Errorf("bet: %v", err)
				}
			})
		}
		all.Wait()
		return n.Load()
	}
	first := crowd(0)
	require.Positive(t, first)
	require.Less(t, first, int64(100))
	require.LessOrEqual(t, exposure(), int64(limit))
	require.Greater(t, exposure(), int64(limit-100), "nothing is left unused")
	require.Zero(t, crowd(1))
	for _, r := range rounds {
		finish(t, w, r)
	}
	var lost int64
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT -sum(house)::bigint FROM settlements`).Scan(&lost))
	rounds[0], rounds[1] = openRound(t, w, "dice", "").ID, openRound(t, w, "dice", "").ID
	crowd(2)
	require.LessOrEqual(t, exposure()+max(lost, 0), int64(limit), "what the house lost today counts")
	for _, r := range rounds {
		finish(t, w, r)
	}
}
