package games_test

import (
	"encoding/json"
	"testing/fstest"

	"fairground/fairness"
	"fairground/games/game"
)

// coin is the smallest instant game: heads or tails, 1.9 times the stake.
type coin struct{}

type coinRules struct {
	PaysBP int64 `json:"pays_bp"`
}

func (coin) Info() game.Info {
	return game.Info{
		Name: "coin", Phases: []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, Bank: game.BankHouse, Pace: game.PaceInstant,
		Schema: json.RawMessage(`{"type": "object"}`), DefaultConfig: json.RawMessage(`{"pays_bp": 19000}`), Locales: fstest.MapFS{},
	}
}

func (coin) Parse(config json.RawMessage) (game.Rules, error) {
	var r coinRules
	if err := json.Unmarshal(config, &r); err != nil || r.PaysBP < 1 {
		return nil, &game.Error{Code: game.CodeInvalidConfig, Field: "pays_bp", Fix: "at least 1"}
	}
	return r, nil
}

func (coinRules) Open(json.RawMessage) (game.Opening, error) {
	return game.Opening{Params: json.RawMessage(`{}`)}, nil
}

func (r coinRules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != "heads" && bet.Choice != "tails" {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "heads or tails"}
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, 10, 10_000); err != nil {
		return 0, err
	}
	return bet.Stake * r.PaysBP / 10_000, nil
}

func (coinRules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	side := []string{"heads", "tails"}[words.Intn(2)]
	return game.Outcome{Data: json.RawMessage(`{"side":"` + side + `"}`)}, nil
}

func (r coinRules) Settle(open game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var data struct{ Side string }
	if err := json.Unmarshal(out.Data, &data); err != nil {
		return nil, err
	}
	var payouts []game.Payout
	for _, bet := range bets {
		if most, err := r.CheckBet(open, bet); err == nil && bet.Choice == data.Side {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: most})
		}
	}
	return payouts, nil
}

func (r coinRules) Odds() []game.Odd {
	return []game.Odd{
		{Choice: "heads", Ways: 1, Of: 2, PaysBP: r.PaysBP, ReturnBP: r.PaysBP / 2},
		{Choice: "tails", Ways: 1, Of: 2, PaysBP: r.PaysBP, ReturnBP: r.PaysBP / 2},
	}
}

func (coinRules) Report(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) (json.RawMessage, error) {
	var data struct{ Side string }
	if err := json.Unmarshal(out.Data, &data); err != nil {
		return nil, err
	}
	return json.RawMessage(`{"choice":"` + bets[0].Choice + `","side":"` + data.Side + `"}`), nil
}
