package providers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/providers"
	"fairground/providers/seamless"
)

// TestProvidersAreApart has one provider try the other's sessions and transactions.
func TestProvidersAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other, key := w.addProvider(t, "Rival", providers.NewProvider{})
	a, b := w.launch(t, 0), w.launchAt(t, 0, other, key)
	require.NotEqual(t, a.player, b.player, "two providers can't put their players together")

	stolen := a
	stolen.provider, stolen.secret = b.provider, b.secret
	require.Equal(t, seamless.TokenInvalid, stolen.call(t, seamless.Authenticate, seamless.Request{Token: a.token}).Code)
	require.Equal(t, seamless.TokenInvalid, stolen.call(t, seamless.Bet, stolen.betting("r1", 10)).Code)

	bet := a.betting("r1", 10)
	require.Equal(t, seamless.OK, a.call(t, seamless.Bet, bet).Code)
	require.Equal(t, seamless.TransactionNotFound, b.call(t, seamless.Win, b.winning(bet, 500)).Code)
	back := b.call(t, seamless.Rollback, b.rollingBack(bet))
	require.Equal(t, seamless.OK, back.Code)
	require.Zero(t, *back.Returned, "a rollback of what the rival never staked is remembered for itself alone")
	require.Equal(t, seamless.RoundNotFound, b.call(t, seamless.Close, b.closing("r1")).Code)
	require.Equal(t, seamless.OK, a.call(t, seamless.Win, a.winning(bet, 30)).Code)

	// Both may use the same names.
	same := b.betting("r1", 20)
	same.Transaction = a.betting("r1", 1).Transaction
	require.Equal(t, seamless.OK, b.call(t, seamless.Bet, same).Code)
	a.has(t, 1000-10+30-20)
	w.clean(t)
}

// TestTenantsAreApart has a provider of one tenant try the other's sessions, and the role look behind the fence.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)
	bet := s.betting("r1", 10)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, bet).Code)

	next := *w
	next.makeTenant(t, 1)
	id, key := next.addProvider(t, "Acme", providers.NewProvider{})
	thief := s
	thief.provider, thief.secret = id, key
	require.Equal(t, seamless.TokenInvalid, thief.call(t, seamless.Bet, thief.betting("r2", 10)).Code)
	require.NoError(t, w.db.DB.InTenant(t.Context(), next.tenant, func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"providers", "provider_games", "provider_players", "provider_sessions", "provider_rounds", "provider_transactions", "provider_nonces"} {
			var n int
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", w.tenant).Scan(&n); err != nil {
				return err
			}
			require.Zero(t, n, table)
		}
		return nil
	}))
	_, err := w.Launch(t.Context(), providers.LaunchRequest{Tenant: next.tenant, Group: next.group, Player: next.people[0], Provider: w.provider, Game: "coin"})
	require.ErrorIs(t, err, providers.ErrGameNotFound)
	_, err = w.Transactions(t.Context(), next.tenant, w.provider, providers.Filter{})
	require.ErrorIs(t, err, providers.ErrNotFound)
	w.clean(t)
}

// TestTheRoleAloneMovesNothing calls the database as the application role, without the program.
func TestTheRoleAloneMovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)
	amount := int64(500)
	meaning, err := json.Marshal(seamless.Request{Player: s.player, Transaction: "made-up-1", Round: "r", Game: "coin", Asset: "points", Amount: &amount, Free: true})
	require.NoError(t, err)
	var text string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT api_provider_call($1, $2, 'win', 1, $3, 'nonce', $3, $3, $3, $4)`,
		[]any{w.tenant, w.provider, []byte("attest"), json.RawMessage(meaning)}, &text))
	require.JSONEq(t, `{"code": "INVALID_SIGNATURE"}`, text)
	for _, sql := range []string{
		`UPDATE providers SET free_wins = true`, `DELETE FROM provider_rollbacks`, `UPDATE provider_sessions SET expires_at = 'infinity'`,
		`INSERT INTO provider_rollbacks (tenant_id, provider_id, player_id, reference, uuid) VALUES (1, 'pv_aaaaaaaaaaaaaaaa', 1, 'x', 'y')`,
		`UPDATE directory SET tenant_id = tenant_id WHERE kind = 'provider'`, `DELETE FROM directory WHERE kind = 'provider'`,
		`SELECT provider_return(t, 'x') FROM provider_transactions t`,
	} {
		require.Error(t, w.db.DB.InTenant(t.Context(), w.tenant, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql)
			return err
		}), sql)
	}
	s.has(t, 1000)
	w.clean(t)
}

// TestKeys rotates with and without grace; a process that has the old keys in memory takes none that are over.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)
	elsewhere := newRoom(t, w.db)
	auth := func(room *providers.Providers, key []byte) seamless.Code {
		body, err := json.Marshal(seamless.Request{Token: s.token})
		require.NoError(t, err)
		a, _ := s.raw(t, room, seamless.Authenticate, seamless.Sign(s.provider, key, seamless.Authenticate, time.Now(), seamless.NewNonce(), body), body)
		return a.Code
	}
	require.Equal(t, seamless.OK, auth(elsewhere, w.secret))
	owner := w.operator(t, "owner")
	_, second, err := w.Rotate(t.Context(), owner, w.provider, time.Hour, "every quarter")
	require.NoError(t, err)
	for _, room := range []*providers.Providers{w.Providers, elsewhere} {
		require.Equal(t, seamless.OK, auth(room, w.secret))
		require.Eventually(t, func() bool { return auth(room, []byte(second)) == seamless.OK }, 30*time.Second, 50*time.Millisecond)
	}
	_, third, err := w.Rotate(t.Context(), owner, w.provider, 0, "it leaked")
	require.NoError(t, err)
	for _, room := range []*providers.Providers{w.Providers, elsewhere} {
		require.Equal(t, seamless.InvalidSignature, auth(room, w.secret))
		require.Equal(t, seamless.InvalidSignature, auth(room, []byte(second)))
		require.Eventually(t, func() bool { return auth(room, []byte(third)) == seamless.OK }, 30*time.Second, 50*time.Millisecond)
	}
	require.Equal(t, http.StatusNotFound, w.Call(t.Context(), "steal", nil, nil).Status)
	_, _, err = w.Rotate(t.Context(), w.operator(t, "finance"), w.provider, 0, "no right to")
	require.Error(t, err)
}
