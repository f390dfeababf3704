package ledger_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
	"fairground/ledger"
)

func (w *world) holdOf(i int, amount int64) ledger.HoldRequest {
	return ledger.HoldRequest{Tenant: w.tenant, Group: w.group, Player: w.players[i], Asset: ledger.Points, ID: secret.ID("h"), Amount: amount}
}

func (w *world) withheld(i int) ledger.AccountRef {
	return ledger.AccountRef{Purpose: ledger.PurposeWithheld, Owner: w.player(i).Owner}
}

func TestHoldIsReleasedOrCapturedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.grant(t, 0, 100)
	back, out := w.holdOf(0, 30), w.holdOf(0, 50)
	for _, h := range []ledger.HoldRequest{back, out, back} {
		_, err := w.Hold(t.Context(), h)
		require.NoError(t, err)
	}
	w.has(t, 0, 20)
	w.account(t, w.withheld(0), 80)
	w.clean(t)

	changed := back
	changed.Amount++
	_, err := w.Hold(t.Context(), changed)
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	short := w.holdOf(0, 21)
	for range 2 {
		_, err = w.Hold(t.Context(), short)
		require.ErrorIs(t, err, ledger.ErrInsufficientFunds, "what is withheld can't be spent")
	}
	_, err = w.Release(t.Context(), w.tenant, short.ID)
	require.ErrorIs(t, err, ledger.ErrHoldNotFound)

	r, err := w.Release(t.Context(), w.tenant, back.ID)
	require.NoError(t, err)
	require.False(t, r.Replayed)
	r, err = w.Release(t.Context(), w.tenant, back.ID)
	require.NoError(t, err)
	require.True(t, r.Replayed)
	_, err = w.Capture(t.Context(), w.tenant, back.ID, "bank")
	require.ErrorIs(t, err, ledger.ErrHoldResolved)
	_, err = w.Capture(t.Context(), w.tenant, out.ID, "bank")
	require.NoError(t, err)
	_, err = w.Capture(t.Context(), w.tenant, out.ID, "bank")
	require.NoError(t, err)
	_, err = w.Capture(t.Context(), w.tenant, out.ID, "another")
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	_, err = w.Release(t.Context(), w.tenant, out.ID)
	require.ErrorIs(t, err, ledger.ErrHoldResolved)

	w.has(t, 0, 50)
	w.account(t, w.withheld(0), 0)
	w.account(t, ledger.Clearing("bank"), 50)
	w.clean(t)
}

func TestHoldEndsOneWayUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.grant(t, 0, 100)
	for range 5 {
		h := w.holdOf(0, 10)
		_, err := w.Hold(t.Context(), h)
		require.NoError(t, err)
		var wg sync.WaitGroup
		var fresh atomic.Int32
		for i := range 6 {
			wg.Go(func() {
				end := func() (ledger.Receipt, error) { return w.Release(t.Context(), w.tenant, h.ID) }
				if i%2 == 0 {
					end = func() (ledger.Receipt, error) { return w.Capture(t.Context(), w.tenant, h.ID, "bank") }
				}
				r, err := end()
				switch {
				case err == nil && !r.Replayed:
					fresh.Add(1)
				case err != nil && !errors.Is(err, ledger.ErrHoldResolved):
					t.Errorf("unexpected: %v", err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, fresh.Load())
	}
	w.account(t, w.withheld(0), 0)
	w.clean(t)
}

func TestReverseOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	r, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), 40))
	require.NoError(t, err)
	back, err := w.Reverse(t.Context(), w.tenant, r.Transfer, "k1", "mistake")
	require.NoError(t, err)
	require.Zero(t, back.Debt)
	w.has(t, 0, 100)
	w.has(t, 1, 0)
	again, err := w.Reverse(t.Context(), w.tenant, r.Transfer, "k1", "mistake")
	require.NoError(t, err)
	require.True(t, again.Replayed)
	_, err = w.Reverse(t.Context(), w.tenant, r.Transfer, "k2", "mistake")
	require.ErrorIs(t, err, ledger.ErrAlreadyReversed)
	_, err = w.Reverse(t.Context(), w.tenant, r.Transfer+1000, "k3", "mistake")
	require.ErrorIs(t, err, ledger.ErrTransferNotFound)
	_, err = w.Reverse(t.Context(), w.tenant, r.Transfer, "k1", "another reason")
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	w.clean(t)
}

func TestReversalOfSpentMoneyIsADebt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.grant(t, 0, 100)
	r, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), 40))
	require.NoError(t, err)
	_, err = w.Post(t.Context(), w.move(w.player(1), w.player(2), 25))
	require.NoError(t, err)
	back, err := w.Reverse(t.Context(), w.tenant, r.Transfer, "k", "fraud")
	require.NoError(t, err)
	require.EqualValues(t, 25, back.Debt)
	w.has(t, 0, 100)
	w.has(t, 1, 0)
	w.account(t, ledger.AccountRef{Purpose: ledger.PurposeDebt, Owner: w.player(1).Owner}, -25)
	w.clean(t)
}

func TestReversalAtOnceAndOfHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	r, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), 40))
	require.NoError(t, err)
	var wg sync.WaitGroup
	var fresh atomic.Int32
	for i := range 6 {
		wg.Go(func() {
			back, err := w.Reverse(t.Context(), w.tenant, r.Transfer, []string{"a", "b"}[i%2], "mistake")
			switch {
			case err == nil && !back.Replayed:
				fresh.Add(1)
			case err != nil && !errors.Is(err, ledger.ErrAlreadyReversed):
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, fresh.Load())
	w.has(t, 0, 100)
	held, err := w.Hold(t.Context(), w.holdOf(0, 10))
	require.NoError(t, err)
	_, err = w.Reverse(t.Context(), w.tenant, held.Transfer, "c", "mistake")
	require.ErrorIs(t, err, ledger.ErrNotReversible)
	w.clean(t)
}
