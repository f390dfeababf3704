package gametest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
)

// simulated is how many rounds the frequencies are counted over, with fixed seeds.
const simulated = 20_000

// chiSquareLimit is passed by 1 honest choice in 10,000; the seeds are fixed, so a pass stays one.
const chiSquareLimit = 15.14

func odds(t *testing.T, g game.Game) {
	t.Helper()
	rules := defaultRules(t, g)
	checkOdds(t, rules)
	if !slices.Contains(g.Info().Phases, game.PhaseBet) {
		return
	}
	require.NotEmpty(t, rules.Odds(), "players are told the odds before they stake")
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
		require.Equal(t, odd.Ways*odd.PaysBP/odd.Of, odd.ReturnBP, odd.Choice)
		require.LessOrEqual(t, odd.ReturnBP, int64(10000), "%s returns more than it takes", odd.Choice)
	}
}

// frequencies simulates rounds and compares how often each choice wins, and what it is paid,
// with the published odds.
func frequencies(t *testing.T, g game.Game) {
	t.Helper()
	rules := defaultRules(t, g)
	odds := rules.Odds()
	if len(odds) == 0 {
		return
	}
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	bets := oneOnEach(t, rules, opening)
	choiceOf, published, won := map[int64]game.Bet{}, map[string]game.Odd{}, map[string]float64{}
	for _, bet := range bets {
		choiceOf[bet.Seq] = bet
	}
	for _, odd := range odds {
		published[odd.Choice] = odd
	}
	for n := range uint64(simulated) {
		out, err := rules.Draw(opening, fairness.NewStream(fairness.Seed{7}, "frequencies", n))
		require.NoError(t, err)
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
		off := won[bet.Choice] - simulated*p
		require.Less(t, off*off, chiSquareLimit*simulated*p*(1-p), "%s won %v times of %d, published %d of %d", bet.Choice, won[bet.Choice], simulated, odd.Ways, odd.Of)
	}
}

// oneOnEach is a round with one bet on every choice.
func oneOnEach(t *testing.T, rules game.Rules, opening game.Opening) []game.Bet {
	t.Helper()
	var bets []game.Bet
	stake := int64(100)
	if first := opening.OpenerBet; first != nil {
		bets, stake = append(bets, *first), first.Stake
	}
	for _, odd := range rules.Odds() {
		if slices.ContainsFunc(bets, func(b game.Bet) bool { return b.Choice == odd.Choice }) {
			continue
		}
		bet := game.Bet{Choice: odd.Choice, Stake: stake, Player: fmt.Sprintf("p_%d", len(bets)), Seed: "seed"}
		_, err := rules.CheckBet(opening, bet)
		require.NoError(t, err, "a stake of %d on %s", stake, odd.Choice)
		bet.Seq = int64(len(bets)) + 1
		bets = append(bets, bet)
	}
	return bets
}
