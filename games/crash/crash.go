package crash

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

// Game is the rules of crash.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("crash: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "crash", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseAct, game.PhaseSettle}, Bank: game.BankHouse,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("crash: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64 `json:"window_seconds"`
	MinStake      int64 `json:"min_stake"`
	MaxStake      int64 `json:"max_stake"`
	MaxBets       int   `json:"max_bets"`
	MaxExposure   int64 `json:"max_exposure"`
	EdgeBP        int64 `json:"edge_bp"`
	MaxMultiplier int64 `json:"max_multiplier"` // hundredths
	GrowthPPM     int64 `json:"growth_ppm"`     // per 100 ms
}

// Parse implements game.Game. The schema bounds stake x max_multiplier and growth_ppm times the curve inside an int64.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxStake < c.MinStake {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "max_stake", Fix: fmt.Sprintf("at least min_stake, %d", c.MinStake)}
	}
	return rules{config: c, curve: newCurve(c.GrowthPPM, c.MaxMultiplier)}, nil
}
