package games

import (
	"encoding/json"
	"errors"
	"fmt"

	"fairground/fairness"
	"fairground/models"
)

// JackpotProof is what a proof says about the group's pot that the round's stakes feed. Until the round is settled it holds the rules only.
type JackpotProof struct {
	ID           string          `json:"id"`
	Version      int             `json:"config_version"`
	Config       json.RawMessage `json:"config"`
	ConfigHash   string          `json:"config_hash"` // SHA-256 of the config's canonical JSON
	Drawn        bool            `json:"drawn"`
	CarryBefore  int64           `json:"carry_before"` // what earlier stakes left of a unit, in 1/10000
	PotBefore    int64           `json:"pot_before"`
	Contribution int64           `json:"contribution"` // what the house put in for the round's stakes
	Hit          bool            `json:"hit"`
	Winner       int64           `json:"winner,omitempty"` // the winning bet's Seq
	Amount       int64           `json:"amount"`           // what it won: all that was in the pot
}

// jackpot draws the pot again.
func (v *verifier) jackpot() error {
	p := v.proof
	j := p.Jackpot
	hash, err := canonicalHash(j.Config)
	if err != nil {
		return err
	}
	if err := compare(hash, j.ConfigHash); err != nil {
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
	var c JackpotConfig
	if err := json.Unmarshal(j.Config, &c); err != nil {
		return fmt.Errorf("read the pot's config: %w", err)
	}
	return v.drawnJackpot(c)
}

func (v *verifier) drawnJackpot(c JackpotConfig) error {
	p := v.proof
	seed, err := fairness.ParseSeed(p.ServerSeed)
	if err != nil {
		return err
	}
	stakes := make([]int64, len(p.Bets))
	var sum int64
	for i, b := range p.Bets {
		stakes[i] = b.Stake
		if sum += b.Stake; b.Stake < 0 || sum < 0 {
			return errors.New("the stakes are more than there can be")
		}
	}
	want := JackpotProof{
		ID: p.Jackpot.ID, Version: p.Jackpot.Version, Config: p.Jackpot.Config, ConfigHash: p.Jackpot.ConfigHash, Drawn: true,
		CarryBefore: p.Jackpot.CarryBefore, PotBefore: p.Jackpot.PotBefore,
	}
	if want.CarryBefore < 0 || want.CarryBefore >= bpScale || want.PotBefore < 0 {
		return errors.New("the pot before is none that can be")
	}
	want.Contribution, _ = contribute(want.CarryBefore, sum, c.ContributionBP)
	if won := drawJackpot(seed, p.ClientSeed, jackpotNonce, c.Chance, stakes); won >= 0 {
		want.Hit, want.Winner, want.Amount = true, p.Bets[won].Seq, want.PotBefore+want.Contribution
	}
	return compareJSON(want, p.Jackpot)
}
