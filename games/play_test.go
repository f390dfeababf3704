package games_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/redis"
	"fairground/models"
	"fairground/test/fixture"
)

// coinWorld is a world in which coins can be tossed.
func coinWorld(t testing.TB, opts fixture.Options) *fixture.World {
	t.Helper()
	w := fixture.New(t, opts)
	w.Engine.AddGame(coin{})
	return w
}

func toss(w *fixture.World, player int, choice string, stake int64, key string) games.PlayRequest {
	return games.PlayRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[player], Game: "coin", Choice: choice, Stake: stake, Key: key}
}

func TestAPlayIsDrawnAndPaidAtOnce(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Points: 10_000})
	before, err := w.Engine.Seeds(t.Context(), w.Tenant, w.Players[0])
	require.NoError(t, err)
	balance, won := int64(10_000), 0
	var last games.PlayReceipt
	for i := range 40 {
		last, err = w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, fmt.Sprint(i)))
		require.NoError(t, err)
		require.EqualValues(t, i, last.Nonce)
		require.Contains(t, []int64{0, 190}, last.Payout)
		balance += last.Payout - 100
		require.Equal(t, balance, last.Balance)
		if last.Payout > 0 {
			won++
		}
		require.Equal(t, before.Chain, last.Chain)
	}
	require.Equal(t, balance, w.Balance(t, w.Players[0]))
	require.Greater(t, won, 2)
	require.Less(t, won, 38)

	again, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "39"))
	require.NoError(t, err)
	require.True(t, again.Replayed)
	again.Replayed = false
	require.JSONEq(t, string(last.Outcome.Data), string(again.Outcome.Data))
	require.JSONEq(t, string(last.Report), string(again.Report))
	again.Outcome, again.Report = last.Outcome, last.Report
	require.Equal(t, last, again)

	var events int
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE type = 'play.settled.v1' AND payload->>'play' = $1`, last.ID).Scan(&events))
	require.Equal(t, 1, events)
}

func TestAPlayIsVerifiedOnceItsSeedIsRotated(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{})
	play, err := w.Engine.Play(t.Context(), toss(w, 0, "tails", 100, "k"))
	require.NoError(t, err)
	proof, err := w.Engine.PlayProof(t.Context(), play.ID)
	require.NoError(t, err)
	require.Empty(t, proof.ServerSeed, "the seed is a secret while plays are drawn from it")
	report := games.VerifyPlayOf(proof, coin{})
	require.False(t, report.Final)
	require.Empty(t, report.Failed(), "%+v", report)

	state, err := w.Engine.Seeds(t.Context(), w.Tenant, w.Players[0])
	require.NoError(t, err)
	require.EqualValues(t, 1, state.Nonce)
	req := games.RotateRequest{Tenant: w.Tenant, Player: w.Players[0], ClientSeed: "mine", Key: "r"}
	rotation, err := w.Engine.RotateSeed(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, state.Commit, rotation.Revealed.Commit)
	require.EqualValues(t, 1, rotation.Revealed.Nonces)
	require.Equal(t, state.NextCommit, rotation.Now.Commit)
	require.Equal(t, "mine", rotation.Now.ClientSeed)
	again, err := w.Engine.RotateSeed(t.Context(), req)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, rotation.Revealed, again.Revealed)
	req.ClientSeed = "other"
	_, err = w.Engine.RotateSeed(t.Context(), req)
	require.ErrorIs(t, err, games.ErrKeyReused)

	proof, err = w.Engine.PlayProof(t.Context(), play.ID)
	require.NoError(t, err)
	raw, err := json.Marshal(proof)
	require.NoError(t, err)
	public, err := games.ReadPlayProof(raw)
	require.NoError(t, err)
	report = games.VerifyPlayOf(public, coin{})
	require.True(t, report.OK(), "%+v", report)
	chain, err := w.Engine.Chain(t.Context(), public.Chain.ID)
	require.NoError(t, err)
	require.Equal(t, 2, chain.Used)
	require.True(t, games.VerifyPlayWith(public, coin{}, chain).OK())
	requireForgeriesFound(t, public, chain)

	next, err := w.Engine.Play(t.Context(), toss(w, 0, "tails", 100, "k2"))
	require.NoError(t, err)
	require.Equal(t, 1, next.Index)
	require.Zero(t, next.Nonce)
}

// requireForgeriesFound changes one thing of a proof at a time.
func requireForgeriesFound(t *testing.T, honest games.PlayProof, chain games.Chain) {
	t.Helper()
	for check, forge := range map[games.CheckName]func(*games.PlayProof){
		games.CheckFormat:     func(p *games.PlayProof) { p.Nonce++ },
		games.CheckConfigHash: func(p *games.PlayProof) { p.Config = json.RawMessage(`{"pays_bp": 18000}`) },
		games.CheckParams:     func(p *games.PlayProof) { p.Params = json.RawMessage(`{"a":1}`) },
		games.CheckBets:       func(p *games.PlayProof) { p.Stake = 1 },
		games.CheckCommit:     func(p *games.PlayProof) { p.ServerSeed = p.Commit },
		games.CheckChain:      func(p *games.PlayProof) { p.Chain.Hash = p.Commit },
		games.CheckDraw:       func(p *games.PlayProof) { p.ClientSeed += "x"; p.Outcome.Data = json.RawMessage(`{"side":"edge"}`) },
		games.CheckPayout:     func(p *games.PlayProof) { p.Payout++ },
	} {
		p, out := honest, *honest.Outcome
		p.Outcome = &out
		forge(&p)
		report := games.VerifyPlayWith(p, coin{}, chain)
		require.Contains(t, report.Failed(), check, "%+v", report)
	}
}

func TestAPlayersChainIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{})
	first, err := w.Engine.Seeds(t.Context(), w.Tenant, w.Players[0])
	require.NoError(t, err)
	promised := first.NextCommit
	for i := range games.PlayChainSize + 1 {
		rotation, err := w.Engine.RotateSeed(t.Context(), games.RotateRequest{Tenant: w.Tenant, Player: w.Players[0], Key: fmt.Sprint(i)})
		require.NoError(t, err)
		require.Equal(t, promised, rotation.Now.Commit, "what comes next was published before")
		promised = rotation.Now.NextCommit
	}
	now, err := w.Engine.Seeds(t.Context(), w.Tenant, w.Players[0])
	require.NoError(t, err)
	require.NotEqual(t, first.Chain, now.Chain)
	require.Equal(t, 1, now.Index)
	used, err := w.Engine.Chain(t.Context(), first.Chain)
	require.NoError(t, err)
	require.Equal(t, games.PlayChainSize, used.Used)
}

func TestPlaysThatAreRefusedMoveNothing(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 4})
	_, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "used"))
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE members SET status = 'left' WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[1])
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE players SET frozen_at = clock_timestamp() WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[2])
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE players SET excluded_until = clock_timestamp() + interval '1 day' WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[3])
	require.NoError(t, err)
	before := w.Total(t)
	other := toss(w, 0, "heads", 100, "c")
	other.Game = "dice"
	unknown := toss(w, 0, "heads", 100, "c")
	unknown.Game = "chess"
	nowhere := toss(w, 0, "heads", 100, "c")
	nowhere.Group = 999_999
	for name, tc := range map[string]struct {
		code string
		req  games.PlayRequest
	}{
		"a round game":  {"games.not_instant", other},
		"no game":       {"games.unknown_game", unknown},
		"wrong choice":  {"games.invalid_choice", toss(w, 0, "edge", 100, "a")},
		"low stake":     {"games.invalid_stake", toss(w, 0, "heads", 1, "b")},
		"overdraft":     {"ledger.insufficient_funds", toss(w, 0, "heads", 5000, "d")},
		"reused key":    {"ledger.key_reused", toss(w, 0, "tails", 100, "used")},
		"non-member":    {"players.not_member", toss(w, 1, "heads", 100, "e")},
		"frozen":        {"players.frozen", toss(w, 2, "heads", 100, "f")},
		"excluded":      {"players.excluded", toss(w, 3, "heads", 100, "g")},
		"no key":        {"games.invalid_key", toss(w, 0, "heads", 100, "")},
		"unknown group": {"games.group_inactive", nowhere},
	} {
		_, err := w.Engine.Play(t.Context(), tc.req)
		require.Equal(t, tc.code, models.CodeOf(err), "%s: %v", name, err)
	}
	require.Equal(t, before, w.Total(t))
	_, err = w.Owner.Exec(t.Context(), `UPDATE groups SET status = 'paused' WHERE tenant_id = $1`, w.Tenant)
	require.NoError(t, err)
	_, err = w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "h"))
	require.ErrorIs(t, err, games.ErrGroupInactive)
	again, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "used"))
	require.NoError(t, err, "what was played stays played")
	require.True(t, again.Replayed)
}

func TestPlaysStopWhenTheHouseGaveOutItsDay(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 2, Cap: 2000})
	_, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "k"))
	require.ErrorIs(t, err, games.ErrHouseLimit)
}

func TestAPlayIsMadeUnderTheRulesInForce(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Points: 10_000})
	play, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "a"))
	require.NoError(t, err)
	require.Equal(t, 1, play.ConfigVersion)
	elsewhere := w.NewEngine(noLocker(t))
	elsewhere.AddGame(coin{})
	version, err := elsewhere.PublishConfig(t.Context(), w.Tenant, "coin", json.RawMessage(`{"pays_bp": 15000}`))
	require.NoError(t, err)
	play, err = w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "b"))
	require.NoError(t, err)
	require.Equal(t, version, play.ConfigVersion, "the database knows better than what this process remembers")
	play, err = elsewhere.Play(t.Context(), toss(w, 0, "heads", 100, "c"))
	require.NoError(t, err)
	require.EqualValues(t, 2, play.Nonce)
	play, err = w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, "d"))
	require.NoError(t, err)
	require.EqualValues(t, 3, play.Nonce)
}

func TestRoundsTakeTheirSeedsOutOfAPublishedChain(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Points: 10_000})
	var chain string
	for i := range 3 {
		round := openRound(t, w, "dice", "")
		proof, err := w.Engine.Proof(t.Context(), round.ID)
		require.NoError(t, err)
		require.NotNil(t, proof.Chain)
		require.Equal(t, i, proof.Chain.Index)
		if chain != "" {
			require.Equal(t, chain, proof.Chain.ID)
		}
		chain = proof.Chain.ID
		_, err = w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[1], Game: "dice", Key: fmt.Sprint("second", i)})
		require.ErrorIs(t, err, games.ErrRoundRunning, "and takes no seed")
		_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, fmt.Sprint("k", i)))
		require.NoError(t, err)
		finish(t, w, round.ID)
		done := requireProof(t, w, round.ID)
		list, err := w.Engine.Chain(t.Context(), chain)
		require.NoError(t, err)
		require.Equal(t, i+1, list.Used)
		report := games.VerifyIn(done, list)
		require.True(t, report.OK(), "%+v", report)
		require.NotContains(t, statuses(report), games.CheckPending)
		done.Chain.Index++
		require.Equal(t, []games.CheckName{games.CheckChain}, games.VerifyIn(done, list).Failed())
	}
	_, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: "duel", Params: json.RawMessage(`{"stake": 100000}`), Key: "poor"})
	require.Error(t, err)
	list, err := w.Engine.Chain(t.Context(), chain)
	require.NoError(t, err)
	require.Equal(t, 3, list.Used, "a round that could not be opened takes no seed")
}

func statuses(r games.Report) []games.CheckStatus {
	var all []games.CheckStatus
	for _, c := range r.Checks {
		all = append(all, c.Status)
	}
	return all
}

func noLocker(t testing.TB) redis.Locker {
	t.Helper()
	locker, err := redis.NewLocker("off", nil)
	require.NoError(t, err)
	return locker
}
