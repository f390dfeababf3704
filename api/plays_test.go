package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	"fairground/games"
)

func TestPlayAndProveIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	path := "/v1/groups/" + b.group.PublicID + "/plays"
	const spin = `{"game":"slots","choice":"spin","stake":100}`
	a := b.do(t, request{method: "POST", path: path, as: &b.ada, key: "k", body: spin})
	var play gen.PlayReceipt
	a.ok(http.StatusCreated, &play)
	require.Equal(t, 900+play.Payout.Amount, play.Balance.Amount)
	again := b.do(t, request{method: "POST", path: path, as: &b.ada, key: "k", body: spin})
	var same gen.PlayReceipt
	again.ok(http.StatusCreated, &same)
	require.Equal(t, play.Play, same.Play)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))

	refused := func(r request, status int, code string) {
		b.do(t, r).refused(status, code)
	}
	refused(request{method: "POST", path: path, as: &b.ada, key: "k", body: `{"game":"slots","choice":"spin","stake":200}`}, http.StatusConflict, "ledger.key_reused")
	refused(request{method: "POST", path: path, as: &b.ada, key: "a", body: `{"game":"dice","choice":"big","stake":100}`}, http.StatusUnprocessableEntity, "games.not_instant")
	refused(request{method: "POST", path: path, as: &b.ada, key: "a", body: `{"game":"slots","choice":"sideways","stake":100}`}, http.StatusUnprocessableEntity, "games.invalid_choice")
	refused(request{method: "POST", path: path, as: &b.eve, key: "a", body: spin}, http.StatusForbidden, "players.not_member")
	refused(request{method: "POST", path: path, key: "a", body: spin}, http.StatusUnauthorized, "api.unauthenticated")
	refused(request{method: "GET", path: "/v1/plays/" + play.Play, as: &b.bob}, http.StatusNotFound, "games.play_not_found")
	refused(request{method: "GET", path: "/v1/plays/" + play.Play, as: &b.mallory}, http.StatusNotFound, "games.play_not_found")
	refused(request{method: "GET", path: "/v1/plays/nothing/proof"}, http.StatusNotFound, "games.play_not_found")
	refused(request{method: "GET", path: "/v1/fairness/chains/nothing"}, http.StatusNotFound, "games.chain_not_found")

	var view gen.Play
	b.do(t, request{method: "GET", path: "/v1/plays/" + play.Play, as: &b.ada}).ok(http.StatusOK, &view)
	require.False(t, view.Revealed)
	require.Equal(t, b.group.PublicID, view.Group)
	var state gen.SeedState
	b.do(t, request{method: "GET", path: "/v1/me/seed", as: &b.ada}).ok(http.StatusOK, &state)
	require.EqualValues(t, 1, state.Nonce)
	var proof games.PlayProof
	b.do(t, request{method: "GET", path: "/v1/plays/" + play.Play + "/proof"}).ok(http.StatusOK, &proof)
	require.Empty(t, proof.ServerSeed)

	var rotated gen.RotatedSeed
	b.do(t, request{method: "POST", path: "/v1/me/seed", as: &b.ada, key: "r", body: `{"client_seed":"lucky"}`}).ok(http.StatusOK, &rotated)
	require.Equal(t, state.Commit, rotated.Revealed.Commit)
	require.Equal(t, "lucky", rotated.Now.ClientSeed)
	refused(request{method: "POST", path: "/v1/me/seed", as: &b.ada, key: "r2", body: `{"client_seed":"no spaces"}`}, http.StatusBadRequest, "api.invalid_request")

	proved := b.do(t, request{method: "GET", path: "/v1/plays/" + play.Play + "/proof"})
	proved.ok(http.StatusOK, &proof)
	require.Contains(t, proved.header.Get("Cache-Control"), "immutable")
	var chain games.Chain
	b.do(t, request{method: "GET", path: "/v1/fairness/chains/" + proof.Chain.ID}).ok(http.StatusOK, &chain)
	require.Equal(t, b.ada.PublicID, chain.Owner)
	report := games.VerifyPlayIn(proof, chain)
	require.True(t, report.OK(), "%+v", report)
	b.auditClean(t)
}
