package games_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
	"fairground/test/fixture"
)

// openRound opens a round of player 0 and returns it.
func openRound(t testing.TB, w *fixture.World, name, params string) games.RoundView {
	t.Helper()
	var raw json.RawMessage
	if params != "" {
		raw = json.RawMessage(params)
	}
	v, err := w.Engine.Open(t.Context(), games.OpenRequest{
		Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: name, Params: raw, Key: fmt.Sprintf("open-%d", time.Now().UnixNano()), // a key that no other call of the test has
	})
	require.NoError(t, err)
	return v
}

func bet(w *fixture.World, round string, player int, choice string, stake int64, key string) games.BetRequest {
	return games.BetRequest{Tenant: w.Tenant, Round: round, Player: w.Players[player], Choice: choice, Stake: stake, Key: key}
}

// finish closes, draws and settles a round.
func finish(t testing.TB, w *fixture.World, round string) games.StageResult {
	t.Helper()
	out, err := w.Engine.Close(t.Context(), w.Tenant, round, true)
	require.NoError(t, err)
	if out.Status.Final() {
		return out
	}
	_, err = w.Engine.Draw(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	out, err = w.Engine.Settle(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	return out
}

// requireProof fetches a round's proof and verifies it as anybody could.
func requireProof(t testing.TB, w *fixture.World, round string) games.Proof {
	t.Helper()
	proof, err := w.Engine.Proof(t.Context(), round)
	require.NoError(t, err)
	text, err := json.Marshal(proof)
	require.NoError(t, err)
	var public games.Proof
	require.NoError(t, json.Unmarshal(text, &public))
	report := games.Verify(public)
	require.True(t, report.OK(), "%+v", report)
	return public
}

func TestDiceRoundIsPlayedToTheEnd(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	round := openRound(t, w, "dice", "")
	require.Equal(t, models.RoundOpen, round.Status)

	open, err := w.Engine.Proof(t.Context(), round.ID)
	require.NoError(t, err)
	require.Empty(t, open.ServerSeed, "the seed is a secret while bets are taken")

	for i, choice := range []string{"big", "small"} {
		receipt, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, i, choice, 100, "k"))
		require.NoError(t, err)
		require.EqualValues(t, 900, receipt.Balance)
	}
	out := finish(t, w, round.ID)
	require.Equal(t, models.RoundSettled, out.Status)

	proof := requireProof(t, w, round.ID)
	require.Len(t, proof.Bets, 2)
	require.Equal(t, 2000-proof.House, w.Total(t), "what the house kept left the players")

	again, err := w.Engine.Settle(t.Context(), w.Tenant, round.ID)
	require.NoError(t, err)
	require.Equal(t, models.RoundSettled, again.Status)
}

func TestDuelPaysTheWinnerOrGivesBack(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	round := openRound(t, w, "duel", `{"stake": 200}`)
	require.EqualValues(t, 800, w.Balance(t, w.Players[0]))
	other := "tails"
	receipt, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 1, other, 200, "join"))
	require.NoError(t, err)
	require.True(t, receipt.Full)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 2, other, 200, "late"))
	require.ErrorIs(t, err, games.ErrRoundFull)
	require.Equal(t, models.RoundSettled, finish(t, w, round.ID).Status)
	requireProof(t, w, round.ID)
	require.EqualValues(t, 3000, w.Total(t))

	lonely := openRound(t, w, "duel", `{"stake": 300}`)
	require.Equal(t, models.RoundVoided, finish(t, w, lonely.ID).Status)
	require.EqualValues(t, 3000, w.Total(t))
	proof := requireProof(t, w, lonely.ID)
	require.Equal(t, "not_filled", proof.VoidReason)
}

func TestRedPacketIsClaimedAndTheRestReturns(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"random", "equal", "mine"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := fixture.New(t, fixture.Options{Players: 4})
			params := fmt.Sprintf(`{"total": 500, "shares": 5, "mode": %q}`, mode)
			if mode == "mine" {
				params = `{"total": 500, "shares": 5, "mode": "mine", "mine": 7}`
			}
			round := openRound(t, w, "redpacket", params)
			require.True(t, round.Acting)
			require.EqualValues(t, 500, w.Balance(t, w.Players[0]))

			for i := 1; i < 4; i++ {
				receipt, err := w.Engine.Claim(t.Context(), games.ClaimRequest{Tenant: w.Tenant, Round: round.ID, Player: w.Players[i], Key: "c"})
				require.NoError(t, err)
				require.Equal(t, i-1, receipt.Slot)
				require.Equal(t, 1000+receipt.Amount-receipt.Loss, receipt.Balance)
			}
			_, err := w.Engine.Claim(t.Context(), games.ClaimRequest{Tenant: w.Tenant, Round: round.ID, Player: w.Players[1], Key: "again"})
			require.ErrorIs(t, err, games.ErrAlreadyClaimed)
			_, err = w.Engine.Void(t.Context(), w.Tenant, round.ID, "operator")
			require.ErrorIs(t, err, games.ErrAlreadyDrawn)

			require.Equal(t, models.RoundSettled, finish(t, w, round.ID).Status)
			require.EqualValues(t, 4000, w.Total(t))
			requireProof(t, w, round.ID)
		})
	}
}

