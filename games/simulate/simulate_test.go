package simulate_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/dice"
	"fairground/games/duel"
	"fairground/games/game"
	"fairground/games/raffle"
	"fairground/games/redpacket"
	"fairground/games/simulate"
	"fairground/games/slots"
)

// coin is a game in which one word of four wins: it is told nothing but by playing.
type coin struct{ game.Game }

func (coin) Info() game.Info {
	return game.Info{Name: "coin", Bank: game.BankHouse, DefaultConfig: json.RawMessage(`{}`)}
}

func (coin) Parse(json.RawMessage) (game.Rules, error) { return coinRules{}, nil }

type coinRules struct{ fails bool }

func (coinRules) Choices() []string { return []string{"heads"} }

func (coinRules) Open(json.RawMessage) (game.Opening, error) { return game.Opening{}, nil }

func (coinRules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	return 4 * bet.Stake, game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, 20, 90)
}

func (c coinRules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	if c.fails {
		return game.Outcome{}, errors.New("no coin")
	}
	return game.Outcome{LiveMS: int64(words.Intn(4))}, nil
}

func (coinRules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	if out.LiveMS != 0 {
		return nil, nil
	}
	return []game.Payout{{Seq: 1, Amount: bets[0].Stake * 3}}, nil
}

func (coinRules) Odds() []game.Odd { return nil }

func TestAnIntervalHoldsTheTruth(t *testing.T) {
	t.Parallel()
	report, err := simulate.Returns(coin{}, nil, simulate.Options{Rounds: 40_001, Seed: fairness.Seed{2}})
	require.NoError(t, err)
	require.Equal(t, simulate.Simulated, report.Method)
	require.EqualValues(t, 40_001, report.Rounds)
	require.False(t, report.Exact)
	require.Len(t, report.Returns, 1)
	one := report.Returns[0]
	require.Equal(t, "heads", one.Choice)
	require.Less(t, one.Low, int64(750_000))
	require.Greater(t, one.High, int64(750_000))
	width := 2 * 3.8906 * 3 * math.Sqrt(0.25*0.75/40_001) * 1e6
	require.InDelta(t, width, float64(one.High-one.Low), width/50)
	require.Equal(t, one.High, report.Best())
}

func TestTheNumberOfWorkersChangesNothing(t *testing.T) {
	t.Parallel()
	rules, err := dice.New().Parse(dice.New().Info().DefaultConfig)
	require.NoError(t, err)
	opts := simulate.Options{Rounds: 5000, Seed: fairness.Seed{3}, Workers: 1}
	one, err := simulate.Run(rules, opts)
	require.NoError(t, err)
	opts.Workers = 5
	five, err := simulate.Run(rules, opts)
	require.NoError(t, err)
	require.Equal(t, one, five)
	opts.Seed = fairness.Seed{4}
	other, err := simulate.Run(rules, opts)
	require.NoError(t, err)
	require.NotEqual(t, one, other)
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		game   game.Game
		method simulate.Method
		exact  bool
		best   int64
	}{
		{dice.New(), simulate.Enumerated, true, 972_222},
		{slots.New(), simulate.Enumerated, true, 963_265},
		{duel.New(), simulate.Pool, true, 1_000_000},
		{raffle.New(), simulate.Pool, true, 1_000_000},
		{redpacket.New(), simulate.Pool, true, 1_000_000},
	} {
		report, err := simulate.Returns(c.game, c.game.Info().DefaultConfig, simulate.Options{})
		require.NoError(t, err)
		require.Equal(t, c.method, report.Method, report.Game)
		require.Equal(t, c.exact, report.Exact, report.Game)
		require.Equal(t, c.best, report.Best(), report.Game)
		require.Zero(t, report.Rounds, report.Game)
	}
	_, err := simulate.Returns(dice.New(), json.RawMessage(`{}`), simulate.Options{})
	var e *game.Error
	require.ErrorAs(t, err, &e)
}

func TestWhatCanNotBePlayed(t *testing.T) {
	t.Parallel()
	rules, err := redpacket.New().Parse(redpacket.New().Info().DefaultConfig)
	require.NoError(t, err)
	_, err = simulate.Run(coinRules{fails: true}, simulate.Options{})
	require.ErrorContains(t, err, "no coin")
	result, err := simulate.Run(rules, simulate.Options{Rounds: 100})
	require.NoError(t, err, "the opener's bet is one to play")
	require.Equal(t, "fund", result.Choices[0].Choice)
	require.Equal(t, 100*result.Stake, result.Choices[0].Paid, "nobody claims: all goes back")
	chi, limit := result.Fit()
	require.Zero(t, chi)
	require.Zero(t, limit)
}

func TestFitSeesWrongChances(t *testing.T) {
	t.Parallel()
	fair := simulate.Result{Rounds: 6000, Weights: []int64{1, 1, 1}, Classes: []float64{2010, 1980, 2010}}
	chi, limit := fair.Fit()
	require.InDelta(t, 0.3, chi, 1e-9)
	require.InDelta(t, 18.42, limit, 1, "99.99 % of chi-square with 2 degrees of freedom, nearly")
	fair.Classes = []float64{2200, 1900, 1900}
	chi, _ = fair.Fit()
	require.Greater(t, chi, limit)
	impossible := simulate.Result{Rounds: 10, Weights: []int64{1, 1, 0}, Classes: []float64{5, 4, 1}}
	chi, limit = impossible.Fit()
	require.Greater(t, chi, limit)
}
