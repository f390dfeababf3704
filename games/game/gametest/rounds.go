package gametest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
)

// played is one round of the suite.
type played struct {
	rules   game.Rules
	opening game.Opening
	out     game.Outcome
	bets    []game.Bet
	acts    []game.Act
	most    map[int64]int64 // what each bet can win, by seq
}

// round plays one round under a drawn config with drawn bets and checks what may be paid.
func (s suite) round(t *rapid.T) {
	rules := s.rulesOf(t)
	checkOdds(t, rules)
	s.checkReturns(t, rules)
	p := played{rules: rules, opening: s.openingOf(t, rules)}
	p.bets, p.most = s.betsOf(t, rules, p.opening)
	fuzzBet(t, rules, p.opening)
	p.out = s.drawOf(t, rules, p.opening)
	if p.opening.Seats > 0 && len(p.bets) < p.opening.Seats || p.opening.MinPot > staked(p.bets) {
		return // the engine voids it
	}
	if s.Info().Pace == game.PaceInstant && len(p.bets) != 1 {
		return // an instant game is one bet
	}
	if live, ok := rules.(game.Live); ok {
		p.acts = s.liveActs(t, live, p)
		s.checkShown(t, live, p)
	} else {
		p.acts = claims(t, p.opening)
	}
	s.checkPayouts(t, p)
}

func staked(bets []game.Bet) int64 {
	total := int64(0)
	for _, bet := range bets {
		total += bet.Stake
	}
	return total
}

// checkPayouts settles a round and checks what it pays, and that nothing else decides it.
func (s suite) checkPayouts(t *rapid.T, p played) {
	payouts, err := p.rules.Settle(p.opening, p.out, p.bets, p.acts)
	require.NoError(t, err)
	require.True(t, slices.IsSortedFunc(payouts, game.BySeq), "payouts stand by seq")
	total, seen := int64(0), map[int64]bool{}
	for _, one := range payouts {
		require.False(t, seen[one.Seq], "a bet is paid once")
		seen[one.Seq] = true
		require.Positive(t, one.Amount, "zero payouts are left out")
		require.Contains(t, p.most, one.Seq, "only bets are paid")
		require.LessOrEqual(t, one.Amount, p.most[one.Seq], "CheckBet said the most that a bet can win")
		total += one.Amount
	}
	if !s.live() {
		for _, act := range p.acts {
			total += p.out.Slots[act.Slot].Amount
		}
	}
	if s.Info().Bank == game.BankPool {
		require.LessOrEqual(t, total, staked(p.bets), "a pool pays no more than it holds")
	}
	shuffled := p
	shuffled.bets, shuffled.out = rapid.Permutation(p.bets).Draw(t, "order"), stored(t, p.out)
	shuffled.acts = slices.Clone(p.acts)
	again, err := p.rules.Settle(p.opening, shuffled.out, shuffled.bets, shuffled.acts)
	require.NoError(t, err)
	require.Equal(t, payouts, again, "the order of the bets is without effect")
	checkReport(t, p, shuffled)
	if s.Info().Bank == game.BankHouse {
		checkEqual(t, p, payouts)
	}
}

// checkReport checks that what a game reports is an object and is the same for everybody who computes it.
func checkReport(t *rapid.T, p, shuffled played) {
	reporter, ok := p.rules.(game.Reporter)
	if !ok {
		return
	}
	report, err := reporter.Report(p.opening, p.out, p.bets, p.acts)
	require.NoError(t, err)
	var object map[string]any
	require.NoError(t, json.Unmarshal(report, &object), "a report is an object")
	again, err := reporter.Report(shuffled.opening, shuffled.out, shuffled.bets, shuffled.acts)
	require.NoError(t, err)
	require.Equal(t, string(report), string(again), "a report is deterministic")
}

