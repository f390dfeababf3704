package gametest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/simulate"
)

const (
	// counted is how many rounds the frequencies are counted over by Draw and Settle, with fixed seeds.
	counted = 20_000
	// chiSquareLimit is passed by 1 honest choice in 10,000; the seeds are fixed, so a pass stays one.
	chiSquareLimit = 15.14
)

func (s suite) odds(t *testing.T) {
	t.Helper()
	rules := defaultRules(t, s)
	checkOdds(t, rules)
	s.checkReturns(t, rules)
	if s.has(game.PhaseBet) {
		require.NotEmpty(t, game.Choices(rules), "players are told what they may bet on")
	}
	if s.Info().Bank != game.BankHouse {
		return
	}
	if _, banked := rules.(game.Banked); banked {
		return
	}
	report, err := simulate.Returns(s, s.Info().DefaultConfig, simulate.Options{Rounds: counted})
	require.NoError(t, err)
	require.NotEmpty(t, report.Returns, "players are told what a house game gives back")
	require.LessOrEqual(t, report.Best(), simulate.Million)
}

// checkOdds checks that the published numbers fit each other and that none returns over 100 %.
func checkOdds(t require.TestingT, rules game.Rules) {
	seen := map[string]bool{}
	for _, odd := range rules.Odds() {
		require.False(t, seen[odd.Choice], "%s is published once", odd.Choice)
		seen[odd.Choice] = true
		require.NotEmpty(t, odd.Choice)
		require.Positive(t, odd.Ways, odd.Choice)
		require.LessOrEqual(t, odd.Ways, odd.Of, odd.Choice)
		require.Positive(t, odd.PaysBP, odd.Choice)
		require.LessOrEqual(t, odd.Ways, math.MaxInt64/odd.PaysBP, "%s: the return can be computed", odd.Choice)
		require.Equal(t, odd.Ways*odd.PaysBP/odd.Of, odd.ReturnBP, odd.Choice)
		require.LessOrEqual(t, odd.ReturnBP, int64(10000), "%s returns more than it takes", odd.Choice)
	}
}

// frequencies simulates rounds and compares how often each choice wins, and what it is paid,
// with the published odds.
func (s suite) frequencies(t *testing.T) {
	t.Helper()
	rules := defaultRules(t, s)
	if len(rules.Odds()) == 0 {
		return
	}
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	bets, err := simulate.OneOnEach(rules, opening)
	require.NoError(t, err)
	if external, ok := rules.(game.External); ok {
		countValues(t, external, opening, bets)
		return
	}
	choiceOf, published, won := map[int64]game.Bet{}, map[string]game.Odd{}, map[string]float64{}
	for _, bet := range bets {
		choiceOf[bet.Seq] = bet
	}
	for _, odd := range rules.Odds() {
		published[odd.Choice] = odd
	}
	for n := range uint64(counted) {
		out := s.draw(t, rules, opening, fairness.NewStream(fairness.Seed{7}, "frequencies", n))
		payouts, err := rules.Settle(opening, out, bets, nil)
		require.NoError(t, err)
		for _, p := range payouts {
			bet := choiceOf[p.Seq]
			won[bet.Choice]++
			off := p.Amount*10000 - bet.Stake*published[bet.Choice].PaysBP
			require.Less(t, max(off, -off), int64(10000), "%s pays what is published, to the unit", bet.Choice)
		}
	}
	for _, bet := range bets {
		odd := published[bet.Choice]
		p := float64(odd.Ways) / float64(odd.Of)
		off := won[bet.Choice] - counted*p
		require.LessOrEqual(t, off*off, chiSquareLimit*counted*p*(1-p), "%s won %v times of %d, published %d of %d", bet.Choice, won[bet.Choice], counted, odd.Ways, odd.Of)
	}
}

// countValues settles every value that an outside source can give: each choice wins in its share of them.
func countValues(t *testing.T, rules game.External, opening game.Opening, bets []game.Bet) {
	t.Helper()
	values, paid := taken(t, rules, opening), map[int64]int64{}
	for _, value := range values {
		out, err := rules.Take(opening, value)
		require.NoError(t, err)
		payouts, err := rules.Settle(opening, out, bets, nil)
		require.NoError(t, err)
		for _, p := range payouts {
			paid[p.Seq] += p.Amount
		}
	}
	for _, odd := range rules.Odds() {
		for _, bet := range bets {
			if bet.Choice == odd.Choice {
				require.Equal(t, odd.Ways*odd.PaysBP*bet.Stake*int64(len(values)), paid[bet.Seq]*odd.Of*10000, "%s pays what is published over all values", bet.Choice)
			}
		}
	}
}
