package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games"
	"fairground/games/game"
	"fairground/models"
)

const (
	everyRounds = 25 // of each game
	everyBets   = 6
)

// TestEveryGameIsRecomputedAlike plays rounds of every game of the catalogue, writes their proofs and has the browser's verifier
// check them: it must make the same checks as the Go code, and find every one right.
func TestEveryGameIsRecomputedAlike(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, g := range games.Catalogue() {
		rng := rand.New(rand.NewPCG(1, uint64(len(name))))
		for i := range everyRounds {
			write(t, dir, fmt.Sprintf("%s-%d", name, i), g, rng)
		}
	}
	node(t, filepath.Join("testdata", "every.mjs"), dir)
}

// write writes a proof and the checks that the Go code made of it.
func write(t *testing.T, dir, name string, g game.Game, rng *rand.Rand) {
	t.Helper()
	var proof any
	var report games.Report
	if g.Info().Pace == game.PaceInstant {
		p := playOf(t, g, rng)
		proof, report = p, games.VerifyPlay(p)
	} else {
		p := roundOf(t, g, rng)
		proof, report = p, games.Verify(p)
	}
	raw, err := json.Marshal(proof)
	require.NoError(t, err)
	require.True(t, report.OK(), "%s: %+v\n%s", name, report.Checks, raw)
	both, err := json.Marshal(map[string]any{"proof": json.RawMessage(raw), "checks": report.Checks})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), both, 0o600))
}

// seedOf is a random server seed.
func seedOf(rng *rand.Rand) fairness.Seed {
	var raw [8]byte
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	return fairness.Seed(sha256.Sum256(raw[:]))
}

// configOf is a game's default config as it is published.
func configOf(t *testing.T, g game.Game) (raw json.RawMessage, hash string) {
	t.Helper()
	raw, err := games.Canonical(g.Info().DefaultConfig)
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	return raw, hex.EncodeToString(sum[:])
}

func openingOf(t *testing.T, g game.Game) (game.Rules, game.Opening) {
	t.Helper()
	rules, err := g.Parse(g.Info().DefaultConfig)
	require.NoError(t, err)
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	return rules, opening
}

// betsOf are bets that the rules allow: the opener's, then some on what is offered.
func betsOf(rules game.Rules, opening game.Opening, rng *rand.Rand) []game.Bet {
	var bets []game.Bet
	add := func(bet game.Bet) {
		n := len(bets)
		bet.Seq, bet.Player, bet.Seed = int64(n)+1, fmt.Sprintf("p_player%010d", n), fmt.Sprintf("seed-%d", rng.Uint32())
		if _, err := rules.CheckBet(opening, bet); err == nil {
			bets = append(bets, bet)
		}
	}
	stakes := []int64{1, 7, 10, 50, 100, 500, 1000}
	if first := opening.OpenerBet; first != nil {
		add(*first)
		stakes = []int64{first.Stake}
	}
	if stepped, ok := rules.(game.Stepped); ok {
		stakes = stepped.Stakes(opening)
	}
	choices := game.Choices(rules)
	if len(choices) == 0 {
		return bets
	}
	for try := 0; try < 50*everyBets && len(bets) < everyBets && (opening.Seats == 0 || len(bets) < opening.Seats); try++ {
		add(game.Bet{Choice: choices[rng.IntN(len(choices))], Stake: stakes[rng.IntN(len(stakes))]})
	}
	return bets
}

