package games_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/test/fixture"
)

// provePlays rotates every player's seed and checks all of the plays, by the proof's own JSON. It returns the proofs in the order in
// which the plays met the pot.
func provePlays(t *testing.T, w *fixture.World) []games.PlayProof {
	t.Helper()
	for _, p := range w.Players {
		_, err := w.Engine.RotateSeed(t.Context(), games.RotateRequest{Tenant: w.Tenant, Player: p, Key: "prove"})
		require.NoError(t, err)
	}
	rows, err := w.Owner.Query(t.Context(), `SELECT ref FROM jackpot_draws WHERE source = 'play' ORDER BY drawn_at, transfer_id`)
	require.NoError(t, err)
	var refs []string
	for rows.Next() {
		var ref string
		require.NoError(t, rows.Scan(&ref))
		refs = append(refs, ref)
	}
	require.NoError(t, rows.Err())
	proofs := make([]games.PlayProof, len(refs))
	for i, ref := range refs {
		proof, err := w.Engine.PlayProof(t.Context(), ref)
		require.NoError(t, err)
		raw, err := json.Marshal(proof)
		require.NoError(t, err)
		proofs[i], err = games.ReadPlayProof(raw)
		require.NoError(t, err)
		report := games.VerifyPlayOf(proofs[i], coin{})
		require.True(t, report.OK(), "%+v", report)
		require.Contains(t, report.Checks, games.Check{Name: games.CheckJackpot, Title: "The pot was fed and drawn by its rules", Status: games.CheckOK})
	}
	return proofs
}

// TestPlaysFeedAndDrawThePot has a crowd play in two processes while the pot's rules change under them.
func TestPlaysFeedAndDrawThePot(t *testing.T) {
	t.Parallel()
	const players, each = 24, 12
	w := coinWorld(t, fixture.Options{Players: players, Points: 100_000})
	config := games.JackpotConfig{Enabled: true, ContributionBP: 333, Chance: 1500, Seed: 500}
	setJackpot(t, w, config)
	other := w.NewEngine(noLocker(t))
	other.AddGame(coin{})
	engines := []*games.Engine{w.Engine, other}
	before := w.Total(t)
	gains := make([]int64, players)
	var crowd errgroup.Group
	for p := range players {
		crowd.Go(func() error {
			for i := range each {
				req := toss(w, p, []string{"heads", "tails"}[i%2], int64(17+p+i), fmt.Sprint(i))
				receipt, err := playUntilHeard(t, engines[(p+i)%2], req)
				if err != nil {
					return err
				}
				gains[p] += receipt.Payout + receipt.Jackpot - receipt.Stake
				if want := 100_000 + gains[p]; receipt.Balance != want {
					return fmt.Errorf("play %s tells a balance of %d, not %d", receipt.ID, receipt.Balance, want)
				}
				again, err := playUntilHeard(t, w.Engine, req)
				if err != nil || again.Jackpot != receipt.Jackpot || again.Balance != receipt.Balance || !again.Replayed {
					return fmt.Errorf("play %s again: %+v, %w", receipt.ID, again, err)
				}
			}
			return nil
		})
	}
	crowd.Go(func() error {
		config.ContributionBP, config.Chance = 777, 900
		now, err := w.Engine.Jackpot(t.Context(), w.Tenant, w.Group)
		if err == nil {
			_, err = w.Engine.SetJackpot(t.Context(), owner(t, w), w.Group, now.Version, config, "a test")
		}
		return err
	})
	require.NoError(t, crowd.Wait())
	var sum int64
	for p, gain := range gains {
		sum += gain
		require.Equal(t, 100_000+gain, w.Balance(t, w.Players[p]))
	}
	require.Equal(t, before+sum, w.Total(t))

	proofs := provePlays(t, w)
	require.Len(t, proofs, players*each, "every play, once")
	hits := requireFollowing(t, proofs, 500)
	contributed, seeded, paid, pot := potSums(t, w)
	require.Equal(t, contributed+seeded, pot+paid)
	require.EqualValues(t, 500*(hits+1), seeded)
	require.Positive(t, hits, "some 9 of them")
}

