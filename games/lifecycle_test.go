package games_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
	"fairground/test/fixture"
)

// desk is a tenant with the people who change odds.
type desk struct {
	*fixture.World

	author, second operators.Authority
}

func newDesk(t *testing.T, opts fixture.Options) *desk {
	t.Helper()
	w := fixture.New(t, opts)
	d := &desk{World: w}
	d.author, d.second = d.hire(t, models.RoleSeniorReviewer), d.hire(t, models.RoleSeniorReviewer)
	return d
}

// hire makes an operator. An owner is the last who can be made this way.
func (d *desk) hire(t *testing.T, role models.Role) operators.Authority {
	t.Helper()
	who, err := (&fixture.Till{World: d.World}).Hire(t.Context(), role)
	require.NoError(t, err)
	return who
}

// config is the config of dice in force with other values.
func (d *desk) config(t *testing.T, edit func(c map[string]any)) json.RawMessage {
	t.Helper()
	g, err := d.Engine.Game(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(g.Config, &c))
	edit(c)
	text, err := json.Marshal(c)
	require.NoError(t, err)
	return text
}

func (d *desk) live(t *testing.T) int {
	t.Helper()
	g, err := d.Engine.Game(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	return g.Version
}

// draft writes a draft that lets stakes begin at min.
func (d *desk) draft(t *testing.T, least int) games.Draft {
	t.Helper()
	out, err := d.Engine.DraftConfig(t.Context(), d.author, games.NewDraft{
		Game: "dice", Base: d.live(t), Config: d.config(t, func(c map[string]any) { c["min_stake"] = least }), Reason: "smaller stakes", Key: secret.ID("k"),
	})
	require.NoError(t, err)
	require.Equal(t, games.DraftOpen, out.Status)
	return out
}

// ready is a draft that was simulated.
func (d *desk) ready(t *testing.T, least int) games.Draft {
	t.Helper()
	out, err := d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: d.draft(t, least).ID})
	require.NoError(t, err)
	require.NotNil(t, out.Simulation)
	require.Nil(t, out.Simulation.Refusal)
	return out
}

func decision(d games.Draft) games.Decision {
	return games.Decision{Draft: d.ID, Base: d.BaseVersion, Reason: "looks right"}
}

func TestADraftComesIntoForceFromTheNextRound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	running := openRound(t, d.World, "dice", "")
	draft := d.draft(t, 3)

	_, err := d.Engine.ApproveDraft(t.Context(), d.second, decision(draft))
	require.ErrorIs(t, err, games.ErrNotSimulated)
	draft, err = d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: draft.ID})
	require.NoError(t, err)
	require.True(t, draft.Simulation.Exact)
	require.Equal(t, draft.Hash, draft.Simulation.ConfigHash)

	_, err = d.Engine.ApproveDraft(t.Context(), d.author, decision(draft))
	require.ErrorIs(t, err, games.ErrSamePerson)
	require.Equal(t, 1, d.live(t))

	diff, err := d.Engine.DiffDraft(t.Context(), d.second, draft.ID)
	require.NoError(t, err)
	require.Len(t, diff.Fields, 1)
	require.Equal(t, "/min_stake", diff.Fields[0].Path)
	require.Equal(t, "replace", diff.Fields[0].Op)
	require.Equal(t, "3", string(diff.Fields[0].After))
	for _, r := range diff.Returns {
		require.Equal(t, r.Before, r.After, r.Choice)
	}

	for range 2 { // the same approval again is a success
		draft, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(draft))
		require.NoError(t, err)
		require.Equal(t, games.DraftApproved, draft.Status)
		require.Equal(t, 2, draft.Version)
	}
	require.Equal(t, 2, d.live(t))
	_, err = d.Engine.PlaceBet(t.Context(), bet(d.World, running.ID, 0, "big", 3, "early"))
	require.Equal(t, "games.invalid_stake", models.CodeOf(err), "a running round keeps its version")
	finish(t, d.World, running.ID)
	next := openRound(t, d.World, "dice", "")
	require.Equal(t, 2, next.ConfigVersion)
	_, err = d.Engine.PlaceBet(t.Context(), bet(d.World, next.ID, 0, "big", 3, "now"))
	require.NoError(t, err)

	var event struct {
		Game      string
		Version   int
		Hash      string
		Low, High int64
		At        time.Time
	}
	require.NoError(t, d.Owner.QueryRow(t.Context(), `SELECT payload->>'game', (payload->>'version')::int, payload->>'hash', (payload->>'return_low_ppm')::bigint,
		(payload->>'return_high_ppm')::bigint, (payload->>'effective_at')::timestamptz FROM outbox WHERE tenant_id = $1 AND type = 'config.published.v1'`, d.Tenant).
		Scan(&event.Game, &event.Version, &event.Hash, &event.Low, &event.High, &event.At))
	require.Equal(t, draft.Hash, event.Hash)
	require.Positive(t, event.Low)
	require.LessOrEqual(t, event.High, int64(1_000_000))
	require.True(t, event.At.Equal(*draft.EffectiveAt))
	d.requireLogged(t, "odds.draft", "odds.simulate", "odds.approve")
}

