package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
)

// TestAnAssetThatNobodyTurnedOnIsNotCredited lets a payment of it only go back.
func TestAnAssetThatNobodyTurnedOnIsNotCredited(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	item := w.kept(t, w.intent(t, 0, 3_00), func(n *gateway.Notice) { n.Asset = "usd" })
	finance := w.operator(t, models.RoleFinance)
	_, err := w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActCredit, Reason: "the player asks"})
	require.ErrorIs(t, err, cashier.ErrAssetOff)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActRefund, Reason: "the player asks"})
	require.NoError(t, err)
	w.clean(t)
}
