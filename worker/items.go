package worker

import (
	"context"
	"log/slog"
	"time"

	"fairground/events"
	"fairground/internal/clock"
	"fairground/items"
)

const (
	expireGap = time.Minute
	expirePer = 500 // units of a tenant at once
)

// insurances pays what a settled round's losers were insured for. A round is paid for once, whoever asks how often.
func insurances(shop *items.Items) events.Consumer {
	return events.Effect("items.insure", func(ctx context.Context, e events.Event) error {
		settled, err := events.Decode[events.RoundSettled](e)
		if err != nil {
			return err
		}
		_, err = shop.Insure(ctx, e.Tenant, settled.Round)
		return err
	}, events.TypeRoundSettled)
}

// expireItems takes back items that were not used in time, until ctx is done. One that is late expires all the same: nobody can
// use it.
func expireItems(ctx context.Context, deps Deps, shop *items.Items) {
	for {
		if err := expireOnce(ctx, deps, shop); err != nil && ctx.Err() == nil {
			deps.Logger.WarnContext(ctx, "expire items", slog.Any("error", err))
		}
		if clock.Sleep(ctx, deps.Clock, expireGap) != nil {
			return
		}
	}
}

func expireOnce(ctx context.Context, deps Deps, shop *items.Items) error {
	tenants, err := events.Tenants(ctx, deps.DB)
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		if _, err := shop.Expire(ctx, tenant, expirePer); err != nil {
			return err
		}
	}
	return nil
}
