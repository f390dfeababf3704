package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

const (
	sandboxMoney = "sbx"
	pin          = "482913"
)

// office is a tenant with an operator of every role, each signed in and stepped up.
type office struct {
	*bundle
	tenant models.Tenant
	people map[models.Role]models.Operator
	tokens map[models.Role]string
}

func (b *bundle) office(t *testing.T, tenant models.Tenant) *office {
	t.Helper()
	o := &office{bundle: b, tenant: tenant, people: map[models.Role]models.Operator{}, tokens: map[models.Role]string{}}
	for _, role := range operators.Roles() {
		if role != models.RoleOwner {
			o.hire(t, role)
		}
	}
	o.hire(t, models.RoleOwner) // the last, because an owner closes the door behind them
	return o
}

func (o *office) hire(t *testing.T, role models.Role) {
	t.Helper()
	o.people[role] = o.staff(t, o.tenant, string(role), role)
	o.tokens[role] = o.session(t, o.tenant, o.people[role], true)
}

// as makes a call as the operator with the role.
func (o *office) as(t *testing.T, role models.Role, method, path, body string) answer {
	t.Helper()
	return o.do(t, request{method: method, path: operatorPrefix + path, body: body, bearer: o.tokens[role], key: secret.ID("k")})
}

// open turns sandbox money on, without waiting periods, and adds a gateway where people pay by hand.
func (o *office) open(t *testing.T) operatorgen.Gateway {
	t.Helper()
	a := o.as(t, models.RoleOwner, "GET", "policies/"+sandboxMoney, "")
	a.ok(http.StatusOK, nil)
	body := `{"enabled":true,"min_amount":100,"max_amount":0,"daily_amount":0,"auto_below":0,"single_below":0,"step_up_above":0,
		"claim_seconds":900,"escalate_after_seconds":14400,"expire_after_seconds":86400,"kyc_level":0,"min_age":0,"markets":[],
		"credential_cooldown_seconds":0,"address_wait_seconds":0,"reason":"opening"}`
	o.do(t, request{
		method: "PUT", path: operatorPrefix + "policies/" + sandboxMoney, body: body, bearer: o.tokens[models.RoleOwner],
		header: map[string]string{"If-Match": a.header.Get("ETag")},
	}).ok(http.StatusOK, nil)
	var gw operatorgen.Gateway
	o.as(t, models.RoleOwner, "POST", "gateways", `{"kind":"manual","title":"By hand","assets":["sbx"],"reason":"bank transfers"}`).
		ok(http.StatusCreated, &gw)
	o.as(t, models.RoleOwner, "PUT", "gateways/"+gw.Gateway, `{"enabled":true,"payouts":true,"reason":"the contract began"}`).ok(http.StatusOK, &gw)
	require.True(t, gw.Enabled)
	return gw
}

// fund gives a player sandbox money out of the gateway's clearing account, as a deposit would.
func (o *office) fund(t *testing.T, p person, gw string, amount int64) {
	t.Helper()
	key := secret.ID("k")
	o.asOwner(t, o.tenant.ID, `WITH r AS (SELECT * FROM ledger_apply($1, 'deposit', $2, ARRAY[ledger_account($1, $3, $4, 'clearing', $5)],
			ARRAY[ledger_account($1, $3, $4, 'player', $6)], ARRAY[$7::bigint]))
		SELECT ledger_remember($1, 'test', $2, '', r.o_transfer, '{"code": "ok"}') FROM r`,
		o.tenant.ID, key, o.group.ID, sandboxMoney, gw, strconv.FormatInt(p.ID, 10), amount)
}

// address gives a player a PIN and a payout address.
func (o *office) address(t *testing.T, p person, gw string) gen.Address {
	t.Helper()
	o.do(t, request{method: "PUT", path: "/v1/me/safety/pin", as: &p, body: `{"pin":"` + pin + `"}`}).ok(http.StatusNoContent, nil)
	var a gen.Address
	o.do(t, request{
		method: "POST", path: "/v1/me/addresses", as: &p,
		body: fmt.Sprintf(`{"gateway":%q,"asset":"sbx","label":"Mine","destination":"DE00 1234 5678","code":%q}`, gw, pin),
	}).ok(http.StatusCreated, &a)
	return a
}

// withdraw asks for a withdrawal of a player.
func (o *office) withdraw(t *testing.T, p person, address string, amount int64) gen.Withdrawal {
	t.Helper()
	var w gen.Withdrawal
	o.do(t, request{
		method: "POST", path: "/v1/groups/" + o.group.PublicID + "/withdrawals", as: &p, key: secret.ID("k"),
		body: fmt.Sprintf(`{"asset":"sbx","amount":%d,"address":%q,"code":%q}`, amount, address, pin),
	}).ok(http.StatusCreated, &w)
	return w
}
