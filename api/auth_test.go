package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	"fairground/internal/clock"
	"fairground/internal/telegram"
)

func TestLoginWithCode(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	code, err := b.players.CreateLoginCode(t.Context(), b.tenant.ID, b.ada.ID)
	require.NoError(t, err)
	body := fmt.Sprintf(`{"code":%q}`, code)

	var session gen.Session
	b.do(t, request{method: "POST", path: "/v1/auth/login-code", body: body}).ok(http.StatusOK, &session)
	require.Equal(t, b.ada.PublicID, session.Player)
	require.WithinDuration(t, clock.System().Now().Add(7*24*time.Hour), session.ExpiresAt, time.Minute)

	fresh := person{token: session.Token}
	var me gen.Me
	b.do(t, request{method: "GET", path: "/v1/me", as: &fresh}).ok(http.StatusOK, &me)
	require.Equal(t, b.ada.PublicID, me.Player)
	require.Equal(t, b.tenant.PublicID, me.Tenant)

	p := b.do(t, request{method: "POST", path: "/v1/auth/login-code", body: body}).refused(http.StatusUnauthorized, "players.invalid_code")
	require.Contains(t, p.Fix, "/login")

	b.do(t, request{method: "POST", path: "/v1/auth/logout", as: &fresh}).ok(http.StatusNoContent, nil)
	b.do(t, request{method: "GET", path: "/v1/me", as: &fresh}).refused(http.StatusUnauthorized, "players.invalid_token")

	for _, secret := range []string{code, session.Token, "Ada"} {
		require.NotContains(t, b.logs.String(), secret, "the log has no secrets and no names")
	}
}

func TestLoginWithInitData(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	data := func(token string, at time.Time) string {
		return telegram.SignInitData(token, url.Values{
			"auth_date": {strconv.FormatInt(at.Unix(), 10)},
			"user":      {`{"id":` + strconv.Itoa(adaID) + `,"first_name":"Ada"}`},
		})
	}
	now := clock.System().Now()
	for name, tc := range map[string]struct {
		bot, data string
		status    int
		code      string
	}{
		"by bot id":             {"7001", data(botToken, now), 200, ""},
		"by tenant":             {b.tenant.PublicID, data(botToken, now), 200, ""},
		"signed by another bot": {"7001", data("7002:OTHER", now), 401, "players.invalid_init_data"},
		"unknown bot":           {"99", data(botToken, now), 401, "players.invalid_init_data"},
		"too old":               {"7001", data(botToken, now.Add(-2*time.Hour)), 401, "players.init_data_expired"},
	} {
		a := b.do(t, request{method: "POST", path: "/v1/auth/init-data", body: fmt.Sprintf(`{"bot":%q,"init_data":%q}`, tc.bot, tc.data)})
		if tc.code != "" {
			a.refused(tc.status, tc.code)
			continue
		}
		var session gen.Session
		a.ok(tc.status, &session)
		require.Equal(t, b.ada.PublicID, session.Player, name)
	}
}

func TestSignInIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var last answer
	for range 80 {
		last = b.do(t, request{method: "POST", path: "/v1/auth/login-code", body: `{"code":"AAAAAAAA"}`})
		if last.status == http.StatusTooManyRequests {
			break
		}
	}
	last.refused(http.StatusTooManyRequests, "api.rate_limited")
	b.do(t, request{method: "GET", path: "/v1/me", as: &b.ada}).ok(http.StatusOK, nil)
}

// TestEveryOperationNeedsAToken walks the document: what is not public refuses strangers.
func TestEveryOperationNeedsAToken(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	n := 0
	for path, item := range b.spec.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Security != nil && len(*op.Security) == 0 {
				continue
			}
			n++
			path := strings.NewReplacer("{group}", b.group.PublicID, "{round}", "r_aaaaaaaaaaaaaaaa").Replace(path)
			b.do(t, request{method: method, path: path}).refused(http.StatusUnauthorized, "api.unauthenticated")
			bad := person{token: "fg_" + b.tenant.PublicID + "_" + strings.Repeat("a", 52)}
			b.do(t, request{method: method, path: path, as: &bad}).refused(http.StatusUnauthorized, "players.invalid_token")
			a := b.do(t, request{method: method, path: path, header: map[string]string{"Authorization": "Basic " + b.ada.token}})
			a.refused(http.StatusUnauthorized, "api.unauthenticated")
			require.Contains(t, a.header.Get("WWW-Authenticate"), "Bearer")
		}
	}
	require.Equal(t, 46, n, "operations that need a token")
}

// TestGroupsAreClosed walks everything below a group as people who have no business there.
func TestGroupsAreClosed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	g := "/v1/groups/" + b.group.PublicID
	for _, r := range []request{
		{method: "GET", path: g + "/balance"},
		{method: "GET", path: g + "/statement"},
		{method: "GET", path: g + "/statement/balance-at?at=2026-01-01T00:00:00Z"},
		{method: "GET", path: g + "/rounds"},
		{method: "GET", path: g + "/top"},
		{method: "GET", path: "/v1/me/bets?group=" + b.group.PublicID},
		{method: "POST", path: g + "/rounds", key: "k", body: `{"game":"dice"}`},
	} {
		r.as = &b.eve
		p := b.do(t, r).refused(http.StatusForbidden, "players.not_member")
		require.Contains(t, p.Fix, "/start", r.path)
		r.as = &b.mallory
		b.do(t, r).refused(http.StatusNotFound, "players.group_not_found")
		r.as, r.path = &b.ada, strings.Replace(r.path, b.group.PublicID, "g_none", 1)
		b.do(t, r).refused(http.StatusNotFound, "players.group_not_found")
	}
	b.auditClean(t)
}
