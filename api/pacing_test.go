package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	playergen "fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/internal/secret"
	"fairground/models"
)

// autoRound writes an automatic round of the office's group.
func (o *office) autoRound(t *testing.T) string {
	t.Helper()
	id := secret.ID("ar")
	o.asOwner(t, o.tenant.ID, `INSERT INTO auto_rounds (tenant_id, auto_id, group_id, game, params, every_minutes, zone, enabled, version, updated_by)
		VALUES ($1, $2, $3, 'dice', '{}', 60, 'UTC', true, 1, 1)`, o.tenant.ID, id, o.group.ID)
	return id
}

func TestOperatorsPaceAGroup(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	group := "/v1/operator/groups/" + o.group.PublicID
	put := func(path, version, body string) answer {
		return o.do(t, request{
			method: "PUT", path: path, body: body, bearer: o.tokens[models.RoleOwner], header: map[string]string{"If-Match": version},
		})
	}
	var p operatorgen.Pacing
	put(group+"/pacing", `"0"`, `{"group":{"max_stake":50,"daily_bets":1},"games":{"dice":{"rounds":1}},"zone":"Asia/Baku","reason":"calm"}`).ok(http.StatusOK, &p)
	require.EqualValues(t, 1, p.Version)
	require.EqualValues(t, 50, *p.Group.MaxStake)
	put(group+"/pacing", `"0"`, `{"group":{},"games":{},"zone":"UTC","reason":"late"}`).refused(http.StatusConflict, "games.stale")
	put(group+"/pacing", `"1"`, `{"group":{},"games":{},"zone":"Mars/Olympus","reason":"far"}`).refused(http.StatusUnprocessableEntity, "games.invalid_pacing")

	var j operatorgen.Jackpot
	put(group+"/jackpot", `"0"`, `{"enabled":true,"contribution_bp":100,"chance":5000,"seed":250,"games":["dice"],"reason":"fun"}`).ok(http.StatusOK, &j)
	require.EqualValues(t, 250, j.Pot)
	require.Empty(t, j.Wins)

	var made, changed operatorgen.AutoRound
	o.as(t, models.RoleOwner, "POST", "groups/"+o.group.PublicID+"/auto-rounds", `{"game":"dice","every_minutes":30,"zone":"UTC","enabled":true,"reason":"often"}`).
		ok(http.StatusCreated, &made)
	auto := "/v1/operator/auto-rounds/" + made.AutoRound
	put(auto, `"1"`, `{"game":"dice","calendar":"0 18 * * *","zone":"Asia/Baku","enabled":false,"reason":"rarer"}`).ok(http.StatusOK, &changed)
	require.Equal(t, "0 18 * * *", *changed.Calendar)
	require.Nil(t, changed.EveryMinutes)
	put(auto, `"0"`, `{"game":"dice","calendar":"0 18 * * *","zone":"Asia/Baku","enabled":false,"reason":"rarer"}`).refused(http.StatusConflict, "games.stale")
	var list operatorgen.AutoRoundList
	o.as(t, models.RoleOwner, "GET", "groups/"+o.group.PublicID+"/auto-rounds", "").ok(http.StatusOK, &list)
	require.Equal(t, []operatorgen.AutoRound{changed}, list.AutoRounds)
	end := o.do(t, request{
		method: "POST", path: auto + "/end", body: `{"reason":"enough"}`, bearer: o.tokens[models.RoleOwner],
		header: map[string]string{"If-Match": `"2"`},
	})
	require.Equal(t, http.StatusNoContent, end.status, end.text)
	o.as(t, models.RoleOwner, "GET", "auto-rounds/"+made.AutoRound, "").refused(http.StatusNotFound, "games.auto_not_found")

	var seen playergen.GroupGames
	b.do(t, request{method: "GET", path: "/v1/groups/" + o.group.PublicID + "/games", as: &b.bob}).ok(http.StatusOK, &seen)
	require.EqualValues(t, 50, *seen.Limits.MaxStake)
	require.EqualValues(t, 250, seen.Pot.Pot)
	require.Equal(t, "Asia/Baku", seen.Zone)
	for _, g := range seen.Games {
		require.Equal(t, g.Game == "dice", g.FeedsPot, g.Game)
	}
	b.auditClean(t)
}
