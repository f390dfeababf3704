package games

import (
	"encoding/json"
	"errors"
	"fmt"

	"fairground/fairness"
	"fairground/models"
)

// JackpotProof is what a proof says about the group's pot that the stakes of a round or a play feed. Until
// a round is settled it holds the rules only.
type JackpotProof struct {
	ID           string          `json:"id"`
	Version      int             `json:"config_version"`
	Config       json.RawMessage `json:"config"`
	ConfigHash   string          `json:"config_hash"` // SHA-256 of the config's canonical JSON
	Drawn        bool            `json:"drawn"`
	CarryBefore  int64           `json:"carry_before"` // what earlier stakes left of a unit, in 1/10000
	PotBefore    int64           `json:"pot_before"`
	Contribution int64           `json:"contribution"` // what the house put in for the stakes
	Hit          bool            `json:"hit"`
	Winner       int64           `json:"winner,omitempty"` // the winning bet's Seq; 1 of a play
	Amount       int64           `json:"amount"`           // what it won: all that was in the pot
}

// rules are the pot's rules, once they are found to be those that the proof gives the hash of.
func (j *JackpotProof) rules() (c JackpotConfig, err error) {
	hash, err := canonicalHash(j.Config)
	if err != nil {
		return c, err
	}
	if err := compare(hash, j.ConfigHash); err != nil {
		return c, err
	}
	if err := json.Unmarshal(j.Config, &c); err != nil {
		return c, fmt.Errorf("read the pot's config: %w", err)
	}
	return c, nil
}

// redraw feeds the pot with stakes, draws it by draw, which answers with the winning stake's index or -1, and compares. seqs are the
// bets' sequence numbers.
func (j *JackpotProof) redraw(c JackpotConfig, stakes, seqs []int64, draw func([]int64) int) error {
	var sum int64
	for _, s := range stakes {
		if sum += s; s < 0 || sum < 0 {
			return errors.New("the stakes are more than there can be")
		}
	}
	if j.CarryBefore < 0 || j.CarryBefore >= bpScale || j.PotBefore < 0 {
		return errors.New("the pot before is none that can be")
	}
	want := JackpotProof{
		ID: j.ID, Version: j.Version, Config: j.Config, ConfigHash: j.ConfigHash, Drawn: true, CarryBefore: j.CarryBefore, PotBefore: j.PotBefore,
	}
	want.Contribution, _ = contribute(want.CarryBefore, sum, c.ContributionBP)
	if won := draw(stakes); won >= 0 {
		want.Hit, want.Winner, want.Amount = true, seqs[won], want.PotBefore+want.Contribution
	}
	return compareJSON(want, j)
}

// jackpot draws the pot again.
func (v *verifier) jackpot() error {
	p := v.proof
	j := p.Jackpot
	c, err := j.rules()
	if err != nil {
		return err
	}
	if p.Status == models.RoundVoided {
		if j.Drawn || j.Hit || j.Amount != 0 {
			return errors.New("the pot of a voided round is not drawn")
		}
		return nil
	}
	if !p.Status.Final() {
		return errPending
	}
	seed, err := fairness.ParseSeed(p.ServerSeed)
	if err != nil {
		return err
	}
	stakes, seqs := make([]int64, len(p.Bets)), make([]int64, len(p.Bets))
	for i, b := range p.Bets {
		stakes[i], seqs[i] = b.Stake, b.Seq
	}
	return j.redraw(c, stakes, seqs, func(stakes []int64) int {
		return drawJackpot(seed, p.ClientSeed, jackpotNonce, c.Chance, stakes)
	})
}
