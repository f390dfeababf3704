package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	goredis "github.com/redis/go-redis/v9"
	"go.temporal.io/sdk/client"

	"fairground/cashier"
	"fairground/games"
	"fairground/internal/config"
	"fairground/internal/drand"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/temporal"
	"fairground/ledger"
	"fairground/operators"
	"fairground/players"
	"fairground/players/kyc"
	"fairground/players/kyc/sandbox"
	"fairground/providers"
	"fairground/workflows"
)

// rooms are the domain rooms of one process, wired to their services.
type rooms struct {
	cfg      config.Config
	logger   *slog.Logger
	metrics  *prometheus.Registry
	db       *postgres.DB
	redis    *goredis.Client
	temporal client.Client
	box      *secret.Box
	players  *players.Players
	ledger   *ledger.Ledger
	engine   *games.Engine

	operators *operators.Operators
	cashier   *cashier.Cashier
	providers *providers.Providers
}

// openRooms connects a process that serves. Redis and Temporal may be away: both connect by themselves later.
func (p *program) openRooms(ctx context.Context, process string, connections int32) (*rooms, error) {
	cfg, err := p.config(config.NeedDatabase, config.NeedSecret, config.NeedTemporal)
	if err != nil {
		return nil, err
	}
	r := &rooms{cfg: cfg, logger: p.logger(cfg, process), metrics: prometheus.NewRegistry()}
	r.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := r.openDomain(ctx, p, process, connections); err != nil {
		r.close()
		return nil, err
	}
	r.temporal, err = temporal.NewClient(temporal.Config{
		Address: cfg.TemporalAddress, Namespace: cfg.TemporalNamespace, Logger: r.logger, Metrics: r.metrics,
	})
	if err != nil {
		r.close()
		return nil, fmt.Errorf("TEMPORAL_ADDRESS: %w", err)
	}
	return r, nil
}

// openTool connects a command that needs the domain rooms only, without Redis and Temporal.
func (p *program) openTool(ctx context.Context, cfg config.Config) (*rooms, error) {
	cfg.LockMode, cfg.RedisURL = redis.ModeOff, ""
	r := &rooms{cfg: cfg, logger: p.logger(cfg, "tool"), metrics: prometheus.NewRegistry()}
	if err := r.openDomain(ctx, p, "tool", 4); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *rooms) openDomain(ctx context.Context, p *program, process string, connections int32) error {
	var err error
	if r.box, err = secret.New(r.cfg.Secret.Reveal()); err != nil {
		return fmt.Errorf("FAIRGROUND_SECRET: %w", err)
	}
	r.db, err = openDatabase(ctx, r.cfg, postgres.WithName("fairground "+process), postgres.WithMaxConns(connections))
	if err != nil {
		return err
	}
	locker, err := r.openLocker(ctx, p)
	if err != nil {
		return err
	}
	options := []players.Option{players.WithKYC(players.KYCConfig{PublicURL: r.cfg.Public(), Kinds: identityKinds(r.cfg.Environment)})}
	if r.cfg.Environment == config.Production {
		options = append(options, players.RefuseTokens(config.LocalToken))
	}
	r.players = players.New(r.db, r.box, p.clock, options...)
	r.ledger = ledger.New(r.db)
	var beacon *drand.Client
	if r.cfg.DrandURL != "" {
		beacon = drand.New(r.cfg.DrandURL, r.cfg.DrandChain)
	}
	r.engine = games.New(games.Config{DB: r.db, Box: r.box, Clock: p.clock, Locker: locker, Logger: r.logger, Beacon: beacon})
	r.operators = operators.New(operators.Config{DB: r.db, Box: r.box, Clock: p.clock, Logger: r.logger, OIDC: r.singleSignOn()})
	r.providers = providers.New(providers.Config{DB: r.db, Box: r.box, Clock: p.clock, Logger: r.logger})
	r.cashier = cashier.New(cashier.Config{
		DB: r.db, Ledger: r.ledger, Players: r.players, Box: r.box, Clock: p.clock, Logger: r.logger,
		PublicURL: r.cfg.Public(), Kinds: cashier.Kinds(),
	})
	return nil
}

