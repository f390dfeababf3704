package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/players"
)

func (p *program) tenantCommand() *cobra.Command {
	tenant := &cobra.Command{Use: "tenant", Short: "Manage tenants; each has one bot"}
	tenant.AddCommand(p.tenantCreateCommand())
	return tenant
}

func (p *program) tenantCreateCommand() *cobra.Command {
	var name, language string
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Create a tenant for the bot whose token is in TELEGRAM_BOT_TOKEN",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(config.NeedDatabase, config.NeedSecret, config.NeedToken)
			if err != nil {
				return err
			}
			r, err := p.openTool(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer r.close()
			made, err := createTenant(cmd.Context(), r, name, language)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "tenant %s (%s) has the bot @%s\n", made.Name, made.PublicID, made.BotUsername)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the tenant's name (required)")
	cmd.Flags().StringVar(&language, "language", "en", "language of its new groups")
	if err := cmd.MarkFlagRequired("name"); err != nil {
		panic(err) // the flag is defined two lines above
	}
	return cmd
}

// createTenant checks the token with Telegram and creates the tenant of its bot.
func createTenant(ctx context.Context, r *rooms, name, language string) (models.Tenant, error) {
	me, err := botOf(ctx, r)
	if err != nil {
		return models.Tenant{}, err
	}
	made, err := r.players.CreateTenant(ctx, players.NewTenant{
		Name: name, Language: language, BotToken: r.cfg.TelegramBotToken.Reveal(), BotID: me.ID, BotUsername: me.Username,
	})
	if told, ok := errors.AsType[*models.Error](err); ok {
		return models.Tenant{}, fmt.Errorf("the tenant was not created: %w", told)
	}
	if err != nil {
		return models.Tenant{}, fmt.Errorf("create the tenant: %w", err)
	}
	return made, nil
}

// botOf asks Telegram whose token TELEGRAM_BOT_TOKEN is.
func botOf(ctx context.Context, r *rooms) (telegram.User, error) {
	me, err := telegram.New(telegram.Config{Token: r.cfg.TelegramBotToken.Reveal(), BaseURL: r.cfg.TelegramAPIURL}).Me(ctx)
	if err != nil {
		return telegram.User{}, fmt.Errorf("TELEGRAM_BOT_TOKEN: %s does not accept it: %w", r.cfg.TelegramAPIURL, err)
	}
	return me, nil
}
