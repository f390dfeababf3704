package gametest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
)

// Vector is some rounds under one config with all that decided them: the browser's rules must come to the same.
type Vector struct {
	Config     json.RawMessage `json:"config"`
	Params     json.RawMessage `json:"params"`
	ServerSeed string          `json:"server_seed"`
	Bets       []game.Bet      `json:"bets"`
	Rounds     []VectorRound   `json:"rounds"`
}

// VectorRound is what one client seed came to.
type VectorRound struct {
	ClientSeed string          `json:"client_seed"`
	Outcome    game.Outcome    `json:"outcome"`
	Payouts    []game.Payout   `json:"payouts"`
	Report     json.RawMessage `json:"report,omitempty"`
}

// Vectors checks that a game without acts still comes to the results in testdata/vectors.json, which the browser's rules
// are tested on too: some rounds under each config with the bets given. If the file is missing it is written, and the test
// fails this once.
func Vectors(t *testing.T, g game.Game, rounds int, bets []game.Bet, configs ...json.RawMessage) {
	t.Helper()
	var got bytes.Buffer
	for i, config := range configs {
		rules, err := g.Parse(config)
		require.NoError(t, err)
		line, err := json.Marshal(vector(t, rules, Vector{Config: config, Bets: bets}, rounds))
		require.NoError(t, err)
		got.WriteString(string("[,"[min(i, 1)]))
		got.Write(append(line, '\n'))
	}
	got.WriteString("]\n")
	path := filepath.Join("testdata", "vectors.json")
	want, err := os.ReadFile(path) //nolint:gosec // the caller's folder
	if errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o600))
		t.Fatalf("%s was written: look at it and commit it", path)
	}
	require.NoError(t, err)
	require.JSONEq(t, string(want), got.String(), "a result that players may have verified must not change: to add some, remove %s", path)
}

func vector(t *testing.T, rules game.Rules, v Vector, rounds int) Vector {
	t.Helper()
	open, err := rules.Open(nil)
	require.NoError(t, err)
	for _, bet := range v.Bets {
		_, err := rules.CheckBet(open, bet)
		require.NoError(t, err)
	}
	seed := fairness.Seed{9}
	v.Params, v.ServerSeed = open.Params, seed.Hex()
	for n := range rounds {
		r := VectorRound{ClientSeed: "client-" + strconv.Itoa(n)}
		r.Outcome, err = rules.Draw(open, fairness.NewStream(seed, r.ClientSeed, 0))
		require.NoError(t, err)
		r.Payouts, err = rules.Settle(open, r.Outcome, v.Bets, nil)
		require.NoError(t, err)
		if reporter, ok := rules.(game.Reporter); ok {
			r.Report, err = reporter.Report(open, r.Outcome, v.Bets, nil)
			require.NoError(t, err)
		}
		v.Rounds = append(v.Rounds, r)
	}
	return v
}
