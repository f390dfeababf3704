package games

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"

	"fairground/games/game"
)

// acts checks who took what against the shares that were drawn, or who did what in a run.
func (v *verifier) acts() error {
	p := v.proof
	if v.live() {
		return v.liveActs()
	}
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

// liveActs checks that every act was made by its bet's player, in its window, before the run was over, and once for a slot.
func (v *verifier) liveActs() error {
	p := v.proof
	if p.Outcome == nil {
		return errPending
	}
	rules, ok := v.rules.(game.Live)
	if !ok || p.Outcome.LiveMS < 1 {
		return errors.New("nothing can be done in this round")
	}
	type place struct {
		seq  int64
		slot int
	}
	made := map[place]bool{}
	for i, act := range p.Acts {
		at := place{act.Seq, act.Slot}
		switch {
		case act.Seq < 1 || act.Seq > int64(len(p.Bets)) || p.Bets[act.Seq-1].Player != act.Player:
			return fmt.Errorf("act %d names no bet of its player", i+1)
		case made[at]:
			return fmt.Errorf("bet %d acted twice on slot %d", act.Seq, act.Slot)
		case i > 0 && compareActs(p.Acts[i-1], act) >= 0:
			return fmt.Errorf("act %d is out of order", i+1)
		}
		made[at] = true
		from, to, err := rules.CheckAct(v.opening, p.Bets[act.Seq-1], act)
		if err != nil {
			return fmt.Errorf("act %d: %w", i+1, err)
		}
		if act.AtMS < from || act.AtMS >= min(to, p.Outcome.LiveMS) {
			return fmt.Errorf("bet %d acted at %d ms, which was not its time", act.Seq, act.AtMS)
		}
	}
	return nil
}

// compareActs is the order in which acts are listed: by moment, bet and slot.
func compareActs(a, b game.Act) int {
	return cmp.Or(cmp.Compare(a.AtMS, b.AtMS), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Slot, b.Slot))
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
		if v.acting() {
			left.Add(left, big.NewInt(p.Outcome.Slots[act.Slot].Amount))
		}
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
