package dice

import (
	"fairground/fairness"
	"fairground/games/game"
)

// Sample implements game.Sampler. The classes are the sums: 3 to 18. The stake needs no rounding.
func (r rules) Sample() (game.Sample, error) {
	sample := game.Sample{Choices: r.offered(), Stake: 100, Weights: make([]int64, 16)}
	var pays [throws][]int64
	for n := range pays {
		t := throw{n/36 + 1, n/6%6 + 1, n%6 + 1}
		sample.Weights[t.sum()-3]++
		pays[n] = r.paid(t, sample.Choices, sample.Stake)
	}
	sample.Play = func(words *fairness.Stream, paid []int64) int {
		t := throwOf(words)
		copy(paid, pays[(t[0]-1)*36+(t[1]-1)*6+t[2]-1])
		return t.sum() - 3
	}
	return sample, nil
}

// paid is what a throw pays to a stake on each of the choices.
func (r rules) paid(t throw, choices []string, stake int64) []int64 {
	paid := make([]int64, len(choices))
	for _, won := range t.wins() {
		for i, choice := range choices {
			if choice == won {
				paid[i] = payout(stake, r.config.Pays[choice])
			}
		}
	}
	return paid
}
