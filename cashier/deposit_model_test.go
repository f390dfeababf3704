package cashier_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// TestRandomNoticesCreditOnce sends notices of a few payments in any order, with any amounts, repeated and side by side with
// workers and operators, and then compares what was credited with what was confirmed.
func TestRandomNoticesCreditOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	finance := w.operator(t, models.RoleFinance)
	rapid.Check(t, func(rt *rapid.T) {
		var intents []cashier.Deposit
		for i := range rapid.IntRange(1, 3).Draw(rt, "intents") {
			d, err := w.CreateDeposit(t.Context(), cashier.DepositRequest{
				Tenant: w.tenant, Group: w.group, Player: w.people[i%2], Account: w.account, Asset: asset,
				Amount: rapid.Int64Range(1, 3).Draw(rt, "amount"), Key: secret.ID("k"),
			})
			require.NoError(rt, err)
			intents = append(intents, d)
		}
		prefix := secret.ID("tx")
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step { return drawStep(rt, prefix, intents) }), 1, 25).Draw(rt, "steps")
		if rapid.Bool().Draw(rt, "side by side") {
			var wg sync.WaitGroup
			for _, s := range steps {
				wg.Go(func() { w.take(t, s) })
			}
			wg.Wait()
		} else {
			for _, s := range steps {
				w.take(t, s)
			}
		}
		w.drain(t, finance, rapid.SampledFrom([]cashier.ResolutionAct{cashier.ActCredit, cashier.ActRefund, cashier.ActDismiss}).Draw(rt, "act"))
		w.balanced(t)
		for _, d := range intents { // no intent is still open unless nobody has confirmed it; the next run gets its place
			w.asOwner(t, `UPDATE deposits SET expires_at = clock_timestamp() WHERE tenant_id = $1 AND deposit_id = $2`, w.tenant, d.ID)
		}
	})
	w.clean(t)
}

// step is a notice, then what a worker does at once.
type step struct {
	notice gateway.Notice
	credit bool
}

func drawStep(rt *rapid.T, prefix string, intents []cashier.Deposit) step {
	d := intents[rapid.IntRange(0, len(intents)-1).Draw(rt, "intent")]
	n := paying(d, fmt.Sprintf("%s-%d", prefix, rapid.IntRange(0, 3).Draw(rt, "tx")))
	n.EventID = fmt.Sprintf("%s-%d", prefix, rapid.IntRange(0, 40).Draw(rt, "event")) // some are repeats
	n.State = rapid.SampledFrom([]string{gateway.DepositPending, gateway.DepositConfirmed, gateway.DepositConfirmed, gateway.DepositFailed}).Draw(rt, "state")
	n.Confirmations, n.Needed = rapid.IntRange(0, 2).Draw(rt, "confirmations"), rapid.IntRange(0, 1).Draw(rt, "needed")
	switch rapid.IntRange(0, 9).Draw(rt, "fault") {
	case 0:
		n.Amount++
	case 1:
		n.Asset = "usd"
	case 2:
		n.Intent = "dep_nobody"
	case 3:
		n.At = time.Now().Add(-time.Hour)
	}
	return step{notice: n, credit: rapid.Bool().Draw(rt, "credit")}
}

func (w *till) take(t *testing.T, s step) {
	t.Helper()
	if err := w.tryNotify(t.Context(), w.account, s.notice); err != nil {
		t.Errorf("notify: %v", err)
	}
	if !s.credit {
		return
	}
	if _, err := w.CreditDeposit(t.Context(), w.tenant, w.account, s.notice.Tx); err != nil && !isNoPayment(err) {
		t.Errorf("credit: %v", err)
	}
}

func isNoPayment(err error) bool { return models.CodeOf(err) == cashier.ErrPaymentNotFound.Code }

// drain does what workflows and operators do in the end: every payment is settled, and every open entry resolved.
func (w *till) drain(t *testing.T, a operators.Authority, act cashier.ResolutionAct) {
	t.Helper()
	var open []string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT coalesce(array_agg(tx), '{}') FROM deposit_payments WHERE tenant_id = $1 AND outcome = 'open'`,
		[]any{w.tenant}, &open))
	for _, tx := range open {
		_, err := w.CreditDeposit(t.Context(), w.tenant, w.account, tx)
		require.NoError(t, err)
	}
	page, err := w.Quarantined(t.Context(), a, cashier.QuarantineFilter{Status: []models.QuarantineStatus{models.QuarantineOpen}})
	require.NoError(t, err)
	for _, item := range page.Items {
		_, err := w.ResolveQuarantine(t.Context(), a, item.ID, cashier.Resolution{Act: act, Reason: "model"})
		if err != nil {
			// A payment of nobody, one to be dismissed only, or of an asset that was never in use can't be credited.
			require.Contains(t, []string{cashier.ErrPlayerRequired.Code, cashier.ErrOnlyDismiss.Code, cashier.ErrAssetOff.Code}, models.CodeOf(err), "%v", err)
			_, err = w.ResolveQuarantine(t.Context(), a, item.ID, cashier.Resolution{Act: cashier.ActDismiss, Reason: "model"})
			require.NoError(t, err)
		}
	}
}

// balanced requires that what left clearing is what deposits were credited, each payment at most once.
func (w *till) balanced(t *testing.T) {
	t.Helper()
	var credited, paid, payments int64
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT
		(SELECT coalesce(sum(credit), 0) FROM deposits WHERE tenant_id = $1 AND status = 'credited' AND credit_asset = 'sbx'),
		(SELECT coalesce(sum(amount), 0) FROM deposit_payments WHERE tenant_id = $1 AND outcome = 'credited' AND asset = 'sbx'),
		(SELECT count(*) - count(DISTINCT transfer_id) FROM deposit_payments WHERE tenant_id = $1 AND transfer_id IS NOT NULL)`,
		[]any{w.tenant}, &credited, &paid, &payments))
	require.Equal(t, paid, credited)
	require.Zero(t, payments)
	w.clearing(t, asset, w.account, credited)
	report, err := w.Audit(t.Context(), w.tenant)
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report.Checks)
}
