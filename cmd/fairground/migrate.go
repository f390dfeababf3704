package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/secret"
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

// migrate applies the migrations as the owner and sets the application role's password. A database of another master
// secret is refused untouched.
func migrate(ctx context.Context, cfg config.Config) error {
	password, err := cfg.AppPassword()
	if err != nil {
		return err
	}
	var options []migrations.Option
	if cfg.Secret != "" { // not needed when DATABASE_APP_URL brings the password
		check, err := secretCheck(cfg.Secret)
		if err != nil {
			return err
		}
		options = append(options, migrations.ForSecret(check))
	}
	err = migrations.Apply(ctx, cfg.DatabaseURL.Reveal(), password, options...)
	if errors.Is(err, migrations.ErrOtherSecret) {
		return err
	}
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// secretCheck is what a database keeps to know its master secret again.
func secretCheck(master config.Secret) ([]byte, error) {
	box, err := secret.New(master.Reveal())
	if err != nil {
		return nil, fmt.Errorf("FAIRGROUND_SECRET: %w", err)
	}
	mac := hmac.New(sha256.New, box.Key("installation.check"))
	mac.Write([]byte("fairground installation"))
	return mac.Sum(nil), nil
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
