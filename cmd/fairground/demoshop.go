package main

import (
	"context"
	"fmt"

	"fairground/items"
)

// stockShop puts one item of every effect on sale.
func (d *demo) stockShop(ctx context.Context, tenant int64) error {
	day, stock := int64(24*3600), int64(100)
	item := func(icon, name string, price int64, effect items.Effect, p items.Params) items.SaveRequest {
		return items.SaveRequest{
			Face:  items.Face{Name: name, Icon: icon, Effect: effect, Params: p, Giftable: true},
			Price: price, OnSale: true, Reason: "the demo's shop",
		}
	}
	first := []items.SaveRequest{
		item("🌟", "Star", 100, items.EffectCosmetic, items.Params{Badge: "🌟"}),
		item("🎫", "Raffle ticket", 40, items.EffectExtraTicket, items.Params{Game: "raffle", MaxStake: 50}),
		item("☂️", "Umbrella", 120, items.EffectInsurance, items.Params{ShareBP: 5000, Most: 200, Hours: 24}),
		item("🚀", "Booster", 80, items.EffectScoreBoost, items.Params{FactorBP: 15_000, Minutes: 30}),
	}
	first[1].ValidSeconds, first[2].ValidSeconds, first[3].Stock, first[3].PerPlayer = &day, &day, &stock, 3
	if err := items.New(d.rooms.db).Seed(ctx, tenant, first); err != nil {
		return fmt.Errorf("stock the shop: %w", err)
	}
	return nil
}
