package games_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
)

// update rewrites the fixtures: go test ./games -run Proof -update
var update = flag.Bool("update", false, "rewrite the proofs in testdata") //nolint:gochecknoglobals // a flag of the test program

func TestProofFixtures(t *testing.T) {
	t.Parallel()
	for _, r := range proofRounds() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			p := r.proof(t)
			raw, err := json.MarshalIndent(p, "", " ")
			require.NoError(t, err)
			path := filepath.Join("testdata", "proofs", r.name+".json")
			if *update {
				require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o600))
			}
			stored, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(raw)+"\n", string(stored))
			read, err := games.ReadProof(stored)
			require.NoError(t, err)
			report := games.Verify(read)
			require.Empty(t, report.Failed(), "%+v", report)
			require.Equal(t, r.status.Final(), report.Final)
			require.Equal(t, r.status.Final(), report.OK(), "%+v", report)
		})
	}
}

// record keeps the proof of a round that an engine played, for the verifiers of other languages: go test ./games -update.
func record(t *testing.T, name string, p games.Proof) {
	t.Helper()
	if !*update {
		return
	}
	raw, err := json.MarshalIndent(p, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join("testdata", "proofs", name+".json"), append(raw, '\n'), 0o600))
}

func TestRecordedProofsStand(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dice-beacon", "dice-pot", "dice-pot-won"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "proofs", name+".json"))
		require.NoError(t, err)
		p, err := games.ReadProof(raw)
		require.NoError(t, err)
		require.True(t, games.Verify(p).OK(), "%s: %+v", name, games.Verify(p).Checks)
	}
}

// forgery changes one field of a fixture; Failed is what Verify has to find, no more and no less.
type forgery struct {
	Proof  string          `json:"proof"`
	Path   string          `json:"path"`  // keys and indexes, by dots
	Value  json.RawMessage `json:"value"` // null takes the field out
	Failed []string        `json:"failed"`
}

func TestVerifyFindsEveryForgery(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "forgeries.json"))
	require.NoError(t, err)
	var forgeries []forgery
	require.NoError(t, json.Unmarshal(raw, &forgeries))
	for _, f := range forgeries {
		t.Run(f.Proof+"/"+f.Path+"="+string(f.Value), func(t *testing.T) {
			t.Parallel()
			p, err := games.ReadProof(f.apply(t))
			require.NoError(t, err)
			report := games.Verify(p)
			failed := []string{}
			for _, name := range report.Failed() {
				failed = append(failed, string(name))
			}
			require.Equal(t, f.Failed, failed, "%+v", report)
			require.False(t, report.OK())
		})
	}
}

func (f forgery) apply(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "proofs", f.Proof+".json"))
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	require.NoError(t, dec.Decode(&tree))
	keys := strings.Split(f.Path, ".")
	setAt(t, tree, keys, f.Value)
	out, err := json.Marshal(tree)
	require.NoError(t, err)
	require.NotEqual(t, string(canonicalOf(t, json.RawMessage(raw))), string(canonicalOf(t, json.RawMessage(out))), "the forgery changes something")
	return out
}

func setAt(t *testing.T, at any, keys []string, value json.RawMessage) {
	t.Helper()
	switch at := at.(type) {
	case map[string]any:
		if len(keys) > 1 {
			setAt(t, at[keys[0]], keys[1:], value)
			return
		}
		at[keys[0]] = value
		if string(value) == "null" {
			delete(at, keys[0])
		}
	case []any:
		i, err := strconv.Atoi(keys[0])
		require.NoError(t, err)
		if len(keys) == 1 {
			at[i] = value
			return
		}
		setAt(t, at[i], keys[1:], value)
	default:
		require.Fail(t, "no such place", "%v", keys)
	}
}

func TestReadProofRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{``, `[]`, `{}`, `{"format":1}`, `{"format":"x","bets":3}`} {
		_, err := games.ReadProof([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestVerifyOfAnythingNeverPanics(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"", "open", "closed", "drawn", "settled", "voided"} {
		for _, name := range []string{"", "dice", "duel", "redpacket"} {
			for _, rest := range []string{``, `,"acts":[{"slot":5}]`, `,"outcome":{}`, `,"outcome":{"data":{}},"acts":[{"slot":-1}]`, `,"draw_bets":-3`, `,"bets":[{"seq":9}],"draw_bets":7`} {
				p, err := games.ReadProof([]byte(`{"format":"fairground.round.v1","status":"` + status + `","game":"` + name + `"` + rest + `}`))
				require.NoError(t, err)
				require.False(t, games.Verify(p).OK())
			}
		}
	}
}
