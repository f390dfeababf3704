package wheel_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games/game"
	"fairground/games/game/gametest"
	"fairground/games/wheel"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, wheel.New())
}

func TestVectors(t *testing.T) {
	t.Parallel()
	bets := []game.Bet{{Seq: 1, Player: "p_a", Choice: "red", Stake: 15, Seed: "a"}, {Seq: 2, Player: "p_b", Choice: "star", Stake: 10, Seed: "b"}, {Seq: 3, Player: "p_a", Choice: "red", Stake: 999, Seed: "c"}}
	uneven := json.RawMessage(`{` + head + `"segments":[{"symbol":"red","weight":7,"pays":233},{"symbol":"star","weight":2,"pays":850},{"symbol":"moon","weight":9,"pays":0}]}`)
	gametest.Vectors(t, wheel.New(), 12, bets, wheel.New().Info().DefaultConfig, uneven)
}

const head = `"window_seconds":30,"min_stake":1,"max_stake":1000000000000,"max_bets":3,"max_exposure":500,`

func TestSettle(t *testing.T) {
	t.Parallel()
	rules, err := wheel.New().Parse(json.RawMessage(`{` + head + `"segments":[{"symbol":"sun","weight":199999,"pays":0},{"symbol":"bell","weight":1,"pays":500000}]}`))
	require.Error(t, err, "a weight is at most 100000")
	require.Nil(t, rules)
	rules, err = wheel.New().Parse(json.RawMessage(`{` + head + `"segments":[{"symbol":"sun","weight":9999,"pays":0},{"symbol":"bell","weight":1,"pays":500000},{"symbol":"red","weight":5000,"pays":199}]}`))
	require.NoError(t, err)
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	require.Equal(t, 3, opening.BetsEach)
	require.EqualValues(t, 500, opening.MaxExposure)
	bets := []game.Bet{{Seq: 1, Choice: "red", Stake: 1}, {Seq: 2, Choice: "bell", Stake: 1_000_000_000_000}, {Seq: 3, Choice: "red", Stake: 50}}
	for segment, want := range [][]game.Payout{{}, {{Seq: 2, Amount: 5_000_000_000_000_000}}, {{Seq: 1, Amount: 1}, {Seq: 3, Amount: 99}}} {
		got, err := rules.Settle(opening, game.Outcome{Data: json.RawMessage(fmt.Sprintf(`{"segment":%d}`, segment))}, bets, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, data := range []string{`{"segment":3}`, `{"segment":-1}`, `[]`} {
		_, err := rules.Settle(opening, game.Outcome{Data: json.RawMessage(data)}, bets, nil)
		require.Error(t, err)
	}
	_, err = rules.CheckBet(opening, game.Bet{Choice: "sun", Stake: 5})
	require.ErrorContains(t, err, "one of bell, red", "the house's segment takes no bets")
}

func TestEverySymbolHasTexts(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Segments struct {
				Items struct {
					Properties struct {
						Symbol struct{ Enum []string }
					}
				}
			}
		}
	}
	info := wheel.New().Info()
	require.NoError(t, json.Unmarshal(info.Schema, &schema))
	for _, language := range []string{"en.json", "zh.json"} {
		raw, err := fs.ReadFile(info.Locales, language)
		require.NoError(t, err)
		var texts map[string]string
		require.NoError(t, json.Unmarshal(raw, &texts))
		for _, symbol := range schema.Properties.Segments.Items.Properties.Symbol.Enum {
			require.NotEmpty(t, texts["choice."+symbol], "%s: %s", language, symbol)
		}
	}
}

func TestConfigErrorsNameFieldAndNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ segments, field, fix string }{
		{`[{"symbol":"red","weight":1,"pays":200},{"symbol":"blue","weight":2,"pays":151}]`, "segments.1.pays", "at most 150: it wins in 2 of 3 spins, and 151 would return 100.66 % of the stakes"},
		{`[{"symbol":"red","weight":1,"pays":0},{"symbol":"blue","weight":2,"pays":0}]`, "segments", "at least one that pays"},
		{`[{"symbol":"red","weight":1,"pays":99},{"symbol":"blue","weight":2,"pays":0}]`, "segments.0.pays", "0 for a segment of the house, or at least 100: the stake is included"},
		{`[{"symbol":"red","weight":1,"pays":100},{"symbol":"red","weight":2,"pays":0}]`, "segments.1.symbol", "no symbol twice: give red more weight instead"},
		{`[{"symbol":"red","weight":1,"pays":100}]`, "segments", "at least 2 items"},
		{`[{"symbol":"red","weight":0,"pays":100},{"symbol":"blue","weight":2,"pays":0}]`, "segments.0.weight", "at least 1"},
	} {
		_, err := wheel.New().Parse(json.RawMessage(`{` + head + `"segments":` + c.segments + `}`))
		var e *game.Error
		require.ErrorAs(t, err, &e, c.segments)
		require.Equal(t, game.Error{Code: game.CodeInvalidConfig, Field: c.field, Fix: c.fix}, *e)
	}
}
