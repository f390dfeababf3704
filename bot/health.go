package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	healthTimeout = 2 * time.Second
	readTimeout   = 10 * time.Second
)

// Handler serves /healthz (the process lives), /readyz (the database answers, the tenants were
// looked up, and not all of their bots are stopped) and the webhooks.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusOK, map[string]any{"status": "ok"}) })
	mux.HandleFunc("GET /readyz", b.readyz)
	mux.HandleFunc("POST /telegram/{bot}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("bot"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		b.pushed(w, r, id)
	})
	return mux
}

func (b *Bot) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	running, stopped := b.count()
	switch {
	case b.deps.DB.Pool().Ping(ctx) != nil:
		status(w, http.StatusServiceUnavailable, map[string]any{"status": "no database"})
	case !b.ready.Load():
		status(w, http.StatusServiceUnavailable, map[string]any{"status": "starting"})
	case stopped > 0 && running == 0:
		status(w, http.StatusServiceUnavailable, map[string]any{"status": "no bot runs", "bots": 0, "stopped": stopped})
	case stopped > 0: // one tenant's bad token must not take the others' bots out of service
		status(w, http.StatusOK, map[string]any{"status": "degraded", "bots": running, "stopped": stopped})
	default:
		status(w, http.StatusOK, map[string]any{"status": "ready", "bots": running, "stopped": 0})
	}
}

// count is how many tenants' bots run, and how many don't: their token does not open, is refused here or by Telegram.
func (b *Bot) count() (running, stopped int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	stopped = b.lost
	for _, one := range b.bots {
		if one.stopped.Load() {
			stopped++
		} else {
			running++
		}
	}
	return running, stopped
}

func status(w http.ResponseWriter, code int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The reader has gone when this fails.
	_ = json.NewEncoder(w).Encode(body)
}

// serve listens on the configured address. The returned function stops it.
func (b *Bot) serve(ctx context.Context) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", b.deps.Addr)
	if err != nil {
		return nil, fmt.Errorf("bot: listen on %s: %w", b.deps.Addr, err)
	}
	server := &http.Server{Handler: b.Handler(), ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); err != nil && ctx.Err() == nil {
			b.deps.Logger.ErrorContext(ctx, "the health listener failed", slog.Any("error", err))
		}
	}()
	return func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
		defer cancel()
		_ = server.Shutdown(grace)
		<-done
	}, nil
}
