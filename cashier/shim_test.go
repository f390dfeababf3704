package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
)

func (w *world) addGateway(t *testing.T) string {
	t.Helper()
	w.asOwner(t, `DO $$ BEGIN
IF to_regprocedure('player_verified(bigint,bigint,text,text)') IS NULL THEN
  CREATE TABLE shim_refusals (player bigint, answer jsonb);
  CREATE TABLE shim_cooldown (player bigint, at timestamptz);
  CREATE TABLE shim_verifications (player bigint, purpose text, token text);
  EXECUTE 'CREATE FUNCTION player_refusal(p_tenant bigint, p_group bigint, p_player bigint, p_act text, p_asset text, p_amount bigint) RETURNS jsonb LANGUAGE sql AS
    ''SELECT answer FROM shim_refusals WHERE player = p_player LIMIT 1''';
  EXECUTE 'CREATE FUNCTION player_cooldown(p_tenant bigint, p_player bigint) RETURNS timestamptz LANGUAGE sql AS ''SELECT max(at) FROM shim_cooldown WHERE player = p_player''';
  EXECUTE 'CREATE FUNCTION player_verified(p_tenant bigint, p_player bigint, p_purpose text, p_verification text) RETURNS boolean LANGUAGE plpgsql AS
    ''BEGIN DELETE FROM shim_verifications WHERE player = p_player AND purpose = p_purpose AND token = p_verification; RETURN FOUND; END''';
END IF;
END $$`)
	id := secret.ID("gw")
	w.asOwner(t, `INSERT INTO gateway_accounts (tenant_id, account_id, kind, title, assets, deposits, payouts, refunds, settings, settings_sealed)
		VALUES ($1, $2, 'fake', 'Fake', ARRAY['sbx'], true, true, false, '{}', '')`, w.tenant, id)
	return id
}

func (w *world) verify(t *testing.T, i int, purpose string) string {
	t.Helper()
	token := secret.ID("v")
	w.asOwner(t, `INSERT INTO shim_verifications VALUES ($1, $2, $3)`, w.people[i], purpose, token)
	return token
}

func (w *world) freeze(t *testing.T, i int) {
	t.Helper()
	w.asOwner(t, `INSERT INTO shim_refusals VALUES ($1, '{"code": "players.frozen"}')`, w.people[i])
}

func (w *world) unfreeze(t *testing.T, i int) {
	t.Helper()
	w.asOwner(t, `DELETE FROM shim_refusals WHERE player = $1`, w.people[i])
	require.NotNil(t, w)
}

func (w *world) credentialChanged(t *testing.T, i int) {
	t.Helper()
	w.asOwner(t, `INSERT INTO shim_cooldown VALUES ($1, clock_timestamp())`, w.people[i])
}
