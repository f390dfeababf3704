package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const proofs = "../../games/testdata/proofs"

// runVerify runs the command and returns its exit code and everything it printed.
func runVerify(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	cmd := newVerifyCmd()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(append([]string{"round"}, args...))
	err := cmd.ExecuteContext(t.Context())
	var code exitError
	switch {
	case err == nil:
		return 0, out.String()
	case errors.As(err, &code):
		return int(code), out.String()
	default:
		return -1, err.Error()
	}
}

func TestVerifyRound(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(filepath.Join(proofs, "dice.json"))
	require.NoError(t, err)
	forged := filepath.Join(t.TempDir(), "forged.json")
	require.NoError(t, os.WriteFile(forged, bytes.Replace(good, []byte(`"amount": 200`), []byte(`"amount": 201`), 1), 0o600))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/rounds/r_9c12cfdc04c74584/proof", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) })
	mux.HandleFunc("GET /v1/rounds/r_another000000000/proof", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) })
	mux.HandleFunc("GET /v1/rounds/r_broken0000000000/proof", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) })
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)

	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"a file":        {[]string{filepath.Join(proofs, "dice.json")}, 0, []string{"VERIFIED: all 10 checks passed", "✓  draw"}},
		"an id":         {[]string{"r_9c12cfdc04c74584", "--api", api.URL + "/"}, 0, []string{"VERIFIED"}},
		"an address":    {[]string{api.URL + "/v1/rounds/r_9c12cfdc04c74584/proof"}, 0, []string{"VERIFIED"}},
		"a verify page": {[]string{api.URL + "/verify/?round=r_9c12cfdc04c74584"}, 0, []string{"VERIFIED"}},
		"a forgery":     {[]string{forged}, 1, []string{"NOT VERIFIED: 1 of 10", "✗  payouts", `recomputed  [{"amount":200`, `published   [{"amount":201`, "-  sums"}},
		"an open round": {[]string{filepath.Join(proofs, "dice-open.json")}, 2, []string{"NOT OVER YET", "…  draw"}},
		"a void round":  {[]string{filepath.Join(proofs, "duel-voided.json")}, 0, []string{"VERIFIED"}},
		"json":          {[]string{forged, "--json"}, 1, []string{`"ok": false`, `"name": "payouts"`}},
		"no such round": {[]string{"r_zzzzzzzzzzzzzzzz", "--api", api.URL}, -1, []string{"there is no such round"}},
		"another round": {[]string{"r_another000000000", "--api", api.URL}, -1, []string{"sent the proof of r_9c12cfdc04c74584"}},
		"a broken API":  {[]string{"r_broken0000000000", "--api", api.URL}, -1, []string{"502"}},
		"no file":       {[]string{"nothing.json"}, -1, []string{"no file, no address and no round's id"}},
		"another file":  {[]string{"verify_test.go"}, -1, []string{"read a proof"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := runVerify(t, c.args...)
			for _, says := range c.says {
				require.Contains(t, out, says)
			}
			require.Equal(t, c.code, code, out)
		})
	}
}

func TestVerifyRoundPrintsJSON(t *testing.T) {
	t.Parallel()
	code, out := runVerify(t, filepath.Join(proofs, "redpacket-mine.json"), "--json")
	require.Zero(t, code)
	var report struct {
		OK     bool
		Checks []struct{ Name, Status string }
	}
	require.NoError(t, json.NewDecoder(strings.NewReader(out)).Decode(&report))
	require.True(t, report.OK)
	require.Len(t, report.Checks, 11)
}

func TestVerifyPlay(t *testing.T) {
	t.Parallel()
	const plays = "../../games/testdata/plays"
	good, err := os.ReadFile(filepath.Join(plays, "slots.json"))
	require.NoError(t, err)
	chain, err := os.ReadFile(filepath.Join(plays, "slots-chain.json"))
	require.NoError(t, err)
	var hidden map[string]any
	require.NoError(t, json.Unmarshal(good, &hidden))
	delete(hidden, "server_seed")
	early, err := json.Marshal(hidden)
	require.NoError(t, err)
	open, other := filepath.Join(t.TempDir(), "open.json"), filepath.Join(t.TempDir(), "chain.json")
	require.NoError(t, os.WriteFile(open, early, 0o600))
	require.NoError(t, os.WriteFile(other, bytes.Replace(chain, []byte(`"c_abcd`), []byte(`"c_dcba`), 1), 0o600))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/plays/pl_abcdefghijklmnop_1_7/proof", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) })
	mux.HandleFunc("GET /v1/fairness/chains/c_abcdefghijklmnop", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(chain) })
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)

	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"an id":              {[]string{"pl_abcdefghijklmnop_1_7", "--api", api.URL}, 0, []string{"VERIFIED: all 8 checks passed", "✓  chain"}},
		"a verify page":      {[]string{api.URL + "/verify/?play=pl_abcdefghijklmnop_1_7"}, 0, []string{"VERIFIED: all 8"}},
		"a file":             {[]string{filepath.Join(plays, "slots.json")}, 0, []string{"VERIFIED: 7 of 8", "…  chain"}},
		"a file and a chain": {[]string{filepath.Join(plays, "slots.json"), "--chain", filepath.Join(plays, "slots-chain.json")}, 0, []string{"VERIFIED: all 8"}},
		"another chain":      {[]string{filepath.Join(plays, "slots.json"), "--chain", other}, 1, []string{"✗  chain"}},
		"a seed in use":      {[]string{open}, 2, []string{"NOT OVER YET", "the player has not rotated the seed"}},
		"no such play":       {[]string{"pl_zzzzzzzzzzzzzzzz_1_7", "--api", api.URL}, -1, []string{"there is no such round or play"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := runVerify(t, c.args...)
			for _, says := range c.says {
				require.Contains(t, out, says)
			}
			require.Equal(t, c.code, code, out)
		})
	}
}
