package quiz

import (
	"embed"
	"encoding/json"
	"io/fs"

	"fairground/games/game"
)

//go:embed schema.json default.json bank.json
var files embed.FS

//go:embed locales
var locales embed.FS

// OwnBank is the name of the bank that the game brings.
const OwnBank = "default"

// Game is the rules of the quiz.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("quiz: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "quiz", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseAct, game.PhaseSettle}, Bank: game.BankPool,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("quiz: " + err.Error()) // the file is embedded
	}
	return raw
}

type mode string

const (
	first      mode = "first"
	fastest    mode = "fastest"
	allCorrect mode = "all_correct"
)

type config struct {
	WindowSeconds int64  `json:"window_seconds"`
	Entry         int64  `json:"entry"`
	MinPlayers    int64  `json:"min_players"`
	Bank          string `json:"bank"`
	BankHash      string `json:"bank_hash"`
	BankSize      int    `json:"bank_size"`
	Questions     int    `json:"questions"`
	Seconds       int64  `json:"seconds"` // a question
	Mode          mode   `json:"mode"`
}

// Parse implements game.Game.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var c config
	if err := game.DecodeConfig(embedded("schema.json"), raw, &c); err != nil {
		return nil, err
	}
	if c.Bank == OwnBank {
		own, err := Read(embedded("bank.json"))
		if err != nil {
			return nil, err
		}
		if hash := Hash(own); c.BankHash != hash {
			return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "bank_hash", Fix: hash + ", the hash of the bank " + OwnBank}
		}
		if err := game.CheckRange(game.CodeInvalidConfig, "bank_size", int64(c.BankSize), int64(len(own)), int64(len(own))); err != nil {
			return nil, err
		}
	}
	if err := game.CheckRange(game.CodeInvalidConfig, "questions", int64(c.Questions), 1, int64(c.BankSize)); err != nil {
		return nil, err
	}
	return rules{config: c}, nil
}
