package raffle

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

// Game is the rules of the raffle.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("raffle: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "raffle", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankPool,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("raffle: " + err.Error()) // the file is embedded
	}
	return raw
}

type config struct {
	WindowSeconds     int64   `json:"window_seconds"`
	Price             int64   `json:"price"`
	MaxTickets        int64   `json:"max_tickets"`
	MaxPurchases      int     `json:"max_purchases"`
	MinTickets        int64   `json:"min_tickets"`
	Prizes            []prize `json:"prizes"`
	PrizesPerRun      int64   `json:"prizes_per_run"`
	OneMorePerTickets int64   `json:"one_more_per_tickets"` // 0 for never
	OnePrizeEach      bool    `json:"one_prize_each"`
	Rest              string  `json:"rest"`
}

// Who gets what is not given away.
const (
	restHouse = "house"
	restFirst = "first"
)

type prize struct {
	ShareBP int64 `json:"share_bp"` // of the pot
	Stock   int64 `json:"stock"`
}

// Parse implements game.Game. It refuses prizes that are more than the pot.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	r := rules{config: c}
	for _, p := range c.Prizes {
		for range p.Stock {
			r.shares = append(r.shares, p.ShareBP)
		}
	}
	if all := r.given(len(r.shares)); all > whole {
		return nil, wrong("prizes", "less: all in stock are %d.%02d %% of the pot, and no more than 100 %% can be given away", all/100, all%100)
	}
	if c.PrizesPerRun > int64(len(r.shares)) {
		return nil, wrong("prizes_per_run", "at most %d, the prizes in stock", len(r.shares))
	}
	return r, nil
}

func wrong(field, fix string, args ...any) *game.Error {
	return &game.Error{Code: game.CodeInvalidConfig, Field: field, Fix: fmt.Sprintf(fix, args...)}
}
