package duel

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

// Game is the rules of the duel.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("duel: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "duel", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankPool,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
		Args: []string{"stake"},
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("duel: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64 `json:"window_seconds"`
	MinStake      int64 `json:"min_stake"`
	MaxStake      int64 `json:"max_stake"`
	DefaultStake  int64 `json:"default_stake"`
	RakeBP        int64 `json:"rake_bp"`
}

// Parse implements game.Game.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxStake < c.MinStake {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "max_stake", Fix: fmt.Sprintf("at least min_stake, %d", c.MinStake)}
	}
	if err := game.CheckRange(game.CodeInvalidConfig, "default_stake", c.DefaultStake, c.MinStake, c.MaxStake); err != nil {
		return nil, err
	}
	return rules{config: c}, nil
}
