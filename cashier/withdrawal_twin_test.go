package cashier_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
)

// The money is enough for one of two twins, and each waits for the player's lock: both are told of the one withdrawal.
func TestATwinIsNotRefusedForTheMoneyItsTwinTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for range 20 {
		w.fund(t, 0, 500)
		asks := []cashier.WithdrawalRequest{w.asking(t, 0, 500), w.asking(t, 0, 500)}
		asks[1].Key = asks[0].Key
		var got [2]cashier.Withdrawal
		var errs [2]error
		var both sync.WaitGroup
		for i := range asks {
			both.Go(func() { got[i], errs[i] = w.RequestWithdrawal(t.Context(), asks[i]) })
		}
		both.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.Equal(t, got[0].ID, got[1].ID)
	}
	w.has(t, 0, 0, 20*500)
	w.clean(t)
}
