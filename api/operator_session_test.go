package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	operatorgen "fairground/api/operator/gen"
	"fairground/internal/clock"
	"fairground/models"
	"fairground/operators"
)

const operatorMe = "/v1/operator/me"

// TestOperatorSignsInByCookie follows a browser: the token is nowhere but in the cookie, and what
// changes something needs the CSRF token too.
func TestOperatorSignsInByCookie(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	owner := b.staff(t, b.tenant, "owner", models.RoleOwner)
	signIn := func(body string) answer {
		return b.do(t, request{method: "POST", path: "/v1/operator/auth/sign-in", body: body})
	}
	signIn(`{"email":"`+owner.Email+`","password":"wrong"}`).refused(http.StatusUnauthorized, "operators.invalid_credentials")

	a := signIn(`{"email":"` + owner.Email + `","password":"` + operatorPassword + `"}`)
	var in operatorgen.SignedIn
	a.ok(http.StatusOK, &in)
	require.Nil(t, in.Token)
	require.Equal(t, owner.PublicID, in.Operator.Operator)
	require.Len(t, in.Operator.Permissions, len(operators.Permissions()))
	cookies := (&http.Response{Header: a.header}).Cookies()
	require.Len(t, cookies, 1)
	require.True(t, cookies[0].HttpOnly)
	require.False(t, cookies[0].Secure, "the address is not https")
	require.Equal(t, http.SameSiteStrictMode, cookies[0].SameSite)
	require.NotContains(t, a.text, cookies[0].Value)
	token := cookies[0].Value

	var me operatorgen.Me
	b.do(t, request{method: "GET", path: operatorMe, cookie: token}).ok(http.StatusOK, &me)
	require.Equal(t, in.Csrf, me.Csrf)
	enrol := request{method: "POST", path: operatorMe + "/totp", cookie: token, body: `{"password":"` + operatorPassword + `"}`}
	b.do(t, enrol).refused(http.StatusForbidden, "api.invalid_csrf")
	enrol.header = map[string]string{"X-CSRF-Token": strings.Repeat("a", len(in.Csrf))}
	b.do(t, enrol).refused(http.StatusForbidden, "api.invalid_csrf")
	enrol.header = map[string]string{"X-CSRF-Token": in.Csrf}
	var device operatorgen.Enrolment
	b.do(t, enrol).ok(http.StatusCreated, &device)

	confirm := enrol
	confirm.path, confirm.body = operatorMe+"/totp/confirm", `{"code":"000000"}`
	b.do(t, confirm).refused(http.StatusUnprocessableEntity, "operators.wrong_code")
	code, err := totp.GenerateCode(device.Secret, clock.System().Now())
	require.NoError(t, err)
	confirm.body = `{"code":"` + code + `"}`
	var codes operatorgen.RecoveryCodes
	b.do(t, confirm).ok(http.StatusOK, &codes)
	require.Len(t, codes.RecoveryCodes, 10)
	signIn(`{"email":"`+owner.Email+`","password":"`+operatorPassword+`"}`).refused(http.StatusUnauthorized, "operators.code_required")

	out := enrol
	out.path = "/v1/operator/auth/sign-out"
	a = b.do(t, out)
	a.ok(http.StatusNoContent, nil)
	require.Contains(t, a.header.Get("Set-Cookie"), "Max-Age=0")
	b.do(t, request{method: "GET", path: operatorMe, cookie: token}).refused(http.StatusUnauthorized, "operators.unauthenticated")

	for _, secret := range []string{token, device.Secret, operatorPassword, in.Csrf, codes.RecoveryCodes[0], owner.Email} {
		require.NotContains(t, b.logs.String(), secret)
	}
}

