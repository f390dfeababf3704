package game

import "fairground/fairness"

// Chooser is implemented by rules whose Odds don't list every choice that can be bet on.
type Chooser interface {
	Rules
	// Choices are what a bet may name, in the order they are shown.
	Choices() []string
}

// Choices are what a bet may name under the rules, in the order they are shown. Empty if nobody bets.
func Choices(rules Rules) []string {
	if c, ok := rules.(Chooser); ok {
		return c.Choices()
	}
	var choices []string
	for _, odd := range rules.Odds() {
		choices = append(choices, odd.Choice)
	}
	return choices
}

// Sample is a simulation that was made ready. It keeps scratch space: one goroutine uses it.
type Sample struct {
	// Choices are the ways of playing, named as in Returns or in Odds.
	Choices []string
	// Stake is what each of them stakes in every round, in minor units.
	Stake int64
	// Weights are the exact relative chances of the classes of outcomes; empty if nothing is counted.
	Weights []int64
	// Play draws one round from the words, writes what a stake on each choice gets back to paid, and returns the outcome's
	// class. It reads the words that Draw reads and pays what Settle pays, by the same code, without writing JSON.
	Play func(words *fairness.Stream, paid []int64) (class int)
}

// Sampler is implemented by rules that can be simulated fast, or otherwise than by one bet on each choice: where a player has
// a strategy. Rules without it are simulated with Draw and Settle.
type Sampler interface {
	Rules
	// Sample makes a simulation ready.
	Sample() (Sample, error)
}
