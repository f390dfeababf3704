package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
)

func TestOpenRound(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	path := "/v1/groups/" + b.group.PublicID + "/rounds"
	post := func(key, body string) answer {
		return b.do(t, request{method: "POST", path: path, as: &b.ada, key: key, body: body})
	}
	require.Equal(t, "Idempotency-Key", post("", `{"game":"dice"}`).refused(http.StatusBadRequest, "api.invalid_request").Field)
	require.Equal(t, "Idempotency-Key", post("no spaces", `{"game":"dice"}`).refused(http.StatusBadRequest, "api.invalid_request").Field)
	require.Equal(t, "game", post("k", `{}`).refused(http.StatusBadRequest, "api.invalid_request").Field)
	require.Equal(t, "params", post("k", `{"game":"dice","params":[]}`).refused(http.StatusBadRequest, "api.invalid_request").Field)
	post("k", `{"game":"chess"}`).refused(http.StatusNotFound, "games.unknown_game")
	post("k", `{"game":"redpacket","params":{"nonsense":1}}`).refused(http.StatusUnprocessableEntity, "games.invalid_params")

	var round gen.Round
	a := post("k", `{"game":"dice"}`)
	a.ok(http.StatusCreated, &round)
	require.Equal(t, "/v1/rounds/"+round.Round, a.header.Get("Location"))
	require.Equal(t, gen.Open, round.Status)
	require.Len(t, round.Commit, 64)
	require.NotEmpty(t, round.Odds)
	require.Equal(t, b.group.PublicID, round.Group)
	require.Equal(t, b.ada.PublicID, round.Opener)
	started := <-b.started
	require.Equal(t, round.Round, started.Round)
	require.Equal(t, b.group.PublicID, started.Group)

	var again gen.Round
	post("k", `{"game":"dice"}`).ok(http.StatusCreated, &again)
	require.Equal(t, round, again, "the same key gives the same round")
	post("k", `{"game":"duel","params":{"stake":10}}`).refused(http.StatusConflict, "ledger.key_reused")
	post("k2", `{"game":"dice"}`).refused(http.StatusConflict, "games.round_running")

	require.NoError(t, b.players.PauseGroup(t.Context(), b.tenant.ID, b.group.ID))
	p := post("k3", `{"game":"dice"}`).refused(http.StatusConflict, "games.group_inactive")
	require.Contains(t, p.Fix, "administrator")
	b.auditClean(t)
}

// TestDocumentedRoundsOpen opens every example of the document.
func TestDocumentedRoundsOpen(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	content := b.spec.doc.Paths.Find("/v1/groups/{group}/rounds").Post.RequestBody.Value.Content["application/json"]
	require.NotEmpty(t, content.Examples)
	documented := map[string]bool{}
	for name, example := range content.Examples {
		body, err := json.Marshal(example.Value.Value)
		require.NoError(t, err)
		var round gen.Round
		b.do(t, request{
			method: "POST", path: "/v1/groups/" + b.group.PublicID + "/rounds", as: &b.ada, key: "example." + name, body: string(body),
		}).ok(http.StatusCreated, &round)
		documented[round.Game] = true
		b.finish(t, round.Round) // a group plays one timed round at a time
	}
	require.Equal(t, map[string]bool{"dice": true, "duel": true, "redpacket": true}, documented)
	b.auditClean(t)
}

func TestListRounds(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var want []string
	for range 3 {
		r := b.open(t, "dice", "")
		b.finish(t, r.ID)
		want = append([]string{r.ID}, want...)
	}
	var got []string
	path := "/v1/groups/" + b.group.PublicID + "/rounds?limit=2"
	for next := path; next != ""; {
		var page gen.RoundPage
		b.do(t, request{method: "GET", path: next, as: &b.bob}).ok(http.StatusOK, &page)
		for _, r := range page.Rounds {
			got = append(got, r.Round)
		}
		next = ""
		if page.NextCursor != nil {
			next = path + "&cursor=" + *page.NextCursor
		}
	}
	require.Equal(t, want, got)
}

func TestGetRoundNeedsNoSignIn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	v := b.open(t, "dice", "")
	var round gen.Round
	b.do(t, request{method: "GET", path: "/v1/rounds/" + v.ID}).ok(http.StatusOK, &round)
	require.Equal(t, gen.Open, round.Status)
	require.Empty(t, round.Counts)
	b.do(t, request{method: "POST", path: "/v1/rounds/" + v.ID + "/bets", as: &b.bob, key: "k", body: `{"choice":"big","stake":10}`}).
		ok(http.StatusCreated, nil)
	b.do(t, request{method: "GET", path: "/v1/rounds/" + v.ID}).ok(http.StatusOK, &round)
	require.Equal(t, []gen.ChoiceCount{{Choice: "big", Bets: 1}}, round.Counts)
	require.Equal(t, int64(10), round.Pot.Amount)
	require.Nil(t, round.Outcome)
	b.finish(t, v.ID)
	b.do(t, request{method: "GET", path: "/v1/rounds/" + v.ID}).ok(http.StatusOK, &round)
	require.Equal(t, gen.Settled, round.Status)
	require.NotNil(t, round.Outcome)
	require.NotNil(t, round.Paid)
	for _, id := range []string{"r_aaaaaaaaaaaaaaaa", "x", "%00", "..%2f"} {
		a := b.do(t, request{method: "GET", path: "/v1/rounds/" + id})
		require.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest}, a.status, id)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), id)
	}
	b.auditClean(t)
}

