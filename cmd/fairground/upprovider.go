package main

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"

	"fairground/internal/providersim"
	"fairground/internal/secret"
	"fairground/providers"
)

// provider starts the demo provider of outside games. Its file keeps what it owes the wallet.
func (u *upRun) provider(ctx context.Context) error {
	return u.stack.step("provider", func() (string, error) {
		box, err := secret.New(u.stack.cfg.Secret.Reveal())
		if err != nil {
			return "", fmt.Errorf("FAIRGROUND_SECRET: %w", err)
		}
		u.stack.variables[providerSecretVariable] = providerSecret(box)
		defer delete(u.stack.variables, providerSecretVariable) // for the provider alone: the wallet holds it sealed
		return u.startSelf(ctx, "provider", u.url("provider"), u.url("provider")+"/healthz", "provider",
			"--addr", u.addr("provider"), "--wallet", u.url("api"), "--id", demoProvider(box), "--state", u.data.Path("provider.log"))
	})
}

const providerSecretVariable = "FAIRGROUND_PROVIDER_SECRET"

// providerSecret is what the demo provider signs with.
func providerSecret(box *secret.Box) string {
	return base64.RawURLEncoding.EncodeToString(box.Key("demo provider"))
}

// demoProvider is the id of the demo provider: it follows from the master secret, so that it is known before it is seeded.
func demoProvider(box *secret.Box) string {
	return "pv_" + strings.ToLower(base32.StdEncoding.EncodeToString(box.Key("demo provider id")[:10]))
}

// openProvider seeds the demo provider with its game.
func (d *demo) openProvider(ctx context.Context, tenant int64, address string) error {
	err := d.rooms.providers.SeedProvider(ctx, providers.Seed{
		Tenant: tenant, ID: demoProvider(d.rooms.box), Title: "Demo", Secret: providerSecret(d.rooms.box),
		Games: []providers.Game{{
			Game: providersim.Game, Title: "Heads or tails", LaunchURL: address + "/" + providersim.Game, Asset: "points", MinStake: 1, MaxStake: 500, Enabled: true,
		}},
	})
	if err != nil {
		return fmt.Errorf("connect the demo provider: %w", err)
	}
	return nil
}