// requireFollowing checks that each draw begins with what the one before left. It returns how many won.
func requireFollowing(t *testing.T, proofs []games.PlayProof, seed int64) (hits int) {
	t.Helper()
	pot, carry := seed, int64(0)
	for _, p := range proofs {
		j := p.Jackpot
		require.Equal(t, []int64{pot, carry}, []int64{j.PotBefore, j.CarryBefore}, "play %s", p.Play)
		var c games.JackpotConfig
		require.NoError(t, json.Unmarshal(j.Config, &c))
		carry = (carry + p.Stake*int64(c.ContributionBP)) % 10_000
		if pot += j.Contribution; j.Hit {
			require.Equal(t, pot, j.Amount)
			pot = seed
			hits++
		}
	}
	return hits
}

// TestAForgedPotOfAPlayIsFound changes what a proof says of the pot.
func TestAForgedPotOfAPlayIsFound(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 1, Points: 100_000})
	setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 100, Chance: 400, Seed: 50})
	var hit, miss games.PlayReceipt
	for i := 0; hit.ID == "" || miss.ID == ""; i++ {
		receipt, err := w.Engine.Play(t.Context(), toss(w, 0, "heads", 100, fmt.Sprint(i)))
		require.NoError(t, err)
		if receipt.Jackpot > 0 {
			hit = receipt
		} else {
			miss = receipt
		}
	}
	open, err := w.Engine.PlayProof(t.Context(), miss.ID)
	require.NoError(t, err)
	report := games.VerifyPlayOf(open, coin{})
	require.Empty(t, report.Failed())
	require.Equal(t, games.CheckPending, report.Checks[len(report.Checks)-1].Status, "the seed is a secret yet")
	provePlays(t, w)
	for _, id := range []string{hit.ID, miss.ID} {
		honest, err := w.Engine.PlayProof(t.Context(), id)
		require.NoError(t, err)
		for name, forge := range map[string]func(*games.JackpotProof){
			"hit": func(j *games.JackpotProof) {
				j.Hit, j.Winner, j.Amount = !j.Hit, 1-j.Winner, j.PotBefore+j.Contribution-j.Amount
			},
			"amount":       func(j *games.JackpotProof) { j.Amount++ },
			"contribution": func(j *games.JackpotProof) { j.Contribution++ },
			"carry":        func(j *games.JackpotProof) { j.CarryBefore = 10_000 },
			"not drawn":    func(j *games.JackpotProof) { j.Drawn = false },
			"other rules":  func(j *games.JackpotProof) { j.Config = json.RawMessage(`{"contribution_bp":100,"chance":2}`) },
		} {
			forged, j := honest, *honest.Jackpot
			forge(&j)
			forged.Jackpot = &j
			require.Equal(t, []games.CheckName{games.CheckJackpot}, games.VerifyPlayOf(forged, coin{}).Failed(), name)
		}
	}
}

// TestPlaysFeedThePotOfTheirGroupOnly: other games, pots that are off and plays that can't be paid for feed nothing.
func TestPlaysFeedThePotOfTheirGroupOnly(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 2, Points: 1000})
	other := w.NewEngine(noLocker(t))
	other.AddGame(coin{})
	play := func(e *games.Engine, key string, stake int64) *games.JackpotProof {
		t.Helper()
		receipt, err := e.Play(t.Context(), toss(w, 0, "heads", stake, key))
		require.NoError(t, err)
		proof, err := w.Engine.PlayProof(t.Context(), receipt.ID)
		require.NoError(t, err)
		return proof.Jackpot
	}
	require.Nil(t, play(w.Engine, "none", 10))
	require.Nil(t, play(other, "none there", 10))
	setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 5000, Chance: 1_000_000_000, Games: []string{"dice"}})
	require.Nil(t, play(w.Engine, "dice only", 10))
	setJackpot(t, w, games.JackpotConfig{Enabled: true, ContributionBP: 5000, Chance: 1_000_000_000})
	require.EqualValues(t, 5, play(other, "on", 10).Contribution, "another process learns of it by the first play")
	require.Equal(t, 2, play(w.Engine, "on here", 10).Version)
	_, err := w.Engine.Play(t.Context(), toss(w, 1, "heads", 10_000, "poor"))
	refuses(t, err, games.ErrInsufficient)
	setJackpot(t, w, games.JackpotConfig{ContributionBP: 5000, Chance: 2})
	require.Nil(t, play(other, "off", 10))
	require.Nil(t, play(w.Engine, "off here", 10))
	_, _, paid, pot := potSums(t, w)
	require.EqualValues(t, 10, pot)
	require.Zero(t, paid)
}
