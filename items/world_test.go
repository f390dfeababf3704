package items_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/items"
	"fairground/models"
	"fairground/operators"
	"fairground/test/fixture"
)

// world is a group with a shop.
type world struct {
	*fixture.World

	shop   *items.Items
	office operators.Authority
}

func newWorld(t *testing.T, opts fixture.Options) *world {
	t.Helper()
	w := &world{World: fixture.New(t, opts)}
	w.shop = items.New(w.DB)
	var err error
	w.office, err = (&fixture.Till{World: w.World}).Hire(t.Context(), models.RoleFinance)
	require.NoError(t, err)
	t.Cleanup(func() { w.requireExplained(t) })
	return w
}

// requireExplained checks that accounts and units tell the same.
func (w *world) requireExplained(t *testing.T) {
	t.Helper()
	check, err := items.Audit(context.WithoutCancel(t.Context()), w.DB, w.Tenant)
	require.NoError(t, err)
	require.Zero(t, check.Offending, "%s", check.Rows)
}

// sell puts an item on sale.
func (w *world) sell(t *testing.T, effect items.Effect, p items.Params, change func(*items.SaveRequest)) items.Item {
	t.Helper()
	in := items.SaveRequest{
		Face:  items.Face{Name: "Thing", Icon: "🎁", Effect: effect, Params: p, Giftable: true},
		Price: 100, OnSale: true, Reason: "a test",
	}
	if change != nil {
		change(&in)
	}
	item, err := w.shop.Save(t.Context(), w.office, in)
	require.NoError(t, err)
	return item
}

// buy buys one unit for player i.
func (w *world) buy(t *testing.T, i int, item items.Item, key string) items.Unit {
	t.Helper()
	got, err := w.shop.Buy(t.Context(), items.BuyRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[i], Item: item.ID, Version: item.Version, Key: key})
	require.NoError(t, err)
	return got.Unit
}

func (w *world) publicID(t *testing.T, i int) string {
	t.Helper()
	var id string
	require.NoError(t, w.DB.Call(t.Context(), w.Tenant, `SELECT public_id FROM players WHERE tenant_id = $1 AND player_id = $2`, []any{w.Tenant, w.Players[i]}, &id))
	return id
}

func badge() items.Params { return items.Params{Badge: "🌟"} }
