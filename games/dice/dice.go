package dice

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

// Game is the rules of dice.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("dice: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "dice", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("dice: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds int64            `json:"window_seconds"`
	MinStake      int64            `json:"min_stake"`
	MaxStake      int64            `json:"max_stake"`
	MaxBets       int              `json:"max_bets"`
	MaxExposure   int64            `json:"max_exposure"`
	Pays          map[string]int64 `json:"pays"` // hundredths of the stake, stake included
}

// Parse implements game.Game. It refuses a choice that returns more than it takes.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.MaxStake < c.MinStake {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "max_stake", Fix: fmt.Sprintf("at least min_stake, %d", c.MinStake)}
	}
	ways := countWays()
	for _, choice := range choices() {
		pays, offered := c.Pays[choice]
		if most := throws * 100 / ways[choice]; offered && pays > most {
			return nil, &game.Error{
				Code: game.CodeInvalidConfig, Field: "pays." + choice,
				Fix: fmt.Sprintf("at most %d: it wins in %d of %d throws, and %d would return %d.%02d %% of the stakes",
					most, ways[choice], throws, pays, ways[choice]*pays/throws, ways[choice]*pays%throws*100/throws),
			}
		}
	}
	return rules{config: c, ways: ways}, nil
}
