package items_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/items"
	"fairground/ledger"
	"fairground/models"
	"fairground/test/fixture"
)

func TestABoughtUnitIsThereOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	item := w.sell(t, items.EffectCosmetic, badge(), nil)
	first := w.buy(t, 0, item, "k1")
	require.Equal(t, first.ID, w.buy(t, 0, item, "k1").ID, "the same key is the same unit")
	require.EqualValues(t, 900, w.Balance(t, w.Players[0]))

	_, err := w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Item: item.ID, Version: item.Version + 1, Key: "k1"})
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	_, err = w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Item: item.ID, Version: item.Version + 1, Key: "k2"})
	require.ErrorIs(t, err, items.ErrChanged, "the price that was seen is the price that is paid")
	_, err = w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Item: item.ID, Version: item.Version})
	require.ErrorIs(t, err, items.ErrInvalidKey)

	dear := w.sell(t, items.EffectCosmetic, badge(), func(in *items.SaveRequest) { in.Price = 5000 })
	_, err = w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Item: dear.ID, Version: 1, Key: "k3"})
	require.ErrorIs(t, err, ledger.ErrInsufficientFunds)

	list, next, err := w.shop.Inventory(t.Context(), w.Tenant, w.Group, w.Players[0], items.Page{})
	require.NoError(t, err)
	require.Empty(t, next)
	require.Len(t, list, 1)
	require.Equal(t, items.StatusOwned, list[0].Status)
}

func TestStockIsNeverOversold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{Players: 12})
	stock := int64(5)
	item := w.sell(t, items.EffectCosmetic, badge(), func(in *items.SaveRequest) { in.Stock = &stock; in.PerPlayer = 1 })
	var sold, refused atomic.Int64
	var crowd sync.WaitGroup
	for _, player := range w.Players {
		for try := range 2 {
			crowd.Go(func() {
				_, err := w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: player, Item: item.ID, Version: 1, Key: fmt.Sprint("k", try)})
				switch {
				case err == nil:
					sold.Add(1)
				case errors.Is(err, items.ErrSoldOut), errors.Is(err, items.ErrEnough):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	crowd.Wait()
	require.EqualValues(t, 5, sold.Load())
	require.EqualValues(t, 19, refused.Load())
	now, err := w.shop.Item(t.Context(), w.Tenant, item.ID)
	require.NoError(t, err)
	require.Zero(t, *now.Stock)
}

func TestAUnitIsUsedOrGivenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	item := w.sell(t, items.EffectScoreBoost, items.Params{FactorBP: 15000, Minutes: 30}, nil)
	unit := w.buy(t, 0, item, "k1")
	var used, given atomic.Int64
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := w.shop.Use(t.Context(), w.Tenant, w.Players[0], unit.ID, "u"); err == nil {
			used.Add(1)
		}
	})
	to := w.publicID(t, 1)
	both.Go(func() {
		if w.shop.Gift(t.Context(), w.Tenant, w.Players[0], unit.ID, to, "g") == nil {
			given.Add(1)
		}
	})
	both.Wait()
	require.EqualValues(t, 1, used.Load()+given.Load())

	second := w.buy(t, 0, item, "k2")
	require.ErrorIs(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[0], second.ID, w.publicID(t, 0), "g0"), items.ErrSelf)
	require.ErrorIs(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[0], second.ID, "p_nobody", "g1"), items.ErrNoReceiver)
	require.ErrorIs(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[1], second.ID, to, "g2"), items.ErrNotFound, "only its owner")
	require.NoError(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[0], second.ID, to, "g3"))
	require.NoError(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[0], second.ID, to, "g3"), "the same key is the same gift")
	got, err := w.shop.Unit(t.Context(), w.Tenant, w.Players[1], second.ID)
	require.NoError(t, err)
	require.Equal(t, items.StatusOwned, got.Status)

	kept := w.sell(t, items.EffectCosmetic, badge(), func(in *items.SaveRequest) { in.Giftable = false })
	mine := w.buy(t, 0, kept, "k3")
	require.ErrorIs(t, w.shop.Gift(t.Context(), w.Tenant, w.Players[0], mine.ID, to, "g4"), items.ErrNotGiftable)
}

func TestOneOfAKindCountsAtATimeAndBadgesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	boost := w.sell(t, items.EffectScoreBoost, items.Params{FactorBP: 15000, Minutes: 30}, nil)
	a, b := w.buy(t, 0, boost, "a"), w.buy(t, 0, boost, "b")
	used, err := w.shop.Use(t.Context(), w.Tenant, w.Players[0], a.ID, "u1")
	require.NoError(t, err)
	require.True(t, used.Counts)
	require.Equal(t, 30*time.Minute, used.Until.Sub(*used.From))
	_, err = w.shop.Use(t.Context(), w.Tenant, w.Players[0], b.ID, "u2")
	require.ErrorIs(t, err, items.ErrActive)
	_, err = w.shop.Use(t.Context(), w.Tenant, w.Players[0], a.ID, "u3")
	require.ErrorIs(t, err, items.ErrUsed)

	star := w.sell(t, items.EffectCosmetic, badge(), nil)
	moon := w.sell(t, items.EffectCosmetic, items.Params{Badge: "🌙"}, nil)
	for _, item := range []items.Item{star, moon} {
		_, err = w.shop.Use(t.Context(), w.Tenant, w.Players[0], w.buy(t, 0, item, item.ID).ID, "wear"+item.ID)
		require.NoError(t, err)
	}
	worn, err := w.shop.Badges(t.Context(), w.Tenant, w.Group)
	require.NoError(t, err)
	require.Equal(t, map[string]string{w.publicID(t, 0): "🌙"}, worn)
}

