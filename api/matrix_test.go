package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// cell is one operation of the operator document as the matrix test calls it.
type cell struct {
	id, method, path, body string
	permission             string
	stepUp                 bool
	object                 bool // names something that belongs to one tenant
}

// cells reads the document. A cell that does not say who may use it fails the test.
func cells(t *testing.T, doc *openapi3.T) []cell {
	t.Helper()
	known := []string{"public", "session"}
	for _, p := range operators.Permissions() {
		known = append(known, string(p))
	}
	var out []cell
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			c := cell{id: op.OperationID, method: method, path: path}
			c.permission, _ = op.Extensions["x-permission"].(string)
			c.stepUp, _ = op.Extensions["x-step-up"].(bool)
			require.Contains(t, known, c.permission, "undeclared cell: %s %s", method, path)
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				if p.Value.In == openapi3.ParameterInQuery && p.Value.Required {
					sep := "&"
					if !strings.Contains(c.path, "?") {
						sep = "?"
					}
					c.path += sep + p.Value.Name + "=" + map[string]string{"group": "g_example", "asset": "points"}[p.Value.Name]
				}
			}
			if op.RequestBody != nil {
				example := op.RequestBody.Value.Content["application/json"].Schema.Value.Example
				require.NotNil(t, example, "%s: the body has no example", c.id)
				text, err := json.Marshal(example)
				require.NoError(t, err)
				c.body = string(text)
			}
			c.object = objectPattern.MatchString(c.path + c.body)
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b cell) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

// objectPattern finds what stands for something of one tenant. Assets are everybody's.
var objectPattern = regexp.MustCompile(`\{(operator|key|withdrawal|deposit|item|gateway|adjustment|incident|player|draft|shop_item|provider|group|auto_round)\}|[gp]_example|1111111`)

// fill puts the ids of real things into a cell.
func (c cell) fill(objects map[string]string) request {
	path, body := c.path, c.body
	for name, id := range objects {
		path, body = strings.ReplaceAll(path, name, id), strings.ReplaceAll(body, name, id)
	}
	r := request{method: c.method, path: path, body: body, key: secret.ID("k"), header: map[string]string{}}
	if strings.HasSuffix(c.id, "Policy") || slices.Contains([]string{"setPacing", "setJackpot", "setAutoRound", "endAutoRound"}, c.id) {
		r.header["If-Match"] = `"0"`
	}
	return r
}

// TestPermissionMatrix walks every role, every operation of the operator document, and both the
// own and another tenant.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	own, other := b.office(t, b.tenant), b.office(t, b.other)
	objects := own.objects(t)
	n := 0
	for _, c := range cells(t, b.spec.operators.doc) {
		require.NotContains(t, strings.ReplaceAll(c.fill(objects).path, "/", ""), "{", "%s: an object of this kind is missing", c.id)
		if c.permission == "public" {
			a := b.do(t, c.fill(objects))
			require.NotContains(t, a.text, "api.unauthenticated", c.id)
			continue
		}
		own.refusesStrangers(t, c, objects)
		for _, role := range operators.Roles() {
			own.holds(t, c, role, objects, true)
			other.holds(t, c, role, objects, false)
			n += 2
		}
	}
	require.Greater(t, n, 900, "cells")
	b.auditClean(t)
}

// holds checks one cell of the matrix.
func (o *office) holds(t *testing.T, c cell, role models.Role, objects map[string]string, own bool) {
	t.Helper()
	what := fmt.Sprintf("%s as %s, own tenant %t", c.id, role, own)
	r := c.fill(objects)
	r.bearer = o.session(t, o.tenant, o.people[role], true)
	a := o.do(t, r)
	may := c.permission == "session" || slices.Contains(operators.Matrix()[role], operators.Permission(c.permission))
	switch {
	case !may:
		a.refused(http.StatusForbidden, "operators.forbidden")
	case !own && c.object:
		require.Equal(t, http.StatusNotFound, a.status, "%s: %s", what, a.text)
	default:
		require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError}, a.status,
			"%s: %s", what, a.text)
	}
	if own {
		return
	}
	for name, id := range objects {
		if slices.Contains([]string{"{asset}", "1111111", "{game}", "{version}"}, name) {
			continue // everybody's, or just a number
		}
		require.NotContains(t, a.text, id, "%s shows the other tenant's %s", what, name)
	}
}

