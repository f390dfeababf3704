package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairground/cashier"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/ledger"
	"fairground/operators"
	"fairground/players"
	"fairground/providers"
	"fairground/workflows"
)

// Limits of a connection. A handler's own limit is requestTimeout.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 10 * time.Second
	writeTimeout    = 30 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 10 * time.Second
)

// Deps is what the API is made of. Fields without "optional" are required.
type Deps struct {
	Addr    string // for Run: host:port to listen on
	DB      *postgres.DB
	Players *players.Players
	Engine  *games.Engine
	Ledger  *ledger.Ledger
	Logger  *slog.Logger
	Clock   clock.Clock
	// PublicURL is the address others reach the API at. With https, browsers are told to stay with
	// it; optional.
	PublicURL string
	// StartRound starts the workflow of a round that was just opened, and CloseEarly tells it that
	// the round is full. Both are best effort: the relay does the same from the outbox. Optional.
	StartRound func(ctx context.Context, in workflows.RoundInput) error
	CloseEarly func(ctx context.Context, round string) error
	// Operators and Cashier serve the operator API, the wallet and the hooks, which answer 503
	// without them; optional.
	Operators *operators.Operators
	Cashier   *cashier.Cashier
	// The workflows of withdrawals. All are best effort or answered with 503: the relay starts,
	// decides and cancels from the outbox too. Optional.
	StartWithdrawal  func(ctx context.Context, in workflows.WithdrawalInput) error
	ResumeWithdrawal func(ctx context.Context, in workflows.WithdrawalInput) error
	DecideWithdrawal func(ctx context.Context, m workflows.DecideMessage) (workflows.WithdrawalStatusView, error)
	CancelWithdrawal func(ctx context.Context, withdrawal string) error
	// TriggerAudit has the scheduled audit run now, which also looks at workflows and gateways and opens
	// incidents. Optional.
	TriggerAudit func(ctx context.Context) error
	// TemporalUI is the address of the Temporal UI and TemporalNamespace the namespace in it, for
	// links to workflows; optional.
	TemporalUI, TemporalNamespace string
	// Providers serves the outside games and the wallet that their providers call; optional.
	Providers *providers.Providers
	// PingRedis is shown by /readyz; optional.
	PingRedis func(ctx context.Context) error
	// Verify holds the page at /verify; nil means web.Verify.
	Verify fs.FS
	// Registry collects metrics for /metrics; optional.
	Registry *prometheus.Registry
	// Ready is told the address once Run listens; optional.
	Ready func(addr net.Addr)
}

// Handler is the whole API for tests and for servers of one's own.
func Handler(deps Deps) (http.Handler, error) {
	s, err := newServer(deps)
	if err != nil {
		return nil, err
	}
	return s.echo, nil
}

// Run serves until ctx ends, then lets running requests finish for up to 10 seconds. It returns
// nil after such an end, or why it could not serve.
func Run(ctx context.Context, deps Deps) error {
	s, err := newServer(deps)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", deps.Addr)
	if err != nil {
		return fmt.Errorf("api: listen: %w", err)
	}
	web := &http.Server{
		Handler: s.echo, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(deps.Logger.Handler(), slog.LevelWarn),
	}
	deps.Logger.InfoContext(ctx, "api listening", slog.String("addr", listener.Addr().String()))
	if deps.Ready != nil {
		deps.Ready(listener.Addr())
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = web.Shutdown(stop)
	s.player.Wait()
	if err != nil {
		return fmt.Errorf("api: shut down: %w", errors.Join(err, web.Close()))
	}
	return nil
}
