package gametest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/simulate"
)

// simulation plays a house-banked game's default config many times with a fixed seed: what it publishes lies in the interval
// that holds the truth 99.99 times of 100, and so does the chi-square of its draws.
func (s suite) simulation(t *testing.T) {
	t.Helper()
	rules := defaultRules(t, s)
	_, banked := rules.(game.Banked)
	_, external := rules.(game.External)
	sampled, sampler := rules.(game.Sampler)
	if sampler {
		checkSample(t, sampled)
	}
	if s.Info().Bank != game.BankHouse || banked || (external && !sampler) {
		return // a pool returns what it holds; every value of an outside source was counted
	}
	rounds := simulatedRounds
	if testing.Short() {
		rounds /= 10
	}
	result, err := simulate.Run(rules, simulate.Options{Rounds: rounds, Seed: fairness.Seed{4}})
	require.NoError(t, err)
	require.EqualValues(t, rounds, result.Rounds)
	report, err := simulate.Returns(s, s.Info().DefaultConfig, simulate.Options{})
	require.NoError(t, err)
	published := map[string]game.Return{}
	for _, one := range report.Returns {
		published[one.Choice] = one
	}
	for _, seen := range result.Returns() {
		said, ok := published[seen.Choice]
		require.True(t, ok, "a return of %q is published", seen.Choice)
		require.LessOrEqual(t, said.Low, seen.High, "%s: published %d to %d, simulated %d to %d", seen.Choice, said.Low, said.High, seen.Low, seen.High)
		require.GreaterOrEqual(t, said.High, seen.Low, "%s: published %d to %d, simulated %d to %d", seen.Choice, said.Low, said.High, seen.Low, seen.High)
	}
	chi, limit := result.Fit()
	require.True(t, !sampler || limit > 0, "a sample counts its draws by classes")
	require.LessOrEqual(t, chi, limit, "the draws are as often as they should: %v of %v", result.Classes, result.Weights)
}

// checkSample checks that the fast simulation pays what Draw and Settle pay, where the game is played without strategies:
// the same words, the same choices, the same amounts.
func checkSample(t *testing.T, rules game.Sampler) {
	t.Helper()
	fast, err := rules.Sample()
	require.NoError(t, err)
	require.Positive(t, fast.Stake)
	require.NotEmpty(t, fast.Choices)
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	bets := make([]game.Bet, 0, len(fast.Choices))
	for i, choice := range fast.Choices {
		bet := game.Bet{Seq: int64(i) + 1, Choice: choice, Stake: fast.Stake, Player: "p_1", Seed: "seed"}
		if _, err := rules.CheckBet(opening, bet); err != nil {
			return // a strategy, not a bet
		}
		bets = append(bets, bet)
	}
	quick, slow := fairness.NewStream(fairness.Seed{5}, "sample", 0), fairness.NewStream(fairness.Seed{5}, "sample", 0)
	paid := make([]int64, len(bets))
	for range 2000 {
		fast.Play(quick, paid)
		out, err := rules.Draw(opening, slow)
		require.NoError(t, err)
		payouts, err := rules.Settle(opening, out, bets, nil)
		require.NoError(t, err)
		want := make([]int64, len(bets))
		for _, p := range payouts {
			want[p.Seq-1] = p.Amount
		}
		require.Equal(t, want, paid, "the simulation pays what a round pays: %s", out.Data)
		require.Equal(t, slow.Words(), quick.Words(), "the simulation reads the words that a draw reads")
	}
}