func TestPlaceBet(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "dice", "")
	path := "/v1/rounds/" + round.ID + "/bets"
	post := func(as *person, key, body string) answer {
		return b.do(t, request{method: "POST", path: path, as: as, key: key, body: body})
	}
	var receipt gen.BetReceipt
	first := post(&b.bob, "k1", `{"choice":"big","stake":100,"seed":"mine-1"}`)
	first.ok(http.StatusCreated, &receipt)
	require.Equal(t, "false", first.header.Get("Idempotency-Replayed"))
	require.Equal(t, gen.Amount{Amount: 900, Asset: "points"}, receipt.Balance)

	again := post(&b.bob, "k1", `{"choice":"big","stake":100,"seed":"mine-1"}`)
	require.Equal(t, first.text, again.text, "the same key and payload give the same answer")
	require.Equal(t, http.StatusCreated, again.status)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	for _, other := range []string{`{"choice":"big","stake":101,"seed":"mine-1"}`, `{"choice":"odd","stake":100,"seed":"mine-1"}`, `{"choice":"big","stake":100}`} {
		post(&b.bob, "k1", other).refused(http.StatusConflict, "ledger.key_reused")
	}

	p := post(&b.bob, "k2", `{"choice":"big","stake":1000}`).refused(http.StatusUnprocessableEntity, "ledger.insufficient_funds")
	require.EqualValues(t, 900, p.Data["balance"])
	require.EqualValues(t, 1000, p.Data["needed"])
	for _, stake := range []string{"0", "-5", "9", "5001", "9223372036854775807"} {
		p := post(&b.bob, "w"+stake, `{"choice":"big","stake":`+stake+`}`).refused(http.StatusUnprocessableEntity, "games.invalid_stake")
		require.Equal(t, "stake", p.Field, stake)
	}
	p = post(&b.bob, "k3", `{"choice":"huge","stake":10}`).refused(http.StatusUnprocessableEntity, "games.invalid_choice")
	require.Equal(t, "choice", p.Field)
	post(&b.eve, "k4", `{"choice":"big","stake":10}`).refused(http.StatusForbidden, "players.not_member")
	post(&b.mallory, "k5", `{"choice":"big","stake":10}`).refused(http.StatusNotFound, "games.round_not_found")
	b.do(t, request{method: "POST", path: "/v1/rounds/r_aaaaaaaaaaaaaaaa/bets", as: &b.bob, key: "k6", body: `{"choice":"big","stake":10}`}).
		refused(http.StatusNotFound, "games.round_not_found")

	b.finish(t, round.ID)
	post(&b.bob, "k7", `{"choice":"big","stake":10}`).refused(http.StatusConflict, "games.round_closed")
	post(&b.bob, "k1", `{"choice":"big","stake":100,"seed":"mine-1"}`).ok(http.StatusCreated, nil)
	var balance gen.Balance
	b.do(t, request{method: "GET", path: "/v1/groups/" + b.group.PublicID + "/balance", as: &b.bob}).ok(http.StatusOK, &balance)
	require.Contains(t, []int64{900, 1100}, balance.Balance.Amount, "one bet was taken, whatever was tried")
	b.auditClean(t)
}

func TestDuelFillsUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	cleo := b.newPerson(t, b.tenant.ID, telegramUser(555))
	b.join(t, cleo)
	round := b.open(t, "duel", `{"stake":50}`)
	path := "/v1/rounds/" + round.ID + "/bets"
	body := `{"choice":"tails","stake":50}`
	b.do(t, request{method: "POST", path: path, as: &b.ada, key: "own", body: body}).refused(http.StatusConflict, "games.already_bet")
	var receipt gen.BetReceipt
	b.do(t, request{method: "POST", path: path, as: &b.bob, key: "k", body: body}).ok(http.StatusCreated, &receipt)
	require.True(t, receipt.Full)
	require.Equal(t, round.ID, <-b.closed, "the workflow is told")
	b.do(t, request{method: "POST", path: path, as: &cleo, key: "k", body: body}).refused(http.StatusConflict, "games.round_full")
	b.finish(t, round.ID)
	b.auditClean(t)
}

