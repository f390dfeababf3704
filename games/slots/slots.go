package slots

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"math/bits"

	"fairground/games/game"
)

//go:embed schema.json default.json
var files embed.FS

//go:embed locales
var locales embed.FS

const (
	rows = 3

	// enumerable is how many combinations of stops are gone through at most.
	enumerable = 50_000_000

	// safeInteger is the largest amount that every JSON reader keeps exact.
	safeInteger = 1<<53 - 1
)

// Game is the rules of the slot machine.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("slots: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "slots", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse, Pace: game.PaceInstant,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("slots: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	MinStake    int64              `json:"min_stake"`
	MaxStake    int64              `json:"max_stake"`
	Strips      [][]string         `json:"strips"`
	Lines       [][]int            `json:"lines"`
	Pays        map[string][]int64 `json:"pays"`         // by symbol, then by the length of the run from 1; hundredths of a line's stake
	Wild        string             `json:"wild"`         // "" for none
	Scatter     string             `json:"scatter"`      // "" for none
	ScatterPays []int64            `json:"scatter_pays"` // by the number of reels from 1; hundredths of the stake
	FreeSpins   freeSpins          `json:"free_spins"`
	MaxWin      int64              `json:"max_win"` // of one spin; hundredths of the stake
}

type freeSpins struct {
	Given      []int64 `json:"given"` // by the number of reels that show the scatter, from 1
	Multiplier int64   `json:"multiplier"`
	Most       int64   `json:"most"`
	Retrigger  bool    `json:"retrigger"`
}

// Parse implements game.Game. It refuses a machine that returns more than it takes.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	r := rules{config: c, machine: newMachine(c)}
	countable := r.combinations() <= enumerable
	if countable {
		r.facts = r.enumerate(nil)
	} else {
		r.facts = r.bounds()
	}
	if most := payout(c.MaxStake, r.best(), r.perStake()); most > safeInteger {
		return nil, wrong("max_stake", "less: a bet of %d could win more than %d, the largest amount that can be booked", c.MaxStake, int64(safeInteger))
	}
	if !countable {
		return r, nil
	}
	counted := enumerated{rules: r}
	counted.ppm, counted.over = r.returns()
	if counted.over {
		return nil, wrong("pays", "less: the machine returns %d.%04d %% of the stakes, and no more than 100 %% may come back", counted.ppm/10_000, counted.ppm%10_000)
	}
	return counted, nil
}

// check is what the schema can't say.
func (c config) check() error {
	if c.MaxStake < c.MinStake {
		return wrong("max_stake", "at least min_stake, %d", c.MinStake)
	}
	reels := len(c.Strips)
	for i, line := range c.Lines {
		if len(line) != reels {
			return wrong(fmt.Sprintf("lines.%d", i), "one row for each of the %d reels", reels)
		}
	}
	for _, symbol := range symbols() {
		if pays, ok := c.Pays[symbol]; ok && len(pays) != reels {
			return wrong("pays."+symbol, "one number for each length of a run, 1 to %d", reels)
		}
	}
	if c.Scatter != "" && c.Scatter == c.Wild {
		return wrong("scatter", "another symbol than the wild")
	}
	if _, pays := c.Pays[c.Scatter]; c.Scatter != "" && pays {
		return wrong("pays."+c.Scatter, "leave it out: the scatter pays by scatter_pays")
	}
	if len(c.ScatterPays) != reels {
		return wrong("scatter_pays", "one number for each number of reels, 1 to %d", reels)
	}
	if len(c.FreeSpins.Given) != reels {
		return wrong("free_spins.given", "one number for each number of reels, 1 to %d", reels)
	}
	return nil
}

func wrong(field, fix string, args ...any) *game.Error {
	return &game.Error{Code: game.CodeInvalidConfig, Field: field, Fix: fmt.Sprintf(fix, args...)}
}

// payout is floor(stake x amount / whole), or the largest int64 where it doesn't fit.
func payout(stake, amount, whole int64) int64 {
	high, low := bits.Mul64(uint64(stake), uint64(amount)) //nolint:gosec // neither is negative
	if high >= uint64(whole) {                             //nolint:gosec // at least 100
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(high, low, uint64(whole)) //nolint:gosec // as above
	return int64(min(quotient, math.MaxInt64))
}
