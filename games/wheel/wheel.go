package wheel

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"fairground/games/game"
)

//go:embed schema.json default.json
var files embed.FS

//go:embed locales
var locales embed.FS

// Game is the rules of the wheel.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("wheel: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "wheel", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("wheel: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64     `json:"window_seconds"`
	MinStake      int64     `json:"min_stake"`
	MaxStake      int64     `json:"max_stake"`
	MaxBets       int       `json:"max_bets"`
	MaxExposure   int64     `json:"max_exposure"`
	Segments      []segment `json:"segments"`
}

type segment struct {
	Symbol string `json:"symbol"`
	Weight int64  `json:"weight"`
	Pays   int64  `json:"pays"` // hundredths of the stake, stake included
}

// Parse implements game.Game. It refuses a symbol that returns more than it takes.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxStake < c.MinStake {
		return nil, wrong("max_stake", "at least min_stake, %d", c.MinStake)
	}
	r := rules{config: c, bySymbol: map[string]segment{}}
	for _, s := range c.Segments {
		r.total += s.Weight
	}
	offered := false
	for i, s := range c.Segments {
		if _, twice := r.bySymbol[s.Symbol]; twice {
			return nil, wrong(fmt.Sprintf("segments.%d.symbol", i), "no symbol twice: give %s more weight instead", s.Symbol)
		}
		r.bySymbol[s.Symbol] = s
		offered = offered || s.Pays > 0
		field := fmt.Sprintf("segments.%d.pays", i)
		if s.Pays > 0 && s.Pays < 100 {
			return nil, wrong(field, "0 for a segment of the house, or at least 100: the stake is included")
		}
		if most := r.total * 100 / s.Weight; s.Pays > most {
			return nil, wrong(field, "at most %d: it wins in %d of %d spins, and %d would return %d.%02d %% of the stakes",
				most, s.Weight, r.total, s.Pays, s.Weight*s.Pays/r.total, s.Weight*s.Pays%r.total*100/r.total)
		}
	}
	if !offered {
		return nil, wrong("segments", "at least one that pays")
	}
	return r, nil
}

func wrong(field, fix string, args ...any) *game.Error {
	return &game.Error{Code: game.CodeInvalidConfig, Field: field, Fix: fmt.Sprintf(fix, args...)}
}