func TestClaims(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "redpacket", `{"total":100,"shares":2,"mode":"equal"}`)
	path := "/v1/rounds/" + round.ID
	claim := func(as *person, key string) answer {
		return b.do(t, request{method: "POST", path: path + "/claims", as: as, key: key})
	}
	require.Equal(t, "Idempotency-Key", claim(&b.bob, "").refused(http.StatusBadRequest, "api.invalid_request").Field)
	claim(&b.eve, "k").refused(http.StatusForbidden, "players.not_member")
	claim(&b.mallory, "k").refused(http.StatusNotFound, "games.round_not_found")

	var receipt gen.ClaimReceipt
	first := claim(&b.bob, "k")
	first.ok(http.StatusCreated, &receipt)
	require.Equal(t, int64(50), receipt.Amount.Amount)
	require.Equal(t, int64(1050), receipt.Balance.Amount)
	require.Equal(t, first.text, claim(&b.bob, "k").text)
	claim(&b.bob, "k2").refused(http.StatusConflict, "games.already_claimed")

	var shown gen.Round
	b.do(t, request{method: "GET", path: path}).ok(http.StatusOK, &shown)
	require.Equal(t, int64(1), shown.SlotsLeft)
	require.Equal(t, b.bob.PublicID, shown.Claims[0].Player)
	require.Nil(t, shown.Outcome, "shares that nobody took yet stay hidden")

	claim(&b.ada, "k").ok(http.StatusCreated, &receipt)
	require.Zero(t, receipt.Left)
	require.Equal(t, round.ID, <-b.closed)
	cleo := b.newPerson(t, b.tenant.ID, telegramUser(555))
	b.join(t, cleo)
	claim(&cleo, "k").refused(http.StatusConflict, "games.nothing_left")
	b.finish(t, round.ID)
	b.auditClean(t)
}

// TestProof reads proofs without a token and looks for anything that names a person.
func TestProof(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "dice", "")
	path := "/v1/rounds/" + round.ID + "/proof"
	b.do(t, request{method: "POST", path: "/v1/rounds/" + round.ID + "/bets", as: &b.ada, key: "k", body: `{"choice":"big","stake":10}`}).
		ok(http.StatusCreated, nil)
	open := b.do(t, request{method: "GET", path: path})
	open.ok(http.StatusOK, nil)
	require.NotContains(t, open.text, "server_seed")
	require.Equal(t, "public, max-age=1", open.header.Get("Cache-Control"))

	b.finish(t, round.ID)
	settled := b.do(t, request{method: "GET", path: path})
	settled.ok(http.StatusOK, nil)
	require.Contains(t, settled.text, "server_seed")
	require.Contains(t, settled.header.Get("Cache-Control"), "immutable")
	tag := settled.header.Get("ETag")
	require.NotEqual(t, open.header.Get("ETag"), tag)
	for header, status := range map[string]int{tag: 304, `"x", W/` + tag: 304, "*": 304, `"x"`: 200} {
		a := b.do(t, request{method: "GET", path: path, header: map[string]string{"If-None-Match": header}})
		require.Equal(t, status, a.status, header)
		require.Equal(t, tag, a.header.Get("ETag"))
	}
	b.do(t, request{method: "GET", path: "/v1/rounds/r_aaaaaaaaaaaaaaaa/proof"}).refused(http.StatusNotFound, "games.round_not_found")

	packet := b.open(t, "redpacket", `{"total":100,"shares":2,"mode":"random"}`)
	hidden := b.do(t, request{method: "GET", path: "/v1/rounds/" + packet.ID + "/proof"})
	hidden.ok(http.StatusOK, nil)
	require.NotContains(t, hidden.text, `"outcome"`, "shares that nobody took yet stay hidden")
}

func TestPublicAnswersNameNobody(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	dice := b.open(t, "dice", "")
	b.do(t, request{method: "POST", path: "/v1/rounds/" + dice.ID + "/bets", as: &b.ada, key: "k", body: `{"choice":"big","stake":10}`}).
		ok(http.StatusCreated, nil)
	b.finish(t, dice.ID)
	packet := b.open(t, "redpacket", `{"total":100,"shares":2,"mode":"equal"}`)
	b.do(t, request{method: "POST", path: "/v1/rounds/" + packet.ID + "/claims", as: &b.ada, key: "k"}).ok(http.StatusCreated, nil)
	secrets := []string{adaName, adaUser, "Telegramname", groupTitle, fmt.Sprint(adaID), fmt.Sprint(bobID), strings.TrimPrefix(fmt.Sprint(chatID), "-")}
	for _, path := range []string{
		"/v1/rounds/" + dice.ID, "/v1/rounds/" + dice.ID + "/proof", "/v1/rounds/" + packet.ID, "/v1/rounds/" + packet.ID + "/proof",
		"/v1/games", "/v1/games/dice?group=" + b.group.PublicID,
	} {
		a := b.do(t, request{method: "GET", path: path})
		a.ok(http.StatusOK, nil)
		for _, secret := range secrets {
			require.NotContains(t, a.text, secret, path)
		}
	}
	// What the group's members see of each other is pseudonymous as well.
	for _, path := range []string{"/top", "/rounds", "/statement"} {
		a := b.do(t, request{method: "GET", path: "/v1/groups/" + b.group.PublicID + path, as: &b.bob})
		for _, secret := range secrets {
			require.NotContains(t, a.text, secret, path)
		}
	}
	for _, secret := range append(secrets, b.ada.token) {
		require.NotContains(t, b.logs.String(), secret)
	}
}
