package games

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/models"
)

// The checks of a play's proof beside those of a round's.
const (
	CheckChain  CheckName = "chain"
	CheckPayout CheckName = "payout"
	CheckBeacon CheckName = "beacon" // of a round
)

// pendingError is why a check can't be made yet.
type pendingError string

// Why a check of a proof waits.
const (
	errChainUnseen pendingError = "the published list of the chain is not at hand"
	errSeedInUse   pendingError = "the player has not rotated the seed"
)

// Error implements error.
func (p pendingError) Error() string { return string(p) }

// Is makes a check that ends so pending.
func (p pendingError) Is(target error) bool { return target == errPending }

// VerifyPlay recomputes an instant play from its proof alone. Until the player rotates the seed, what is drawn from it is
// pending.
func VerifyPlay(p PlayProof) Report { return verifyPlay(p, Catalogue(), nil) }

// VerifyPlayIn is VerifyPlay with the published list of the play's chain.
func VerifyPlayIn(p PlayProof, chain Chain) Report { return verifyPlay(p, Catalogue(), &chain) }

func verifyPlay(p PlayProof, known map[string]game.Game, chain *Chain) Report {
	v := playVerifier{
		PlayProof: p, known: known, list: chain,
		verifier: verifier{report: Report{Round: p.Play, Game: p.Game, Final: p.ServerSeed != ""}},
	}
	v.check(CheckFormat, v.format)
	v.check(CheckConfigHash, v.configHash)
	v.check(CheckParams, v.params, CheckFormat)
	v.check(CheckBets, v.bet, CheckParams)
	v.check(CheckChain, v.chain)
	v.check(CheckCommit, v.commit)
	v.check(CheckDraw, v.draw, CheckParams, CheckCommit)
	v.check(CheckPayout, v.payout, CheckBets)
	if p.Jackpot != nil {
		v.check(CheckJackpot, v.jackpot, CheckBets, CheckCommit)
	}
	for i := range v.report.Checks {
		c := &v.report.Checks[i]
		c.Title = playTitle(c.Name)
		if (c.Name == CheckDraw || c.Name == CheckJackpot) && c.Status == CheckPending {
			c.Detail = errSeedInUse.Error()
		}
	}
	return v.report
}

// playTitle says what a check of a play is about.
func playTitle(name CheckName) string {
	switch name {
	case CheckParams:
		return "The rules allow the play"
	case CheckBets:
		return "The rules allow the bet"
	case CheckPayout:
		return "The payout follows from the outcome"
	default:
		return checkTitle(name, models.RoundSettled)
	}
}

// playVerifier recomputes a play.
type playVerifier struct {
	PlayProof
	verifier
	known map[string]game.Game
	list  *Chain
}

func (v *playVerifier) format() error {
	if err := compare(PlayProofFormat, v.Format); err != nil {
		return err
	}
	if err := compare(playID(v.Chain.ID, v.Chain.Index, v.Nonce), v.Play); err != nil {
		return err
	}
	g, ok := v.known[v.Game]
	if !ok {
		return fmt.Errorf("%q is not a game known here", v.Game)
	}
	if g.Info().Pace != game.PaceInstant {
		return fmt.Errorf("%q is played in rounds", v.Game)
	}
	v.game = g
	return nil
}

func (v *playVerifier) configHash() error {
	hash, err := canonicalHash(v.Config)
	if err != nil {
		return err
	}
	return compare(hash, v.ConfigHash)
}

func (v *playVerifier) params() error {
	var err error
	if v.rules, err = v.game.Parse(v.Config); err != nil {
		return err
	}
	if v.opening, err = v.rules.Open(nil); err != nil {
		return err
	}
	return compareJSON(v.opening.Params, v.Params)
}

// stake is the one bet of the play.
func (v *playVerifier) stake() game.Bet {
	return game.Bet{Seq: 1, Player: v.Player, Choice: v.Choice, Stake: v.Stake, Seed: v.ClientSeed}
}

func (v *playVerifier) bet() error {
	if v.Player == "" {
		return errors.New("the play has no player")
	}
	if !fairness.ValidPlayerSeed(v.ClientSeed) {
		return errors.New("the play has no valid player seed")
	}
	_, err := v.rules.CheckBet(v.opening, v.stake())
	return err
}

func (v *playVerifier) chain() error { return checkChain(v.Chain, v.Commit, v.list) }

func (v *playVerifier) commit() error {
	if v.ServerSeed == "" {
		return errSeedInUse
	}
	return checkSeed(v.ServerSeed, v.Commit)
}

func (v *playVerifier) draw() error {
	seed, err := fairness.ParseSeed(v.ServerSeed)
	if err != nil {
		return err
	}
	if v.Nonce < 0 {
		return errors.New("the nonce is negative")
	}
	drawn, err := v.rules.Draw(v.opening, fairness.NewStream(seed, v.ClientSeed, uint64(v.Nonce)))
	if err != nil {
		return err
	}
	return compareJSON(drawn, v.Outcome)
}

func (v *playVerifier) payout() error {
	if v.Outcome == nil {
		return errors.New("the outcome is missing")
	}
	sum, _, err := settlePlay(v.rules, v.opening, *v.Outcome, v.stake())
	if err != nil {
		return err
	}
	return compare(strconv.FormatInt(sum, 10), strconv.FormatInt(v.Payout, 10))
}

// checkSeed checks a revealed seed against its commitment.
func checkSeed(text, commit string) error {
	seed, err := fairness.ParseSeed(text)
	if err != nil {
		return err
	}
	sum := seed.Commit()
	return compare(hex.EncodeToString(sum[:]), commit)
}

// checkChain checks that a commitment stands where a proof says in the chain whose hash it gives.
func checkChain(ref ChainRef, commit string, list *Chain) error {
	if list == nil {
		return errChainUnseen
	}
	if err := compare(ref.ID, list.ID); err != nil {
		return err
	}
	commits := make([][32]byte, len(list.Commits))
	for i, text := range list.Commits {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != len(commits[i]) {
			return fmt.Errorf("commitment %d of chain %s is not 64 hex digits", i, list.ID)
		}
		commits[i] = [32]byte(raw)
	}
	hash := fairness.ChainHash(list.ID, commits)
	if err := compare(hex.EncodeToString(hash[:]), ref.Hash); err != nil {
		return err
	}
	if ref.Index < 0 || ref.Index >= len(commits) {
		return fmt.Errorf("chain %s has no seed %d", ref.ID, ref.Index)
	}
	return compare(list.Commits[ref.Index], commit)
}

// ReadChain reads a chain's JSON. Fields that are not known here are ignored.
func ReadChain(raw []byte) (Chain, error) {
	var c Chain
	if err := json.Unmarshal(raw, &c); err != nil {
		return Chain{}, fmt.Errorf("read a chain: %w", err)
	}
	if c.Format != ChainFormat {
		return Chain{}, fmt.Errorf("read a chain: the format is %q, not %s", c.Format, ChainFormat)
	}
	return c, nil
}

// ReadPlayProof reads a play proof's JSON. Fields that are not known here are ignored.
func ReadPlayProof(raw []byte) (PlayProof, error) {
	var p PlayProof
	if err := json.Unmarshal(raw, &p); err != nil {
		return PlayProof{}, fmt.Errorf("read a proof: %w", err)
	}
	if p.Format == "" {
		return PlayProof{}, errors.New("read a proof: this is not the proof of a play, it has no format")
	}
	return p, nil
}
