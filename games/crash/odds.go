package crash

import (
	"math/big"
	"slices"
	"strconv"

	"fairground/fairness"
	"fairground/games/game"
)

const million = 1_000_000

// targets are the automatic cash-outs that are offered by name; any other may be bet on as well.
func targets() []int64 { return []int64{120, 150, 200, 300, 500, 1000, 2000, 5000, 10000} }

// Choices implements game.Chooser: by hand first.
func (r rules) Choices() []string {
	choices := []string{manual}
	for _, target := range targets() {
		if target <= r.config.MaxMultiplier {
			choices = append(choices, auto+strconv.FormatInt(target, 10))
		}
	}
	return choices
}

// ways counts the draws of whole x word in which a run reaches a target.
func (r rules) ways(target int64) int64 { return (whole - r.config.EdgeBP) * (start * word / target) }

// Odds implements game.Rules, for the offered targets. By hand counts as held to the cap.
func (r rules) Odds() []game.Odd {
	var odds []game.Odd
	for _, choice := range r.Choices() {
		target, err := r.target(choice)
		if err != nil {
			continue // no choice of Choices is refused
		}
		ways, of, bp := r.ways(target), whole*word, target*whole/start
		odds = append(odds, game.Odd{Choice: choice, Ways: ways, Of: of, PaysBP: bp, ReturnBP: ways * bp / of})
	}
	return odds
}

// Returns implements game.Enumerable, for the offered targets. Since 2.00 is always offered and returns the most that any
// target and any hand can, the largest is that of every way of playing.
func (r rules) Returns() []game.Return {
	var returns []game.Return
	for _, odd := range r.Odds() {
		ppm := new(big.Int).Mul(big.NewInt(odd.Ways), big.NewInt(odd.PaysBP*(million/whole)))
		exact := ppm.Div(ppm, big.NewInt(odd.Of)).Int64()
		returns = append(returns, game.Return{Choice: odd.Choice, Exact: true, Low: exact, High: exact})
	}
	return returns
}

// Sample implements game.Sampler: one bet on each offered choice, all of them left to their targets. The classes are how many
// of the different targets a run reaches.
func (r rules) Sample() (game.Sample, error) {
	const stake = start
	choices := r.Choices()
	goals := make([]int64, len(choices))
	for i, choice := range choices {
		var err error
		if goals[i], err = r.target(choice); err != nil {
			return game.Sample{}, err
		}
	}
	steps := slices.Compact(slices.Sorted(slices.Values(goals)))
	weights, above := make([]int64, len(steps)+1), whole*word
	for i, step := range steps {
		weights[i] = above - r.ways(step)
		above = r.ways(step)
	}
	weights[len(steps)] = above
	return game.Sample{
		Choices: choices, Stake: stake, Weights: weights,
		Play: func(words *fairness.Stream, paid []int64) int {
			crash, class := r.point(words), 0
			for class < len(steps) && steps[class] <= crash {
				class++
			}
			for i, goal := range goals {
				paid[i] = 0
				if goal <= crash {
					paid[i] = payout(stake, goal)
				}
			}
			return class
		},
	}, nil
}
