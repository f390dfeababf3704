package simulate

import (
	"encoding/json"
	"errors"

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

// Options of a report. The zero value plays DefaultRounds with a seed of zeroes.
type Options struct {
	Rounds int
	Seed   fairness.Seed
}

// Report is what a config gives back of what is staked.
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
	return Report{}, errors.New("nothing is simulated yet")
}
