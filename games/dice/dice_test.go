package dice_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games/dice"
	"fairground/games/game"
	"fairground/games/game/gametest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, dice.New())
}

func parse(t *testing.T, config string) (game.Rules, error) {
	t.Helper()
	return dice.New().Parse(json.RawMessage(config))
}

func TestPublishedOdds(t *testing.T) {
	t.Parallel()
	rules, err := parse(t, string(dice.New().Info().DefaultConfig))
	require.NoError(t, err)
	ways := map[string]int64{}
	for _, odd := range rules.Odds() {
		ways[odd.Choice] = odd.Ways
		require.GreaterOrEqual(t, odd.ReturnBP, int64(8750), odd.Choice)
		require.Zero(t, odd.PaysBP%10000, "%s pays a whole multiple", odd.Choice)
	}
	require.Equal(t, map[string]int64{
		"big": 105, "small": 105, "odd": 105, "even": 105, "triple": 6,
		"sum.4": 3, "sum.5": 6, "sum.6": 10, "sum.7": 15, "sum.8": 21, "sum.9": 25, "sum.10": 27,
		"sum.11": 27, "sum.12": 25, "sum.13": 21, "sum.14": 15, "sum.15": 10, "sum.16": 6, "sum.17": 3,
	}, ways)
}

func settle(t *testing.T, rules game.Rules, data string, bets ...game.Bet) []game.Payout {
	t.Helper()
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	payouts, err := rules.Settle(opening, game.Outcome{Data: json.RawMessage(data)}, bets, nil)
	require.NoError(t, err)
	return payouts
}

func TestSettle(t *testing.T) {
	t.Parallel()
	rules, err := parse(t, string(dice.New().Info().DefaultConfig))
	require.NoError(t, err)
	var bets []game.Bet
	for i, odd := range rules.Odds() {
		bets = append(bets, game.Bet{Seq: int64(i) + 1, Choice: odd.Choice, Stake: 10})
	}
	for name, c := range map[string]struct {
		data string
		want []game.Payout
	}{
		"big odd 11":     {`{"dice":[1,4,6]}`, []game.Payout{{Seq: 1, Amount: 20}, {Seq: 3, Amount: 20}, {Seq: 13, Amount: 70}}},
		"small even 4":   {`{"dice":[1,1,2]}`, []game.Payout{{Seq: 2, Amount: 20}, {Seq: 4, Amount: 20}, {Seq: 6, Amount: 700}}},
		"triple 9":       {`{"dice":[3,3,3]}`, []game.Payout{{Seq: 5, Amount: 350}, {Seq: 11, Amount: 80}}},
		"triple ones, 3": {`{"dice":[1,1,1]}`, []game.Payout{{Seq: 5, Amount: 350}}},
		"triple six, 18": {`{"dice":[6,6,6]}`, []game.Payout{{Seq: 5, Amount: 350}}},
	} {
		require.Equal(t, c.want, settle(t, rules, c.data, bets...), name)
	}
}

func TestPayoutsRoundDownAndNeverOverflow(t *testing.T) {
	t.Parallel()
	rules, err := parse(t, `{"window_seconds":30,"min_stake":1,"max_stake":1000000000000,"max_bets":3,"max_exposure":500,"pays":{"big":199,"sum.17":7200}}`)
	require.NoError(t, err)
	bets := []game.Bet{{Seq: 1, Choice: "big", Stake: 1}, {Seq: 2, Choice: "sum.17", Stake: 1_000_000_000_000}}
	require.Equal(t, []game.Payout{{Seq: 1, Amount: 1}, {Seq: 2, Amount: 72_000_000_000_000}}, settle(t, rules, `{"dice":[5,6,6]}`, bets...))
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	require.Equal(t, 3, opening.BetsEach)
	require.EqualValues(t, 500, opening.MaxExposure)
}

func TestConfigErrorsNameFieldAndNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, field, fix string }{
		{`{"window_seconds":30,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{"big":206}}`, "pays.big", "at most 205: it wins in 105 of 216 throws, and 206 would return 100.13 % of the stakes"},
		{`{"window_seconds":30,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{"sum.10":900}}`, "pays.sum.10", "at most 800: it wins in 27 of 216 throws, and 900 would return 112.50 % of the stakes"},
		{`{"window_seconds":30,"min_stake":9,"max_stake":8,"max_bets":0,"max_exposure":0,"pays":{"big":200}}`, "max_stake", "at least min_stake, 9"},
		{`{"window_seconds":30,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{"sum.3":200}}`, "pays.sum.3", "no such field; leave it out"},
		{`{"window_seconds":30,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{}}`, "pays", "at least 1 of its fields"},
		{`{"window_seconds":4,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{"big":200}}`, "window_seconds", "at least 5"},
	} {
		_, err := parse(t, c.config)
		var e *game.Error
		require.ErrorAs(t, err, &e, c.config)
		require.Equal(t, game.Error{Code: game.CodeInvalidConfig, Field: c.field, Fix: c.fix}, *e)
	}
}
