package raffle

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

const (
	// choice is the one thing to bet on.
	choice = "ticket"

	// whole is a share of everything, in basis points.
	whole = 10_000

	// maxPot bounds what is shared out of a pot, so that the most that a bet can win is known when it is placed.
	maxPot = 10_000_000_000_000
)

type rules struct {
	config config
	shares []int64 // of each prize in stock, in order
}

// drawn is the data of an outcome.
type drawn struct {
	Key string `json:"key"` // hex
}

// Open implements game.Rules. A raffle has no parameters.
func (r rules) Open(params json.RawMessage) (game.Opening, error) {
	if err := game.DecodeParams(params, &struct{}{}); err != nil {
		return game.Opening{}, err
	}
	return game.Opening{
		Params: json.RawMessage(`{}`), Window: time.Duration(r.config.WindowSeconds) * time.Second,
		BetsEach: r.config.MaxPurchases, MinPot: r.config.MinTickets * r.config.Price,
	}, nil
}

// Choices implements game.Chooser.
func (rules) Choices() []string { return []string{choice} }

// Stakes implements game.Stepped: one ticket, five and ten.
func (r rules) Stakes(game.Opening) []int64 {
	return []int64{r.config.Price, 5 * r.config.Price, 10 * r.config.Price}
}

// CheckBet implements game.Rules. How many others buy is unknown: the bound is what is shared out of the largest pot.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != choice {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: choice}
	}
	price, most := r.config.Price, r.config.Price*r.config.MaxTickets
	if bet.Stake < price || bet.Stake > most || bet.Stake%price != 0 {
		return 0, &game.Error{Code: game.CodeInvalidStake, Field: "stake", Fix: fmt.Sprintf("%d for each ticket, at most %d tickets: %d", price, r.config.MaxTickets, most)}
	}
	return maxPot, nil
}

// Draw implements game.Rules: eight words are the key that the winners come from.
func (rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	var key fairness.Seed
	for i := 0; i < len(key); i += 4 {
		binary.BigEndian.PutUint32(key[i:], words.Uint32())
	}
	data, err := json.Marshal(drawn{Key: hex.EncodeToString(key[:])})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the key: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	done, err := r.run(out, bets)
	if err != nil {
		return nil, err
	}
	won := map[int64]int64{}
	for _, w := range done.winners {
		won[w.seq] += w.Amount
	}
	payouts := []game.Payout{}
	for _, e := range done.entries {
		if won[e.seq] > 0 {
			payouts = append(payouts, game.Payout{Seq: e.seq, Amount: won[e.seq]})
		}
	}
	return payouts, nil
}

// Report implements game.Reporter: the ticket list's hash and the tickets that won.
func (r rules) Report(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) (json.RawMessage, error) {
	done, err := r.run(out, bets)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(map[string]any{"hash": done.hash, "tickets": done.tickets, "pot": done.pot, "winners": done.winners})
	if err != nil {
		return nil, fmt.Errorf("write the winners: %w", err)
	}
	return raw, nil
}

// Odds implements game.Rules. A ticket's chance is one of those sold, which nobody knows beforehand.
func (rules) Odds() []game.Odd { return nil }

// Returns implements game.Enumerable: the shares of the pot that are given away, at least and at most.
func (r rules) Returns() []game.Return {
	low, high := r.given(1)*100, r.given(len(r.shares))*100
	switch {
	case r.config.Rest == restFirst:
		low, high = whole*100, whole*100
	case r.config.OneMorePerTickets == 0:
		high = r.given(int(r.config.PrizesPerRun)) * 100
	}
	return []game.Return{{Choice: choice, Exact: low == high, Low: low, High: high}}
}

// given is the share of the first n prizes, in basis points.
func (r rules) given(n int) int64 {
	sum := int64(0)
	for _, share := range r.shares[:n] {
		sum += share
	}
	return sum
}
