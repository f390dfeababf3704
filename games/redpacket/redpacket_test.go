package redpacket_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/game/gametest"
	"fairground/games/redpacket"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, redpacket.New(), `{"mode":"random","total":10,"shares":10}`, `{"mode":"equal","total":1001,"shares":7}`,
		`{"mode":"mine","total":500,"shares":10,"mine":3}`, `{"mode":"mine","mine":0}`)
}

func rules(t require.TestingT) game.Rules {
	r, err := redpacket.New().Parse(json.RawMessage(
		`{"window_seconds":60,"min_total":1,"max_total":1000000000000,"default_total":5,"max_shares":200,"default_shares":2,"loss_bp":15000}`))
	require.NoError(t, err)
	return r
}

func draw(t require.TestingT, params string, nonce uint64) (game.Opening, game.Outcome) {
	return drawUnder(t, rules(t), params, nonce)
}

func drawUnder(t require.TestingT, r game.Rules, params string, nonce uint64) (game.Opening, game.Outcome) {
	opening, err := r.Open(json.RawMessage(params))
	require.NoError(t, err, params)
	out, err := r.Draw(opening, fairness.NewStream(fairness.Seed{3}, "packet", nonce))
	require.NoError(t, err)
	return opening, out
}

// TestEverySplitIsEquallyLikely counts all C(5,2) = 10 splits of 6 in 3 with fixed seeds.
func TestEverySplitIsEquallyLikely(t *testing.T) {
	t.Parallel()
	counts, r := map[string]float64{}, rules(t)
	const each = 1000
	for n := range uint64(10 * each) {
		_, out := drawUnder(t, r, `{"total":6,"shares":3}`, n)
		counts[fmt.Sprint(out.Slots)]++
	}
	require.Len(t, counts, 10)
	chi := 0.0
	for _, c := range counts {
		chi += (c - each) * (c - each) / each
	}
	require.Less(t, chi, 27.9, "9 degrees of freedom, 1 in 1,000")
}

func TestShares(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.Int64Range(1, 200).Draw(t, "shares")
		total := rapid.OneOf(rapid.Int64Range(shares, shares+20), rapid.Int64Range(shares, 1_000_000_000_000)).Draw(t, "total")
		mode := rapid.SampledFrom([]string{"random", "equal", "mine"}).Draw(t, "mode")
		params := fmt.Sprintf(`{"mode":%q,"total":%d,"shares":%d}`, mode, total, shares)
		if mode == "mine" {
			params = fmt.Sprintf(`{"mode":"mine","total":%d,"shares":%d,"mine":%d}`, total, shares, rapid.IntRange(0, 9).Draw(t, "mine"))
		}
		_, out := draw(t, params, rapid.Uint64().Draw(t, "nonce"))
		sum, low, high := int64(0), total, int64(0)
		for _, slot := range out.Slots {
			require.GreaterOrEqual(t, slot.Amount, int64(1))
			sum, low, high = sum+slot.Amount, min(low, slot.Amount), max(high, slot.Amount)
		}
		require.Equal(t, total, sum)
		require.Len(t, out.Slots, int(shares))
		if mode == "equal" {
			require.LessOrEqual(t, high-low, int64(1))
		}
	})
}

func TestEqualSpreadsTheRemainderOverTheFirst(t *testing.T) {
	t.Parallel()
	_, out := draw(t, `{"mode":"equal","total":11,"shares":4}`, 0)
	require.Equal(t, []game.Slot{{Amount: 3}, {Amount: 3}, {Amount: 3}, {Amount: 2}}, out.Slots)
}

func TestMinesCostWhatIsReserved(t *testing.T) {
	t.Parallel()
	mines := 0
	for n := range uint64(50) {
		opening, out := draw(t, `{"mode":"mine","total":333,"shares":9,"mine":7}`, n)
		require.EqualValues(t, 499, opening.ActReserve, "floor(333 x 1.5)")
		count := 0
		for _, slot := range out.Slots {
			if slot.Amount%10 == 7 {
				count++
				require.EqualValues(t, 499, slot.Loss)
			} else {
				require.Zero(t, slot.Loss)
			}
		}
		require.JSONEq(t, fmt.Sprintf(`{"mode":"mine","mines":%d}`, count), string(out.Data))
		mines += count
	}
	require.Positive(t, mines)
	opening, _ := draw(t, `{}`, 0)
	require.Zero(t, opening.ActReserve)
}

func TestTheRestGoesBack(t *testing.T) {
	t.Parallel()
	r := rules(t)
	opening, out := draw(t, `{"mode":"equal","total":10,"shares":3}`, 0)
	bets := []game.Bet{*opening.OpenerBet}
	for _, c := range []struct {
		acts []game.Act
		want []game.Payout
	}{
		{nil, []game.Payout{{Seq: 1, Amount: 10}}},
		{[]game.Act{{Slot: 0}}, []game.Payout{{Seq: 1, Amount: 6}}},
		{[]game.Act{{Slot: 0}, {Slot: 2}}, []game.Payout{{Seq: 1, Amount: 3}}},
		{[]game.Act{{Slot: 0}, {Slot: 1}, {Slot: 2}}, []game.Payout{}},
	} {
		got, err := r.Settle(opening, out, bets, c.acts)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, acts := range [][]game.Act{{{Slot: 3}}, {{Slot: -1}}, {{Slot: 0}, {Slot: 0}, {Slot: 0}}} {
		_, err := r.Settle(opening, out, bets, acts)
		require.Error(t, err)
	}
	_, err := r.Settle(opening, out, nil, nil)
	require.Error(t, err)
}

func TestParamErrorsNameFieldAndFix(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, c := range []struct{ params, field, fix string }{
		{`{"mode":"lucky"}`, "mode", "one of random, equal, mine"},
		{`{"mode":"mine"}`, "mine", "a digit between 0 and 9"},
		{`{"mode":"mine","mine":10}`, "mine", "between 0 and 9"},
		{`{"mode":"equal","mine":1}`, "mine", "only with mode mine; leave it out"},
		{`{"total":0}`, "total", "between 1 and 1000000000000"},
		{`{"total":5,"shares":6}`, "shares", "between 1 and 5"},
		{`{"total":1000,"shares":201}`, "shares", "between 1 and 200"},
		{`{"total":"5"}`, "total", "a whole number"},
		{`{"total":5.5}`, "total", "a whole number"},
	} {
		_, err := r.Open(json.RawMessage(c.params))
		var e *game.Error
		require.ErrorAs(t, err, &e, c.params)
		require.Equal(t, game.Error{Code: game.CodeInvalidParams, Field: c.field, Fix: c.fix}, *e, c.params)
	}
}
