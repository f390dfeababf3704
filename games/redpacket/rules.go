package redpacket

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

const fund = "fund"

type rules struct{ config config }

// Open implements game.Rules. The parameters are the mode, the total, the shares and the mine.
func (r rules) Open(raw json.RawMessage) (game.Opening, error) {
	p, err := r.config.parse(raw)
	if err != nil {
		return game.Opening{}, err
	}
	canonical, err := json.Marshal(p)
	if err != nil {
		return game.Opening{}, fmt.Errorf("write the parameters: %w", err)
	}
	return game.Opening{
		Params: canonical, Window: time.Duration(r.config.WindowSeconds) * time.Second,
		OpenerBet: &game.Bet{Seq: 1, Choice: fund, Stake: p.Total}, Slots: int(p.Shares), ActReserve: r.config.loss(p),
	}, nil
}

// CheckBet implements game.Rules. The opener's is the only bet; at most all of it comes back.
func (rules) CheckBet(open game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != fund || bet.Seq != 1 {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "a packet takes no bets, its shares are claimed"}
	}
	p, err := opened(open)
	if err != nil {
		return 0, err
	}
	if bet.Stake != p.Total {
		return 0, &game.Error{Code: game.CodeInvalidStake, Field: "stake", Fix: strconv.FormatInt(p.Total, 10) + ", the packet's total"}
	}
	return p.Total, nil
}

// Draw implements game.Rules: it splits the packet.
func (r rules) Draw(open game.Opening, words *fairness.Stream) (game.Outcome, error) {
	p, err := opened(open)
	if err != nil {
		return game.Outcome{}, err
	}
	var shares []int64
	if p.Mode == equal {
		shares = splitEqual(p.Total, p.Shares)
	} else {
		shares = splitRandom(p.Total, p.Shares, words)
	}
	out := game.Outcome{Slots: make([]game.Slot, len(shares))}
	mines := 0
	for i, amount := range shares {
		out.Slots[i].Amount = amount
		if p.Mode == mine && amount%10 == *p.Mine {
			out.Slots[i].Loss = r.config.loss(p)
			mines++
		}
	}
	data := map[string]any{"mode": p.Mode, "mines": mines}
	if out.Data, err = json.Marshal(data); err != nil {
		return game.Outcome{}, fmt.Errorf("write the split: %w", err)
	}
	return out, nil
}

// Settle implements game.Rules: the opener gets back what nobody took.
func (rules) Settle(open game.Opening, out game.Outcome, bets []game.Bet, acts []game.Act) ([]game.Payout, error) {
	if len(bets) != 1 {
		return nil, fmt.Errorf("a packet has the opener's bet alone, not %d", len(bets))
	}
	p, err := opened(open)
	if err != nil {
		return nil, err
	}
	rest := p.Total
	for _, act := range acts {
		if act.Slot < 0 || act.Slot >= len(out.Slots) {
			return nil, fmt.Errorf("a packet of %d shares has no share %d", len(out.Slots), act.Slot)
		}
		rest -= out.Slots[act.Slot].Amount
	}
	switch {
	case rest < 0:
		return nil, fmt.Errorf("more was taken than the %d in the packet", p.Total)
	case rest == 0:
		return []game.Payout{}, nil
	}
	return []game.Payout{{Seq: bets[0].Seq, Amount: rest}}, nil
}

// Odds implements game.Rules. There is nothing to stake on: the shares add up to the packet.
func (rules) Odds() []game.Odd { return nil }

// Returns implements game.Enumerable: a packet goes to those who claim and back to the opener, all of it.
func (rules) Returns() []game.Return {
	return []game.Return{{Exact: true, Low: 1_000_000, High: 1_000_000}}
}
