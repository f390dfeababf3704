package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/game"
)

// round plays one round under a drawn config with drawn bets and checks what may be paid.
func round(t *rapid.T, g game.Game, params []string) {
	rules := rulesOf(t, g)
	checkOdds(t, rules)
	opening := openingOf(t, rules, params)
	bets, most := betsOf(t, rules, opening)
	fuzzBet(t, rules, opening)
	out := drawOf(t, g, rules, opening)
	if opening.Seats > 0 && len(bets) < opening.Seats {
		return // the engine voids it
	}
	acts := actsOf(t, opening)
	payouts, err := rules.Settle(opening, out, bets, acts)
	require.NoError(t, err)
	require.True(t, slices.IsSortedFunc(payouts, game.BySeq), "payouts stand by seq")
	paid, taken, staked := int64(0), int64(0), int64(0)
	seen := map[int64]bool{}
	for _, p := range payouts {
		require.False(t, seen[p.Seq], "a bet is paid once")
		seen[p.Seq] = true
		require.Positive(t, p.Amount, "zero payouts are left out")
		require.Contains(t, most, p.Seq, "only bets are paid")
		require.LessOrEqual(t, p.Amount, most[p.Seq], "CheckBet said the most that a bet can win")
		paid += p.Amount
	}
	for _, bet := range bets {
		staked += bet.Stake
	}
	for _, act := range acts {
		taken += out.Slots[act.Slot].Amount
	}
	if g.Info().Bank == game.BankPool {
		require.LessOrEqual(t, paid+taken, staked, "a pool pays no more than it holds")
	}
	shuffled := rapid.Permutation(bets).Draw(t, "order")
	again, err := rules.Settle(opening, stored(t, out), shuffled, slices.Clone(acts))
	require.NoError(t, err)
	require.Equal(t, payouts, again, "the order of the bets is without effect")
}

// openingOf opens a round with changed parameters, or with good ones where those are refused.
func openingOf(t *rapid.T, rules game.Rules, params []string) game.Opening {
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	base := string(opening.Params)
	if len(params) > 0 && rapid.Bool().Draw(t, "sample") {
		base = rapid.SampledFrom(params).Draw(t, "params")
	}
	var values map[string]any
	require.NoError(t, json.Unmarshal([]byte(base), &values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, number := values[key].(float64); number && rapid.Bool().Draw(t, key+"?") {
			values[key] = rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64()).Draw(t, key)
		}
	}
	raw, err := json.Marshal(values)
	require.NoError(t, err)
	if changed, err := rules.Open(raw); err == nil {
		opening = changed
	} else {
		requireError(t, err, game.CodeInvalidParams, string(raw))
	}
	again, err := rules.Open(opening.Params)
	require.NoError(t, err)
	require.Equal(t, opening, again, "stored parameters open the same round")
	return opening
}

// betsOf places the opener's bet and some on what the odds offer; most is what each can win.
func betsOf(t *rapid.T, rules game.Rules, opening game.Opening) (bets []game.Bet, most map[int64]int64) {
	most = map[int64]int64{}
	stakes := rapid.OneOf(rapid.Int64Range(1, 6000), rapid.Int64Range(1, 1_000_000_000_000))
	if first := opening.OpenerBet; first != nil {
		bet := *first
		bet.Player, bet.Seed = "p_opener", "seed"
		top, err := rules.CheckBet(opening, bet)
		require.NoError(t, err, "the opener's bet is valid")
		bets, most[bet.Seq] = append(bets, bet), top
		stakes = rapid.OneOf(rapid.Just(first.Stake), stakes)
	}
	offered := rules.Odds()
	if len(offered) == 0 {
		return bets, most
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "bets") {
		if opening.Seats > 0 && len(bets) == opening.Seats {
			break
		}
		bet := game.Bet{Choice: rapid.SampledFrom(offered).Draw(t, "choice").Choice, Stake: stakes.Draw(t, "stake"), Player: fmt.Sprintf("p_%d", i), Seed: "seed"}
		if _, err := rules.CheckBet(opening, bet); err != nil {
			require.True(t, wrong(err, game.CodeInvalidChoice, game.CodeInvalidStake), "%v", err)
			continue
		}
		bet.Seq = int64(len(bets)) + 1
		top, err := rules.CheckBet(opening, bet)
		require.NoError(t, err, "a place in the round changes nothing for a joiner")
		require.GreaterOrEqual(t, top, int64(0))
		bets, most[bet.Seq] = append(bets, bet), top
	}
	return bets, most
}

// fuzzBet tries a bet of any text and any amount: it is refused properly or bounded.
func fuzzBet(t *rapid.T, rules game.Rules, opening game.Opening) {
	bet := game.Bet{Choice: rapid.String().Draw(t, "any choice"), Stake: rapid.Int64().Draw(t, "any stake"), Seq: rapid.Int64Range(0, 3).Draw(t, "any seq")}
	if odds := rules.Odds(); len(odds) > 0 && rapid.Bool().Draw(t, "known choice") {
		bet.Choice = odds[0].Choice
	}
	top, err := rules.CheckBet(opening, bet)
	if err != nil {
		require.True(t, wrong(err, game.CodeInvalidChoice, game.CodeInvalidStake), "%v", err)
		return
	}
	require.Positive(t, bet.Stake)
	require.GreaterOrEqual(t, top, int64(0))
}

// drawOf draws twice and checks that the outcome is the same and its slots are covered.
func drawOf(t *rapid.T, g game.Game, rules game.Rules, opening game.Opening) game.Outcome {
	seed := fairness.Seed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
	out, err := rules.Draw(opening, fairness.NewStream(seed, "client", 0))
	require.NoError(t, err)
	again, err := rules.Draw(opening, fairness.NewStream(seed, "client", 0))
	require.NoError(t, err)
	require.Equal(t, out, again, "a draw is deterministic")
	require.Len(t, out.Slots, opening.Slots)
	var data map[string]any
	require.NoError(t, json.Unmarshal(out.Data, &data), "an outcome's data is an object")
	total := int64(0)
	for _, slot := range out.Slots {
		require.Positive(t, slot.Amount)
		require.GreaterOrEqual(t, slot.Loss, int64(0))
		require.LessOrEqual(t, slot.Loss, opening.ActReserve, "the reserve covers every slot")
		total += slot.Amount
	}
	if g.Info().Bank == game.BankPool && opening.OpenerBet != nil && opening.Slots > 0 {
		require.LessOrEqual(t, total, opening.OpenerBet.Stake, "slots are covered by the opener")
	}
	return out
}

// stored is an outcome after a database wrote its JSON in its own way.
func stored(t *rapid.T, out game.Outcome) game.Outcome {
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, out.Data, " ", "\t"))
	out.Data = indented.Bytes()
	return out
}

func actsOf(t *rapid.T, opening game.Opening) []game.Act {
	var acts []game.Act
	taken := rapid.IntRange(0, opening.Slots).Draw(t, "taken")
	slots := make([]int, opening.Slots)
	for i := range slots {
		slots[i] = i
	}
	if len(slots) > 0 {
		slots = rapid.Permutation(slots).Draw(t, "slots")[:taken]
		slices.Sort(slots)
	}
	for _, slot := range slots {
		acts = append(acts, game.Act{Slot: slot, Player: fmt.Sprintf("p_%d", slot)})
	}
	return acts
}
