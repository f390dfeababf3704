package providers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/providersim"
	"fairground/providers/seamless"
)

// line is the connection between a provider and the wallet. It can lose calls, or their answers.
type line struct {
	w      *world
	mu     sync.Mutex
	lose   map[seamless.Call]bool // the answers
	cut    map[seamless.Call]bool // the calls themselves
	called map[seamless.Call]int
}

func newLine(w *world) *line {
	return &line{w: w, lose: map[seamless.Call]bool{}, cut: map[seamless.Call]bool{}, called: map[seamless.Call]int{}}
}

func (l *line) set(where map[seamless.Call]bool, call seamless.Call, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	where[call] = on
}

func (l *line) calls(call seamless.Call) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.called[call]
}

func (l *line) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	call := seamless.Call(strings.TrimPrefix(r.URL.Path, "/wallet/v1/"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.called[call]++
	lose, cut := l.lose[call], l.cut[call]
	l.mu.Unlock()
	if cut {
		panic(http.ErrAbortHandler) // the way to drop a connection
	}
	reply := l.w.Call(r.Context(), call, r.Header, body)
	if lose {
		panic(http.ErrAbortHandler)
	}
	out.WriteHeader(reply.Status)
	_, _ = out.Write(reply.Body)
}

// demo is the demo provider before a line to the wallet.
type demo struct {
	*providersim.Sim
	http  *httptest.Server
	token string
}

func (l *line) demo(t *testing.T, file string) *demo {
	t.Helper()
	wallet := httptest.NewServer(l)
	t.Cleanup(wallet.Close)
	sim, err := providersim.New(providersim.Config{
		Addr: "127.0.0.1:0", WalletURL: wallet.URL, Provider: l.w.provider, Secret: string(l.w.secret), StateFile: file, Clock: clock.System(),
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = sim.Close() })
	d := &demo{Sim: sim, http: httptest.NewServer(sim.Handler()), token: l.w.launch(t, 0).token}
	t.Cleanup(d.http.Close)
	return d
}

// deliver runs the delivery until nothing waits.
func (d *demo) deliver(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Deliver(ctx) }()
	require.Eventually(t, func() bool { return d.Waiting() == 0 }, 30*time.Second, 10*time.Millisecond)
	stop()
	<-done
}

func (d *demo) play(t *testing.T, stake int64) providersim.Outcome {
	t.Helper()
	body, err := json.Marshal(map[string]any{"token": d.token, "side": "heads", "stake": stake})
	require.NoError(t, err)
	response, err := http.Post(d.http.URL+"/api/play", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var out providersim.Outcome
	require.NoError(t, json.NewDecoder(response.Body).Decode(&out))
	return out
}

func TestTheDemoProviderPlays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	d := newLine(w).demo(t, "")
	for _, path := range []string{"/coin?token=x", "/coin.js", "/coin.css", "/healthz"} {
		response, err := http.Get(d.http.URL + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, path)
	}
	balance := int64(1000)
	for range 10 {
		out := d.play(t, 10)
		require.Contains(t, []string{"won", "lost"}, out.State)
		balance += out.Won - 10
		require.Equal(t, balance, *out.Balance)
	}
	require.Equal(t, "refused", d.play(t, 501).State)
	require.Zero(t, d.Waiting())
	seat{w: w, id: w.people[0]}.has(t, balance)
	page, err := w.Provider(t.Context(), w.tenant, w.provider)
	require.NoError(t, err)
	require.Zero(t, page.OpenRounds)
	w.clean(t)
}

// TestTheDemoProviderTakesBack loses a bet's answers, or the bet: either way the stake is there again, once.
func TestTheDemoProviderTakesBack(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(l *line) map[seamless.Call]bool{
		"the answer is lost": func(l *line) map[seamless.Call]bool { return l.lose }, "the call is lost": func(l *line) map[seamless.Call]bool { return l.cut },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			l := newLine(w)
			d := l.demo(t, "")
			l.set(pick(l), seamless.Bet, true)
			l.set(l.lose, seamless.Rollback, true)
			require.Equal(t, "taken_back", d.play(t, 100).State)
			require.GreaterOrEqual(t, l.calls(seamless.Bet), 3) // the client may send once more on a new connection
			require.Equal(t, 1, d.Waiting())
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); d.Deliver(ctx) }()
			require.Eventually(t, func() bool { return l.calls(seamless.Rollback) >= 4 }, 30*time.Second, 10*time.Millisecond)
			l.set(l.lose, seamless.Rollback, false)
			require.Eventually(t, func() bool { return d.Waiting() == 0 }, 30*time.Second, 10*time.Millisecond)
			stop()
			<-done
			seat{w: w, id: w.people[0]}.has(t, 1000)
			w.clean(t)
		})
	}
}

// TestTheDemoProviderIsKilled ends it between the bet and the win, and between the bet and its answer.
func TestTheDemoProviderIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	l := newLine(w)
	file := filepath.Join(t.TempDir(), "coin.log")
	d := l.demo(t, file)
	l.set(l.lose, seamless.Win, true)
	out := d.play(t, 100)
	require.Equal(t, "paying", out.State)
	l.set(l.lose, seamless.Bet, true)
	l.set(l.lose, seamless.Win, false)
	require.Equal(t, "taken_back", d.play(t, 50).State)
	l.set(l.lose, seamless.Bet, false)
	require.NoError(t, d.Close())

	again := l.demo(t, file)
	require.Equal(t, 2, again.Waiting())
	again.deliver(t)
	seat{w: w, id: w.people[0]}.has(t, 900+out.Won)
	w.clean(t)
}
