package api_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
)

func TestBalanceAndStatement(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	g := "/v1/groups/" + b.group.PublicID
	round := b.open(t, "dice", "")
	for _, key := range []string{"a", "b", "c"} {
		b.do(t, request{method: "POST", path: "/v1/rounds/" + round.ID + "/bets", as: &b.bob, key: key, body: `{"choice":"odd","stake":100}`}).
			ok(http.StatusCreated, nil)
	}
	var balance gen.Balance
	b.do(t, request{method: "GET", path: g + "/balance", as: &b.bob}).ok(http.StatusOK, &balance)
	require.Equal(t, gen.Amount{Amount: 700, Asset: "points", Scale: 0}, balance.Balance)

	lines := []gen.StatementLine{}
	path := g + "/statement?limit=3"
	for path != "" {
		var page gen.StatementPage
		b.do(t, request{method: "GET", path: path, as: &b.bob}).ok(http.StatusOK, &page)
		lines = append(lines, page.Lines...)
		path = ""
		if page.NextCursor != nil {
			path = g + "/statement?limit=3&cursor=" + *page.NextCursor
		}
	}
	require.Len(t, lines, 4)
	for i, l := range lines {
		require.Equal(t, int64(4-i), l.Version, "no gaps, newest first")
		if i+1 < len(lines) {
			require.Equal(t, l.After.Amount, lines[i+1].After.Amount+l.Delta.Amount)
		}
	}
	require.Equal(t, "bet", lines[0].Kind)
	require.Equal(t, round.ID, *lines[0].Reference)
	require.Equal(t, "welcome", lines[3].Kind)

	at := func(when time.Time) int64 {
		var past gen.BalanceAt
		b.do(t, request{method: "GET", path: g + "/statement/balance-at?at=" + url.QueryEscape(when.Format(time.RFC3339Nano)), as: &b.bob}).ok(http.StatusOK, &past)
		return past.Balance.Amount
	}
	require.Equal(t, int64(900), at(lines[2].At))
	require.Equal(t, int64(1000), at(lines[2].At.Add(-time.Microsecond)))
	require.Equal(t, int64(0), at(lines[3].At.Add(-time.Microsecond)))
	for _, bad := range []string{"", "?at=", "?at=yesterday", "?at=2026-13-01T00:00:00Z", "?at=1700000000"} {
		p := b.do(t, request{method: "GET", path: g + "/statement/balance-at" + bad, as: &b.bob}).refused(http.StatusBadRequest, "api.invalid_request")
		require.Equal(t, "at", p.Field, bad)
	}
	b.auditClean(t)
}

func TestTop(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "dice", "")
	path := "/v1/groups/" + b.group.PublicID + "/top"
	var top gen.Top
	b.do(t, request{method: "GET", path: path, as: &b.bob}).ok(http.StatusOK, &top)
	require.Equal(t, []int32{1, 1}, []int32{top.Players[0].Rank, top.Players[1].Rank}, "equal balances share a rank")

	b.do(t, request{method: "POST", path: "/v1/rounds/" + round.ID + "/bets", as: &b.ada, key: "k", body: `{"choice":"big","stake":10}`}).
		ok(http.StatusCreated, nil)
	b.do(t, request{method: "GET", path: path, as: &b.bob}).ok(http.StatusOK, &top)
	require.Equal(t, []gen.TopPlayer{
		{Rank: 1, Player: b.bob.PublicID, Balance: gen.Amount{Amount: 1000, Asset: "points"}, Me: true},
		{Rank: 2, Player: b.ada.PublicID, Balance: gen.Amount{Amount: 990, Asset: "points"}},
	}, top.Players)
	b.do(t, request{method: "GET", path: path + "?limit=1", as: &b.ada}).ok(http.StatusOK, &top)
	require.Len(t, top.Players, 1)
}
