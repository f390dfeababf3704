package chaos

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
)

const (
	// askPatience is how long an unknown payout is polled before a person is asked: the sandbox can tell long before.
	askPatience = 10 * time.Second
	// stormLimit is far more than a storm takes anywhere.
	stormLimit = 40 * time.Minute
	// stall is how long nothing may end before the storm is called stuck.
	stall = 5 * time.Minute
)

// TestGatewayStorm pays players through a gateway that loses every fifth answer, can't tell every tenth, and repeats and
// reorders its callbacks, while the worker, the API and the database are killed again and again. Players and operators
// act over HTTP and repeat what was not answered.
func TestGatewayStorm(t *testing.T) {
	s := newStorm(t)
	s.faults(t, gatewaysim.Faults{
		TimeoutAfterSuccess: 20, Unknown: 10, Duplicate: 30, Reorder: 30, Seed: int64(seed(t)), ResolveMS: 1000,
	})
	ctx, cancel := context.WithTimeout(t.Context(), stormLimit)
	defer cancel()
	var desk, play sync.WaitGroup
	defer desk.Wait()
	working, done := context.WithCancel(ctx)
	defer done()
	for _, o := range s.desk {
		desk.Go(func() { o.work(working, s) })
	}
	for _, p := range s.players {
		play.Go(func() { p.play(ctx, s) })
	}
	s.strikeAll(t)
	play.Wait()
	s.requireEnded(t)
	done()
	desk.Wait()
	s.calm(t)

	s.requireAsked(t)
	s.requireGatewayAgrees(t)
	s.requireRefunds(t)
	s.requireBalances(t)
	s.requireFaultsStruck(t)
	s.requireAudits(t)
	s.requireClean(t)
}

// strikeAll kills the worker, the API and the database, each as often as the size says, spread over the storm.
func (s *storm) strikeAll(t *testing.T) {
	t.Helper()
	moments := rand.New(rand.NewPCG(seed(t), 1))
	t.Logf("-chaos.seed=%d", seed(t))
	var parts []string
	for range rounds {
		parts = append(parts, "worker", "api", "postgres")
	}
	moments.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for i, part := range parts {
		ended := s.awaitEnded(t, s.size()*(i+1)/(len(parts)+2))
		require.NoError(t, clock.Sleep(t.Context(), clock.System(), time.Duration(moments.Int64N(int64(time.Second)))))
		old, err := s.Kill(part)
		require.NoError(t, err)
		s.requireRestarted(t, part, old)
		t.Logf("%s (pid %d) died when %d of %d had ended", part, old, ended, s.size())
	}
	s.requireReady(t)
}

// size is how many withdrawals there will be in all.
func (s *storm) size() int {
	n := 0
	for _, p := range s.players {
		n += len(p.wishes)
	}
	return n
}

// awaitEnded waits until so many withdrawals have ended and says how many have.
func (s *storm) awaitEnded(t *testing.T, n int) int {
	t.Helper()
	last, moved := -1, time.Now()
	for {
		ended, ok := s.ended(t.Context())
		if ok && ended >= n {
			return ended
		}
		if ok && ended > last {
			last, moved = ended, time.Now()
		}
		require.Less(t, time.Since(moved), stall, "stuck: %d of %d have ended; %s", last, n, s.standing(t.Context()))
		require.NoError(t, clock.Sleep(t.Context(), clock.System(), 200*time.Millisecond))
	}
}

// ended counts the withdrawals that are over; ok is false while the database is away.
func (s *storm) ended(ctx context.Context) (n int, ok bool) {
	err := s.db.Call(ctx, s.tenant.ID, `SELECT count(*) FROM withdrawals WHERE tenant_id = $1 AND ended_at IS NOT NULL`, []any{s.tenant.ID}, &n)
	return n, err == nil
}

// standing says how many withdrawals stand where, for whoever reads a failure.
func (s *storm) standing(ctx context.Context) string {
	var text string
	err := s.db.Call(ctx, s.tenant.ID, `SELECT coalesce(string_agg(x.status || ' ' || x.n, ', '), 'none') FROM (
		SELECT status, count(*) AS n FROM withdrawals WHERE tenant_id = $1 GROUP BY status ORDER BY status) AS x`, []any{s.tenant.ID}, &text)
	if err != nil {
		return err.Error()
	}
	return text
}

// requireEnded waits until every withdrawal has ended.
func (s *storm) requireEnded(t *testing.T) {
	t.Helper()
	asked := len(collect(t, s.world, `SELECT withdrawal_id FROM withdrawals WHERE tenant_id = $1`, pgx.RowTo[string], s.tenant.ID))
	s.awaitEnded(t, asked)
	t.Logf("all %d have ended: %s", asked, s.standing(t.Context()))
}

// calm waits until the gateway has delivered every callback.
func (s *storm) calm(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		got := s.sandbox.call(t.Context(), http.MethodGet, "/sim/events", "", "", nil)
		var events struct{ Waiting, Delivered int }
		if got.status != http.StatusOK {
			return false
		}
		decode(t, got.body, &events)
		return events.Waiting == 0 && events.Delivered > 0
	}, stall, 200*time.Millisecond, "callbacks are not delivered")
}

// faults sets what goes wrong at the gateway from now on.
func (s *storm) faults(t *testing.T, f gatewaysim.Faults) {
	t.Helper()
	got := s.sandbox.surely(t.Context(), http.MethodPost, "/sim/faults", "", "", f)
	require.Equal(t, http.StatusOK, got.status, string(got.body))
}
