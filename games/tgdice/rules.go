package tgdice

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

// errNoDraw means that somebody asked seeds for what Telegram decides.
var errNoDraw = errors.New("telegram's dice decide this game, no seed does")

type rules struct {
	config config
	most   int
	ways   map[string]int64
}

// shown is the data of an outcome.
type shown struct {
	Emoji string   `json:"emoji"`
	Value int      `json:"value"`
	Wins  []string `json:"wins"`
}

// params tell the chat what is thrown; they are the config's, not the opener's.
type params struct {
	Emoji string `json:"emoji"`
}

// Open implements game.Rules. The emoji is the config's.
func (r rules) Open(given json.RawMessage) (game.Opening, error) {
	p := params{Emoji: r.config.Emoji}
	if err := game.DecodeParams(given, &p); err != nil {
		return game.Opening{}, err
	}
	if p.Emoji != r.config.Emoji {
		return game.Opening{}, &game.Error{Code: game.CodeInvalidParams, Field: "emoji", Fix: r.config.Emoji + ", or leave it out"}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return game.Opening{}, fmt.Errorf("write the parameters: %w", err)
	}
	return game.Opening{
		Params: raw, Window: time.Duration(r.config.WindowSeconds) * time.Second,
		BetsEach: r.config.MaxBets, MaxExposure: r.config.MaxExposure, Emoji: r.config.Emoji,
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

// Draw implements game.Rules. It always fails: the value comes from Telegram, through Take.
func (rules) Draw(game.Opening, *fairness.Stream) (game.Outcome, error) {
	return game.Outcome{}, errNoDraw
}

// Take implements game.External.
func (r rules) Take(_ game.Opening, value int64) (game.Outcome, error) {
	if err := game.CheckRange(game.CodeInvalidParams, "value", value, 1, int64(r.most)); err != nil {
		return game.Outcome{}, err
	}
	data, err := json.Marshal(shown{Emoji: r.config.Emoji, Value: int(value), Wins: wins(int(value), r.most)})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the value: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var s shown
	if err := json.Unmarshal(out.Data, &s); err != nil {
		return nil, fmt.Errorf("read the value: %w", err)
	}
	if s.Value < 1 || s.Value > r.most {
		return nil, fmt.Errorf("%s shows no %d", r.config.Emoji, s.Value)
	}
	won := wins(s.Value, r.most)
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

// Odds implements game.Rules: exact if every value is equally likely.
func (r rules) Odds() []game.Odd {
	var odds []game.Odd
	for _, choice := range r.offered() {
		ways, of, bp := r.ways[choice], int64(r.most), r.config.Pays[choice]*100
		odds = append(odds, game.Odd{Choice: choice, Ways: ways, Of: of, PaysBP: bp, ReturnBP: ways * bp / of})
	}
	return odds
}

func (r rules) offered() []string {
	return slices.DeleteFunc(choices(r.most), func(choice string) bool { return r.config.Pays[choice] == 0 })
}

// payout is exact: the schema bounds stake x pays well inside an int64.
func payout(stake, pays int64) int64 { return stake * pays / 100 }
