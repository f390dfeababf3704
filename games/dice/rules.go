package dice

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
	config config
	ways   map[string]int64
}

// drawn is the data of an outcome.
type drawn struct {
	Dice   throw    `json:"dice"`
	Sum    int      `json:"sum"`
	Triple bool     `json:"triple"`
	Wins   []string `json:"wins"`
}

// Open implements game.Rules. A round of dice has no parameters.
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
	pays, offered := r.config.Pays[bet.Choice]
	if !offered {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "one of " + strings.Join(r.offered(), ", ")}
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, r.config.MinStake, r.config.MaxStake); err != nil {
		return 0, err
	}
	return payout(bet.Stake, pays), nil
}

// Draw implements game.Rules: three words, one a die.
func (rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	t := throwOf(words)
	data, err := json.Marshal(drawn{Dice: t, Sum: t.sum(), Triple: t.triple(), Wins: t.wins()})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the throw: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the throw: %w", err)
	}
	won := d.Dice.wins()
	payouts := []game.Payout{}
	for _, bet := range bets {
		if !slices.Contains(won, bet.Choice) {
			continue
		}
		if amount := payout(bet.Stake, r.config.Pays[bet.Choice]); amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	slices.SortFunc(payouts, game.BySeq)
	return payouts, nil
}

// Odds implements game.Rules.
func (r rules) Odds() []game.Odd {
	var odds []game.Odd
	for _, choice := range r.offered() {
		ways, bp := r.ways[choice], r.config.Pays[choice]*100
		odds = append(odds, game.Odd{Choice: choice, Ways: ways, Of: throws, PaysBP: bp, ReturnBP: ways * bp / throws})
	}
	return odds
}

func (r rules) offered() []string {
	return slices.DeleteFunc(choices(), func(choice string) bool { return r.config.Pays[choice] == 0 })
}

// payout is exact: the schema bounds stake x pays well inside an int64.
func payout(stake, pays int64) int64 { return stake * pays / 100 }
