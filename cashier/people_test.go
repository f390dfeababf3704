package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/players"
)

// verify gives player number i a verification, as players.Verify would.
func (w *world) verify(t *testing.T, i int, purpose string) string {
	t.Helper()
	token := secret.ID("v")
	w.asOwner(t, `INSERT INTO player_verifications (tenant_id, verification_check, player_id, purpose, expires_at)
		VALUES ($1, sha256(convert_to($2, 'UTF8')), $3, $4, clock_timestamp() + interval '5 minutes')`, w.tenant, token, w.people[i], purpose)
	return token
}

// actor is an operator who may restrict players.
func (w *world) actor(t *testing.T) players.Actor {
	t.Helper()
	a := w.operator(t, models.RoleRisk)
	return players.Actor{Tenant: w.tenant, Via: string(a.Via), Proof: a.Proof, Reason: "test"}
}

func (w *world) freeze(t *testing.T, i int) {
	t.Helper()
	require.NoError(t, w.players.FreezePlayer(t.Context(), w.actor(t), w.people[i], "suspicious"))
}

func (w *world) unfreeze(t *testing.T, i int) {
	t.Helper()
	require.NoError(t, w.players.UnfreezePlayer(t.Context(), w.actor(t), w.people[i], "cleared"))
}

// credentialChanged starts the player's cool-down.
func (w *world) credentialChanged(t *testing.T, i int) {
	t.Helper()
	require.NoError(t, w.players.ResetCredential(t.Context(), w.actor(t), w.people[i]))
}

// addGateway makes a gateway account of the fake kind.
func (w *world) addGateway(t *testing.T) string {
	t.Helper()
	a, err := w.AddAccount(t.Context(), w.operator(t, models.RoleOwner), cashier.NewAccount{Kind: "fake", Title: "Fake", Assets: []string{asset}, Reason: "test"})
	require.NoError(t, err)
	return a.ID
}
