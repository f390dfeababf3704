package gatewaytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
)

func testDeposits(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	want := b.deposit("dep_one", 2500, 2)
	first, err := b.gateway.CreateDeposit(t.Context(), want)
	require.NoError(t, err)
	require.NotEmpty(t, first.URL+first.Address+first.Memo, "the player is told how to pay")
	if s.RefusesRepeats {
		again, err := b.gateway.CreateDeposit(t.Context(), want)
		require.NoError(t, err)
		require.Equal(t, first.Ref, again.Ref, "one intent, one instruction")
	}
	notice := b.confirmed("dep_two", 2500, 2)
	require.Equal(t, gateway.NoticeDeposit, notice.Kind)
	require.NotEmpty(t, notice.EventID)
	require.NotEmpty(t, notice.Raw)
	require.GreaterOrEqual(t, notice.Confirmations, notice.Needed)
	require.False(t, notice.At.IsZero())
	require.Equal(t, time.UTC, notice.At.Location())

	asked, err := b.gateway.Deposit(t.Context(), notice.Tx)
	require.NoError(t, err)
	require.Equal(t, []any{notice.Tx, notice.Intent, notice.Asset, notice.Amount, notice.Scale, notice.State},
		[]any{asked.Tx, asked.Intent, asked.Asset, asked.Amount, asked.Scale, asked.State}, "asking and being told agree")
	_, err = b.gateway.Deposit(t.Context(), "999999999")
	b.is(err, gateway.ErrNotFound)
}

func testExactDeposits(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	for scale := range 9 {
		for i, amount := range []int64{1, 101, 1<<53 + 1, 9_223_372_036_854_775_807} {
			notice := b.confirmed(fmt.Sprintf("dep_exact_%d_%d", scale, i), amount, scale)
			got, exact := notice.Units(scale)
			require.True(t, exact)
			require.Equal(t, amount, got)
			require.Equal(t, s.Asset(scale), notice.Asset)
		}
	}
}

func testDepositDoubt(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	for _, fault := range []func(http.ResponseWriter, *http.Request, http.Handler){
		lost, torn, dead, says(http.StatusBadGateway, "<html>"), says(http.StatusNotFound, "<html>"), says(http.StatusOK, "{}"),
	} {
		b.line.fail(fault)
		_, err := b.gateway.CreateDeposit(t.Context(), b.deposit("dep_doubt", 100, 2))
		b.is(err, gateway.ErrUnknown)
		_, err = b.gateway.Deposit(t.Context(), "1")
		b.is(err, gateway.ErrUnknown)
		if b.gateway.Info().Statements {
			_, err = b.gateway.Statement(t.Context(), epoch(), epoch().AddDate(1, 0, 0), "")
			b.is(err, gateway.ErrUnknown)
		}
	}
}

func testRefunds(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	notice := b.confirmed("dep_refund", 900, 2)
	request := gateway.RefundRequest{Tx: notice.Tx, Key: "rf_1", Asset: notice.Asset, Amount: notice.Amount, Scale: notice.Scale}
	b.line.fail(lost)
	b.is(b.gateway.Refund(t.Context(), request), gateway.ErrUnknown)
	b.line.fail(nil)
	for range 2 {
		require.NoError(t, b.gateway.Refund(t.Context(), request), "a repeat of the key is the same refund")
	}
	other := request
	other.Key = "rf_2"
	err := b.gateway.Refund(t.Context(), other)
	b.is(err, gateway.ErrUnknown)
	require.NotErrorIs(t, err, gateway.ErrRefused, "the payer has the money: it must not be given back here")
	other.Tx = "tx_none"
	b.is(b.gateway.Refund(t.Context(), other), gateway.ErrRefused)
	refunds := 0
	for _, e := range b.statement() {
		if e.Kind == gateway.EntryRefund {
			refunds++
			require.Equal(t, []any{notice.Tx, notice.Amount}, []any{e.Tx, e.Amount})
		}
	}
	require.Equal(t, 1, refunds)
}

// statement reads all pages of everything up to an hour from now.
func (b *bench) statement() []gateway.Entry {
	b.t.Helper()
	var all []gateway.Entry
	cursor := ""
	for range 100 {
		page, err := b.gateway.Statement(b.t.Context(), epoch(), arrival().Add(time.Hour), cursor)
		require.NoError(b.t, err)
		all = append(all, page.Entries...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
	b.t.Fatal("the statement has no end")
	return nil
}

func testStatement(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	const many = 230
	for i := range many {
		_, err := b.gateway.Payout(t.Context(), b.payout(fmt.Sprintf("w_page_%d", i), int64(i)+1, 2))
		require.NoError(t, err)
	}
	for i := range many {
		b.paid(fmt.Sprintf("w_page_%d", i))
	}
	deposit := b.confirmed("dep_page", 700, 2)
	seen, deposits := map[string]int{}, 0
	var at []time.Time
	for _, e := range b.statement() {
		switch e.Kind {
		case gateway.EntryPayout:
			seen[e.Key]++
			at = append(at, e.At)
		case gateway.EntryDeposit:
			deposits++
			require.Equal(t, deposit.Tx, e.Tx)
		case gateway.EntryRefund:
			t.Error("nobody asked for a refund")
		}
	}
	require.Equal(t, 1, deposits)
	require.Len(t, seen, many)
	for key, n := range seen {
		require.Equal(t, 1, n, key)
	}
	page, err := b.gateway.Statement(t.Context(), epoch(), epoch().Add(time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, page.Entries, "nothing happened then")
	for _, moment := range at {
		require.Equal(t, time.UTC, moment.Location())
	}
}
