package chaos

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/localstack"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/players"
	"fairground/test/fixture"
)

const (
	crashPlayers = 200
	crashRun     = 10 * time.Second // what is left of the run when the race begins

	// slowCrash is crash at a growth that makes nearly every run last for seconds.
	slowCrash = `{"window_seconds": 15, "min_stake": 10, "max_stake": 5000, "max_bets": 0, "max_exposure": 0, "edge_bp": 300,
		"max_multiplier": 10000, "growth_ppm": 2000}`
)

// casino is a tenant of its own in a running stack, whose players play crash over HTTP.
type casino struct {
	*world

	owner  *pgxpool.Pool
	group  string
	tokens []string
}

func newCasino(t *testing.T) *casino {
	t.Helper()
	c := &casino{world: &world{Stack: start(t)}}
	all, err := c.Addresses()
	require.NoError(t, err)
	c.api = newAPI(all["api"].URL)
	c.db, err = postgres.Open(t.Context(), all["postgres"].AppURL, postgres.WithMaxConns(4))
	require.NoError(t, err)
	t.Cleanup(c.db.Close)
	c.owner, err = pgxpool.New(t.Context(), all["postgres"].URL)
	require.NoError(t, err)
	t.Cleanup(c.owner.Close)
	w, err := fixture.Build(t.Context(), c.db, c.owner, fixture.Options{Players: crashPlayers})
	require.NoError(t, err)
	c.tenant = models.Tenant{ID: w.Tenant}
	c.group = collect(t, c.world, `SELECT public_id FROM groups WHERE tenant_id = $1`, pgx.RowTo[string], w.Tenant)[0]

	master, err := localstack.ReadSecret(c.Dir)
	require.NoError(t, err)
	box, err := secret.New(master)
	require.NoError(t, err)
	locker, err := redis.NewLocker(redis.ModeOff, nil)
	require.NoError(t, err)
	engine := games.New(games.Config{DB: c.db, Box: box, Clock: clock.System(), Locker: locker, Logger: slog.New(slog.DiscardHandler)})
	_, err = engine.PublishConfig(t.Context(), w.Tenant, "crash", json.RawMessage(slowCrash))
	require.NoError(t, err)
	people := players.New(c.db, box, clock.System())
	for _, id := range w.Players {
		code, err := people.CreateLoginCode(t.Context(), w.Tenant, id)
		require.NoError(t, err)
		session, err := people.RedeemLoginCode(t.Context(), code)
		require.NoError(t, err)
		c.tokens = append(c.tokens, session.Token)
	}
	return c
}

// TestKilledCashOutsArePaidByTheClock has two hundred players cash out around the end of a run while the API and the worker
// are killed: whoever was told "in time" is paid for that moment, whoever was told "too late" gets nothing.
func TestKilledCashOutsArePaidByTheClock(t *testing.T) {
	c := newCasino(t)
	round, end := c.startRun(t)
	waves := []time.Duration{-5 * time.Second, -3 * time.Second, -time.Second, 0}
	said := make([]answer, crashPlayers)
	var race errgroup.Group
	for p := range crashPlayers {
		race.Go(func() error {
			if err := clock.Sleep(t.Context(), clock.System(), time.Until(end.Add(waves[p%len(waves)]))); err != nil {
				return err
			}
			said[p] = c.api.surely(t.Context(), http.MethodPost, "/v1/rounds/"+round+"/acts", c.tokens[p], "cash-"+round, map[string]string{"choice": "cash_out"})
			return nil
		})
	}
	for _, part := range []string{"api", "worker"} {
		require.NoError(t, clock.Sleep(t.Context(), clock.System(), time.Until(end.Add(-2950*time.Millisecond))))
		old, err := c.Kill(part)
		require.NoError(t, err)
		t.Logf("%s (pid %d) died %s before the end", part, old, time.Until(end).Round(time.Millisecond))
		race.Go(func() error { c.requireRestarted(t, part, old); return nil })
	}
	require.NoError(t, race.Wait())
	c.requireFinal(t, &table{round: round, closes: end})
	c.requireReady(t)
	c.requirePaid(t, round, said)
	c.requireClean(t)
}

