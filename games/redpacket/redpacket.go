package redpacket

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

// Game is the rules of the red packet.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("redpacket: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "redpacket", Phases: []game.Phase{game.PhaseDraw, game.PhaseAct, game.PhaseSettle}, Bank: game.BankPool,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
		Args: []string{"total", "shares", "mode?", "mine?"},
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("redpacket: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64 `json:"window_seconds"`
	MinTotal      int64 `json:"min_total"`
	MaxTotal      int64 `json:"max_total"`
	DefaultTotal  int64 `json:"default_total"`
	MaxShares     int64 `json:"max_shares"`
	DefaultShares int64 `json:"default_shares"`
	LossBP        int64 `json:"loss_bp"`
}

// Parse implements game.Game.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxTotal < c.MinTotal {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "max_total", Fix: fmt.Sprintf("at least min_total, %d", c.MinTotal)}
	}
	if err := game.CheckRange(game.CodeInvalidConfig, "default_total", c.DefaultTotal, c.MinTotal, c.MaxTotal); err != nil {
		return nil, err
	}
	if err := game.CheckRange(game.CodeInvalidConfig, "default_shares", c.DefaultShares, 1, min(c.MaxShares, c.DefaultTotal)); err != nil {
		return nil, err
	}
	return rules{config: c}, nil
}
