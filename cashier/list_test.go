package cashier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/models"
	"fairground/operators"
)

func TestListsFilterSortAndPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.fund(t, 0, 100_00)
	w.fund(t, 1, 100_00)
	a := w.operator(t, models.RoleAnalyst)
	var ids []string
	for i := range 7 {
		ids = append(ids, w.request(t, i%2, int64(1_00*(1+(i*3)%7))).ID)
	}
	for _, id := range ids[:4] {
		_, err := w.Begin(t.Context(), w.tenant, id)
		require.NoError(t, err)
	}
	w.decide(t, w.operator(t, models.RoleReviewer), w.get(t, ids[0]), cashier.VerdictApprove)
	_, err := w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], ids[6])
	require.NoError(t, err)

	all := func(f cashier.WithdrawalFilter) (list []cashier.Withdrawal) {
		t.Helper()
		for {
			page, err := w.Withdrawals(t.Context(), a, f)
			require.NoError(t, err)
			require.Equal(t, map[cashier.Tab]int{cashier.TabInitial: 5, cashier.TabSecondary: 1, cashier.TabPayout: 0, cashier.TabDone: 1}, page.Counts)
			list = append(list, page.Withdrawals...)
			if page.Next == "" {
				return list
			}
			f.Cursor = page.Next
		}
	}
	for _, sort := range []string{"", cashier.SortNewest, cashier.SortOldest, cashier.SortLargest, cashier.SortSmallest, cashier.SortDue} {
		list := all(cashier.WithdrawalFilter{Sort: sort, Limit: 2})
		require.Len(t, list, 7, sort)
		sorted := slices.IsSortedFunc(list, func(x, y cashier.Withdrawal) int {
			switch sort {
			case cashier.SortOldest:
				return x.RequestedAt.Compare(y.RequestedAt)
			case cashier.SortLargest:
				return int(y.Amount - x.Amount)
			case cashier.SortSmallest:
				return int(x.Amount - y.Amount)
			case cashier.SortDue:
				return due(x).Compare(due(y))
			default:
				return y.RequestedAt.Compare(x.RequestedAt)
			}
		})
		require.True(t, sorted, sort)
	}
	low, high, yes := int64(2_00), int64(4_00), true
	player := w.get(t, ids[1]).PlayerID
	for _, list := range [][]cashier.Withdrawal{
		all(cashier.WithdrawalFilter{Tab: cashier.TabInitial, Player: player}), all(cashier.WithdrawalFilter{MinAmount: &low, MaxAmount: &high, Gateway: w.account, Asset: asset}),
		all(cashier.WithdrawalFilter{Status: []models.WithdrawalStatus{models.WithdrawalRequested}, Group: w.get(t, ids[1]).GroupID}),
	} {
		require.NotEmpty(t, list)
		require.Less(t, len(list), 7)
	}
	require.Empty(t, all(cashier.WithdrawalFilter{Escalated: &yes}))
	require.Empty(t, all(cashier.WithdrawalFilter{ClaimedBy: a.OperatorID}))
	now := time.Now().Add(time.Hour)
	require.Empty(t, all(cashier.WithdrawalFilter{Since: &now}))
	require.Empty(t, all(cashier.WithdrawalFilter{Tab: cashier.TabDone, Status: []models.WithdrawalStatus{models.WithdrawalPaying}}))

	_, err = w.Withdrawals(t.Context(), operators.Authority{Tenant: w.tenant}, cashier.WithdrawalFilter{})
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	for _, cursor := range []string{"nonsense", "YXxifGM", "%"} {
		_, err = w.Withdrawals(t.Context(), a, cashier.WithdrawalFilter{Cursor: cursor})
		require.ErrorIs(t, err, cashier.ErrInvalidCursor)
	}
	for _, f := range []cashier.WithdrawalFilter{{Sort: "name"}, {Tab: "mine"}} {
		_, err = w.Withdrawals(t.Context(), a, f)
		require.Error(t, err)
	}

	page, err := w.PlayerWithdrawals(t.Context(), w.tenant, 0, w.people[0], cashier.Page{Limit: 3})
	require.NoError(t, err)
	require.Len(t, page.Withdrawals, 3)
	page, err = w.PlayerWithdrawals(t.Context(), w.tenant, w.group, w.people[0], cashier.Page{Limit: 3, Cursor: page.Next})
	require.NoError(t, err)
	require.Len(t, page.Withdrawals, 1)
	open, err := w.Open(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Len(t, open, 6)
	_, err = w.Withdrawal(t.Context(), w.tenant+1, ids[0])
	require.ErrorIs(t, err, cashier.ErrWithdrawalNotFound)
	w.clean(t)
}

// due is the deadline, or a time after all others.
func due(wd cashier.Withdrawal) time.Time {
	if wd.DueAt == nil {
		return time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return *wd.DueAt
}
