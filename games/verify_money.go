package games

import (
	"errors"
	"fmt"
	"math/big"

	"fairground/games/game"
)

// acts checks who took what against the shares that were drawn.
func (v *verifier) acts() error {
	p := v.proof
	if !v.acting() {
		return errors.New("nothing can be taken in this game")
	}
	if len(p.Acts) > 0 && p.Outcome == nil {
		return errors.New("shares were taken and none are published")
	}
	slots, players := map[int]bool{}, map[string]bool{}
	for _, act := range p.Acts {
		switch {
		case act.Slot < 0 || act.Slot >= len(p.Outcome.Slots):
			return fmt.Errorf("there is no share %d", act.Slot)
		case slots[act.Slot]:
			return fmt.Errorf("share %d was taken twice", act.Slot)
		case act.Player == "" || players[act.Player]:
			return fmt.Errorf("share %d has no player or one who took another", act.Slot)
		}
		slots[act.Slot], players[act.Player] = true, true
	}
	return nil
}

func (v *verifier) payouts() error {
	p := v.proof
	if !p.Status.Final() {
		return errPending
	}
	want, err := v.rules.Settle(v.opening, *p.Outcome, p.Bets, p.Acts)
	if err != nil {
		return err
	}
	return compareJSON(list(want), list(p.Payouts))
}

func (v *verifier) refunds() error {
	want := make([]game.Payout, len(v.proof.Bets))
	for i, bet := range v.proof.Bets {
		want[i] = game.Payout{Seq: bet.Seq, Amount: bet.Stake}
	}
	return compareJSON(want, list(v.proof.Payouts))
}

// list makes no payouts an empty list, as the settlement hash has it.
func list(payouts []game.Payout) []game.Payout {
	if payouts == nil {
		return []game.Payout{}
	}
	return payouts
}

// sums checks that nothing was made or lost. It counts in big integers: a proof may say anything.
func (v *verifier) sums() error {
	p := v.proof
	if !p.Status.Final() {
		return errPending
	}
	staked, left := new(big.Int), big.NewInt(p.House)
	for _, bet := range p.Bets {
		staked.Add(staked, big.NewInt(bet.Stake))
	}
	for _, payout := range p.Payouts {
		left.Add(left, big.NewInt(payout.Amount))
	}
	for _, act := range p.Acts {
		left.Add(left, big.NewInt(p.Outcome.Slots[act.Slot].Amount))
	}
	if p.House < 0 && v.game != nil && v.game.Info().Bank == game.BankPool {
		return errors.New("the house paid into a game in which players pay each other")
	}
	if staked.Cmp(left) != 0 {
		return mismatchError{expected: staked.String() + " staked", got: left.String() + " paid out and kept"}
	}
	return nil
}

func (v *verifier) hash() error {
	p := v.proof
	if !p.Status.Final() {
		return errPending
	}
	outcome := game.Outcome{}
	if p.Outcome != nil {
		outcome = *p.Outcome
	}
	hash, err := SettlementHash(p.Round, outcome, p.Payouts)
	if err != nil {
		return err
	}
	return compare(hash, p.SettlementHash)
}
