package games

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"fairground/fairness"
)

// potStream is what the pot of a play adds to the player's seed. A play's game has the stream of its own nonce, so that no nonce is
// left for the pot; and no player seed has a colon, so that no game of any play ever draws from this stream.
const potStream = ":pot"

// potRules are the rules that a play feeds and draws its group's pot by; without an id there is no pot.
type potRules struct {
	id      string
	version int
	config  JackpotConfig
}

// potOf is the pot that a play of a game feeds, as far as this process knows: the database decides. Plays are house-banked all.
func (e *Engine) potOf(ctx context.Context, tenant, group int64, name string) (potRules, error) {
	key := [2]int64{tenant, group}
	p, ok := e.pots.get(key)
	if !ok {
		j, err := e.Jackpot(ctx, tenant, group)
		if err != nil {
			return potRules{}, err
		}
		p = potRules{id: j.ID, version: j.Version, config: j.Config}
		e.pots.put(key, p)
	}
	if !p.config.Enabled || len(p.config.Games) > 0 && !slices.Contains(p.config.Games, name) {
		return potRules{}, nil
	}
	return p, nil
}

// lucky says whether a stake wins the pot.
func (p potRules) lucky(source playerSource, stake int64) bool {
	if p.id == "" {
		return false
	}
	return drawJackpot(source.seed, source.ClientSeed+potStream, uint64(source.Nonce), p.config.Chance, []int64{stake}) == 0 //nolint:gosec // never negative
}

// jackpot feeds and draws the play's pot again.
func (v *playVerifier) jackpot() error {
	c, err := v.Jackpot.rules()
	if err != nil {
		return err
	}
	seed, err := fairness.ParseSeed(v.ServerSeed)
	if err != nil {
		return err
	}
	if v.Nonce < 0 {
		return errors.New("the nonce is negative")
	}
	nonce := uint64(v.Nonce)
	return v.Jackpot.redraw(c, []int64{v.Stake}, []int64{1}, func(stakes []int64) int {
		return drawJackpot(seed, v.ClientSeed+potStream, nonce, c.Chance, stakes)
	})
}

// playPot is a stored play's pot.
type playPot struct {
	id                                        *string // nil: the play fed none
	version                                   *int
	config                                    json.RawMessage
	hash                                      *string
	carryBefore, potBefore, contribution, won *int64
	hit                                       bool
}

// proof is what the play's proof says of it.
func (p playPot) proof() *JackpotProof {
	if p.id == nil {
		return nil
	}
	j := &JackpotProof{
		ID: *p.id, Version: *p.version, Config: p.config, ConfigHash: *p.hash, Drawn: true,
		CarryBefore: *p.carryBefore, PotBefore: *p.potBefore, Contribution: *p.contribution, Hit: p.hit, Amount: *p.won,
	}
	if p.hit {
		j.Winner = 1
	}
	return j
}
