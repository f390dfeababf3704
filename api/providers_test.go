package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/providers/conformance"
	"fairground/providers/seamless"
)

// acme adds a provider with a game, by the operator API.
func (o *office) acme(t *testing.T, title string) operatorgen.ProviderKey {
	t.Helper()
	var made operatorgen.ProviderKey
	o.as(t, models.RoleOwner, "POST", "providers", `{"title":"`+title+`","reason":"the contract began"}`).ok(http.StatusCreated, &made)
	require.NotEmpty(t, made.Secret)
	o.as(t, models.RoleOwner, "POST", "providers/"+made.Provider.Provider+"/games",
		`{"game":"coin","title":"Coin","launch_url":"https://games.example/coin?theme=dark","max_stake":500,"reason":"a new game"}`).ok(http.StatusOK, &made.Provider)
	require.Len(t, made.Provider.Games, 1)
	return made
}

// providerOf is a provider where the person has the round "round-1".
func (o *office) providerOf(t *testing.T, p person) string {
	t.Helper()
	id := o.acme(t, "Matrix").Provider.Provider
	o.asOwner(t, o.tenant.ID, `INSERT INTO provider_rounds (tenant_id, provider_id, player_id, round, group_id, game, asset) VALUES ($1, $2, $3, 'round-1', $4, 'coin', 'points')`,
		o.tenant.ID, id, p.ID, o.group.ID)
	return id
}

// launch opens a session over the player API and returns its token.
func (b *bundle) launch(t *testing.T, p person, provider string) string {
	t.Helper()
	var got gen.Launch
	b.do(t, request{
		method: "POST", path: "/v1/groups/" + b.group.PublicID + "/launch", as: &p, body: `{"provider":"` + provider + `","game":"coin"}`,
	}).ok(http.StatusCreated, &got)
	address, err := url.Parse(got.Url)
	require.NoError(t, err)
	require.Equal(t, "games.example", address.Host)
	require.Equal(t, "dark", address.Query().Get("theme"))
	require.True(t, got.ExpiresAt.After(time.Now()))
	return address.Query().Get("token")
}

// TestTheWalletConforms attacks the API as it is served, over a socket and through all its middleware.
func TestTheWalletConforms(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	made := o.acme(t, "Acme")
	expired := b.launch(t, b.ada, made.Provider.Provider)
	o.asOwner(t, o.tenant.ID, `UPDATE provider_sessions SET expires_at = clock_timestamp() WHERE tenant_id = $1`, o.tenant.ID)
	server := httptest.NewServer(b.http)
	defer server.Close()
	report, err := conformance.Run(t.Context(), conformance.Target{
		URL: server.URL, Provider: made.Provider.Provider, Secret: made.Secret, Token: b.launch(t, b.ada, made.Provider.Provider), ExpiredToken: expired,
		Clock: clock.System(),
	})
	require.NoError(t, err)
	var table strings.Builder
	require.NoError(t, report.Write(&table))
	require.True(t, report.OK(), table.String())
	require.Contains(t, table.String(), " 0 failed, 0 skipped")
	b.auditClean(t)
}

// callWallet makes a signed call.
func (b *bundle) callWallet(t *testing.T, provider, key string, call seamless.Call, r seamless.Request) seamless.Answer {
	t.Helper()
	body, err := json.Marshal(r)
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, call.Path(), strings.NewReader(string(body)))
	req.Header = seamless.Sign(provider, []byte(key), call, time.Now(), seamless.NewNonce(), body)
	rec := httptest.NewRecorder()
	b.http.ServeHTTP(rec, req)
	var a seamless.Answer
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &a), rec.Body.String())
	return a
}

