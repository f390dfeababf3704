package tgdice_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/tgdice"
)

func parse(t *testing.T, emoji, pays string) (game.Rules, error) {
	t.Helper()
	return tgdice.New().Parse(fmt.Appendf(nil, `{"window_seconds":30,"min_stake":1,"max_stake":1000000000000,"max_bets":0,"max_exposure":0,"emoji":%q,"pays":%s}`, emoji, pays))
}

func external(t *testing.T, emoji, pays string) game.External {
	t.Helper()
	r, err := parse(t, emoji, pays)
	require.NoError(t, err)
	e, ok := r.(game.External)
	require.True(t, ok)
	return e
}

func TestEveryValueOfEveryEmoji(t *testing.T) {
	t.Parallel()
	for emoji, most := range map[string]int64{"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64} {
		r := external(t, emoji, `{"big":150,"small":150,"odd":150,"even":150,"value.5":500}`)
		opening, err := r.Open(nil)
		require.NoError(t, err)
		require.Equal(t, emoji, opening.Emoji)
		won := map[string]int64{}
		for v := int64(1); v <= most; v++ {
			out, err := r.Take(opening, v)
			require.NoError(t, err)
			var data struct{ Wins []string }
			require.NoError(t, json.Unmarshal(out.Data, &data))
			for _, choice := range data.Wins {
				won[choice]++
			}
		}
		for _, odd := range r.Odds() {
			require.Equal(t, won[odd.Choice], odd.Ways, "%s %s", emoji, odd.Choice)
			require.Equal(t, most, odd.Of)
		}
		for _, v := range []int64{-1, 0, most + 1} {
			_, err := r.Take(opening, v)
			var e *game.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, game.CodeInvalidParams, e.Code)
			require.Equal(t, "value", e.Field)
		}
	}
}

func TestTheMiddleOfFiveIsNeitherBigNorSmall(t *testing.T) {
	t.Parallel()
	r := external(t, "⚽", `{"big":250,"small":250,"odd":166,"even":250,"value.3":500}`)
	opening, err := r.Open(nil)
	require.NoError(t, err)
	out, err := r.Take(opening, 3)
	require.NoError(t, err)
	require.JSONEq(t, `{"emoji":"⚽","value":3,"wins":["odd","value.3"]}`, string(out.Data))
	payouts, err := r.Settle(opening, out, []game.Bet{
		{Seq: 1, Choice: "big", Stake: 10}, {Seq: 2, Choice: "odd", Stake: 11}, {Seq: 3, Choice: "small", Stake: 5}, {Seq: 4, Choice: "value.3", Stake: 1},
	}, nil)
	require.NoError(t, err)
	require.Equal(t, []game.Payout{{Seq: 2, Amount: 18}, {Seq: 4, Amount: 5}}, payouts)
}

func TestNoSeedDraws(t *testing.T) {
	t.Parallel()
	r := external(t, "🎲", `{"big":200}`)
	_, err := r.Draw(game.Opening{}, fairness.NewStream(fairness.Seed{}, "", 0))
	require.ErrorContains(t, err, "telegram")
	_, err = r.Settle(game.Opening{}, game.Outcome{Data: json.RawMessage(`{"value":7}`)}, nil, nil)
	require.Error(t, err)
}

func TestConfigErrorsNameFieldAndNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ emoji, pays, field, fix string }{
		{"🎲", `{"big":201}`, "pays.big", "at most 200: it wins with 3 of 6 values, and 201 would return 100.50 % of the stakes"},
		{"🏀", `{"big":251}`, "pays.big", "at most 250: it wins with 2 of 5 values, and 251 would return 100.40 % of the stakes"},
		{"🏀", `{"value.6":100}`, "pays.value.6", "leave it out: 🏀 shows 1 to 5"},
		{"🎲", `{"value.6":601}`, "pays.value.6", "at most 600: it wins with 1 of 6 values, and 601 would return 100.16 % of the stakes"},
		{"🎲", `{}`, "pays", "at least 1 of its fields"},
	} {
		_, err := parse(t, c.emoji, c.pays)
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, game.Error{Code: game.CodeInvalidConfig, Field: c.field, Fix: c.fix}, *e)
	}
	_, err := parse(t, "🧧", `{"big":200}`)
	var e *game.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "emoji", e.Field)
}
