package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
)

const (
	patience = time.Minute // a round ends at most this long after its window
	recovery = time.Minute // a killed part is back by then
)

// TestKilledPartsLoseNothing kills every part in turn while two groups play, one by taps and one over HTTP.
func TestKilledPartsLoseNothing(t *testing.T) {
	w := newWorld(t)
	moments := rand.New(rand.NewPCG(seed(t), 0))
	t.Logf("-chaos.seed=%d", seed(t))
	var played []*table
	for n := range rounds {
		for _, part := range victims() {
			played = append(played, w.strike(t, fmt.Sprintf("%s-%d", part, n), part, moments)...)
		}
	}
	w.requireClean(t)
	for _, at := range played {
		w.requireResult(t, at)
	}
}

// strike plays one round in each group, kills the part at a moment of them, and checks what is left.
func (w *world) strike(t *testing.T, name, part string, moments *rand.Rand) []*table {
	t.Helper()
	w.fund(t, name)
	byTap, byHTTP := w.openInChat(t, 0), w.openByHTTP(t, 1, "open-"+name)
	ctx, cancel := context.WithDeadline(t.Context(), byHTTP.closes.Add(patience))
	defer cancel()
	var players sync.WaitGroup
	for person := range w.people {
		dice := rand.New(rand.NewPCG(seed(t), moments.Uint64()))
		if person < len(w.people)/2 {
			players.Go(func() { w.tapping(ctx, byTap, 0, person, dice) })
		} else {
			players.Go(func() { w.betting(ctx, byHTTP, person, dice) })
		}
	}
	moment := time.Second + time.Duration(moments.Int64N(int64(window-2*time.Second)))
	if rounds > 1 {
		moment = time.Duration(moments.Int64N(int64(window + 2*time.Second))) // also while the round is being settled
	}
	require.NoError(t, clock.Sleep(t.Context(), clock.System(), moment))
	before := byTap.accepted() + byHTTP.accepted()
	old, err := w.Kill(part)
	require.NoError(t, err)
	w.requireRestarted(t, part, old)
	w.requireFinal(t, byTap)
	w.requireFinal(t, byHTTP)
	players.Wait()
	w.requireReady(t)
	t.Logf("%s: %s (pid %d) died after %s and %d bets; then %d by tap and %d by HTTP were acknowledged in all",
		name, part, old, moment.Round(time.Millisecond), before, byTap.accepted(), byHTTP.accepted())
	require.Positive(t, byTap.accepted(), "taps were accepted: %+v", byTap.attempts)
	require.Positive(t, byHTTP.accepted(), "bets over HTTP were accepted: %+v", byHTTP.attempts)
	w.requireLedger(t, byTap)
	w.requireLedger(t, byHTTP)
	return []*table{byTap, byHTTP}
}

// requireRestarted waits until the supervisor has a new process for the part.
func (w *world) requireRestarted(t *testing.T, part string, old int) {
	t.Helper()
	require.Eventually(t, func() bool {
		all, err := w.Addresses()
		pid := all.Pid(part)
		return err == nil && pid != 0 && pid != old && alive(pid)
	}, recovery, 50*time.Millisecond, "%s is not restarted", part)
}

// requireFinal waits until the round is settled or voided.
func (w *world) requireFinal(t *testing.T, at *table) {
	t.Helper()
	deadline := time.Until(at.closes) + patience
	require.Eventually(t, func() bool {
		r, ok := w.api.round(t.Context(), at.round)
		return ok && r.final()
	}, deadline, 100*time.Millisecond, "round %s is stuck", at.round)
}

// requireReady waits until every part answers.
func (w *world) requireReady(t *testing.T) {
	t.Helper()
	for _, part := range []string{"api", "worker", "bot"} {
		all, err := w.Addresses()
		require.NoError(t, err)
		probe := newAPI(all[part].URL)
		require.Eventually(t, func() bool {
			return probe.call(t.Context(), http.MethodGet, "/readyz", "", "", nil).status == http.StatusOK
		}, recovery, 50*time.Millisecond, "%s is not ready", part)
	}
}

// alive says whether a process runs.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
