package cashier_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/models"
)

// pending makes a payment that its gateway calls pending.
func (w *till) pending(t *testing.T, d cashier.Deposit) gateway.Notice {
	t.Helper()
	n := paying(d, secret.ID("tx"))
	n.State = gateway.DepositPending
	require.Equal(t, "confirming", w.paid(t, n).Status)
	w.status(t, d.ID, models.DepositConfirming)
	return n
}

func TestAPaymentThatNeverEndsIsSetAside(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	finance := w.operator(t, models.RoleFinance)
	ctx := t.Context()
	fresh := w.intent(t, 0, 10_00)
	_, err := w.SetAside(ctx, finance, fresh.ID, "why")
	require.ErrorIs(t, err, cashier.ErrNotConfirming)
	_, err = w.SetAside(ctx, finance, "dep_none", "why")
	require.ErrorIs(t, err, cashier.ErrDepositNotFound)
	_, err = w.SetAside(ctx, finance, fresh.ID, " ")
	require.ErrorIs(t, err, cashier.ErrReasonMissing)

	aside := func(d cashier.Deposit) (gateway.Notice, cashier.QuarantineItem) {
		t.Helper()
		n := w.pending(t, d)
		item, err := w.SetAside(ctx, finance, d.ID, "pending for a week")
		require.NoError(t, err)
		require.Equal(t, models.QuarantineSetAside, item.Why)
		require.Equal(t, cashier.PaymentPending, item.State)
		same, err := w.SetAside(ctx, finance, d.ID, "again")
		require.NoError(t, err)
		require.Equal(t, item.ID, same.ID)
		w.status(t, d.ID, models.DepositQuarantined)
		n.EventID, n.State = secret.ID("e"), gateway.DepositConfirmed
		return n, item
	}
	resolve := func(item cashier.QuarantineItem, act cashier.ResolutionAct) (cashier.QuarantineItem, error) {
		return w.ResolveQuarantine(ctx, finance, item.ID, cashier.Resolution{Act: act, Reason: "asked the gateway"})
	}

	// Credited by a person, confirmed afterwards: credited once.
	n, item := aside(w.intent(t, 0, 10_00))
	_, err = resolve(item, cashier.ActCredit)
	require.NoError(t, err)
	require.Equal(t, "credited", w.paid(t, n).Status)
	w.status(t, item.Deposit, models.DepositCredited)

	// Confirmed while it waits: a person still credits it, once.
	n, item = aside(w.intent(t, 0, 20_00))
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	item, err = resolve(item, cashier.ActCredit)
	require.NoError(t, err)
	require.Equal(t, cashier.PaymentConfirmed, item.State)
	require.Equal(t, "credited", w.paid(t, n).Status)

	// Confirmed with another amount: what was really paid.
	n, item = aside(w.intent(t, 0, 30_00))
	n.Amount = 29_00
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	_, err = resolve(item, cashier.ActCredit)
	require.NoError(t, err)

	// Called failed while it waits: nobody credits it; it may be dismissed.
	n, item = aside(w.intent(t, 0, 40_00))
	n.State = gateway.DepositFailed
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	_, err = resolve(item, cashier.ActCredit)
	require.ErrorIs(t, err, cashier.ErrNotCreditable)
	_, err = resolve(item, cashier.ActDismiss)
	require.NoError(t, err)

	// Dismissed, and it arrived after all: it waits for a person again, and can go to its player.
	n, item = aside(w.intent(t, 0, 50_00))
	_, err = resolve(item, cashier.ActDismiss)
	require.NoError(t, err)
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	for _, again := range w.items(t, models.QuarantineSetAside) {
		if again.ID == item.ID {
			item = again
		}
	}
	require.Equal(t, models.QuarantineOpen, item.Status)
	_, err = resolve(item, cashier.ActCredit)
	require.NoError(t, err)
	n.EventID = secret.ID("e")
	require.Equal(t, "credited", w.paid(t, n).Status)
	w.has(t, 0, 10_00+20_00+29_00+50_00, 0)
	w.clean(t)
}

func TestSettingAsideAndConfirmingAtOnceEndsOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	finance := w.operator(t, models.RoleFinance)
	for range 5 {
		d := w.intent(t, 0, 10_00)
		n := w.pending(t, d)
		n.EventID, n.State = secret.ID("e"), gateway.DepositConfirmed
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = w.SetAside(t.Context(), finance, d.ID, "pending for a week") })
		wg.Go(func() {
			if err := w.tryNotify(t.Context(), w.account, n); err != nil {
				t.Error(err)
			}
			_, _ = w.CreditDeposit(t.Context(), w.tenant, w.account, n.Tx)
		})
		wg.Wait()
		if state := w.settle(t, n.Tx); state.Status == "quarantined" {
			item, err := w.SetAside(t.Context(), finance, d.ID, "which one")
			require.NoError(t, err)
			_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActCredit, Reason: "confirmed"})
			require.NoError(t, err)
		}
		w.status(t, d.ID, models.DepositCredited)
	}
	w.has(t, 0, 50_00, 0)
	w.clean(t)
}
