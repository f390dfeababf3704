package main

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/gatewaysim"
	"fairground/players/kyc/sandbox"
)

// gatewayCommand is the sandbox gateway as a process of its own. It is no part of a deployment.
func (p *program) gatewayCommand() *cobra.Command {
	var addr, state string
	cmd := &cobra.Command{
		Use:    "gateway",
		Short:  "Run the sandbox payment gateway: its protocols, /sim API and payment page",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			if cfg.Environment == config.Production {
				return errors.New("FAIRGROUND_ENV: is production, which has no sandbox gateway; this one is for one machine")
			}
			if len(cfg.GatewaySecret) < gatewaysim.MinSecret {
				return errors.New("FAIRGROUND_GATEWAY_SECRET: set it to at least 16 characters; the accounts that use the sandbox hold the same")
			}
			logger := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)).With(slog.String("process", "gateway"))
			sandbox, err := gatewaysim.New(gatewaysim.Config{
				Addr: addr, StateFile: state, Secret: cfg.GatewaySecret.Reveal(), Clock: p.clock, Logger: logger,
				Routes: p.identitySandbox(cfg),
			})
			if err != nil {
				return err
			}
			return sandbox.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:7702", "loopback address to listen on")
	cmd.Flags().StringVar(&state, "state", "", "file that keeps payouts and payments across restarts; none when empty")
	return cmd
}

// identitySandbox is the page where a person plays the identity check, on the same server.
func (p *program) identitySandbox(cfg config.Config) map[string]http.Handler {
	return map[string]http.Handler{"/kyc/": sandbox.Handler(sandbox.HandlerConfig{Secret: cfg.GatewaySecret.Reveal(), Clock: p.clock})}
}