// roundOf plays a round as the engine would.
func roundOf(t *testing.T, g game.Game, rng *rand.Rand) games.Proof {
	t.Helper()
	rules, opening := openingOf(t, g)
	seed := seedOf(rng)
	commit := seed.Commit()
	at := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	p := games.Proof{
		Format: games.ProofFormat, Round: "r_" + hex.EncodeToString(commit[:8]), Game: g.Info().Name, ConfigVersion: 1, Asset: games.AssetPoints,
		Status: models.RoundSettled, OpenedAt: games.ProofTime(at), ClosesAt: games.ProofTime(at), ClosedAt: games.ProofTime(at), SettledAt: games.ProofTime(at),
		Commit: hex.EncodeToString(commit[:]), ServerSeed: seed.Hex(), Params: opening.Params, Bets: betsOf(rules, opening, rng),
	}
	p.Config, p.ConfigHash = configOf(t, g)
	p.DrawBets = len(p.Bets)
	if opening.Slots > 0 && !slices.Contains(g.Info().Phases, game.PhaseBet) {
		p.DrawBets = 1
	}
	entries := make([]fairness.Entry, p.DrawBets)
	for i, b := range p.Bets[:p.DrawBets] {
		entries[i] = fairness.Entry{Seq: b.Seq, Player: b.Player, Seed: b.Seed}
	}
	p.ClientSeed = fairness.ClientSeed(p.Round, entries)
	played := table{Game: g, rules: rules, opening: opening, rng: rng}
	outcome := outcomeOf(t, played, &p, seed)
	p.Outcome = &outcome
	p.Acts = doneOf(t, played, outcome, p.Bets)
	settle(t, rules, opening, outcome, &p)
	return p
}

// table is a game with the round that is played.
type table struct {
	game.Game

	rules   game.Rules
	opening game.Opening
	rng     *rand.Rand
}

// outcomeOf draws, or takes a value from outside, and chooses from the bank.
func outcomeOf(t *testing.T, g table, p *games.Proof, seed fairness.Seed) game.Outcome {
	t.Helper()
	rules, opening, rng := g.rules, g.opening, g.rng
	if external, ok := rules.(game.External); ok {
		for {
			value := rng.Int64N(64) + 1
			if outcome, err := external.Take(opening, value); err == nil {
				p.External = &games.External{Source: g.Info().Source, Value: value}
				return outcome
			}
		}
	}
	outcome, err := rules.Draw(opening, fairness.NewStream(seed, p.ClientSeed, 0))
	require.NoError(t, err)
	banked, ok := rules.(game.Banked)
	if !ok {
		return outcome
	}
	stocked, ok := rules.(game.Stocked)
	require.True(t, ok, "%s has no bank of its own to play with here", g.Info().Name)
	bank, ok := stocked.OwnBank(opening)
	require.True(t, ok)
	outcome.Content, err = banked.Pick(opening, outcome, bank)
	require.NoError(t, err)
	return outcome
}

// doneOf is what players do: take some shares, or act at random moments of a run.
func doneOf(t *testing.T, g table, outcome game.Outcome, bets []game.Bet) []game.Act {
	t.Helper()
	opening, rng := g.opening, g.rng
	var acts []game.Act
	live, ok := g.rules.(game.Live)
	if !ok {
		for slot := range outcome.Slots {
			if rng.IntN(2) == 0 {
				acts = append(acts, game.Act{Slot: slot, Player: fmt.Sprintf("p_taker%011d", slot)})
			}
		}
		return acts
	}
	choices := actChoices(t, g)
	for _, bet := range bets {
		for slot := range 8 {
			act := game.Act{Slot: slot, Player: bet.Player, Seq: bet.Seq, Choice: choices[rng.IntN(len(choices))]}
			from, to, err := live.CheckAct(opening, bet, act)
			if to = min(to, outcome.LiveMS); err != nil || from >= to || rng.IntN(3) == 0 {
				continue
			}
			act.AtMS = from + rng.Int64N(to-from)
			acts = append(acts, act)
		}
	}
	slices.SortFunc(acts, func(a, b game.Act) int {
		return slices.Compare([]int64{a.AtMS, a.Seq, int64(a.Slot)}, []int64{b.AtMS, b.Seq, int64(b.Slot)})
	})
	return acts
}

