package duel

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

const (
	heads = "heads"
	tails = "tails"
)

type rules struct{ config config }

type params struct {
	Stake int64 `json:"stake"`
}

// drawn is the data of an outcome.
type drawn struct {
	Side string   `json:"side"`
	Wins []string `json:"wins"`
}

// Open implements game.Rules. The one parameter is the stake.
func (r rules) Open(raw json.RawMessage) (game.Opening, error) {
	p := params{Stake: r.config.DefaultStake}
	if err := game.DecodeParams(raw, &p); err != nil {
		return game.Opening{}, err
	}
	if err := game.CheckRange(game.CodeInvalidParams, "stake", p.Stake, r.config.MinStake, r.config.MaxStake); err != nil {
		return game.Opening{}, err
	}
	canonical, err := json.Marshal(p)
	if err != nil {
		return game.Opening{}, fmt.Errorf("write the parameters: %w", err)
	}
	return game.Opening{
		Params: canonical, Window: time.Duration(r.config.WindowSeconds) * time.Second, Seats: 2, BetsEach: 1,
		OpenerBet: &game.Bet{Seq: 1, Choice: heads, Stake: p.Stake},
	}, nil
}

// CheckBet implements game.Rules. Heads is the opener's, whose bet is the first; a bet without a
// place yet is a joiner's.
func (r rules) CheckBet(open game.Opening, bet game.Bet) (int64, error) {
	side := tails
	if bet.Seq == 1 {
		side = heads
	}
	if bet.Choice != side {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: side}
	}
	var p params
	if err := json.Unmarshal(open.Params, &p); err != nil {
		return 0, fmt.Errorf("read the parameters: %w", err)
	}
	if bet.Stake != p.Stake {
		return 0, &game.Error{Code: game.CodeInvalidStake, Field: "stake", Fix: strconv.FormatInt(p.Stake, 10) + ", as the opener staked"}
	}
	return r.prize(2 * p.Stake), nil
}

// Draw implements game.Rules: one word, 0 is heads.
func (rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	side := heads
	if words.Intn(2) == 1 {
		side = tails
	}
	data, err := json.Marshal(drawn{Side: side, Wins: []string{side}})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the flip: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules. The pot is what both staked.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	if len(bets) != 2 || bets[0].Choice == bets[1].Choice {
		return nil, fmt.Errorf("a duel is one bet on each side, not %d bets", len(bets))
	}
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the flip: %w", err)
	}
	for _, bet := range bets {
		if bet.Choice == d.Side {
			return []game.Payout{{Seq: bet.Seq, Amount: r.prize(bets[0].Stake + bets[1].Stake)}}, nil
		}
	}
	return nil, fmt.Errorf("a coin shows heads or tails, not %q", d.Side)
}

// Odds implements game.Rules.
func (r rules) Odds() []game.Odd {
	pays := 20000 - 2*r.config.RakeBP
	return []game.Odd{
		{Choice: heads, Ways: 1, Of: 2, PaysBP: pays, ReturnBP: pays / 2},
		{Choice: tails, Ways: 1, Of: 2, PaysBP: pays, ReturnBP: pays / 2},
	}
}

// prize is the pot less the rake. The schema bounds pot x rake_bp inside an int64.
func (r rules) prize(pot int64) int64 { return pot - pot*r.config.RakeBP/10000 }
