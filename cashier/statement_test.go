package cashier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/models"
)

func TestAStatementIsComparedBothWays(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	finance := w.operator(t, models.RoleFinance)
	from, now := time.Now().Add(-time.Hour), time.Now()
	entry := func(kind gateway.EntryKind, id string, amount int64) gateway.Entry {
		e := gateway.Entry{Kind: kind, Asset: asset, Amount: amount, Scale: 2, At: time.Now()}
		if kind == gateway.EntryDeposit {
			e.Tx = id
		} else {
			e.Key = id
		}
		return e
	}
	for _, tx := range []string{"tx-ok", "tx-other-amount", "tx-not-there", "tx-back"} {
		require.Equal(t, "credited", w.paid(t, paying(w.intent(t, 0, 10_00), tx)).Status)
	}
	w.kept(t, w.intent(t, 0, 10_00), func(n *gateway.Notice) { n.Tx, n.Amount = "tx-kept", 1 })
	var back string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT deposit_id FROM deposits WHERE tx = 'tx-back'`, nil, &back))
	_, err := w.RefundDeposit(t.Context(), finance, back, "asked for")
	require.NoError(t, err)
	var refund string
	for key := range w.gate.refunds {
		refund = key
	}
	paid, open := secret.ID("w"), secret.ID("w")
	w.asOwner(t, `INSERT INTO withdrawals (tenant_id, withdrawal_id, group_id, player_id, asset, amount, gateway, address_id, status, reviews, step_up, ended_at)
		SELECT $1, x.id, $2, $3, 'sbx', 100, $4, 'a_x', x.status, 2, true, CASE x.status WHEN 'paid' THEN clock_timestamp() END
		  FROM (VALUES ($5, 'paid'), ($6, 'unknown')) AS x(id, status)`, w.tenant, w.group, w.people[0], w.account, paid, open)

	w.gate.entries = []gateway.Entry{
		entry(gateway.EntryDeposit, "tx-ok", 10_00), entry(gateway.EntryDeposit, "tx-other-amount", 11_00), entry(gateway.EntryDeposit, "tx-back", 10_00),
		entry(gateway.EntryDeposit, "tx-kept", 1), entry(gateway.EntryDeposit, "tx-not-here", 5_00), entry(gateway.EntryRefund, refund, 10_00),
		entry(gateway.EntryPayout, paid, 1_00), entry(gateway.EntryPayout, open, 1_00),
	}
	check, err := w.GatewayAudit(t.Context(), w.tenant, w.account, from, now.Add(time.Hour))
	require.NoError(t, err)
	var found []string
	for _, row := range check.Rows {
		found = append(found, string(row))
	}
	require.Len(t, found, 4, "%s", found)
	require.EqualValues(t, 4, check.Offending)
	require.EqualValues(t, 9, check.Checked)
	require.Contains(t, found[0], `"amount","kind":"deposit","id":"tx-other-amount","asset":"sbx","here":1000,"there":1100`)
	require.Contains(t, found[1], `"missing_here","kind":"deposit","id":"tx-not-here"`)
	require.Contains(t, found[2], `"missing_here","kind":"payout","id":"`+open+`"`)
	require.Contains(t, found[3], `"missing_there","kind":"deposit","id":"tx-not-there"`)

	w.gate.entries = append(w.gate.entries[:1:1], w.gate.entries[2], w.gate.entries[3], w.gate.entries[5], w.gate.entries[6])
	w.gate.entries = append(w.gate.entries, entry(gateway.EntryDeposit, "tx-other-amount", 10_00), entry(gateway.EntryDeposit, "tx-not-there", 10_00))
	check, err = w.GatewayAudit(t.Context(), w.tenant, w.account, from, now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, check.OK(), "%s", check.Rows)
	check, err = w.GatewayAudit(t.Context(), w.tenant, w.stars, from, now)
	require.NoError(t, err)
	require.True(t, check.OK())
	w.asOwner(t, `ALTER TABLE withdrawals DISABLE TRIGGER USER`)
	w.asOwner(t, `DELETE FROM withdrawals`)
	w.clean(t)
}

func TestListsOfDepositsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	for i := range 5 {
		w.intent(t, i%2, int64(5-i)*1_00)
	}
	a := w.operator(t, models.RoleSupport)
	for sort, want := range map[string][]int64{
		"": {1_00, 2_00, 3_00, 4_00, 5_00}, cashier.SortCreatedOldest: {5_00, 4_00, 3_00, 2_00, 1_00},
		cashier.SortLargest: {5_00, 4_00, 3_00, 2_00, 1_00}, cashier.SortSmallest: {1_00, 2_00, 3_00, 4_00, 5_00},
	} {
		var got []int64
		f := cashier.DepositFilter{Sort: sort, Limit: 2}
		for {
			page, err := w.Deposits(t.Context(), a, f)
			require.NoError(t, err)
			for _, d := range page.Deposits {
				got = append(got, d.Amount)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		require.Equal(t, want, got, sort)
	}
	least := int64(3_00)
	page, err := w.Deposits(t.Context(), a, cashier.DepositFilter{
		Status: []models.DepositStatus{models.DepositPending}, Account: w.account, Asset: asset, MinAmount: &least,
	})
	require.NoError(t, err)
	require.Len(t, page.Deposits, 3)
	_, err = w.Deposits(t.Context(), a, cashier.DepositFilter{Cursor: "rubbish"})
	require.ErrorIs(t, err, cashier.ErrInvalidCursor)
	_, err = w.Deposits(t.Context(), a, cashier.DepositFilter{Sort: "name"})
	require.Error(t, err)
	_, err = w.DepositTimeline(t.Context(), a, "dep_x")
	require.ErrorIs(t, err, cashier.ErrDepositNotFound)
}
