package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/models"
)

const longerDuel = `{"game":"duel","base_version":1,"reason":"longer windows",
	"config":{"window_seconds":90,"min_stake":10,"max_stake":5000,"default_stake":100,"rake_bp":0}}`

func TestOddsChangeOverHTTP(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	var d operatorgen.ConfigDraft
	o.as(t, models.RoleSeniorReviewer, "POST", "drafts", longerDuel).ok(http.StatusCreated, &d)
	act := func(role models.Role, verb, body string) answer {
		return o.as(t, role, "POST", "drafts/"+d.Draft+"/"+verb, body)
	}
	const yes = `{"base_version":1,"reason":"looks right"}`
	act(models.RoleOwner, "approve", yes).refused(http.StatusConflict, "games.not_simulated")
	act(models.RoleSeniorReviewer, "simulate", `{}`).ok(http.StatusOK, &d)
	require.NotNil(t, d.Simulation)
	act(models.RoleSeniorReviewer, "approve", yes).refused(http.StatusForbidden, "games.same_person")
	var diff operatorgen.ConfigDiff
	o.as(t, models.RoleOwner, "GET", "drafts/"+d.Draft+"/diff", "").ok(http.StatusOK, &diff)
	require.False(t, diff.Stale)
	require.Len(t, diff.Fields, 1)
	require.Equal(t, "/window_seconds", diff.Fields[0].Path)
	require.JSONEq(t, "120", string(*diff.Fields[0].Before))

	act(models.RoleOwner, "schedule", `{"base_version":1,"effective_at":"2001-01-01T00:00:00Z","reason":"in the past"}`).
		refused(http.StatusUnprocessableEntity, "games.not_in_future")
	act(models.RoleOwner, "schedule", `{"base_version":1,"effective_at":"2100-01-01T00:00:00Z","reason":"with the century"}`).ok(http.StatusOK, &d)
	var g gen.Game
	published := request{method: "GET", path: "/v1/games/duel?group=" + b.group.PublicID}
	b.do(t, published).ok(http.StatusOK, &g)
	require.EqualValues(t, 1, g.ConfigVersion)
	require.Len(t, g.ConfigHash, 64)
	require.NotNil(t, g.Next)
	require.EqualValues(t, 2, g.Next.Version)
	require.Equal(t, d.Hash, g.Next.ConfigHash)
	o.as(t, models.RoleOwner, "POST", "games/duel/versions/2/cancel", `{"reason":"too far ahead"}`).ok(http.StatusOK, nil)

	o.as(t, models.RoleAnalyst, "POST", "drafts", longerDuel).ok(http.StatusCreated, &d)
	act(models.RoleAnalyst, "simulate", `{}`).ok(http.StatusOK, nil)
	act(models.RoleOwner, "approve", yes).ok(http.StatusOK, &d)
	require.EqualValues(t, 3, *d.Version)
	g = gen.Game{}
	b.do(t, published).ok(http.StatusOK, &g)
	require.EqualValues(t, 3, g.ConfigVersion)
	require.Nil(t, g.Next)
	require.Len(t, g.History, 3)
	require.True(t, g.History[1].Cancelled)
	require.Equal(t, g.ConfigHash, g.History[0].ConfigHash)

	body := `{"version":1,"base_version":3,"reason":"as it was"}`
	o.as(t, models.RoleAnalyst, "POST", "games/duel/roll-back", body).ok(http.StatusCreated, &d)
	require.NotNil(t, d.Simulation)
	require.EqualValues(t, 1, *d.Restores)
	var all operatorgen.OddsGameList
	o.as(t, models.RoleSupport, "GET", "games", "").ok(http.StatusOK, &all)
	require.NotEmpty(t, all.Games)
	var log operatorgen.LogPage
	o.as(t, models.RoleOwner, "GET", "log?action=odds.", "").ok(http.StatusOK, &log)
	require.Len(t, log.Entries, 9)
	b.auditClean(t)
}

// TestNoOperationTakesOddsOfAPlayer reads the document: what changes odds names no player and no group.
func TestNoOperationTakesOddsOfAPlayer(t *testing.T) {
	t.Parallel()
	for path, item := range newBundle(t).spec.operators.doc.Paths.Map() {
		if !strings.HasPrefix(path, "/v1/operator/games") && !strings.HasPrefix(path, "/v1/operator/drafts") {
			continue
		}
		for method, op := range item.Operations() {
			names := []string{}
			for _, p := range append(item.Parameters, op.Parameters...) {
				names = append(names, p.Value.Name)
			}
			if op.RequestBody != nil {
				for name := range op.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
					names = append(names, name)
				}
			}
			for _, name := range names {
				require.NotRegexp(t, `player|group|member|segment`, name, "%s %s", method, path)
			}
		}
	}
}