// actChoices are what can be done in a run, by the game's texts.
func actChoices(t *testing.T, g game.Game) []string {
	t.Helper()
	raw, err := fs.ReadFile(g.Info().Locales, "en.json")
	require.NoError(t, err)
	var texts map[string]string
	require.NoError(t, json.Unmarshal(raw, &texts))
	var out []string
	for key := range texts {
		if choice, found := strings.CutPrefix(key, "button.act."); found {
			out = append(out, choice)
		}
	}
	slices.Sort(out)
	require.NotEmpty(t, out, "%s has nothing to do in a run", g.Info().Name)
	return out
}

func settle(t *testing.T, rules game.Rules, opening game.Opening, outcome game.Outcome, p *games.Proof) {
	t.Helper()
	var err error
	p.Payouts, err = rules.Settle(opening, outcome, p.Bets, p.Acts)
	require.NoError(t, err)
	for _, b := range p.Bets {
		p.House += b.Stake
	}
	for _, payout := range p.Payouts {
		p.House -= payout.Amount
	}
	for _, act := range p.Acts {
		if len(outcome.Slots) > 0 {
			p.House -= outcome.Slots[act.Slot].Amount
		}
	}
	p.SettlementHash, err = games.SettlementHash(p.Round, outcome, p.Payouts)
	require.NoError(t, err)
}

// playOf plays an instant game once.
func playOf(t *testing.T, g game.Game, rng *rand.Rand) games.PlayProof {
	t.Helper()
	rules, opening := openingOf(t, g)
	bet := betsOf(rules, opening, rng)[0]
	seed, nonce := seedOf(rng), rng.Int64N(1000)
	commit := seed.Commit()
	outcome, err := rules.Draw(opening, fairness.NewStream(seed, bet.Seed, uint64(nonce)))
	require.NoError(t, err)
	payouts, err := rules.Settle(opening, outcome, []game.Bet{bet}, nil)
	require.NoError(t, err)
	chain := games.ChainRef{ID: "c_" + strings.Repeat("a", 16), Index: 7, Hash: strings.Repeat("0", 64)}
	p := games.PlayProof{
		Format: games.PlayProofFormat, Play: fmt.Sprintf("pl_%s_%d_%d", strings.TrimPrefix(chain.ID, "c_"), chain.Index, nonce), Game: g.Info().Name, ConfigVersion: 1,
		Asset: games.AssetPoints, Player: bet.Player, Choice: bet.Choice, Stake: bet.Stake, Params: opening.Params,
		PlayedAt: games.ProofTime(time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)), Chain: chain, Commit: hex.EncodeToString(commit[:]), ServerSeed: seed.Hex(),
		ClientSeed: bet.Seed, Nonce: nonce, Outcome: &outcome,
	}
	p.Config, p.ConfigHash = configOf(t, g)
	for _, payout := range payouts {
		p.Payout += payout.Amount
	}
	p.Jackpot = potOf(t, p, rng, fairness.NewStream(seed, bet.Seed+":pot", uint64(nonce)))
	return p
}

// potOf is a pot that every second play wins.
func potOf(t *testing.T, p games.PlayProof, rng *rand.Rand, words *fairness.Stream) *games.JackpotProof {
	t.Helper()
	c := games.JackpotConfig{Enabled: true, ContributionBP: 1 + rng.IntN(5000), Chance: max(2, 2*p.Stake), Games: []string{}}
	config, err := games.Canonical(c)
	require.NoError(t, err)
	sum := sha256.Sum256(config)
	j := &games.JackpotProof{
		ID: "jp_" + strings.Repeat("a", 16), Version: 1, Config: config, ConfigHash: hex.EncodeToString(sum[:]), Drawn: true,
		CarryBefore: rng.Int64N(10_000), PotBefore: rng.Int64N(1_000_000),
	}
	j.Contribution = (j.CarryBefore + p.Stake*int64(c.ContributionBP)) / 10_000
	if words.Int64n(c.Chance) < p.Stake {
		j.Hit, j.Winner, j.Amount = true, 1, j.PotBefore+j.Contribution
	}
	return j
}
