package simulate

import (
	"fmt"
	"slices"
	"strconv"

	"fairground/fairness"
	"fairground/games/game"
)

// sampleOf makes a simulation ready: the rules' own fast one, or Draw and Settle with one bet on each choice.
func sampleOf(rules game.Rules) (game.Sample, error) {
	if s, ok := rules.(game.Sampler); ok {
		sample, err := s.Sample()
		if err != nil {
			return game.Sample{}, fmt.Errorf("make the simulation ready: %w", err)
		}
		return sample, nil
	}
	return Plain(rules)
}

// Plain is the simulation by Draw and Settle with one bet on each choice, which every drawn game can be played by. It
// returns ErrNothingToPlay for rules without choices, or the error of a first round: later ones panic, because rules that
// drew one round draw all.
func Plain(rules game.Rules) (game.Sample, error) {
	open, err := rules.Open(nil)
	if err != nil {
		return game.Sample{}, fmt.Errorf("open a round: %w", err)
	}
	bets, err := OneOnEach(rules, open)
	if err != nil {
		return game.Sample{}, err
	}
	sample := game.Sample{Stake: bets[0].Stake}
	for _, bet := range bets {
		sample.Choices = append(sample.Choices, bet.Choice)
	}
	once := func(words *fairness.Stream, paid []int64) error {
		out, err := rules.Draw(open, words)
		if err != nil {
			return fmt.Errorf("draw: %w", err)
		}
		payouts, err := rules.Settle(open, out, bets, nil)
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		clear(paid)
		for _, p := range payouts {
			paid[p.Seq-1] = p.Amount
		}
		return nil
	}
	if err := once(fairness.NewStream(fairness.Seed{}, "first", 0), make([]int64, len(bets))); err != nil {
		return game.Sample{}, err
	}
	sample.Play = func(words *fairness.Stream, paid []int64) int {
		if err := once(words, paid); err != nil {
			panic("simulate: " + err.Error())
		}
		return 0
	}
	return sample, nil
}

// OneOnEach is a round with one bet of the same stake on every choice, the opener's first. It returns ErrNothingToPlay.
func OneOnEach(rules game.Rules, open game.Opening) ([]game.Bet, error) {
	var bets []game.Bet
	choices := game.Choices(rules)
	if first := open.OpenerBet; first != nil {
		bet := *first
		bet.Player, bet.Seed = "p_1", "seed"
		bets = append(bets, bet)
		choices = slices.DeleteFunc(choices, func(choice string) bool { return choice == bet.Choice })
	}
	for _, choice := range choices {
		seq := int64(len(bets)) + 1
		bet := game.Bet{Choice: choice, Player: "p_" + strconv.FormatInt(seq, 10), Seed: "seed"}
		stakes := usualStakes()
		if len(bets) > 0 {
			stakes = []int64{bets[0].Stake}
		} else if stepped, ok := rules.(game.Stepped); ok {
			stakes = append(stakes, stepped.Stakes(open)...)
		}
		if err := accept(rules, open, &bet, stakes); err != nil {
			return nil, err
		}
		bet.Seq = seq
		bets = append(bets, bet)
	}
	if len(bets) == 0 {
		return nil, ErrNothingToPlay
	}
	return bets, nil
}

// usualStakes are tried in order: those that a payout in hundredths and in basis points divides first.
func usualStakes() []int64 {
	stakes := []int64{10_000, 1_000, 100}
	for stake := int64(100_000); stake <= 1_000_000_000_000; stake *= 10 {
		stakes = append(stakes, stake)
	}
	for stake := int64(1); stake <= 1<<40; stake *= 2 {
		stakes = append(stakes, stake)
	}
	return append(stakes, 10)
}

// accept gives a bet the first stake that the rules accept.
func accept(rules game.Rules, open game.Opening, bet *game.Bet, stakes []int64) error {
	var err error
	for _, bet.Stake = range stakes {
		if _, err = rules.CheckBet(open, *bet); err == nil {
			return nil
		}
	}
	return fmt.Errorf("stake on %s: %w", bet.Choice, err)
}
