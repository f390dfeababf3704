package slots

import (
	"maps"
	"slices"

	"fairground/fairness"
	"fairground/games/game"
)

// rare is the chance below which amounts are counted together: a chi-square needs some of each class.
const rare = 100_000

// Sample implements game.Sampler. The stake needs no rounding.
func (r rules) Sample() (game.Sample, error) {
	stops := make([]int, len(r.strips))
	return game.Sample{
		Choices: r.Choices(), Stake: r.perStake(),
		Play: func(words *fairness.Stream, paid []int64) int {
			paid[0] = r.play(words, stops, func(spun) {})
			return 0
		},
	}, nil
}

// Sample implements game.Sampler. The classes are what the first spin pays; amounts that hardly ever come are one class.
func (e enumerated) Sample() (game.Sample, error) {
	ways := map[int64]int64{}
	e.enumerate(func(amount, n int64) { ways[amount] += n })
	class, weights := make(map[int64]int, len(ways)), []int64{0}
	for _, amount := range slices.Sorted(maps.Keys(ways)) {
		if ways[amount] < e.combinations()/rare {
			weights[0] += ways[amount]
			continue
		}
		class[amount] = len(weights)
		weights = append(weights, ways[amount])
	}
	stops := make([]int, len(e.strips))
	return game.Sample{
		Choices: e.Choices(), Stake: e.perStake(), Weights: weights,
		Play: func(words *fairness.Stream, paid []int64) int {
			first := int64(-1)
			paid[0] = e.play(words, stops, func(s spun) {
				if first < 0 {
					first = s.Amount
				}
			})
			return class[first]
		},
	}, nil
}
