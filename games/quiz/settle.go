package quiz

import (
	"cmp"
	"fmt"
	"slices"

	"fairground/games/game"
)

// tally is who knew what.
type tally struct {
	pot    int64
	bets   []game.Bet            // by seq
	right  [][]game.Act          // of each question the right answers, the first one first
	scores map[int64]playerScore // by seq
}

type playerScore struct {
	right int
	time  int64 // ms over the right answers
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, acts []game.Act) ([]game.Payout, error) {
	t, err := r.score(out, bets, acts)
	if err != nil {
		return nil, err
	}
	shares := t.shares(r.config.Mode)
	payouts := []game.Payout{}
	for _, bet := range t.bets {
		amount := shares[bet.Seq]
		if len(shares) == 0 {
			amount = bet.Stake
		}
		if amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	return payouts, nil
}

// score counts the right answers. An answer outside its question's time, or a second one, is an error: the engine takes none.
func (r rules) score(out game.Outcome, bets []game.Bet, acts []game.Act) (tally, error) {
	c, err := r.asked(out)
	if err != nil {
		return tally{}, err
	}
	t := tally{bets: slices.Clone(bets), right: make([][]game.Act, len(c.Questions)), scores: map[int64]playerScore{}}
	slices.SortFunc(t.bets, func(a, b game.Bet) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, bet := range t.bets {
		t.pot += bet.Stake
	}
	type place struct {
		seq  int64
		slot int
	}
	made := map[place]bool{}
	for _, act := range acts {
		from, to, err := r.CheckAct(game.Opening{}, game.Bet{}, act)
		if err != nil {
			return tally{}, err
		}
		at := place{act.Seq, act.Slot}
		_, known := slices.BinarySearchFunc(t.bets, act.Seq, func(b game.Bet, seq int64) int { return cmp.Compare(b.Seq, seq) })
		if act.AtMS < from || act.AtMS >= to || made[at] || !known {
			return tally{}, fmt.Errorf("bet %d can't answer question %d at %d ms", act.Seq, act.Slot, act.AtMS)
		}
		made[at] = true
		if act.Choice != c.Questions[act.Slot].Answer {
			continue
		}
		t.right[act.Slot] = append(t.right[act.Slot], act)
		s := t.scores[act.Seq]
		t.scores[act.Seq] = playerScore{right: s.right + 1, time: s.time + act.AtMS - from}
	}
	for _, right := range t.right {
		slices.SortFunc(right, func(a, b game.Act) int { return cmp.Or(cmp.Compare(a.AtMS, b.AtMS), cmp.Compare(a.Seq, b.Seq)) })
	}
	return t, nil
}

// shares is what each winner gets, by seq; empty if nobody wins. A winner's share may be 0 where the pot is smaller than its parts.
func (t tally) shares(m mode) map[int64]int64 {
	var winners []int64
	switch m {
	case first:
		for _, right := range t.right {
			if len(right) > 0 {
				winners = append(winners, right[0].Seq)
			}
		}
	case fastest:
		winners = t.best()
	case allCorrect:
		winners = t.having(func(s playerScore) bool { return s.right == len(t.right) })
	}
	shares := map[int64]int64{}
	for i, seq := range winners {
		part := t.pot / int64(len(winners))
		if int64(i) < t.pot%int64(len(winners)) {
			part++
		}
		shares[seq] += part
	}
	return shares
}

// best are the bets with most right answers in the least time.
func (t tally) best() []int64 {
	var top playerScore
	for _, s := range t.scores {
		if s.right > top.right || (s.right == top.right && s.time < top.time) {
			top = s
		}
	}
	return t.having(func(s playerScore) bool { return top.right > 0 && s == top })
}

func (t tally) having(good func(playerScore) bool) []int64 {
	var seqs []int64
	for _, bet := range t.bets {
		if good(t.scores[bet.Seq]) {
			seqs = append(seqs, bet.Seq)
		}
	}
	return seqs
}
