package games_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games"
	"fairground/games/game"
)

// slotsPlay is a play of slots with its chain, from a fixed master.
func slotsPlay(t *testing.T) (games.PlayProof, games.Chain) {
	t.Helper()
	const id, index, nonce = "c_abcdefghijklmnop", 1, 7
	master := fairness.Seed([]byte("a master that only this test has"))
	commits := make([][32]byte, 4)
	chain := games.Chain{Format: games.ChainFormat, ID: id, For: "plays", Owner: "p_aaaaaaaaaaaaaaaa", Size: len(commits), Used: 3, CreatedAt: games.ProofTime(time.Unix(1_800_000_000, 0))}
	for i := range commits {
		commits[i] = fairness.ChainSeed(master, id, i).Commit()
		chain.Commits = append(chain.Commits, hex.EncodeToString(commits[i][:]))
	}
	hash := fairness.ChainHash(id, commits)
	chain.Hash = hex.EncodeToString(hash[:])

	g := games.Catalogue()["slots"]
	config := g.Info().DefaultConfig
	rules, err := g.Parse(config)
	require.NoError(t, err)
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	seed := fairness.ChainSeed(master, id, index)
	bet := game.Bet{Seq: 1, Player: chain.Owner, Choice: game.Choices(rules)[0], Stake: 100, Seed: "lucky"}
	out, err := rules.Draw(opening, fairness.NewStream(seed, bet.Seed, nonce))
	require.NoError(t, err)
	payouts, err := rules.Settle(opening, out, []game.Bet{bet}, nil)
	require.NoError(t, err)
	canonical, err := games.Canonical(config)
	require.NoError(t, err)
	sum := sha256.Sum256(canonical)
	p := games.PlayProof{
		Format: games.PlayProofFormat, Play: "pl_abcdefghijklmnop_1_7", Game: "slots", ConfigVersion: 1, Config: config, ConfigHash: hex.EncodeToString(sum[:]),
		Asset: games.AssetPoints, Player: bet.Player, Choice: bet.Choice, Stake: bet.Stake, Params: opening.Params, PlayedAt: games.ProofTime(time.Unix(1_800_000_100, 0)),
		Chain: games.ChainRef{ID: id, Index: index, Hash: chain.Hash}, Commit: chain.Commits[index], ServerSeed: seed.Hex(), ClientSeed: bet.Seed, Nonce: nonce, Outcome: &out,
	}
	for _, payout := range payouts {
		p.Payout += payout.Amount
	}
	return p, chain
}

// TestPlayProofFixtures keeps a play's proof and its chain for the verifiers: go test ./games -run Fixtures -update
func TestPlayProofFixtures(t *testing.T) {
	t.Parallel()
	proof, chain := slotsPlay(t)
	for name, value := range map[string]any{"slots.json": proof, "slots-chain.json": chain} {
		raw, err := json.MarshalIndent(value, "", " ")
		require.NoError(t, err)
		path := filepath.Join("testdata", "plays", name)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
			require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o600))
		}
		stored, err := os.ReadFile(path)
		require.NoError(t, err)
		require.JSONEq(t, string(raw), string(stored))
	}
	report := games.VerifyPlay(proof)
	require.True(t, report.OK(), "%+v", report)
	report = games.VerifyPlayIn(proof, chain)
	require.True(t, report.OK(), "%+v", report)
	chain.Commits[0], chain.Commits[1] = chain.Commits[1], chain.Commits[0]
	require.Equal(t, []games.CheckName{games.CheckChain}, games.VerifyPlayIn(proof, chain).Failed())
}