// startRun has everybody bet on a round of crash and moves the beginning of its run, so that crashRun of it is left.
func (c *casino) startRun(t *testing.T) (round string, end time.Time) {
	t.Helper()
	for n := 0; ; n++ {
		got := c.api.surely(t.Context(), http.MethodPost, "/v1/groups/"+c.group+"/rounds", c.tokens[0], fmt.Sprint("open-", n), map[string]string{"game": "crash"})
		require.Equal(t, http.StatusCreated, got.status, string(got.body))
		var opened struct{ Round string }
		decode(t, got.body, &opened)
		c.bet(t, opened.Round)
		require.Eventually(t, func() bool {
			return c.api.call(t.Context(), http.MethodGet, "/v1/rounds/"+opened.Round+"/live", "", "", nil).status == http.StatusOK
		}, recovery, 50*time.Millisecond, "the run does not begin")
		if end, ok := c.forward(t, opened.Round); ok {
			return opened.Round, end
		}
		c.requireFinal(t, &table{round: opened.Round, closes: time.Now()})
	}
}

func (c *casino) bet(t *testing.T, round string) {
	t.Helper()
	var bets errgroup.Group
	bets.SetLimit(16)
	for p := range crashPlayers {
		bets.Go(func() error {
			got := c.api.surely(t.Context(), http.MethodPost, "/v1/rounds/"+round+"/bets", c.tokens[p], "bet-"+round, map[string]any{"choice": "manual", "stake": 10})
			if got.status != http.StatusCreated {
				return fmt.Errorf("player %d: %d %s", p, got.status, got.body)
			}
			return nil
		})
	}
	require.NoError(t, bets.Wait())
}

// forward leaves crashRun of a run, or nothing of one that is too short; ok says which.
func (c *casino) forward(t *testing.T, round string) (end time.Time, ok bool) {
	t.Helper()
	const read = `SELECT r.live_started_at + make_interval(secs => l.live_ms / 1000.0) FROM rounds r JOIN live_runs l USING (tenant_id, round_id) WHERE round_id = $1`
	require.NoError(t, c.owner.QueryRow(t.Context(), read, round).Scan(&end))
	spare := time.Until(end) - crashRun
	ok = spare > time.Second
	if !ok {
		spare = time.Hour
	}
	const back = `UPDATE rounds SET live_started_at = live_started_at - make_interval(secs => $2) WHERE round_id = $1`
	_, err := c.owner.Exec(t.Context(), back, round, spare.Seconds())
	require.NoError(t, err)
	return end.Add(-spare), ok
}

// requirePaid compares what every player was told with the proof.
func (c *casino) requirePaid(t *testing.T, round string, said []answer) {
	t.Helper()
	proof := c.api.proof(t, round)
	report := games.Verify(proof)
	require.True(t, report.OK(), "%+v", report)
	acts, paid := map[int64]int64{}, map[int64]bool{}
	for _, act := range proof.Acts {
		require.Less(t, act.AtMS, proof.Outcome.LiveMS)
		acts[act.Seq] = act.AtMS
	}
	for _, p := range proof.Payouts {
		paid[p.Seq] = true
	}
	seqs := map[string]int64{}
	ids := collect(t, c.world, `SELECT b.bet_id::text FROM bets b WHERE tenant_id = $1 AND round_id = $2 ORDER BY b.bet_id`, pgx.RowTo[string], c.tenant.ID, round)
	for n, id := range ids {
		seqs[id] = int64(n) + 1
	}
	inTime := 0
	for p, a := range said {
		if a.code() == "games.too_late" {
			continue
		}
		require.Equal(t, http.StatusCreated, a.status, "player %d: %s", p, a.body)
		inTime++
		var got struct {
			Bet  string
			AtMS int64 `json:"at_ms"`
		}
		decode(t, a.body, &got)
		seq, known := seqs[got.Bet]
		require.True(t, known, "%s", a.body)
		require.Equal(t, acts[seq], got.AtMS, "player %d was told another moment than the one that was paid", p)
		require.True(t, paid[seq], "player %d was in time and got nothing", p)
		delete(acts, seq)
	}
	require.Empty(t, acts, "acts that nobody was told of")
	require.Len(t, proof.Payouts, inTime, "somebody was paid who was too late")
	require.Positive(t, inTime)
	t.Logf("%d in time, %d too late: %s", inTime, crashPlayers-inTime, strings.TrimSpace(string(proof.Outcome.Data)))
}