// TestOperatorStepsUp needs a second factor for what declares it, and takes a recovery code once.
func TestOperatorStepsUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	owner := b.staff(t, b.tenant, "owner", models.RoleOwner)
	var in operatorgen.SignedIn
	b.do(t, request{
		method: "POST", path: "/v1/operator/auth/sign-in",
		body: `{"email":"` + owner.Email + `","password":"` + operatorPassword + `","transport":"bearer"}`,
	}).ok(http.StatusOK, &in)
	require.NotNil(t, in.Token)
	token := *in.Token
	call := func(method, path, body string) answer {
		return b.do(t, request{method: method, path: "/v1/operator" + path, bearer: token, body: body})
	}
	invite := `{"email":"new@example.org","name":"New","roles":["support"],"reason":"joined support"}`
	call("POST", "/operators", invite).refused(http.StatusForbidden, "operators.step_up_required")
	call("POST", "/auth/step-up", `{"code":"123456"}`).refused(http.StatusConflict, "operators.no_second_factor")

	var device operatorgen.Enrolment
	for _, body := range []string{`{}`, `{"password":"` + owner.Email + `"}`} {
		call("POST", "/me/totp", body).refused(http.StatusUnauthorized, "operators.invalid_credentials")
	}
	call("POST", "/me/totp", `{"password":"`+operatorPassword+`"}`).ok(http.StatusCreated, &device)
	code, err := totp.GenerateCode(device.Secret, clock.System().Now())
	require.NoError(t, err)
	var codes operatorgen.RecoveryCodes
	call("POST", "/me/totp/confirm", `{"code":"`+code+`"}`).ok(http.StatusOK, &codes)
	b.asOwner(t, b.tenant.ID, `UPDATE operator_sessions SET step_up_until = clock_timestamp() - interval '1 second'`)
	call("POST", "/operators", invite).refused(http.StatusForbidden, "operators.step_up_required")
	call("POST", "/auth/step-up", `{"code":"`+code+`"}`).refused(http.StatusUnprocessableEntity, "operators.wrong_code")
	var me operatorgen.Me
	call("POST", "/auth/step-up", `{"code":"`+codes.RecoveryCodes[0]+`"}`).ok(http.StatusOK, &me)
	require.True(t, me.StepUpUntil.After(clock.System().Now()))

	var invited operatorgen.Invited
	call("POST", "/operators", invite).ok(http.StatusCreated, &invited)
	require.Equal(t, operatorgen.OperatorStatusInvited, invited.Operator.Status)
	call("POST", "/operators", strings.Replace(invite, "new@example.org", owner.Email, 1)).refused(http.StatusConflict, "operators.email_taken")
	accept := `{"token":"` + invited.Invitation + `","password":"another long password","transport":"bearer"}`
	var joined operatorgen.SignedIn
	b.do(t, request{method: "POST", path: "/v1/operator/auth/accept", body: accept}).ok(http.StatusOK, &joined)
	b.do(t, request{method: "POST", path: "/v1/operator/auth/accept", body: accept}).refused(http.StatusUnauthorized, "operators.invalid_invitation")
	b.do(t, request{method: "GET", path: "/v1/operator/log", bearer: *joined.Token}).refused(http.StatusForbidden, "operators.forbidden")

	path := "/operators/" + invited.Operator.Operator
	call("POST", path+"/disable", `{"reason":"left the company"}`).ok(http.StatusOK, nil)
	b.do(t, request{method: "GET", path: operatorMe, bearer: *joined.Token}).refused(http.StatusUnauthorized, "operators.unauthenticated")
	var log operatorgen.LogPage
	call("GET", "/log?subject="+invited.Operator.Operator, "").ok(http.StatusOK, &log)
	require.NotEmpty(t, log.Entries)
	require.Equal(t, "left the company", log.Entries[0].Reason)
	require.NotEmpty(t, log.Entries[0].RequestId)
}

// TestAPIKeys checks that a key does what its scopes say and nothing that is for people.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	owner := b.staff(t, b.tenant, "owner", models.RoleOwner)
	token := b.session(t, b.tenant, owner, true)
	var made operatorgen.NewKeyMade
	b.do(t, request{
		method: "POST", path: "/v1/operator/keys", bearer: token, body: `{"name":"report","scopes":["groups.read"],"reason":"a nightly report"}`,
	}).ok(http.StatusCreated, &made)
	get := func(path, token string) answer {
		return b.do(t, request{method: "GET", path: "/v1/operator" + path, bearer: token})
	}
	var groups operatorgen.GroupPage
	get("/groups", made.Token).ok(http.StatusOK, &groups)
	require.Equal(t, b.group.PublicID, groups.Groups[0].Group)
	get("/players", made.Token).refused(http.StatusForbidden, "operators.forbidden")
	get("/me", made.Token).refused(http.StatusForbidden, "operators.session_required")
	get("/me", token).ok(http.StatusOK, nil)

	narrow := b.apiKey(t, b.tenant, owner, operators.KeysManage)
	wide := b.apiKey(t, b.tenant, owner, operators.KeysManage, operators.ScopeStepUp)
	revoke := request{method: "POST", path: "/v1/operator/keys/" + made.Key.Key + "/revoke", body: `{"reason":"not needed"}`, bearer: narrow}
	b.do(t, revoke).refused(http.StatusForbidden, "operators.step_up_required")
	revoke.bearer = wide
	b.do(t, revoke).ok(http.StatusNoContent, nil)
	get("/groups", made.Token).refused(http.StatusUnauthorized, "operators.unauthenticated")
}

// TestListsRefuseWhatTheyDoNotKnow by its name.
func TestListsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	token := b.session(t, b.tenant, b.staff(t, b.tenant, "owner", models.RoleOwner), true)
	for query, field := range map[string]string{
		"withdrawals?colour=red":           "colour",
		"withdrawals?sort=colour":          "sort",
		"withdrawals?tab=all":              "tab",
		"withdrawals?status=lost":          "status",
		"withdrawals?min_amount=x":         "min_amount",
		"deposits?sort=-colour":            "sort",
		"operators?role=king":              "role",
		"log?limit=1000":                   "limit",
		"players?since=2026-01-01":         "since",
		"incidents?status=closed":          "status",
		"withdrawals?since=yesterday":      "since",
		"adjustments?kind=gift":            "kind",
		"quarantine?status=lost&limit=1":   "status",
		"withdrawals?claimed_by=%21%21%21": "claimed_by",
	} {
		p := b.do(t, request{method: "GET", path: operatorPrefix + query, bearer: token}).refused(http.StatusBadRequest, "api.invalid_request")
		require.Equal(t, field, p.Field, query)
	}
	for _, list := range []string{"withdrawals", "operators", "log", "players", "groups"} {
		a := b.do(t, request{method: "GET", path: operatorPrefix + list + "?cursor=bm9uc2Vuc2U", bearer: token})
		require.Equal(t, http.StatusBadRequest, a.status, list+": "+a.text)
		require.Contains(t, a.text, `"field":"cursor"`, list)
	}
}

func TestPasswordGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var last answer
	for range 80 {
		last = b.do(t, request{method: "POST", path: "/v1/operator/auth/accept", body: `{"token":"none","password":"short"}`})
		if last.status == http.StatusTooManyRequests {
			break
		}
	}
	last.refused(http.StatusTooManyRequests, "api.rate_limited")
}