func TestRefusalsMoveNothing(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	round := openRound(t, w, "dice", "")
	_, err := w.Owner.Exec(t.Context(), `UPDATE members SET status = 'left' WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[2])
	require.NoError(t, err)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "used"))
	require.NoError(t, err)
	before := w.Total(t)

	cases := []struct {
		name, code string
		req        games.BetRequest
	}{
		{"unknown round", "games.round_not_found", bet(w, "r_aaaaaaaaaaaaaaaa", 0, "big", 100, "a")},
		{"wrong choice", "games.invalid_choice", bet(w, round.ID, 0, "sideways", 100, "b")},
		{"stake too low", "games.invalid_stake", bet(w, round.ID, 0, "big", 1, "c")},
		{"negative stake", "games.invalid_stake", bet(w, round.ID, 0, "big", -5, "d")},
		{"overdraft", "ledger.insufficient_funds", bet(w, round.ID, 0, "big", 5000, "e")},
		{"overdraft again is remembered", "ledger.insufficient_funds", bet(w, round.ID, 0, "big", 5000, "e")},
		{"reused key", "ledger.key_reused", bet(w, round.ID, 0, "small", 100, "used")},
		{"non-member", "players.not_member", bet(w, round.ID, 2, "big", 100, "f")},
		{"no key", "games.invalid_key", bet(w, round.ID, 0, "big", 100, "")},
	}
	for _, tc := range cases {
		_, err := w.Engine.PlaceBet(t.Context(), tc.req)
		require.Equal(t, tc.code, models.CodeOf(err), "%s: %v", tc.name, err)
	}
	require.Equal(t, before, w.Total(t))

	_, err = w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[1], Game: "dice", Key: "second"})
	require.ErrorIs(t, err, games.ErrRoundRunning)
	finish(t, w, round.ID)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "late"))
	require.ErrorIs(t, err, games.ErrRoundClosed)
	_, err = w.Engine.Void(t.Context(), w.Tenant, round.ID, "operator")
	require.ErrorIs(t, err, games.ErrAlreadyDrawn)
	requireProof(t, w, round.ID)
}

func TestTheDatabaseClockRefusesLateBets(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	// No worker runs here: only the clock can end the window.
	_, err := w.Owner.Exec(t.Context(), `UPDATE rounds SET closes_at = clock_timestamp() WHERE round_id = $1`, round.ID)
	require.NoError(t, err)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "late"))
	require.ErrorIs(t, err, games.ErrRoundClosed)
	out, err := w.Engine.Close(t.Context(), w.Tenant, round.ID, false)
	require.NoError(t, err)
	require.Equal(t, models.RoundVoided, out.Status)
}

func TestCloseBeforeTheEndNeedsEarly(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	out, err := w.Engine.Close(t.Context(), w.Tenant, round.ID, false)
	require.ErrorIs(t, err, games.ErrTooEarly)
	require.True(t, out.ClosesAt.Equal(round.ClosesAt))
	_, err = w.Engine.Settle(t.Context(), w.Tenant, round.ID)
	require.ErrorIs(t, err, games.ErrNotDrawn)
	later, err := w.Engine.Extend(t.Context(), w.Tenant, round.ID, round.ClosesAt.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, later.ClosesAt.After(round.ClosesAt))
}

func TestVoidGivesEveryStakeBack(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	for i := range w.Players {
		_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, i, "odd", 70, "k"))
		require.NoError(t, err)
	}
	for range 2 {
		out, err := w.Engine.Void(t.Context(), w.Tenant, round.ID, "operator")
		require.NoError(t, err)
		require.Equal(t, models.RoundVoided, out.Status)
	}
	require.EqualValues(t, 2000, w.Total(t))
	require.Equal(t, "operator", requireProof(t, w, round.ID).VoidReason)
}