// requireLogged checks the operation log for acts in their order.
func (d *desk) requireLogged(t *testing.T, actions ...string) {
	t.Helper()
	var got []string
	require.NoError(t, d.Owner.QueryRow(t.Context(), `SELECT array_agg(action ORDER BY entry_id) FROM operation_log WHERE tenant_id = $1 AND action LIKE 'odds.%'
		AND after IS NOT NULL`, d.Tenant).Scan(&got))
	require.Equal(t, actions, got)
}

func TestOnlyOneOfTwoApprovalsWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	a, b := d.ready(t, 3), d.ready(t, 4)
	third := d.hire(t, models.RoleSeniorReviewer)
	results := make(chan error, 2)
	approve := func(who operators.Authority, draft games.Draft) {
		_, err := d.Engine.ApproveDraft(context.WithoutCancel(t.Context()), who, decision(draft))
		results <- err
	}
	go approve(d.second, a)
	go approve(third, b)
	first, other := <-results, <-results
	if first != nil {
		first, other = other, first
	}
	require.NoError(t, first)
	require.ErrorIs(t, other, games.ErrStaleBase)
	require.Equal(t, 2, d.live(t))

	// The loser is compared anew and then passes.
	loser := a
	if got, err := d.Engine.Draft(t.Context(), d.author, a.ID); err == nil && got.Status == games.DraftApproved {
		loser = b
	}
	_, err := d.Engine.RebaseDraft(t.Context(), d.author, loser.ID, 1, "compared anew")
	require.ErrorIs(t, err, games.ErrStaleBase)
	loser, err = d.Engine.RebaseDraft(t.Context(), d.author, loser.ID, 2, "compared anew")
	require.NoError(t, err)
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, games.Decision{Draft: loser.ID, Base: 1, Reason: "an old page"})
	require.ErrorIs(t, err, games.ErrStaleBase, "the approver looked at another comparison")
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(loser))
	require.NoError(t, err)
	require.Equal(t, 3, d.live(t))
}

func TestTwoPeopleApproveTheSameDraftOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	draft := d.ready(t, 3)
	third := d.hire(t, models.RoleSeniorReviewer)
	results := make(chan error, 2)
	for _, who := range []operators.Authority{d.second, third} {
		go func() {
			_, err := d.Engine.ApproveDraft(context.WithoutCancel(t.Context()), who, decision(draft))
			results <- err
		}()
	}
	first, other := <-results, <-results
	if first != nil {
		first, other = other, first
	}
	require.NoError(t, first)
	require.ErrorIs(t, other, games.ErrDraftDecided)
	versions, err := d.Engine.ListVersions(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	require.Len(t, versions, 2)
}

func TestRejectedAndWithdrawnDraftsAreOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	a, b := d.ready(t, 3), d.ready(t, 4)
	_, err := d.Engine.RejectDraft(t.Context(), d.second, games.Decision{Draft: a.ID})
	require.Equal(t, "games.invalid_input", models.CodeOf(err), "a reason is needed")
	a, err = d.Engine.RejectDraft(t.Context(), d.second, games.Decision{Draft: a.ID, Reason: "too small"})
	require.NoError(t, err)
	require.Equal(t, games.DraftRejected, a.Status)
	require.Equal(t, "too small", a.Decision)
	b, err = d.Engine.WithdrawDraft(t.Context(), d.author, games.Decision{Draft: b.ID, Reason: "a mistake"})
	require.NoError(t, err)
	require.Equal(t, games.DraftWithdrawn, b.Status)
	for _, draft := range []games.Draft{a, b} {
		_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(draft))
		require.ErrorIs(t, err, games.ErrDraftDecided)
		_, err = d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: draft.ID})
		require.ErrorIs(t, err, games.ErrDraftDecided)
	}
	require.Equal(t, 1, d.live(t))
	open, next, err := d.Engine.Drafts(t.Context(), d.author, games.DraftFilter{Game: "dice", Limit: 1})
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, b.ID, open[0].ID)
	rest, last, err := d.Engine.Drafts(t.Context(), d.author, games.DraftFilter{Game: "dice", Cursor: next})
	require.NoError(t, err)
	require.Empty(t, last)
	require.Len(t, rest, 1)
	d.requireLogged(t, "odds.draft", "odds.simulate", "odds.draft", "odds.simulate", "odds.reject", "odds.withdraw")
}

func TestRollingBackTakesTwoPeopleToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	_, err := d.Engine.ApproveDraft(t.Context(), d.second, decision(d.ready(t, 3)))
	require.NoError(t, err)
	req := games.RollBackRequest{Game: "dice", Version: 1, Base: 2, Reason: "players complain", Key: "back"}
	_, err = d.Engine.RollBack(t.Context(), d.author, games.RollBackRequest{Game: "dice", Version: 9, Base: 2, Reason: "x", Key: "none"})
	require.ErrorIs(t, err, games.ErrVersionNotFound)
	back, err := d.Engine.RollBack(t.Context(), d.author, req)
	require.NoError(t, err)
	again, err := d.Engine.RollBack(t.Context(), d.author, req)
	require.NoError(t, err)
	require.Equal(t, back.ID, again.ID)
	require.Equal(t, 1, back.Restores)
	require.NotNil(t, back.Simulation)
	_, err = d.Engine.ApproveDraft(t.Context(), d.author, decision(back))
	require.ErrorIs(t, err, games.ErrSamePerson)
	require.Equal(t, 2, d.live(t))
	_, err = d.Engine.ApproveDraft(t.Context(), d.second, decision(back))
	require.NoError(t, err)
	require.Equal(t, 3, d.live(t))
	versions, err := d.Engine.ListVersions(t.Context(), d.Tenant, "dice")
	require.NoError(t, err)
	require.Equal(t, versions[2].Hash, versions[0].Hash)
	require.Equal(t, "rollback", versions[0].Origin)
	require.Equal(t, []bool{true, false, false}, []bool{versions[0].Live, versions[1].Live, versions[2].Live})
	d.requireLogged(t, "odds.draft", "odds.simulate", "odds.approve", "odds.roll_back", "odds.simulate", "odds.approve")
}

func TestDraftsThatCouldNeverBeInForce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, fixture.Options{})
	good := games.NewDraft{Game: "dice", Base: 1, Config: d.config(t, func(c map[string]any) { c["min_stake"] = 3 }), Reason: "r", Key: "k"}
	for name, tc := range map[string]struct {
		edit func(in *games.NewDraft)
		code string
	}{
		"unknown game":     {func(in *games.NewDraft) { in.Game = "chess" }, "games.unknown_game"},
		"wrong config":     {func(in *games.NewDraft) { in.Config = json.RawMessage(`{}`) }, "games.invalid_config"},
		"no reason":        {func(in *games.NewDraft) { in.Reason = "" }, "games.invalid_input"},
		"no key":           {func(in *games.NewDraft) { in.Key = "" }, "games.invalid_key"},
		"base not live":    {func(in *games.NewDraft) { in.Base = 2 }, "games.stale_base"},
		"same as in force": {func(in *games.NewDraft) { in.Config = d.config(t, func(map[string]any) {}) }, "games.no_change"},
	} {
		in := good
		tc.edit(&in)
		_, err := d.Engine.DraftConfig(t.Context(), d.author, in)
		require.Equal(t, tc.code, models.CodeOf(err), "%s: %v", name, err)
	}
	first, err := d.Engine.DraftConfig(t.Context(), d.author, good)
	require.NoError(t, err)
	same, err := d.Engine.DraftConfig(t.Context(), d.author, good)
	require.NoError(t, err)
	require.Equal(t, first.ID, same.ID)
	good.Config = d.config(t, func(c map[string]any) { c["min_stake"] = 4 })
	_, err = d.Engine.DraftConfig(t.Context(), d.author, good)
	require.ErrorIs(t, err, games.ErrKeyReused)

	_, err = d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: first.ID, Rounds: 5_000_001})
	require.Equal(t, "games.invalid_input", models.CodeOf(err))
	_, err = d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: first.ID, Seed: "abc"})
	require.Equal(t, "games.invalid_input", models.CodeOf(err))
	_, err = d.Engine.SimulateDraft(t.Context(), d.author, games.SimulateRequest{Draft: "cd_nothing"})
	require.ErrorIs(t, err, games.ErrDraftNotFound)

	other := newDesk(t, fixture.Options{})
	_, err = other.Engine.Draft(t.Context(), other.author, first.ID)
	require.ErrorIs(t, err, games.ErrDraftNotFound, "of another tenant")
	_, err = d.Engine.ApproveDraft(t.Context(), d.hire(t, models.RoleAnalyst), decision(first))
	require.ErrorIs(t, err, operators.ErrForbidden)
	_, err = d.Engine.PublishConfig(t.Context(), d.Tenant, "dice", good.Config)
	require.ErrorIs(t, err, games.ErrApprovalNeeded, "one person can't do it as the installation either")
}
