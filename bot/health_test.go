package bot_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/config"
	"fairground/players"
)

type readiness struct {
	code    int
	Status  string
	Bots    int
	Stopped int
}

// becomes waits until /readyz of a bot says want.
func becomes(t *testing.T, addr string, want readiness) {
	t.Helper()
	var got readiness
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		got = readiness{code: resp.StatusCode}
		return json.NewDecoder(resp.Body).Decode(&got) == nil && got == want
	}, patience, 20*time.Millisecond, "%+v", want)
}

func TestReadinessTellsOfBotsThatDoNotRun(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	w.stop()
	w.deps.Addr = freeAddr(t)
	const refused = "7009:REFUSED"
	w.deps.Players = players.New(w.db.DB, w.deps.Box, clock.System(), players.RefuseTokens(func(token string) bool { return token == refused }))
	w.start()
	becomes(t, w.deps.Addr, readiness{code: http.StatusOK, Status: "ready", Bots: 1})

	_, err := w.deps.Players.CreateTenant(t.Context(), players.NewTenant{Name: "Refused", BotToken: refused, BotID: 7009, BotUsername: "refused_bot"})
	require.NoError(t, err)
	becomes(t, w.deps.Addr, readiness{code: http.StatusOK, Status: "degraded", Bots: 1, Stopped: 1})
	w.ask(0, "/start", "Welcome, Ada0!")
}

func TestProductionStartsNoBotOfTheLocalTelegram(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	w.stop()
	w.deps.Addr = freeAddr(t)
	w.deps.Players = players.New(w.db.DB, w.deps.Box, clock.System(), players.RefuseTokens(config.LocalToken))
	w.start()
	becomes(t, w.deps.Addr, readiness{code: http.StatusServiceUnavailable, Status: "no bot runs", Stopped: 1})
}

func TestReadinessTellsOfATokenThatTelegramRefuses(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	w.stop()
	refusing := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = rw.Write([]byte(`{"ok":false,"error_code":401,"description":"Unauthorized"}`))
	}))
	t.Cleanup(refusing.Close)
	w.deps.Addr, w.deps.TelegramURL = freeAddr(t), refusing.URL
	w.start()
	becomes(t, w.deps.Addr, readiness{code: http.StatusServiceUnavailable, Status: "no bot runs", Stopped: 1})
}
