package simulate

import (
	"errors"
	"math"
	"runtime"
	"sync"

	"fairground/fairness"
	"fairground/games/game"
)

// chunks is how many streams the rounds are spread over. It is fixed, so that the number of workers changes nothing.
const chunks = 64

// wide is how many standard deviations on both sides hold 99.99 % of a normal distribution.
const wide = 3.8906

// ErrNothingToPlay means that rules have no choice that a simulation could stake on.
var ErrNothingToPlay = errors.New("there is nothing to stake on")

// Result is what rounds with one bet on each choice gave.
type Result struct {
	Rounds  int64
	Stake   int64     // of every bet
	Choices []Tally   // in the order of the rules
	Weights []int64   // the exact relative chances of the classes of outcomes; empty if the rules name none
	Classes []float64 // how often each class came
}

// Tally is what one choice got back.
type Tally struct {
	Choice  string
	Paid    int64   // in all rounds
	Squares float64 // the sum of the squares of what each round paid
}

// Run plays rounds with one bet on each choice. The same options give the same result on any machine. It returns
// ErrNothingToPlay, or the first error of the rules.
func Run(rules game.Rules, opts Options) (Result, error) {
	if opts.Rounds == 0 {
		opts.Rounds = DefaultRounds
	}
	if opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	parts, errs, next := make([]Result, chunks), make([]error, chunks), make(chan int)
	var workers sync.WaitGroup
	for range min(opts.Workers, chunks) {
		workers.Go(func() {
			sample, err := sampleOf(rules)
			for chunk := range next {
				if errs[chunk] = err; err == nil {
					parts[chunk] = play(sample, opts, chunk)
				}
			}
		})
	}
	for chunk := range chunks {
		next <- chunk
	}
	close(next)
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return Result{}, err
	}
	all := parts[0]
	for _, part := range parts[1:] {
		all.add(part)
	}
	return all, nil
}

// play plays one chunk of the rounds from a stream of its own.
func play(sample game.Sample, opts Options, chunk int) Result {
	rounds := opts.Rounds / chunks
	if chunk < opts.Rounds%chunks {
		rounds++
	}
	result := Result{
		Rounds: int64(rounds), Stake: sample.Stake, Choices: make([]Tally, len(sample.Choices)),
		Weights: sample.Weights, Classes: make([]float64, len(sample.Weights)),
	}
	words, paid := fairness.NewStream(opts.Seed, "simulate", uint64(chunk)), make([]int64, len(sample.Choices)) //nolint:gosec // from 0 up
	for range rounds {
		class := sample.Play(words, paid)
		if len(result.Classes) > 0 {
			result.Classes[class]++
		}
		for i, amount := range paid {
			if amount != 0 {
				result.Choices[i].Paid += amount
				result.Choices[i].Squares += float64(amount) * float64(amount)
			}
		}
	}
	for i, choice := range sample.Choices {
		result.Choices[i].Choice = choice
	}
	return result
}

func (r *Result) add(part Result) {
	r.Rounds += part.Rounds
	for i, one := range part.Choices {
		r.Choices[i].Paid += one.Paid
		r.Choices[i].Squares += one.Squares
	}
	for i, n := range part.Classes {
		r.Classes[i] += n
	}
}

// Returns are the intervals that hold the true returns 99.99 times of 100, by the normal approximation.
func (r Result) Returns() []game.Return {
	returns := make([]game.Return, len(r.Choices))
	n, unit := float64(r.Rounds), float64(Million)/float64(r.Stake)
	for i, one := range r.Choices {
		mean := float64(one.Paid) / n
		variance := max(0, one.Squares/n-mean*mean)
		off := wide * math.Sqrt(variance/n)
		returns[i] = game.Return{Choice: one.Choice, Low: max(0, int64(math.Floor((mean-off)*unit))), High: int64(math.Ceil((mean + off) * unit))}
	}
	return returns
}

// Fit compares the classes of outcomes with their chances: the chi-square statistic and the largest value that 9,999 of
// 10,000 honest runs stay below (Wilson and Hilferty's approximation). Both are 0 if the rules name no classes.
func (r Result) Fit() (chi, limit float64) {
	total, df := 0.0, -1.0
	for _, weight := range r.Weights {
		total += float64(weight)
		if weight > 0 {
			df++
		}
	}
	if df < 1 {
		return 0, 0
	}
	for i, weight := range r.Weights {
		if weight == 0 {
			if r.Classes[i] > 0 {
				return math.Inf(1), 0 // what is impossible happened
			}
			continue
		}
		want := float64(weight) / total * float64(r.Rounds)
		chi += (r.Classes[i] - want) * (r.Classes[i] - want) / want
	}
	const z = 3.719 // 99.99 % of a normal distribution lie below
	spread := 2 / (9 * df)
	return chi, df * math.Pow(1-spread+z*math.Sqrt(spread), 3)
}