func TestUnitsExpireWithTheirAsset(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	valid := int64(60)
	item := w.sell(t, items.EffectCosmetic, badge(), func(in *items.SaveRequest) { in.ValidSeconds = &valid })
	unit := w.buy(t, 0, item, "k1")
	require.NotNil(t, unit.ExpiresAt)
	n, err := w.shop.Expire(t.Context(), w.Tenant, 100)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = w.Owner.Exec(t.Context(), `WITH s AS (SELECT set_config('fairground.tenant', $1, false)) UPDATE item_units SET expires_at = clock_timestamp() - interval '1 second' FROM s`, fmt.Sprint(w.Tenant))
	require.NoError(t, err)
	_, err = w.shop.Use(t.Context(), w.Tenant, w.Players[0], unit.ID, "u")
	require.ErrorIs(t, err, items.ErrExpired)
	n, err = w.shop.Expire(t.Context(), w.Tenant, 100)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	got, err := w.shop.Unit(t.Context(), w.Tenant, w.Players[0], unit.ID)
	require.NoError(t, err)
	require.Equal(t, items.StatusExpired, got.Status)
}

func TestOperatorsKeepTheCatalogue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	item := w.sell(t, items.EffectCosmetic, badge(), nil)
	unit := w.buy(t, 0, item, "k1")
	change := items.SaveRequest{
		Face: items.Face{Name: "Other", Icon: "🎁", Effect: items.EffectCosmetic, Params: items.Params{Badge: "🌙"}}, ID: item.ID, Version: 1, Price: 200, OnSale: false, Reason: "a test",
	}
	changed, err := w.shop.Save(t.Context(), w.office, change)
	require.NoError(t, err)
	require.Equal(t, 2, changed.Version)
	_, err = w.shop.Save(t.Context(), w.office, change)
	require.ErrorIs(t, err, items.ErrChanged)
	kept, err := w.shop.Unit(t.Context(), w.Tenant, w.Players[0], unit.ID)
	require.NoError(t, err)
	require.Equal(t, "🌟", kept.Params.Badge, "what was sold keeps its rules")
	_, err = w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Item: item.ID, Version: 2, Key: "k2"})
	require.ErrorIs(t, err, items.ErrNotFound, "it is not on sale")

	change.Effect, change.Version = items.EffectInsurance, 2
	change.Params = items.Params{ShareBP: 5000, Most: 10, Hours: 1}
	_, err = w.shop.Save(t.Context(), w.office, change)
	require.Equal(t, "items.invalid", models.CodeOf(err))

	granted, err := w.shop.Grant(t.Context(), w.office, items.GrantRequest{Item: item.ID, Group: unit.Group, Player: w.publicID(t, 1), Reason: "a prize", Key: "g"})
	require.NoError(t, err)
	again, err := w.shop.Grant(t.Context(), w.office, items.GrantRequest{Item: item.ID, Group: unit.Group, Player: w.publicID(t, 1), Reason: "a prize", Key: "g"})
	require.NoError(t, err)
	require.Equal(t, granted.ID, again.ID)

	support, err := (&fixture.Till{World: w.World}).Hire(context.WithoutCancel(t.Context()), models.RoleSupport)
	require.NoError(t, err)
	_, err = w.shop.Save(t.Context(), support, items.SaveRequest{Face: change.Face, Price: 1, Reason: "x"})
	require.Equal(t, "operators.forbidden", models.CodeOf(err))
}

func TestBadItemsNameTheField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	good := items.SaveRequest{Face: items.Face{Name: "x", Icon: "x", Effect: items.EffectInsurance, Params: items.Params{ShareBP: 1, Most: 1, Hours: 1}}, Price: 1, Reason: "x"}
	for field, spoil := range map[string]func(*items.SaveRequest){
		"name":            func(in *items.SaveRequest) { in.Name = "" },
		"icon":            func(in *items.SaveRequest) { in.Icon = "123456789" },
		"reason":          func(in *items.SaveRequest) { in.Reason = "" },
		"price":           func(in *items.SaveRequest) { in.Price = 0 },
		"stock":           func(in *items.SaveRequest) { n := int64(-1); in.Stock = &n },
		"valid_seconds":   func(in *items.SaveRequest) { n := int64(59); in.ValidSeconds = &n },
		"effect":          func(in *items.SaveRequest) { in.Effect = "luck" },
		"params.share_bp": func(in *items.SaveRequest) { in.Params.ShareBP = 10001 },
		"params.most":     func(in *items.SaveRequest) { in.Params.Most = 0 },
		"params.game":     func(in *items.SaveRequest) { in.Effect = items.EffectExtraTicket; in.Params.MaxStake = 1 },
		"params.badge":    func(in *items.SaveRequest) { in.Effect = items.EffectCosmetic },
		"params.minutes":  func(in *items.SaveRequest) { in.Effect = items.EffectScoreBoost; in.Params.FactorBP = 20000 },
	} {
		in := good
		spoil(&in)
		_, err := w.shop.Save(t.Context(), w.office, in)
		var e *models.Error
		require.ErrorAs(t, err, &e, field)
		require.Equal(t, field, e.Field)
	}
}
