package parity

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

//go:embed schema.json default.json
var files embed.FS

//go:embed locales
var locales embed.FS

// Game is the rules of parity.
type Game struct{}

// New makes the game.
func New() Game { return Game{} }

// Info implements game.Game.
func (Game) Info() game.Info {
	texts, err := fs.Sub(locales, "locales")
	if err != nil {
		panic("parity: " + err.Error()) // the folder is embedded
	}
	return game.Info{
		Name: "parity", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse,
		Schema: embedded("schema.json"), DefaultConfig: embedded("default.json"), Locales: texts,
	}
}

func embedded(name string) json.RawMessage {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("parity: " + err.Error()) // the file is embedded
	}
	return raw
}

type rules struct {
	WindowSeconds int64 `json:"window_seconds"`
	MaxStake      int64 `json:"max_stake"`
	Pays          int64 `json:"pays"`
}

type drawn struct {
	Face int64    `json:"face"`
	Wins []string `json:"wins"`
}

// Parse implements game.Game.
func (Game) Parse(raw json.RawMessage) (game.Rules, error) {
	var r rules
	if err := game.DecodeConfig(embedded("schema.json"), raw, &r); err != nil {
		return nil, err
	}
	return r, nil
}

// Open implements game.Rules. A round has no parameters.
func (r rules) Open(params json.RawMessage) (game.Opening, error) {
	if err := game.DecodeParams(params, &struct{}{}); err != nil {
		return game.Opening{}, err
	}
	return game.Opening{Params: json.RawMessage(`{}`), Window: time.Duration(r.WindowSeconds) * time.Second}, nil
}

// CheckBet implements game.Rules.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != "odd" && bet.Choice != "even" {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "odd or even"}
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, 1, r.MaxStake); err != nil {
		return 0, err
	}
	return bet.Stake * r.Pays / 100, nil
}

// Draw implements game.Rules: one word, one face.
func (rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	face := int64(words.Intn(10)) + 1
	side := "even"
	if face%2 == 1 {
		side = "odd"
	}
	data, err := json.Marshal(drawn{Face: face, Wins: []string{side}})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the face: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the face: %w", err)
	}
	payouts := []game.Payout{}
	for _, bet := range bets {
		if amount := bet.Stake * r.Pays / 100; bet.Choice == d.Wins[0] && amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	slices.SortFunc(payouts, game.BySeq)
	return payouts, nil
}

// Odds implements game.Rules.
func (r rules) Odds() []game.Odd {
	odd := game.Odd{Choice: "odd", Ways: 5, Of: 10, PaysBP: r.Pays * 100, ReturnBP: r.Pays * 50}
	even := odd
	even.Choice = "even"
	return []game.Odd{odd, even}
}
