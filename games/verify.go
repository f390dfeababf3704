package games

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/models"
)

// Verify recomputes a round from its proof alone: nothing is looked up and nobody is trusted. A
// check that builds on a failed one is skipped, so that what failed is what is wrong.
func Verify(p Proof) Report { return verifyRound(p, nil) }

// VerifyIn is Verify with the published list of the chain that the round's seed comes from.
func VerifyIn(p Proof, chain Chain) Report { return verifyRound(p, &chain) }

func verifyRound(p Proof, chain *Chain) Report {
	v := verifier{proof: p, report: Report{Round: p.Round, Game: p.Game, Final: p.Status.Final()}}
	v.check(CheckFormat, v.format)
	v.check(CheckConfigHash, v.configHash)
	v.check(CheckParams, v.params, CheckFormat)
	v.check(CheckBets, v.bets, CheckParams)
	v.check(CheckCommit, v.commit)
	if p.Chain != nil || chain != nil {
		v.check(CheckChain, func() error { return v.chain(chain) })
	}
	if p.Beacon != nil {
		v.check(CheckBeacon, v.beacon)
	}
	if p.Status == models.RoundVoided {
		v.check(CheckDraw, v.noDraw)
		v.check(CheckPayouts, v.refunds, CheckDraw)
	} else {
		v.check(CheckClientSeed, v.clientSeed, CheckFormat, CheckBeacon)
		v.check(CheckDraw, v.draw, CheckParams, CheckCommit, CheckClientSeed)
		if _, ok := v.rules.(game.Banked); ok {
			v.check(CheckContent, v.content, CheckDraw)
		}
		if v.acting() || v.live() || len(p.Acts) > 0 {
			v.check(CheckActs, v.acts, CheckBets, CheckDraw)
		}
		v.check(CheckPayouts, v.payouts, CheckBets, CheckDraw, CheckContent, CheckActs)
	}
	v.check(CheckSums, v.sums, CheckPayouts)
	v.check(CheckHash, v.hash, CheckDraw, CheckPayouts)
	if p.Jackpot != nil {
		v.check(CheckJackpot, v.jackpot, CheckBets, CheckCommit, CheckClientSeed)
	}
	return v.report
}

// errPending means that the round has not come so far yet.
var errPending = errors.New("the round is not over")

// mismatchError is a failed comparison.
type mismatchError struct{ expected, got string }

// Error implements error.
func (m mismatchError) Error() string { return "differs from what was recomputed" }

func compare(expected, got string) error {
	if expected != got {
		return mismatchError{expected: expected, got: got}
	}
	return nil
}

type verifier struct {
	proof   Proof
	report  Report
	game    game.Game
	rules   game.Rules
	opening game.Opening
}

// check runs one check unless something it builds on is not ok.
func (v *verifier) check(name CheckName, run func() error, needs ...CheckName) {
	c := Check{Name: name, Title: v.title(name), Status: CheckOK}
	for _, made := range v.report.Checks {
		if made.Status == CheckOK || !slices.Contains(needs, made.Name) {
			continue
		}
		c.Status, c.Detail = CheckSkipped, "it builds on "+string(made.Name)
		if made.Status == CheckPending {
			c.Status, c.Detail = CheckPending, errPending.Error()
		}
		v.report.Checks = append(v.report.Checks, c)
		return
	}
	err := run()
	var differs mismatchError
	switch {
	case err == nil && name == CheckDraw && v.outside():
		c.Detail = "the value is the source's own: it can't be recomputed"
	case err == nil:
	case errors.Is(err, errPending):
		c.Status, c.Detail = CheckPending, err.Error()
	case errors.As(err, &differs):
		c.Status, c.Detail, c.Expected, c.Got = CheckFailed, err.Error(), differs.expected, differs.got
	default:
		c.Status, c.Detail = CheckFailed, err.Error()
	}
	v.report.Checks = append(v.report.Checks, c)
}

func (v *verifier) acting() bool { return v.game != nil && acting(v.game.Info()) }

func (v *verifier) live() bool { return v.game != nil && isLive(v.game.Info()) }

// outside says that the draw does not come from the seeds.
func (v *verifier) outside() bool { return v.game != nil && v.game.Info().Source != game.SourceSeeds }

func (v *verifier) format() error {
	p := v.proof
	if err := compare(ProofFormat, p.Format); err != nil {
		return err
	}
	switch p.Status {
	case models.RoundOpen, models.RoundClosed, models.RoundDrawn, models.RoundSettled, models.RoundVoided:
	default:
		return fmt.Errorf("%q is not a status of a round", p.Status)
	}
	g, ok := Catalogue()[p.Game]
	if !ok {
		return fmt.Errorf("%q is not a game known here", p.Game)
	}
	v.game = g
	return nil
}

func (v *verifier) configHash() error {
	hash, err := canonicalHash(v.proof.Config)
	if err != nil {
		return err
	}
	return compare(hash, v.proof.ConfigHash)
}

