package main

import (
	"context"
	"sync/atomic"

	"github.com/spf13/cobra"

	"fairground/api"
	"fairground/bot"
	"fairground/internal/config"
	"fairground/web"
	"fairground/worker"
	"fairground/workflows"
)

// Connections of each process's pool; together they stay well below the server's 200.
const (
	apiConnections    = 48
	botConnections    = 32
	workerConnections = 24
)

// serveCommand is a command that runs one process of a deployment until it is told to stop.
func (p *program) serveCommand(name, short string, connections int32, run func(context.Context, *rooms) error) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := p.openRooms(cmd.Context(), name, connections)
			if err != nil {
				return err
			}
			defer r.close()
			return run(cmd.Context(), r)
		},
	}
}

func (p *program) apiCommand() *cobra.Command {
	return p.serveCommand("api", "Serve the API, its reference and the verify page", apiConnections,
		func(ctx context.Context, r *rooms) error {
			return api.Run(ctx, api.Deps{
				Addr: r.cfg.APIAddr, DB: r.db, Players: r.players, Engine: r.engine, Ledger: r.ledger,
				Logger: r.logger, Clock: p.clock, PublicURL: r.cfg.Public(), StartRound: r.startRound,
				CloseEarly: r.closeEarly, PingRedis: r.pingRedis, Registry: r.metrics, Verify: web.Verify(),
				Operators: r.operators, Cashier: r.cashier, Providers: r.providers, StartWithdrawal: r.startWithdrawal, ResumeWithdrawal: r.resumeWithdrawal,
				DecideWithdrawal: r.decideWithdrawal, CancelWithdrawal: r.cancelWithdrawal, TriggerAudit: r.triggerAudit,
				TemporalUI: r.cfg.TemporalUIURL, TemporalNamespace: r.cfg.TemporalNamespace,
			})
		})
}

func (p *program) botCommand() *cobra.Command {
	return p.serveCommand("bot", "Run the Telegram bots of all tenants", botConnections,
		func(ctx context.Context, r *rooms) error {
			mode := bot.Polling
			if r.cfg.BotMode == config.Webhook {
				mode = bot.Webhook
			}
			return bot.Run(ctx, bot.Deps{
				DB: r.db, Box: r.box, Players: r.players, Engine: r.engine, Ledger: r.ledger, Clock: p.clock,
				Logger: r.logger, Addr: r.cfg.BotAddr, TelegramURL: r.cfg.TelegramAPIURL, PublicURL: r.cfg.Public(),
				Mode: mode, StartRound: r.startRound, FullRound: r.closeEarly,
				Cashier: r.cashier, Operators: r.operators, CancelWithdrawal: r.cancelWithdrawal,
				Decide: func(ctx context.Context, m workflows.DecideMessage) error {
					_, err := r.decideWithdrawal(ctx, m)
					return err
				},
			})
		})
}

func (p *program) workerCommand() *cobra.Command {
	return p.serveCommand("worker", "Run the workflows, their activities and the outbox relay", workerConnections,
		func(ctx context.Context, r *rooms) error {
			var working atomic.Bool
			stop, err := serveHealth(ctx, r, working.Load)
			if err != nil {
				return err
			}
			defer stop()
			return worker.Run(ctx, worker.Deps{
				Temporal: r.temporal, Namespace: r.cfg.TemporalNamespace, Engine: r.engine, DB: r.db,
				Cashier: r.cashier, PayoutPatience: r.cfg.PayoutPatience, Logger: r.logger, Clock: p.clock, Metrics: r.metrics,
				Ready: working.Store,
			})
		})
}
