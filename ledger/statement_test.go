package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/ledger"
)

func TestStatementHasNoGapsAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 1000)
	for i := range 24 {
		_, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), int64(i+1)))
		require.NoError(t, err)
	}
	var all []ledger.Line
	page, pages := ledger.Page{Limit: 10}, 0
	for {
		s, err := w.Statement(t.Context(), w.tenant, w.group, ledger.Points, w.players[0], page)
		require.NoError(t, err)
		all, pages = append(all, s.Lines...), pages+1
		if s.Next == "" {
			break
		}
		page.Cursor = s.Next
	}
	require.Equal(t, 3, pages)
	require.Len(t, all, 25)
	for i, line := range all {
		require.EqualValues(t, 25-i, line.Version)
		require.Equal(t, time.UTC, line.At.Location())
		before := ledger.Line{}
		if i+1 < len(all) {
			before = all[i+1]
		}
		require.Equal(t, before.After+line.Delta, line.After)
		require.True(t, line.At.After(before.At))
	}
	require.Equal(t, "welcome", all[24].Kind)
	s, err := w.Statement(t.Context(), w.tenant, w.group, ledger.Points, 999999, ledger.Page{})
	require.NoError(t, err)
	require.Empty(t, s.Lines)
	for _, cursor := range []string{"x", "0", "-1", "99999999999999999999"} {
		_, err = w.Statement(t.Context(), w.tenant, w.group, ledger.Points, w.players[0], ledger.Page{Cursor: cursor})
		require.ErrorIs(t, err, ledger.ErrInvalidCursor)
	}
	w.clean(t)
}

func TestPastBalances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	at := func(when time.Time) int64 {
		got, err := w.BalanceAt(t.Context(), w.tenant, w.group, ledger.Points, w.players[0], when)
		require.NoError(t, err)
		return got
	}
	require.Zero(t, at(time.Now()))
	receipts := []ledger.Receipt{w.grant(t, 0, 500)}
	for i := range 16 {
		r, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), int64(10+i)))
		require.NoError(t, err)
		receipts = append(receipts, r)
	}
	s, err := w.Statement(t.Context(), w.tenant, w.group, ledger.Points, w.players[0], ledger.Page{})
	require.NoError(t, err)
	require.Len(t, s.Lines, len(receipts))
	require.Zero(t, at(receipts[0].At.Add(-time.Microsecond)))
	for i, r := range receipts {
		line := s.Lines[len(receipts)-1-i]
		require.Equal(t, r.At, line.At)
		require.Equal(t, line.After, at(r.At), "at the posting")
		require.Equal(t, line.After-line.Delta, at(r.At.Add(-time.Microsecond)), "just before it")
	}
	require.Equal(t, s.Lines[0].After, at(time.Now().Add(time.Hour)))
	w.clean(t)
}

func TestTransfersAndTop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	for i := range w.players {
		w.grant(t, i, 100)
	}
	_, err := w.Post(t.Context(), w.move(w.player(0), w.player(2), 40))
	require.NoError(t, err)
	first, err := w.Transfers(t.Context(), w.tenant, w.group, ledger.Page{Limit: 3})
	require.NoError(t, err)
	require.Len(t, first.Transfers, 3)
	require.Equal(t, []ledger.Move{{From: w.player(0), To: w.player(2), Amount: 40}}, first.Transfers[0].Moves)
	rest, err := w.Transfers(t.Context(), w.tenant, w.group, ledger.Page{Limit: 3, Cursor: first.Next})
	require.NoError(t, err)
	require.Len(t, rest.Transfers, 1)
	require.Empty(t, rest.Next)
	require.Equal(t, ledger.Issuer(), rest.Transfers[0].Moves[0].From)
	top, err := w.Top(t.Context(), w.tenant, w.group, ledger.Points, 2)
	require.NoError(t, err)
	require.Equal(t, []ledger.Standing{{Player: w.players[2], Balance: 140}, {Player: w.players[1], Balance: 100}}, top)
	w.clean(t)
}
