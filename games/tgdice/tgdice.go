package tgdice

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"fairground/games/game"
)

//go:embed schema.json default.json
var files embed.FS

//go:embed locales
var locales embed.FS

// Game is the rules of bets on Telegram's dice.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("tgdice: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "tgdice", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse, Source: game.SourceTelegram,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("tgdice: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64            `json:"window_seconds"`
	MinStake      int64            `json:"min_stake"`
	MaxStake      int64            `json:"max_stake"`
	MaxBets       int              `json:"max_bets"`
	MaxExposure   int64            `json:"max_exposure"`
	Emoji         string           `json:"emoji"`
	Pays          map[string]int64 `json:"pays"` // hundredths of the stake, stake included
}

// Parse implements game.Game. A choice that the emoji can't show, or that returns more than it takes, is refused.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxStake < c.MinStake {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "max_stake", Fix: fmt.Sprintf("at least min_stake, %d", c.MinStake)}
	}
	most := values(c.Emoji)
	ways := countWays(most)
	for _, choice := range slices.Sorted(maps.Keys(c.Pays)) {
		pays, of := c.Pays[choice], int64(most)
		switch n := ways[choice]; {
		case n == 0:
			return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "pays." + choice, Fix: fmt.Sprintf("leave it out: %s shows 1 to %d", c.Emoji, most)}
		case pays*n > 100*of:
			bp := pays * n * 100 / of
			return nil, &game.Error{
				Code: game.CodeInvalidConfig, Field: "pays." + choice,
				Fix: fmt.Sprintf("at most %d: it wins with %d of %d values, and %d would return %d.%02d %% of the stakes", 100*of/n, n, most, pays, bp/100, bp%100),
			}
		}
	}
	return rules{config: c, most: most, ways: ways}, nil
}