func TestAProviderFromContractToEnd(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	made := o.acme(t, "Acme")
	id := made.Provider.Provider
	o.as(t, models.RoleOwner, "POST", "providers", `{"title":"Acme","reason":"once more"}`).refused(http.StatusConflict, "providers.title_taken")
	o.as(t, models.RoleOwner, "POST", "providers/"+id+"/games", `{"game":"coin","title":"Coin","launch_url":"ftp://games.example","reason":"a new game"}`).
		refused(http.StatusUnprocessableEntity, "providers.invalid_input")

	var list gen.ProviderList
	b.do(t, request{method: "GET", path: "/v1/providers", as: &b.ada}).ok(http.StatusOK, &list)
	require.Len(t, list.Providers, 1)
	require.EqualValues(t, 500, *list.Providers[0].Games[0].MaxStake)
	b.do(t, request{method: "GET", path: "/v1/providers", as: &b.mallory}).ok(http.StatusOK, &list)
	require.Empty(t, list.Providers)
	launch := request{method: "POST", path: "/v1/groups/" + b.group.PublicID + "/launch", as: &b.eve, body: `{"provider":"` + id + `","game":"coin"}`}
	b.do(t, launch).refused(http.StatusForbidden, "players.not_member")
	launch.as, launch.body = &b.ada, `{"provider":"`+id+`","game":"chess"}`
	b.do(t, launch).refused(http.StatusNotFound, "providers.game_not_found")

	token := b.launch(t, b.ada, id)
	who := b.callWallet(t, id, made.Secret, seamless.Authenticate, seamless.Request{Token: token})
	require.Equal(t, seamless.OK, who.Code)
	require.NotEqual(t, b.ada.PublicID, who.Player)
	stake := int64(100)
	bet := seamless.Request{Token: token, Player: who.Player, Transaction: secret.ID("tx"), Round: "r1", Game: "coin", Asset: "points", Amount: &stake}
	require.Equal(t, seamless.OK, b.callWallet(t, id, made.Secret, seamless.Bet, bet).Code)

	var rounds operatorgen.ProviderRoundPage
	o.as(t, models.RoleFinance, "GET", "providers/"+id+"/rounds?open=true", "").ok(http.StatusOK, &rounds)
	require.Len(t, rounds.Rounds, 1)
	require.EqualValues(t, 100, rounds.Rounds[0].Staked.Amount)
	end := `{"player":"` + b.ada.PublicID + `","round":"r1","refund":true,"reason":"the provider lost it"}`
	var ended operatorgen.ProviderRoundEnded
	o.as(t, models.RoleFinance, "POST", "providers/"+id+"/rounds/close", end).ok(http.StatusOK, &ended)
	require.EqualValues(t, 100, ended.Returned)
	o.as(t, models.RoleFinance, "POST", "providers/"+id+"/rounds/close", end).refused(http.StatusConflict, "providers.round_closed")
	var page operatorgen.ProviderTransactionPage
	o.as(t, models.RoleAnalyst, "GET", "providers/"+id+"/transactions?limit=1", "").ok(http.StatusOK, &page)
	require.Equal(t, operatorgen.ProviderTransactionStateReturned, page.Transactions[0].State)
	o.as(t, models.RoleAnalyst, "GET", "providers/"+id+"/transactions?limit=1&cursor="+*page.NextCursor, "").ok(http.StatusOK, &page)
	require.Equal(t, bet.Transaction, page.Transactions[0].TransactionUuid)
	require.Equal(t, operatorgen.ProviderTransactionStateRolledBack, page.Transactions[0].State)

	var rotated operatorgen.ProviderKey
	o.as(t, models.RoleOwner, "POST", "providers/"+id+"/keys", `{"grace_seconds":3600,"reason":"every quarter"}`).ok(http.StatusCreated, &rotated)
	for _, key := range []string{made.Secret, rotated.Secret} {
		require.Equal(t, seamless.OK, b.callWallet(t, id, key, seamless.Authenticate, seamless.Request{Token: token}).Code)
	}
	o.as(t, models.RoleOwner, "PATCH", "providers/"+id, `{"enabled":false,"reason":"the contract ended"}`).ok(http.StatusOK, nil)
	require.Equal(t, seamless.GameUnavailable, b.callWallet(t, id, rotated.Secret, seamless.Authenticate, seamless.Request{Token: token}).Code)
	launch.body = `{"provider":"` + id + `","game":"coin"}`
	b.do(t, launch).refused(http.StatusNotFound, "providers.game_not_found")
	require.NotContains(t, b.logs.String(), made.Secret)
	require.NotContains(t, b.logs.String(), token)
	b.auditClean(t)
}
