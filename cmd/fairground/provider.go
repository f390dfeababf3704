package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/providersim"
)

// providerCommand is the demo provider of outside games as a process of its own. It is no part of a deployment.
func (p *program) providerCommand() *cobra.Command {
	var addr, wallet, id, state string
	cmd := &cobra.Command{
		Use:    "provider",
		Short:  "Run the demo provider: a page with a coin to toss, and the calls of a seamless wallet",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			if cfg.Environment == config.Production {
				return errors.New("FAIRGROUND_ENV: is production, which has no demo provider; this one is for one machine")
			}
			if len(cfg.ProviderSecret) < providersim.MinSecret {
				return errors.New("FAIRGROUND_PROVIDER_SECRET: set it to the secret that the operator API showed for the provider")
			}
			sim, err := providersim.New(providersim.Config{
				Addr: addr, WalletURL: wallet, Provider: id, Secret: cfg.ProviderSecret.Reveal(), StateFile: state, Clock: p.clock,
				Logger: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)).With(slog.String("process", "provider")),
			})
			if err != nil {
				return err
			}
			return sim.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:7709", "loopback address to listen on")
	cmd.Flags().StringVar(&wallet, "wallet", "http://127.0.0.1:7700", "the wallet's address: that of the API")
	cmd.Flags().StringVar(&id, "id", "", "the provider's id at the wallet")
	cmd.Flags().StringVar(&state, "state", "", "file that keeps what is owed to the wallet across restarts; none when empty")
	return cmd
}
