package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
)

const healthTimeout = 2 * time.Second

// serveHealth serves /healthz, /readyz and /metrics of the worker. The returned function stops it.
func serveHealth(ctx context.Context, r *rooms, working func() bool) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.cfg.WorkerAddr)
	if err != nil {
		return nil, fmt.Errorf("WORKER_ADDR: listen on %s: %w", r.cfg.WorkerAddr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, request *http.Request) {
		ctx, cancel := context.WithTimeout(request.Context(), healthTimeout)
		defer cancel()
		switch {
		case r.db.Pool().Ping(ctx) != nil:
			tell(w, http.StatusServiceUnavailable, "no database")
		case !working():
			tell(w, http.StatusServiceUnavailable, "not taking work from Temporal")
		default:
			tell(w, http.StatusOK, "ready")
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(r.metrics, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); err != nil && ctx.Err() == nil {
			r.logger.ErrorContext(ctx, "the health listener failed", slog.Any("error", err))
		}
	}()
	return func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
		defer cancel()
		_ = server.Shutdown(grace)
		<-done
	}, nil
}

func tell(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The reader has gone when this fails.
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status})
}

// healthCommand asks a process whether it is ready, for containers that hold no other program.
func (p *program) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "health URL",
		Short:  "Exit with 0 if the address is answered with 200 (for container health checks)",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 2*healthTimeout)
			defer cancel()
			return answers(ctx, args[0])
		},
	}
}
