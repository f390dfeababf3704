package api_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	operatorgen "fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/internal/secret"
	"fairground/ledger"
	"fairground/models"
)

// staffInvited makes an operator on whom the others act.
func (o *office) staffInvited(t *testing.T) string {
	t.Helper()
	var in operatorgen.Invited
	o.as(t, models.RoleOwner, "POST", "operators", `{"email":"victim@example.org","name":"Victim","roles":["support"],"reason":"joined support"}`).
		ok(http.StatusCreated, &in)
	o.do(t, request{
		method: "POST", path: "/v1/operator/auth/accept", body: `{"token":"` + in.Invitation + `","password":"another long password"}`,
	}).ok(http.StatusOK, nil)
	return in.Operator.Operator
}

func (o *office) keyOf(t *testing.T) string {
	t.Helper()
	var made operatorgen.NewKeyMade
	o.as(t, models.RoleOwner, "POST", "keys", `{"name":"report","scopes":["groups.read"],"reason":"a nightly report"}`).ok(http.StatusCreated, &made)
	return made.Key.Key
}

// adjustment is one that waits for a second person.
func (o *office) adjustment(t *testing.T) string {
	t.Helper()
	var a operatorgen.Adjustment
	o.as(t, models.RoleSupport, "POST", "adjustments",
		`{"group":"`+o.group.PublicID+`","player":"`+o.bob.PublicID+`","asset":"points","amount":5,"reason_code":"CORRECTION","reason":"counted twice"}`).
		ok(http.StatusCreated, &a)
	require.Equal(t, operatorgen.AdjustmentStatusPending, a.Status)
	return a.Adjustment
}

func (o *office) incident(t *testing.T) string {
	t.Helper()
	id, err := o.cashier.OpenIncident(t.Context(), o.tenant.ID, cashier.IncidentReport{Kind: "audit.drift", Detail: map[string]int{"rows": 1}, Key: "drift"})
	require.NoError(t, err)
	return id
}

// transfer is one that can be undone.
func (o *office) transfer(t *testing.T) string {
	t.Helper()
	page, err := o.ledger.Transfers(t.Context(), o.tenant.ID, o.group.ID, ledger.Page{})
	require.NoError(t, err)
	for _, one := range page.Transfers {
		if one.Kind == "welcome" {
			return strconv.FormatInt(one.ID, 10)
		}
	}
	require.Fail(t, "no welcome was posted")
	return ""
}

// depositOf writes a deposit that nobody has paid.
func (o *office) depositOf(t *testing.T, p person, gw string) string {
	t.Helper()
	id := secret.ID("dep")
	o.asOwner(t, o.tenant.ID, `INSERT INTO deposits (tenant_id, deposit_id, group_id, player_id, account_id, asset, scale, amount, credit_asset, credit, key, hash, expires_at)
		VALUES ($1, $2, $3, $4, $5, 'sbx', 2, 500, 'sbx', 500, $2, '', clock_timestamp() + interval '1 hour')`, o.tenant.ID, id, o.group.ID, p.ID, gw)
	o.asOwner(t, o.tenant.ID, `INSERT INTO deposit_events (tenant_id, deposit_id, account_id, kind, actor, to_status) VALUES ($1, $2, $3, 'created', 'player', 'pending')`,
		o.tenant.ID, id, gw)
	return id
}

// quarantined writes a payment that belongs to no intent.
func (o *office) quarantined(t *testing.T, gw string) string {
	t.Helper()
	id := secret.ID("q")
	o.asOwner(t, o.tenant.ID, `INSERT INTO deposit_payments (tenant_id, account_id, tx, asset, scale, amount, state, outcome, paid_at)
		VALUES ($1, $2, $3, 'sbx', 2, 700, 'confirmed', 'quarantined', clock_timestamp())`, o.tenant.ID, gw, "tx-"+id)
	o.asOwner(t, o.tenant.ID, `INSERT INTO deposit_quarantine (tenant_id, item_id, account_id, tx, asset, scale, amount, why)
		VALUES ($1, $2, $3, $4, 'sbx', 2, 700, 'unknown_intent')`, o.tenant.ID, id, gw, "tx-"+id)
	return id
}

// draft is one that nobody has decided on.
func (o *office) draft(t *testing.T) string {
	t.Helper()
	var d operatorgen.ConfigDraft
	o.as(t, models.RoleAnalyst, "POST", "drafts", `{"game":"duel","base_version":1,"reason":"longer windows",
		"config":{"window_seconds":90,"min_stake":10,"max_stake":5000,"default_stake":100,"rake_bp":0}}`).ok(http.StatusCreated, &d)
	require.Equal(t, operatorgen.DraftStatus("open"), d.Status)
	return d.Draft
}

// shopItem is one on sale.
func (o *office) shopItem(t *testing.T) string {
	t.Helper()
	var i operatorgen.Item
	o.as(t, models.RoleFinance, "POST", "items", `{"name":"Star","icon":"🌟","effect":"cosmetic","params":{"badge":"🌟"},"price":100,"giftable":true,"on_sale":true,
		"reason":"a badge for regulars"}`).ok(http.StatusCreated, &i)
	return i.Item
}
