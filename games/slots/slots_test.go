package slots_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/game/gametest"
	"fairground/games/simulate"
	"fairground/games/slots"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, slots.New())
}

const five = `{"min_stake":1,"max_stake":500,"wild":"wild","scatter":"star","scatter_pays":[0,0,5,10,50],"max_win":2000,
	"strips":[["wild","cherry","star","lemon","bell"],["wild","cherry","cherry","lemon","star"],["cherry","bell","lemon","star"],["lemon","wild","bell","bell","cherry"],["star","bell","lemon","cherry"]],
	"lines":[[1,1,1,1,1],[0,0,0,0,0],[0,1,2,1,0]],"pays":{"cherry":[0,0,10,30,60],"lemon":[0,0,10,40,80],"bell":[0,0,20,50,90],"wild":[0,0,10,100,200]},
	"free_spins":{"given":[0,0,0,1,2],"multiplier":2,"most":5,"retrigger":true}}`

func TestVectors(t *testing.T) {
	t.Parallel()
	bet := []game.Bet{{Seq: 1, Player: "p_a", Choice: "spin", Stake: 77, Seed: "a"}}
	gametest.Vectors(t, slots.New(), 40, bet, slots.New().Info().DefaultConfig, json.RawMessage(five))
}

func TestFiveReelsAgreeWithTheirReturn(t *testing.T) {
	t.Parallel()
	report, err := simulate.Returns(slots.New(), json.RawMessage(five), simulate.Options{})
	require.NoError(t, err)
	require.True(t, report.Exact)
	rules, err := slots.New().Parse(json.RawMessage(five))
	require.NoError(t, err)
	result, err := simulate.Run(rules, simulate.Options{Rounds: 200_000, Seed: fairness.Seed{1}})
	require.NoError(t, err)
	seen := result.Returns()[0]
	require.LessOrEqual(t, seen.Low, report.Best())
	require.GreaterOrEqual(t, seen.High, report.Best())
	chi, limit := result.Fit()
	require.Less(t, chi, limit)
}

func TestConfigErrorsNameFieldAndNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, field, fix string }{
		{`"max_stake":500`, `"max_stake":0`, "max_stake", "at least 1"},
		{`"min_stake":1`, `"min_stake":501`, "max_stake", "at least min_stake, 501"},
		{`[0,1,2,1,0]`, `[0,1,2,1]`, "lines.2", "one row for each of the 5 reels"},
		{`[0,1,2,1,0]`, `[0,1,3,1,0]`, "lines.2.2", "at most 2"},
		{`"bell":[0,0,20,50,90]`, `"bell":[0,0,20]`, "pays.bell", "one number for each length of a run, 1 to 5"},
		{`"scatter":"star"`, `"scatter":"wild"`, "scatter", "another symbol than the wild"},
		{`"scatter":"star"`, `"scatter":"bell"`, "pays.bell", "leave it out: the scatter pays by scatter_pays"},
		{`"scatter_pays":[0,0,5,10,50]`, `"scatter_pays":[0,0,5]`, "scatter_pays", "one number for each number of reels, 1 to 5"},
		{`"given":[0,0,0,1,2]`, `"given":[0,0,0]`, "free_spins.given", "one number for each number of reels, 1 to 5"},
	} {
		_, err := slots.New().Parse(json.RawMessage(strings.Replace(five, c.old, c.new, 1)))
		var e *game.Error
		require.ErrorAs(t, err, &e, c.new)
		require.Equal(t, game.Error{Code: game.CodeInvalidConfig, Field: c.field, Fix: c.fix}, *e)
	}
	_, err := slots.New().Parse(json.RawMessage(strings.Replace(five, `"max_stake":500`, `"max_stake":1000000000000`, 1)))
	require.NoError(t, err, "20 times the stake in six spins is still an amount that can be booked")
	_, err = slots.New().Parse(json.RawMessage(strings.NewReplacer(`"max_stake":500`, `"max_stake":1000000000000`, `"max_win":2000`, `"max_win":1000000`, `"bell":[0,0,20,50,90]`, `"bell":[0,0,0,0,1000000]`).Replace(five)))
	require.ErrorContains(t, err, "max_stake: less: a bet of 1000000000000 could win more than 9007199254740991")
	_, err = slots.New().Parse(json.RawMessage(strings.Replace(five, `"cherry":[0,0,10,30,60]`, `"cherry":[3000,0,10,30,60]`, 1)))
	require.ErrorContains(t, err, "pays: less: the machine returns ")
}

// TestTheDefaultMachine keeps the numbers that doc.go tells.
func TestTheDefaultMachine(t *testing.T) {
	t.Parallel()
	rules, err := slots.New().Parse(slots.New().Info().DefaultConfig)
	require.NoError(t, err)
	e, ok := rules.(game.Enumerable)
	require.True(t, ok)
	require.Equal(t, []game.Return{{Choice: "spin", Exact: true, Low: 963_265, High: 963_265}}, e.Returns())
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	most, err := rules.CheckBet(opening, game.Bet{Choice: "spin", Stake: 100})
	require.NoError(t, err)
	require.EqualValues(t, 250_000, most)
}