// identityKinds are the identity providers of an environment: on the sandbox's page anybody approves themselves.
func identityKinds(environment string) map[string]kyc.Kind {
	kinds := players.KYCKinds()
	if environment == config.Production {
		delete(kinds, sandbox.Name)
	}
	return kinds
}

// singleSignOn is where operators may sign in instead of here.
func (r *rooms) singleSignOn() operators.OIDC {
	if r.cfg.OIDCIssuer == "" {
		return operators.OIDC{}
	}
	return operators.OIDC{
		Issuer: r.cfg.OIDCIssuer, ClientID: r.cfg.OIDCClientID, ClientSecret: r.cfg.OIDCClientSecret.Reveal(),
		RedirectURL: r.cfg.Public() + "/v1/operator/auth/oidc/callback",
	}
}

// openDatabase connects as the application role.
func openDatabase(ctx context.Context, cfg config.Config, options ...postgres.Option) (*postgres.DB, error) {
	address, err := cfg.AppURL()
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, address, options...)
	if err != nil {
		return nil, fmt.Errorf("cannot use the database: %w; is it running, and was fairground migrate run?", err)
	}
	return db, nil
}

func (r *rooms) openLocker(ctx context.Context, p *program) (redis.Locker, error) {
	mode := r.cfg.LockMode
	if r.cfg.RedisURL == "" && mode == redis.ModeRedis {
		return nil, errors.New("REDIS_URL: is not set; give redis://host:6379/0, or run without the lock by LOCK_MODE=off")
	}
	if r.cfg.RedisURL != "" {
		var err error
		redis.RouteLogs(r.logger)
		r.redis, err = redis.Open(ctx, r.cfg.RedisURL.Reveal())
		if r.redis == nil {
			return nil, fmt.Errorf("REDIS_URL: %w", err)
		}
		if err != nil {
			r.logger.WarnContext(ctx, "going on without Redis until it answers", slog.Any("error", err))
		}
	}
	locker, err := redis.NewLocker(mode, r.redis, redis.WithClock(p.clock), redis.WithRegisterer(r.metrics))
	if err != nil {
		return nil, fmt.Errorf("LOCK_MODE: %w", err)
	}
	return locker, nil
}

func (r *rooms) close() {
	if r.temporal != nil {
		r.temporal.Close()
	}
	if r.redis != nil {
		_ = r.redis.Close()
	}
	if r.db != nil {
		r.db.Close()
	}
}

// startRound starts the workflow of a round that was just opened.
func (r *rooms) startRound(ctx context.Context, in workflows.RoundInput) error {
	return workflows.StartRound(ctx, r.temporal, in)
}

// closeEarly tells the workflow of a round that it is full.
func (r *rooms) closeEarly(ctx context.Context, round string) error {
	return workflows.CloseRoundEarly(ctx, r.temporal, round)
}

// startWithdrawal starts the workflow of a withdrawal that was just asked for.
func (r *rooms) startWithdrawal(ctx context.Context, in workflows.WithdrawalInput) error {
	return workflows.StartWithdrawal(ctx, r.temporal, in)
}

// resumeWithdrawal gives a withdrawal whose workflow was ended a new one, which goes on where the database stands.
func (r *rooms) resumeWithdrawal(ctx context.Context, in workflows.WithdrawalInput) error {
	return workflows.ResumeWithdrawal(ctx, r.temporal, in)
}

// decideWithdrawal tells the workflow of a decision that is stored.
func (r *rooms) decideWithdrawal(ctx context.Context, m workflows.DecideMessage) (workflows.WithdrawalStatusView, error) {
	return workflows.DecideWithdrawal(ctx, r.temporal, m)
}

// cancelWithdrawal tells the workflow that the player has cancelled.
func (r *rooms) cancelWithdrawal(ctx context.Context, withdrawal string) error {
	return workflows.CancelWithdrawal(ctx, r.temporal, withdrawal)
}

// triggerAudit has the scheduled audit run now.
func (r *rooms) triggerAudit(ctx context.Context) error {
	return workflows.TriggerLedgerAudit(ctx, r.temporal)
}

// pingRedis reports whether Redis answers.
func (r *rooms) pingRedis(ctx context.Context) error {
	if r.redis == nil {
		return errors.New("not configured")
	}
	if err := r.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping Redis: %w", err)
	}
	return nil
}
