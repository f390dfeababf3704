package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
)

func TestMySeed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	put := func(body string) answer {
		return b.do(t, request{method: "PUT", path: "/v1/me/seed", as: &b.ada, body: body})
	}

	var me gen.Me
	put(`{"seed":"lucky-7"}`).ok(http.StatusOK, &me)
	require.Equal(t, "lucky-7", *me.Seed)
	b.do(t, request{method: "GET", path: "/v1/me", as: &b.ada}).ok(http.StatusOK, &me)
	require.Equal(t, "lucky-7", *me.Seed)

	for body, field := range map[string]string{
		`{"seed":"two words"}`: "seed",
		`{"seed":""}`:          "seed",
		`{"seed":"` + strings.Repeat("a", 65) + `"}`: "seed",
	} {
		require.Equal(t, field, put(body).refused(http.StatusUnprocessableEntity, "players.invalid_seed").Field, body)
	}
	for body, field := range map[string]string{
		``:                      "body",
		`{`:                     "body",
		`[]`:                    "body",
		`{}`:                    "seed",
		`{"seed":1}`:            "seed",
		`{"Seed":"x"}`:          "Seed",
		`{"seed":"x","more":1}`: "more",
	} {
		p := put(body).refused(http.StatusBadRequest, "api.invalid_request")
		if field == "Seed" {
			require.Contains(t, []string{"Seed", "seed"}, p.Field, body)
			continue
		}
		require.Equal(t, field, p.Field, body)
	}
	put(`{"seed":null}`).ok(http.StatusOK, &me)
	require.Nil(t, me.Seed)
}

func TestMyGroups(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var list gen.GroupList
	b.do(t, request{method: "GET", path: "/v1/me/groups", as: &b.ada}).ok(http.StatusOK, &list)
	require.Equal(t, []gen.GroupSummary{{Group: b.group.PublicID, Title: groupTitle, Language: "en", Status: gen.GroupStatusActive}}, list.Groups)
	b.do(t, request{method: "GET", path: "/v1/me/groups", as: &b.eve}).ok(http.StatusOK, &list)
	require.Empty(t, list.Groups)
}

func TestMyBets(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "dice", "")
	for _, key := range []string{"a", "b", "c"} {
		b.do(t, request{method: "POST", path: "/v1/rounds/" + round.ID + "/bets", as: &b.bob, key: key, body: `{"choice":"big","stake":10}`}).
			ok(http.StatusCreated, nil)
	}
	path := "/v1/me/bets?limit=2&group=" + b.group.PublicID
	var page gen.MyBetPage
	b.do(t, request{method: "GET", path: path, as: &b.bob}).ok(http.StatusOK, &page)
	require.Len(t, page.Bets, 2)
	require.Nil(t, page.Bets[0].Payout, "nothing is paid while the round runs")
	require.NotNil(t, page.NextCursor)
	first := page.Bets[0].Bet
	b.do(t, request{method: "GET", path: path + "&cursor=" + *page.NextCursor, as: &b.bob}).ok(http.StatusOK, &page)
	require.Len(t, page.Bets, 1)
	require.NotEqual(t, first, page.Bets[0].Bet)

	b.finish(t, round.ID)
	b.do(t, request{method: "GET", path: path, as: &b.bob}).ok(http.StatusOK, &page)
	require.NotNil(t, page.Bets[0].Payout)
	require.Equal(t, gen.Settled, page.Bets[0].Status)

	var mine gen.MyBetPage
	b.do(t, request{method: "GET", path: path, as: &b.ada}).ok(http.StatusOK, &mine)
	require.Empty(t, mine.Bets)
	b.auditClean(t)
}

// TestBadPages tries cursors and limits of other lists, other forms and nonsense.
func TestBadPages(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	g := "/v1/groups/" + b.group.PublicID
	lists := map[string]string{"rounds": g + "/rounds?", "statement": g + "/statement?", "bets": "/v1/me/bets?group=" + b.group.PublicID + "&"}
	cursors := map[string]string{
		"rounds": "cm91bmRzOg", "not base64": "!!!", "another list": "b3RoZXI6MQ", "empty key": "YmV0czo",
		"not a number": "YmV0czp4", "negative": "c3RhdGVtZW50Oi0x", "of a statement": "c3RhdGVtZW50Ong",
	}
	for name, path := range lists {
		for kind, cursor := range cursors {
			p := b.do(t, request{method: "GET", path: path + "cursor=" + cursor, as: &b.ada}).refused(http.StatusBadRequest, "api.invalid_cursor")
			require.Equal(t, "cursor", p.Field, "%s %s", name, kind)
		}
		for _, limit := range []string{"0", "-1", "101", "x", "1.5", "99999999999999999999"} {
			p := b.do(t, request{method: "GET", path: path + "limit=" + limit, as: &b.ada}).refused(http.StatusBadRequest, "api.invalid_request")
			require.Equal(t, "limit", p.Field, "%s %s", name, limit)
		}
	}
}
