package cashier_test

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/models"
)

// together runs one call for each of n callers at once and returns the codes of their refusals, "" for none.
func together(t *testing.T, n int, call func(i int) error) []string {
	t.Helper()
	codes := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := call(i)
			codes[i] = models.CodeOf(err)
			if err != nil && codes[i] == "" {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	return codes
}

// TestWithdrawalsThatArriveTogetherAreDecidedOneByOne sends a crowd at once, first of requests, then of cancellations, most of
// them good. Each gets its own answer, and fewer transactions than calls were needed.
func TestWithdrawalsThatArriveTogetherAreDecidedOneByOne(t *testing.T) {
	t.Parallel()
	const crowd = 30
	w := newWorld(t, crowd)
	asks := make([]cashier.WithdrawalRequest, crowd)
	for i := range asks {
		w.fund(t, i, 100_00)
		asks[i] = w.asking(t, i, 10_00)
	}
	reused, err := w.RequestWithdrawal(t.Context(), asks[0])
	require.NoError(t, err)
	asks[0].Amount++
	asks[1].Amount = 100_01
	asks[2].Address = asks[3].Address
	asks[4].Verification = asks[5].Verification
	asks[6].Asset = "usd"
	w.freeze(t, 7)
	repeated, err := w.RequestWithdrawal(t.Context(), asks[8])
	require.NoError(t, err)
	asks[9].Group += 999
	want := map[int]string{
		0: "ledger.key_reused", 1: "ledger.insufficient_funds", 2: "cashier.address_not_found", 4: "players.not_verified", 6: "cashier.asset_off",
		7: "players.frozen", 9: "ledger.account_not_found",
	}
	got := make([]cashier.Withdrawal, crowd)
	codes := together(t, crowd, func(i int) (err error) {
		got[i], err = w.RequestWithdrawal(t.Context(), asks[i])
		return err
	})
	for i, code := range codes {
		require.Equal(t, want[i], code, "player %d", i)
		if want[i] == "" {
			require.Equal(t, w.get(t, got[i].ID), got[i], "player %d", i)
			w.has(t, i, 90_00, 10_00)
		}
	}
	require.Equal(t, repeated.ID, got[8].ID)

	paying := w.get(t, got[10].ID)
	_, err = w.Begin(t.Context(), w.tenant, paying.ID)
	require.NoError(t, err)
	w.decide(t, w.operator(t, models.RoleReviewer), w.get(t, paying.ID), cashier.VerdictReject)
	want = map[int]string{
		1: "cashier.withdrawal_not_found", 2: "cashier.withdrawal_not_found", 4: "cashier.withdrawal_not_found",
		6: "cashier.withdrawal_not_found", 7: "cashier.withdrawal_not_found", 9: "cashier.withdrawal_not_found", 10: "cashier.too_late", 11: "cashier.withdrawal_not_found",
	}
	got[0], got[11].ID = reused, got[12].ID
	codes = together(t, crowd, func(i int) (err error) {
		got[i], err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[i], got[i].ID)
		return err
	})
	for i, code := range codes {
		require.Equal(t, want[i], code, "player %d", i)
		if want[i] == "" {
			require.Equal(t, models.WithdrawalCancelled, got[i].Status)
			require.Equal(t, w.get(t, got[i].ID), got[i], "player %d", i)
			w.has(t, i, 100_00, 0)
		}
	}
	w.has(t, 11, 90_00, 10_00)

	var events, transactions int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT xmin::text) FROM withdrawal_events`).Scan(&events, &transactions))
	require.Less(t, transactions, events, "calls that wait together share a transaction")
	w.clean(t)
}

// TestTwinsOfOneRequestAnswerAlike sends one request many times at once, through two cashiers, as two processes would.
func TestTwinsOfOneRequestAnswerAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 10_00)
	box, err := secret.New("0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	other := cashier.New(cashier.Config{
		DB: w.db.DB, Ledger: w.ledger, Players: w.players, Box: box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		Kinds: map[string]gateway.Kind{"fake": w.gateway.kind()},
	})
	ask := w.asking(t, 0, 10_00)
	ids := make([]string, 12)
	codes := together(t, len(ids), func(i int) error {
		room := w.Cashier
		if i%2 == 1 {
			room = other
		}
		got, err := room.RequestWithdrawal(t.Context(), ask)
		ids[i] = got.ID
		return err
	})
	for i := range ids {
		require.Empty(t, codes[i])
		require.Equal(t, ids[0], ids[i])
	}
	w.has(t, 0, 0, 10_00)
	w.clean(t)
}

// TestOnePlayersWithdrawalsKeepToTheBalance sends more requests of one player at once than there is money for.
func TestOnePlayersWithdrawalsKeepToTheBalance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 50_00)
	asks := make([]cashier.WithdrawalRequest, 12)
	for i := range asks {
		asks[i] = w.asking(t, 0, 10_00)
	}
	accepted := 0
	for _, code := range together(t, len(asks), func(i int) error {
		_, err := w.RequestWithdrawal(t.Context(), asks[i])
		return err
	}) {
		if code == "" {
			accepted++
			continue
		}
		require.Equal(t, cashier.ErrInsufficient.Code, code)
	}
	require.Equal(t, 5, accepted)
	w.has(t, 0, 0, 50_00)
	w.clean(t)
}

// TestAPlayerStandsInABatchOnce asks the functions for what the batcher never does.
func TestAPlayerStandsInABatchOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 50_00)
	wd := w.request(t, 0, 10_00)
	require.ErrorContains(t, w.asApp(t, `SELECT api_withdrawal_cancels($1, ARRAY[$2::bigint, $2], ARRAY[$3, $3])`, w.tenant, w.people[0], wd.ID), "once")
	require.ErrorContains(t, w.asApp(t, `SELECT api_withdrawal_requests($1, ARRAY[1, 1]::bigint[], ARRAY[$2::bigint, $2], ARRAY['a', 'b'], ARRAY['sbx', 'sbx'],
		ARRAY[1, 1]::bigint[], ARRAY['', ''], ARRAY['', ''], ARRAY['a', 'b'], ARRAY['', '']::bytea[])`, w.tenant, w.people[0]), "once")
	w.has(t, 0, 40_00, 10_00)
	w.clean(t)
}
