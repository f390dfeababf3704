package simulate

import (
	"encoding/json"
	"fmt"
	"math/bits"

	"fairground/fairness"
	"fairground/games/game"
)

// Million is a return of 100 %, in parts per million.
const Million int64 = 1_000_000

// DefaultRounds is how many rounds are played where a return can't be enumerated.
const DefaultRounds = 1_000_000

// Method says how a return was found.
type Method string

// The methods.
const (
	Enumerated Method = "enumerated" // every outcome was counted: exact
	Simulated  Method = "simulated"  // rounds were played: an interval of 99.99 %
	Pool       Method = "pool"       // players pay each other: together they get back at most what they stake
	None       Method = "none"       // knowledge decides: there is no return to compute
)

// Options of a report and of a run. The zero value plays DefaultRounds on every core with a seed of zeroes.
type Options struct {
	Rounds  int           // 0 for DefaultRounds
	Seed    fairness.Seed // a public number here: nothing is drawn for money
	Workers int           // how many rounds are played at a time, 0 for one a core; it changes no result
}

// Report is what a config gives back of what is staked. A payout is rounded down to a minor unit; a return is that of a
// stake which needs no rounding.
type Report struct {
	Game       string        `json:"game"`
	ConfigHash string        `json:"config_hash,omitempty"` // filled in by a caller who knows it
	Returns    []game.Return `json:"returns"`
	Exact      bool          `json:"exact"`
	Rounds     int64         `json:"rounds"` // played; 0 where nothing was simulated
	Method     Method        `json:"method"`
}

// Best is the highest return of any choice, in parts per million: what a limit is checked against. 0 if there is none.
func (r Report) Best() int64 {
	best := int64(0)
	for _, one := range r.Returns {
		best = max(best, one.High)
	}
	return best
}

// Returns reports what a config of a game gives back. It returns the *game.Error of a config that the game refuses.
func Returns(g game.Game, config json.RawMessage, opts Options) (Report, error) {
	rules, err := g.Parse(config)
	if err != nil {
		return Report{}, err
	}
	report := Report{Game: g.Info().Name, Returns: []game.Return{}, Exact: true}
	if _, banked := rules.(game.Banked); banked {
		report.Method, report.Exact = None, false
		return report, nil
	}
	report.Returns, report.Method = known(rules), Enumerated
	if g.Info().Bank == game.BankPool {
		report.Method = Pool
		if len(report.Returns) == 0 {
			report.Returns = []game.Return{{High: Million}}
		}
	}
	if len(report.Returns) == 0 {
		result, err := Run(rules, opts)
		if err != nil {
			return Report{}, fmt.Errorf("simulate %s: %w", report.Game, err)
		}
		report.Returns, report.Rounds, report.Method = result.Returns(), result.Rounds, Simulated
	}
	for _, one := range report.Returns {
		report.Exact = report.Exact && one.Exact
	}
	return report, nil
}

// known are the returns that the rules tell themselves; none if they don't.
func known(rules game.Rules) []game.Return {
	if e, ok := rules.(game.Enumerable); ok {
		return e.Returns()
	}
	var returns []game.Return
	for _, odd := range rules.Odds() {
		ppm := scale(odd.Ways, 100*odd.PaysBP, odd.Of)
		returns = append(returns, game.Return{Choice: odd.Choice, Exact: true, Low: ppm, High: ppm})
	}
	return returns
}

// scale is floor(a x b / c) of numbers that are not negative; what would not fit is the largest int64.
func scale(a, b, c int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // odds are positive
	if high >= uint64(c) {                        //nolint:gosec // as above
		return int64(^uint64(0) >> 1)
	}
	quotient, _ := bits.Div64(high, low, uint64(c)) //nolint:gosec // as above
	return int64(min(quotient, ^uint64(0)>>1))
}