// checkEqual checks that a house pays by what was bet and done alone: other people with other seeds get the same, and so do
// two people with equal bets.
func checkEqual(t *rapid.T, p played, payouts []game.Payout) {
	others := slices.Clone(p.bets)
	for i := range others {
		others[i].Player, others[i].Seed = fmt.Sprintf("p_other_%d", len(others)-i), "another"
	}
	acts := slices.Clone(p.acts)
	for i, act := range acts {
		if at := slices.IndexFunc(p.bets, func(bet game.Bet) bool { return bet.Seq == act.Seq }); at >= 0 {
			acts[i].Player = others[at].Player
		}
	}
	again, err := p.rules.Settle(p.opening, p.out, others, acts)
	require.NoError(t, err)
	require.Equal(t, payouts, again, "who bets is without effect")
	if len(p.acts) > 0 {
		return
	}
	type content struct {
		choice string
		stake  int64
	}
	paid, first := map[int64]int64{}, map[content]int64{}
	for _, one := range payouts {
		paid[one.Seq] = one.Amount
	}
	for _, bet := range p.bets {
		key := content{bet.Choice, bet.Stake}
		if _, known := first[key]; !known {
			first[key] = paid[bet.Seq]
		}
		require.Equal(t, first[key], paid[bet.Seq], "equal bets are paid equally")
	}
}

// openingOf opens a round with changed parameters, or with good ones where those are refused.
func (s suite) openingOf(t *rapid.T, rules game.Rules) game.Opening {
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	base := string(opening.Params)
	if len(s.setup.Params) > 0 && rapid.Bool().Draw(t, "sample") {
		base = rapid.SampledFrom(s.setup.Params).Draw(t, "params")
	}
	var values map[string]any
	require.NoError(t, json.Unmarshal([]byte(base), &values))
	for _, key := range sortedKeys(values) {
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

// betsOf places the opener's bet and some on what is offered; most is what each can win.
func (s suite) betsOf(t *rapid.T, rules game.Rules, opening game.Opening) (bets []game.Bet, most map[int64]int64) {
	most = map[int64]int64{}
	stakes := rapid.OneOf(rapid.Int64Range(1, 6000), rapid.Map(rapid.Int64Range(1, 50), func(n int64) int64 { return 100 * n }), rapid.Int64Range(1, 1_000_000_000_000))
	if first := opening.OpenerBet; first != nil {
		bet := *first
		bet.Player, bet.Seed = "p_opener", "seed"
		top, err := rules.CheckBet(opening, bet)
		require.NoError(t, err, "the opener's bet is valid")
		bets, most[bet.Seq] = append(bets, bet), top
		stakes = rapid.OneOf(rapid.Just(first.Stake), stakes)
	}
	if stepped, ok := rules.(game.Stepped); ok {
		stakes = rapid.OneOf(rapid.SampledFrom(stepped.Stakes(opening)), stakes)
	}
	offered, some := game.Choices(rules), 12
	if len(offered) == 0 {
		return bets, most
	}
	if s.Info().Pace == game.PaceInstant {
		some = 1
	}
	for i := range rapid.IntRange(0, some).Draw(t, "bets") {
		if opening.Seats > 0 && len(bets) == opening.Seats {
			break
		}
		bet := game.Bet{Choice: rapid.SampledFrom(offered).Draw(t, "choice"), Stake: stakes.Draw(t, "stake"), Player: fmt.Sprintf("p_%d", i), Seed: "seed"}
		if len(bets) > 0 && rapid.Bool().Draw(t, "as the last") {
			last := bets[len(bets)-1]
			bet.Choice, bet.Stake = last.Choice, last.Stake
		}
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
	if choices := game.Choices(rules); len(choices) > 0 && rapid.Bool().Draw(t, "known choice") {
		bet.Choice = choices[0]
	}
	top, err := rules.CheckBet(opening, bet)
	if err != nil {
		require.True(t, wrong(err, game.CodeInvalidChoice, game.CodeInvalidStake), "%v", err)
		return
	}
	require.Positive(t, bet.Stake)
	require.GreaterOrEqual(t, top, int64(0))
	require.Less(t, top, int64(1)<<53, "every JSON reader keeps the payout exact")
}

// claims takes some of a round's slots.
func claims(t *rapid.T, opening game.Opening) []game.Act {
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

func byTime(a, b game.Act) int {
	return cmp.Or(cmp.Compare(a.AtMS, b.AtMS), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Slot, b.Slot))
}
