package wheel

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

type rules struct {
	config   config
	bySymbol map[string]segment
	total    int64 // all weights
}

// drawn is the data of an outcome.
type drawn struct {
	Segment int      `json:"segment"` // index into the config's segments
	Symbol  string   `json:"symbol"`
	Sign    string   `json:"sign"`
	Pays    int64    `json:"pays"`
	Wins    []string `json:"wins"`
}

// signs are how the symbols look in a chat.
func signs() map[string]string {
	return map[string]string{
		"red": "🔴", "blue": "🔵", "green": "🟢", "yellow": "🟡", "purple": "🟣", "orange": "🟠", "brown": "🟤", "black": "⚫",
		"white": "⚪", "star": "⭐", "moon": "🌙", "sun": "🌞", "clover": "🍀", "diamond": "💎", "crown": "👑", "bell": "🔔",
	}
}

// Open implements game.Rules. A spin has no parameters.
func (r rules) Open(params json.RawMessage) (game.Opening, error) {
	if err := game.DecodeParams(params, &struct{}{}); err != nil {
		return game.Opening{}, err
	}
	return game.Opening{
		Params: json.RawMessage(`{}`), Window: time.Duration(r.config.WindowSeconds) * time.Second,
		BetsEach: r.config.MaxBets, MaxExposure: r.config.MaxExposure,
	}, nil
}

// CheckBet implements game.Rules.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	s := r.bySymbol[bet.Choice]
	if s.Pays == 0 {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "one of " + strings.Join(r.offered(), ", ")}
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, r.config.MinStake, r.config.MaxStake); err != nil {
		return 0, err
	}
	return payout(bet.Stake, s.Pays), nil
}

// spin is the index of the segment that one word stops at.
func (r rules) spin(words *fairness.Stream) int {
	n := int64(words.Intn(uint32(r.total))) //nolint:gosec // the schema bounds the weights well inside
	at := 0
	for n >= r.config.Segments[at].Weight {
		n -= r.config.Segments[at].Weight
		at++
	}
	return at
}

// Draw implements game.Rules: one word.
func (r rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	at := r.spin(words)
	s := r.config.Segments[at]
	d := drawn{Segment: at, Symbol: s.Symbol, Sign: signs()[s.Symbol], Pays: s.Pays, Wins: []string{}}
	if s.Pays > 0 {
		d.Wins = append(d.Wins, s.Symbol)
	}
	data, err := json.Marshal(d)
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the spin: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the spin: %w", err)
	}
	if d.Segment < 0 || d.Segment >= len(r.config.Segments) {
		return nil, fmt.Errorf("a wheel of %d segments has no segment %d", len(r.config.Segments), d.Segment)
	}
	payouts := []game.Payout{}
	for _, bet := range bets {
		if amount := r.pays(d.Segment, bet.Choice, bet.Stake); amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	slices.SortFunc(payouts, game.BySeq)
	return payouts, nil
}

// pays is what a stake on a choice gets back when the wheel stops at a segment.
func (r rules) pays(at int, choice string, stake int64) int64 {
	s := r.config.Segments[at]
	if s.Symbol != choice {
		return 0
	}
	return payout(stake, s.Pays)
}

// Odds implements game.Rules.
func (r rules) Odds() []game.Odd {
	var odds []game.Odd
	for _, choice := range r.offered() {
		s := r.bySymbol[choice]
		bp := s.Pays * 100
		odds = append(odds, game.Odd{Choice: choice, Ways: s.Weight, Of: r.total, PaysBP: bp, ReturnBP: s.Weight * bp / r.total})
	}
	return odds
}

// Sample implements game.Sampler. The classes are the segments. The stake needs no rounding.
func (r rules) Sample() (game.Sample, error) {
	sample := game.Sample{Choices: r.offered(), Stake: 100}
	for _, s := range r.config.Segments {
		sample.Weights = append(sample.Weights, s.Weight)
	}
	sample.Play = func(words *fairness.Stream, paid []int64) int {
		at := r.spin(words)
		for i, choice := range sample.Choices {
			paid[i] = r.pays(at, choice, sample.Stake)
		}
		return at
	}
	return sample, nil
}

// offered are the symbols that pay, in the order of the wheel.
func (r rules) offered() []string {
	var symbols []string
	for _, s := range r.config.Segments {
		if s.Pays > 0 {
			symbols = append(symbols, s.Symbol)
		}
	}
	return symbols
}

// payout is exact: the schema bounds stake x pays inside an int64.
func payout(stake, pays int64) int64 { return stake * pays / 100 }
