package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
)

// TestActs plays a run of crash over HTTP. Its moment is moved: it waits for nothing.
func TestActs(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "crash", "")
	path := "/v1/rounds/" + round.ID
	live := request{method: "GET", path: path + "/live"}
	act := func(key, body string) answer {
		return b.do(t, request{method: "POST", path: path + "/acts", as: &b.bob, key: key, body: body})
	}
	b.do(t, request{method: "POST", path: path + "/bets", as: &b.bob, key: "bet", body: `{"choice":"manual","stake":100}`}).ok(http.StatusCreated, nil)
	b.do(t, live).refused(http.StatusConflict, "games.too_early")
	act("k", `{"choice":"cash_out"}`).refused(http.StatusConflict, "games.too_early")

	_, err := b.engine.Close(t.Context(), b.tenant.ID, round.ID, true)
	require.NoError(t, err)
	_, err = b.engine.Draw(t.Context(), b.tenant.ID, round.ID)
	require.NoError(t, err)
	// As if it were about to begin: a run may crash at once, and this one must not yet.
	b.asOwner(t, b.tenant.ID, `UPDATE rounds SET live_started_at = clock_timestamp() + interval '1 hour' WHERE round_id = $1`, round.ID)
	var seen gen.LiveView
	b.do(t, live).ok(http.StatusOK, &seen)
	require.False(t, seen.Over)
	require.Empty(t, seen.Acts)
	var shown gen.Round
	b.do(t, request{method: "GET", path: path}).ok(http.StatusOK, &shown)
	require.Equal(t, gen.Drawn, shown.Status)
	require.NotNil(t, shown.LiveStartedAt)
	require.Nil(t, shown.Outcome)

	require.Equal(t, "choice", act("x", `{"slot":0}`).refused(http.StatusBadRequest, "api.invalid_request").Field)
	act("x", `{"choice":"jump"}`).refused(http.StatusUnprocessableEntity, "games.invalid_choice")
	act("x", `{"choice":"cash_out"}`).refused(http.StatusConflict, "games.too_early")
	b.do(t, request{method: "POST", path: path + "/acts", as: &b.ada, key: "a", body: `{"choice":"cash_out"}`}).refused(http.StatusConflict, "games.no_bet")
	b.do(t, request{method: "POST", path: path + "/acts", key: "a", body: `{"choice":"cash_out"}`}).refused(http.StatusUnauthorized, "api.unauthenticated")

	b.asOwner(t, b.tenant.ID, `UPDATE rounds SET live_started_at = clock_timestamp() - interval '1 day' WHERE round_id = $1`, round.ID)
	act("late", `{"choice":"cash_out"}`).refused(http.StatusConflict, "games.too_late")
	_, err = b.engine.Settle(t.Context(), b.tenant.ID, round.ID)
	require.NoError(t, err)
	b.do(t, live).ok(http.StatusOK, &seen)
	require.True(t, seen.Over)
	b.do(t, request{method: "GET", path: "/v1/rounds/" + b.open(t, "dice", "").ID + "/live"}).refused(http.StatusNotFound, "games.round_not_found")
	b.auditClean(t)
}

// TestAnActIsToldOnce cashes a bet out in time and asks again with the same key.
func TestAnActIsToldOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	round := b.open(t, "quiz", "")
	path := "/v1/rounds/" + round.ID
	for _, who := range []*person{&b.ada, &b.bob} {
		b.do(t, request{method: "POST", path: path + "/bets", as: who, key: "bet", body: `{"choice":"enter","stake":20}`}).ok(http.StatusCreated, nil)
	}
	_, err := b.engine.Close(t.Context(), b.tenant.ID, round.ID, true)
	require.NoError(t, err)
	_, err = b.engine.Draw(t.Context(), b.tenant.ID, round.ID)
	require.NoError(t, err)
	act := request{method: "POST", path: path + "/acts", as: &b.bob, key: "one", body: `{"choice":"b"}`}
	var receipt gen.ActReceipt
	first := b.do(t, act)
	first.ok(http.StatusCreated, &receipt)
	require.Equal(t, "b", receipt.Choice)
	require.NotEmpty(t, receipt.Shown)
	again := b.do(t, act)
	require.Equal(t, first.text, again.text)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	act.body = `{"choice":"c"}`
	b.do(t, act).refused(http.StatusConflict, "ledger.key_reused")
	act.key = "two"
	b.do(t, act).refused(http.StatusConflict, "games.already_acted")
	var seen gen.LiveView
	b.do(t, request{method: "GET", path: path + "/live"}).ok(http.StatusOK, &seen)
	require.Len(t, seen.Acts, 1)
	require.Nil(t, seen.Acts[0].Choice)
	require.Equal(t, b.bob.PublicID, seen.Acts[0].Player)
	require.NotContains(t, string(seen.Shown), "answer")
	b.asOwner(t, b.tenant.ID, `UPDATE rounds SET live_started_at = live_started_at - interval '1 day' WHERE round_id = $1`, round.ID)
	_, err = b.engine.Settle(t.Context(), b.tenant.ID, round.ID)
	require.NoError(t, err)
	b.auditClean(t)
}