// refusesStrangers checks a cell as those who are nobody, or not enough.
func (o *office) refusesStrangers(t *testing.T, c cell, objects map[string]string) {
	t.Helper()
	call := func(edit func(r *request)) answer {
		r := c.fill(objects)
		edit(&r)
		return o.do(t, r)
	}
	owner := o.people[models.RoleOwner]
	call(func(*request) {}).refused(http.StatusUnauthorized, "api.unauthenticated")
	call(func(r *request) { r.bearer = o.newToken("fgo_", o.tenant) }).refused(http.StatusUnauthorized, "operators.unauthenticated")
	call(func(r *request) { r.as = &o.ada }).refused(http.StatusUnauthorized, "operators.unauthenticated")
	if c.method != http.MethodGet {
		cookie := o.session(t, o.tenant, owner, true)
		call(func(r *request) { r.cookie = cookie }).refused(http.StatusForbidden, "api.invalid_csrf")
	}
	gone := o.session(t, o.tenant, o.people[models.RoleSupport], true)
	o.asOwner(t, o.tenant.ID, `UPDATE operators SET status = 'disabled' WHERE tenant_id = $1 AND public_id = $2`, o.tenant.ID, o.people[models.RoleSupport].PublicID)
	call(func(r *request) { r.bearer = gone }).refused(http.StatusUnauthorized, "operators.unauthenticated")
	o.asOwner(t, o.tenant.ID, `UPDATE operators SET status = 'active' WHERE tenant_id = $1 AND public_id = $2`, o.tenant.ID, o.people[models.RoleSupport].PublicID)
	if c.permission == "session" {
		key := o.apiKey(t, o.tenant, owner, operators.GroupsRead, operators.ScopeStepUp)
		call(func(r *request) { r.bearer = key }).refused(http.StatusForbidden, "operators.session_required")
	} else {
		without := slices.DeleteFunc(operators.Permissions(), func(p operators.Permission) bool { return string(p) == c.permission })
		key := o.apiKey(t, o.tenant, owner, append(without, operators.ScopeStepUp)...)
		call(func(r *request) { r.bearer = key }).refused(http.StatusForbidden, "operators.forbidden")
		if c.stepUp {
			key := o.apiKey(t, o.tenant, owner, operators.Permission(c.permission))
			call(func(r *request) { r.bearer = key }).refused(http.StatusForbidden, "operators.step_up_required")
		}
	}
	if c.stepUp {
		token := o.session(t, o.tenant, owner, false)
		call(func(r *request) { r.bearer = token }).refused(http.StatusForbidden, "operators.step_up_required")
	}
}

// objects makes one thing of every kind in the office's tenant.
func (o *office) objects(t *testing.T) map[string]string {
	t.Helper()
	gw := o.open(t)
	o.fund(t, o.bob, gw.Gateway, 100_000)
	w := o.withdraw(t, o.bob, o.address(t, o.bob, gw.Gateway).Address, 1000)
	_, err := o.cashier.Begin(t.Context(), o.tenant.ID, w.Withdrawal)
	require.NoError(t, err)
	victim := o.staffInvited(t)
	out := map[string]string{
		"g_example": o.group.PublicID, "p_example": o.bob.PublicID, "{player}": o.bob.PublicID, "{withdrawal}": w.Withdrawal, "{gateway}": gw.Gateway,
		"{operator}": victim, "{key}": o.keyOf(t), "{adjustment}": o.adjustment(t), "{incident}": o.incident(t),
		"{deposit}": o.depositOf(t, o.bob, gw.Gateway), "{item}": o.quarantined(t, gw.Gateway), "{draft}": o.draft(t), "{shop_item}": o.shopItem(t),
	}
	out["{group}"], out["{auto_round}"] = o.group.PublicID, o.autoRound(t)
	out["{provider}"] = o.providerOf(t, o.bob)
	require.NotContains(t, slices.Collect(maps.Values(out)), "")
	out["{asset}"], out["1111111"], out["{game}"], out["{version}"] = "eur", o.transfer(t), "duel", "1"
	return out
}
