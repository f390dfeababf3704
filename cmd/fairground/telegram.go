package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/telegram/local"
)

// telegramCommand is the local Telegram as a process of its own. It is no part of a deployment.
func (p *program) telegramCommand() *cobra.Command {
	var addr, state string
	cmd := &cobra.Command{
		Use:    "telegram",
		Short:  "Run the local Telegram: Bot API, /sim API and chat page",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			if cfg.Environment == config.Production {
				return errors.New("FAIRGROUND_ENV: is production, which has no local Telegram; this one is for one machine")
			}
			logger := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)).With(slog.String("process", "telegram"))
			server, err := local.New(local.Config{Addr: addr, StateFile: state, Logger: logger})
			if err != nil {
				return err
			}
			return server.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:7701", "loopback address to listen on")
	cmd.Flags().StringVar(&state, "state", "", "file that keeps chats across restarts; none when empty")
	return cmd
}
