package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/temporal"
	"fairground/migrations"
)

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database up to date, and Temporal's search attributes if TEMPORAL_ADDRESS is set",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(config.NeedOwner)
			if err != nil {
				return err
			}
			if err := migrate(cmd.Context(), cfg); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, "the database is up to date")
			if cfg.TemporalAddress == "" {
				return nil
			}
			if err := ensureAttributes(cmd.Context(), cfg.TemporalAddress, cfg.TemporalNamespace); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, "Temporal's search attributes are there")
			return nil
		},
	}
}

// migrate applies the migrations as the owner and sets the application role's password.
func migrate(ctx context.Context, cfg config.Config) error {
	password, err := cfg.AppPassword()
	if err != nil {
		return err
	}
	if err := migrations.Apply(ctx, cfg.DatabaseURL.Reveal(), password); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// ensureAttributes adds the search attributes that the Temporal service lacks.
func ensureAttributes(ctx context.Context, address, namespace string) error {
	client, err := temporal.NewClient(temporal.Config{Address: address, Namespace: namespace, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := temporal.EnsureSearchAttributes(ctx, client, namespace); err != nil {
		return errors.Join(fmt.Errorf("TEMPORAL_ADDRESS: the service at %s cannot be prepared", address), err)
	}
	return nil
}