func (v *verifier) params() error {
	var err error
	if v.rules, err = v.game.Parse(v.proof.Config); err != nil {
		return err
	}
	if v.opening, err = v.rules.Open(v.proof.Params); err != nil {
		return err
	}
	return compareJSON(v.opening.Params, v.proof.Params)
}

func (v *verifier) bets() error {
	p, o := v.proof, v.opening
	if len(p.Bets) == 0 && !p.Status.Final() {
		return errPending
	}
	each := map[string]int{}
	for i, bet := range p.Bets {
		each[bet.Player]++
		switch {
		case bet.Seq != int64(i)+1:
			return fmt.Errorf("bet %d stands at place %d", bet.Seq, i+1)
		case bet.Player == "":
			return fmt.Errorf("bet %d has no player", bet.Seq)
		case !fairness.ValidPlayerSeed(bet.Seed) && (bet.Seed != "" || p.Status != models.RoundOpen): // an open round hides them
			return fmt.Errorf("bet %d has no valid player seed", bet.Seq)
		case o.BetsEach > 0 && each[bet.Player] > o.BetsEach:
			return fmt.Errorf("bet %d is one too many of its player", bet.Seq)
		}
		if _, err := v.rules.CheckBet(o, bet); err != nil {
			return fmt.Errorf("bet %d: %w", bet.Seq, err)
		}
	}
	if o.Seats > 0 && len(p.Bets) > o.Seats {
		return fmt.Errorf("%d bets for %d seats", len(p.Bets), o.Seats)
	}
	if first := o.OpenerBet; first != nil && (len(p.Bets) == 0 || p.Bets[0].Choice != first.Choice || p.Bets[0].Stake != first.Stake) {
		return fmt.Errorf("the first bet is not the opener's %d on %s", first.Stake, first.Choice)
	}
	return nil
}

func (v *verifier) commit() error {
	p := v.proof
	if p.ServerSeed == "" && !p.Status.Final() {
		return errPending
	}
	seed, err := fairness.ParseSeed(p.ServerSeed)
	if err != nil {
		return err
	}
	sum := seed.Commit()
	return compare(hex.EncodeToString(sum[:]), p.Commit)
}

func (v *verifier) clientSeed() error {
	p := v.proof
	if p.ClientSeed == "" && !p.Status.Final() {
		return errPending
	}
	fed := len(p.Bets)
	if v.acting() {
		fed = min(1, fed)
	}
	if p.DrawBets != fed {
		return mismatchError{expected: fmt.Sprintf("draw_bets %d", fed), got: fmt.Sprintf("draw_bets %d", p.DrawBets)}
	}
	entries := make([]fairness.Entry, fed)
	for i, bet := range p.Bets[:fed] {
		entries[i] = fairness.Entry{Seq: bet.Seq, Player: bet.Player, Seed: bet.Seed}
	}
	client, err := v.mixed(fairness.ClientSeed(p.Round, entries))
	if err != nil {
		return err
	}
	return compare(client, p.ClientSeed)
}

func (v *verifier) draw() error {
	p := v.proof
	seed, err := fairness.ParseSeed(p.ServerSeed)
	if err != nil {
		return err
	}
	if p.Outcome == nil {
		if p.Status.Final() {
			return errors.New("the outcome is missing")
		}
		return errPending
	}
	if (p.External != nil) != v.outside() {
		return errors.New("the value that decides the round is missing, or is not one that may")
	}
	var value *int64
	if p.External != nil {
		if err := compare(string(v.game.Info().Source), string(p.External.Source)); err != nil {
			return err
		}
		value = &p.External.Value
	}
	drawn, err := takeOrDraw(v.rules, v.opening, value, fairness.NewStream(seed, p.ClientSeed, 0))
	if err != nil {
		return err
	}
	if _, ok := v.rules.(game.Banked); ok {
		drawn.Content = p.Outcome.Content // a check of its own
	}
	return compareJSON(drawn, p.Outcome)
}

func (v *verifier) content() error {
	banked, ok := v.rules.(game.Banked)
	if !ok {
		return errors.New("the game plays with no content")
	}
	return banked.CheckContent(v.opening, *v.proof.Outcome)
}

func (v *verifier) noDraw() error {
	if v.proof.Outcome != nil || len(v.proof.Acts) > 0 || v.proof.External != nil {
		return errors.New("a voided round has no outcome")
	}
	return nil
}

func compareJSON(expected, got any) error {
	want, err := Canonical(expected)
	if err != nil {
		return err
	}
	have, err := Canonical(got)
	if err != nil {
		return err
	}
	return compare(string(want), string(have))
}

// canonicalHash is the hex SHA-256 of a value's canonical JSON.
func canonicalHash(v any) (string, error) {
	canonical, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// ReadProof reads a proof's JSON. Fields that are not known here are ignored.
func ReadProof(raw []byte) (Proof, error) {
	var p Proof
	if err := json.Unmarshal(raw, &p); err != nil {
		return Proof{}, fmt.Errorf("read a proof: %w", err)
	}
	if p.Format == "" {
		return Proof{}, errors.New("read a proof: this is not the proof of a round, it has no format")
	}
	return p, nil
}
