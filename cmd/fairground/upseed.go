package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/localstack"
)

// telegram starts the local Telegram, unless a bot's token was given for another.
func (u *upRun) telegram(ctx context.Context) error {
	if u.externalTelegram() {
		return nil
	}
	return u.stack.step("chat", func() (string, error) {
		u.chatURL = u.url("chat")
		return u.startSelf(ctx, "chat", u.chatURL, u.chatURL+"/sim/state", "telegram", "--addr", u.addr("chat"), "--state", u.data.Path("telegram.json"))
	})
}

// tenant makes sure that the bot has its tenant before the bot's process looks for it.
func (u *upRun) tenant(ctx context.Context) error {
	return u.stack.step("tenant", func() (string, error) {
		r, err := u.openTool(ctx)
		if err != nil {
			return "", err
		}
		defer r.close()
		if !u.externalTelegram() {
			made, err := newDemo(r, u.chatURL, u.stack.p.clock).createBot(ctx)
			return made.Name + " with the bot @" + made.BotUsername, err
		}
		bot, err := botOf(ctx, r)
		if err != nil {
			return "", err
		}
		made, err := ensureTenant(ctx, r, bot.ID, demoTenant)
		return made.Name + " with the bot @" + made.BotUsername, err
	})
}

// seed fills the demo world once the bot can answer.
func (u *upRun) seed(ctx context.Context) error {
	if u.externalTelegram() {
		return nil
	}
	return u.stack.step("seed", func() (string, error) {
		r, err := u.openTool(ctx)
		if err != nil {
			return "", err
		}
		defer r.close()
		return seed(ctx, newDemo(r, u.chatURL, u.stack.p.clock), seedAddresses{u.url("gateway"), u.url("provider")}, u.data.Path(deskFile))
	})
}

// deskFile is where the data folder keeps what the demo's operators sign in with.
const deskFile = "operators.json"

// seedAddresses are where the sandboxes answer.
type seedAddresses struct{ gateway, provider string }

func seed(ctx context.Context, d *demo, at seedAddresses, file string) (string, error) {
	tenant, err := d.createBot(ctx)
	if err != nil {
		return "", err
	}
	if err := d.openCashier(ctx, tenant.ID, at.gateway); err != nil {
		return "", err
	}
	if err := d.openProvider(ctx, tenant.ID, at.provider); err != nil {
		return "", err
	}
	if err := d.stockShop(ctx, tenant.ID); err != nil {
		return "", err
	}
	if err := d.fill(ctx, tenant); err != nil {
		return "", err
	}
	if err := d.staffDesk(ctx, tenant, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d players in %d groups, %d operators", demoPeople, len(d.titles()), len(d.members())), nil
}

// openTool opens the domain rooms in this process, with the demo bot's token in place of a given one.
func (u *upRun) openTool(ctx context.Context) (*rooms, error) {
	return u.stack.p.openTool(ctx, u.stack.cfg)
}

// seedCommand fills a running up again.
func (p *program) seedCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Fill a running up with the demo tenant, groups and players; repeating changes nothing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, all, err := p.runningUp(dir)
			if err != nil {
				return err
			}
			r, err := p.openTool(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer r.close()
			made, err := seed(cmd.Context(), newDemo(r, all["chat"].URL, p.clock), seedAddresses{all["gateway"].URL, all["provider"].URL}, filepath.Join(dir, deskFile))
			if err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, made)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "data", ".fairground", "data folder of the running up")
	return cmd
}

// runningUp reads what a running up wrote into its data folder.
func (p *program) runningUp(dir string) (config.Config, localstack.Addresses, error) {
	cfg, err := p.config()
	if err != nil {
		return config.Config{}, nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, localstack.AddressesFile)) //nolint:gosec // the folder the person named
	if err != nil {
		return config.Config{}, nil, fmt.Errorf("nothing runs with the data folder %s: start it with fairground up, or name another with --data DIR", dir)
	}
	var all localstack.Addresses
	if err := json.Unmarshal(text, &all); err != nil {
		return config.Config{}, nil, fmt.Errorf("read the addresses in %s: %w", dir, err)
	}
	if all["chat"].URL == "" {
		return config.Config{}, nil, errors.New("this up has no local Telegram to fill: it runs with TELEGRAM_BOT_TOKEN")
	}
	if cfg.Secret == "" {
		master, err := masterSecret(all["postgres"].URL, all["postgres"].Pid == nil, func() (string, error) { return localstack.ReadSecret(dir) })
		if err != nil {
			return config.Config{}, nil, err
		}
		cfg.Secret = config.Secret(master)
	}
	cfg.DatabaseAppURL, cfg.TelegramAPIURL = config.Secret(all["postgres"].AppURL), all["chat"].URL
	return cfg, all, nil
}
