package games_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/test/fixture"
)

// setJackpot gives the world's group a pot.
func setJackpot(t testing.TB, w *fixture.World, c games.JackpotConfig) games.Jackpot {
	t.Helper()
	now, err := w.Engine.Jackpot(t.Context(), w.Tenant, w.Group)
	require.NoError(t, err)
	j, err := w.Engine.SetJackpot(t.Context(), owner(t, w), w.Group, now.Version, c, "a test")
	require.NoError(t, err)
	return j
}

// potSums is all that went into the pots and came out of them.
func potSums(t testing.TB, w *fixture.World) (contributed, seeded, paid, pots int64) {
	t.Helper()
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT coalesce(sum(contribution), 0)::bigint, coalesce(sum(seeded), 0)::bigint, coalesce(sum(amount), 0)::bigint,
		(SELECT coalesce(sum(b.posted), 0)::bigint FROM accounts a JOIN balances b USING (tenant_id, account_id) WHERE a.purpose = 'jackpot') FROM jackpot_draws`).
		Scan(&contributed, &seeded, &paid, &pots))
	return contributed, seeded, paid, pots
}

func TestAJackpotIsFedDrawnAndProven(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 8, Points: 100_000})
	j := setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 150, Chance: 2000, Seed: 500})
	require.EqualValues(t, 500, j.Pot)
	var staked, won int64
	hits := 0
	for n := range 12 {
		round := openRound(t, w, "dice", "")
		open, err := w.Engine.Proof(t.Context(), round.ID)
		require.NoError(t, err)
		require.Equal(t, j.ConfigHash, open.Jackpot.ConfigHash, "the pot's rules are fixed before the first bet")
		require.False(t, open.Jackpot.Drawn)
		var all sync.WaitGroup
		for i := range w.Players {
			stake := int64(37 + 11*i)
			staked += stake
			all.Go(func() {
				if _, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, i, []string{"big", "small"}[i%2], stake, fmt.Sprint(n))); err != nil {
					t.Errorf("bet: %v", err)
				}
			})
		}
		all.Wait()
		before := w.Total(t)
		finish(t, w, round.ID)
		proof := requireProof(t, w, round.ID)
		require.True(t, proof.Jackpot.Drawn)
		paid := proof.Jackpot.Amount
		for _, p := range proof.Payouts {
			paid += p.Amount
		}
		require.Equal(t, before+paid, w.Total(t), "the winner has it")
		record(t, map[bool]string{false: "dice-pot", true: "dice-pot-won"}[proof.Jackpot.Hit], proof)
		if proof.Jackpot.Hit {
			hits++
			won += proof.Jackpot.Amount
			forged := *proof.Jackpot
			forged.Winner = forged.Winner%8 + 1
			proof.Jackpot = &forged
		} else {
			forged := *proof.Jackpot
			forged.Contribution++
			proof.Jackpot = &forged
		}
		require.Equal(t, []games.CheckName{games.CheckJackpot}, games.Verify(proof).Failed())
	}
	contributed, seeded, paid, pot := potSums(t, w)
	require.Equal(t, staked*150/10_000, contributed)
	require.Equal(t, won, paid)
	require.Equal(t, contributed+seeded, pot+paid)
	require.EqualValues(t, 500*(hits+1), seeded)
	require.Positive(t, hits, "1 in 3 rounds: all of 12 miss once in 160 runs")
	wins, err := w.Engine.JackpotWins(t.Context(), w.Tenant, w.Group, 50)
	require.NoError(t, err)
	require.Len(t, wins, hits)
}

func TestAJackpotsNewRulesHoldFromTheNextRoundOn(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 2})
	before := openRound(t, w, "dice", "")
	first := setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 1000, Chance: 1_000_000_000, Games: []string{"dice"}})
	for i := range w.Players {
		_, err := w.Engine.PlaceBet(t.Context(), bet(w, before.ID, i, "big", 100, "k"))
		require.NoError(t, err)
	}
	finish(t, w, before.ID)
	require.Nil(t, requireProof(t, w, before.ID).Jackpot, "it was opened without a pot")

	with := openRound(t, w, "dice", "")
	second := setJackpot(t, w, games.JackpotConfig{Enabled: false, ContributionBP: 5000, Chance: 2})
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, 2, second.Version)
	_, err := w.Engine.PlaceBet(t.Context(), bet(w, with.ID, 0, "big", 100, "with"))
	require.NoError(t, err)
	finish(t, w, with.ID)
	proof := requireProof(t, w, with.ID)
	require.Equal(t, 1, proof.Jackpot.Version)
	require.EqualValues(t, 10, proof.Jackpot.Contribution)

	off := openRound(t, w, "dice", "")
	_, err = w.Engine.Void(t.Context(), w.Tenant, off.ID, "a test")
	require.NoError(t, err)
	require.Nil(t, requireProof(t, w, off.ID).Jackpot)

	third := setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 1, Chance: 2, Seed: 1000})
	require.EqualValues(t, 10, third.Pot, "only an empty pot is begun anew")
	voided := openRound(t, w, "dice", "")
	_, err = w.Engine.Void(t.Context(), w.Tenant, voided.ID, "a test")
	require.NoError(t, err)
	require.False(t, requireProof(t, w, voided.ID).Jackpot.Drawn)
	duel := openRound(t, w, "duel", `{"stake": 100}`)
	_, err = w.Engine.Void(t.Context(), w.Tenant, duel.ID, "a test")
	require.NoError(t, err)
	require.Nil(t, requireProof(t, w, duel.ID).Jackpot, "players pay each other there")

	_, err = w.Engine.SetJackpot(t.Context(), owner(t, w), w.Group, 1, games.JackpotConfig{ContributionBP: 1, Chance: 2}, "")
	refuses(t, err, games.ErrStale)
	_, err = w.Engine.SetJackpot(t.Context(), owner(t, w), w.Group, 3, games.JackpotConfig{ContributionBP: 1, Chance: 2, Games: []string{"duel"}}, "")
	require.Equal(t, "games", refused(t, err, games.ErrInvalidPacing).Field)
}

// TestPotsOfRoundsThatSettleAtOnce settles four rounds of a group at one moment, each of which wins.
func TestPotsOfRoundsThatSettleAtOnce(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 6, Points: 100_000})
	setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 2500, Chance: 2, Seed: 77})
	pace(t, w, games.Pacing{Group: games.Limits{Rounds: 4}})
	rounds := make([]string, 4)
	for i := range rounds {
		rounds[i] = openRound(t, w, "dice", "").ID
		for p := range w.Players {
			_, err := w.Engine.PlaceBet(t.Context(), bet(w, rounds[i], p, []string{"big", "small"}[p%2], 10, fmt.Sprint(i)))
			require.NoError(t, err)
		}
	}
	var all sync.WaitGroup
	for _, r := range rounds {
		all.Go(func() {
			for _, step := range []func() error{
				func() error { _, err := w.Engine.Close(t.Context(), w.Tenant, r, true); return err },
				func() error { _, err := w.Engine.Draw(t.Context(), w.Tenant, r); return err },
				func() error { _, err := w.Engine.Settle(t.Context(), w.Tenant, r); return err },
				func() error { _, err := w.Engine.Settle(t.Context(), w.Tenant, r); return err },
			} {
				if err := step(); err != nil {
					t.Errorf("round %s: %v", r, err)
				}
			}
		})
	}
	all.Wait()
	for _, r := range rounds {
		require.True(t, requireProof(t, w, r).Jackpot.Hit)
	}
	contributed, seeded, paid, pot := potSums(t, w)
	require.EqualValues(t, 60, contributed)
	require.EqualValues(t, 5*77, seeded)
	require.EqualValues(t, 77, pot)
	require.Equal(t, contributed+seeded, pot+paid)
}
