package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games/simulate"
)

func runSimulate(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = newProgram(&stdout, &stderr).run(t.Context(), append([]string{"simulate"}, args...))
	return stdout.String(), stderr.String(), code
}

func TestGamesPageIsWhatIsGenerated(t *testing.T) {
	t.Parallel()
	want, err := gamesDocs(filepath.Join("..", ".."))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("..", "..", "docs", "games.md"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go generate ./games/simulate")
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	out, errs, code := runSimulate(t, "dice", "--rounds", "20000", "--json")
	require.Zero(t, code, errs)
	var report simulated
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, simulate.Enumerated, report.Method)
	require.True(t, report.Exact)
	require.Len(t, report.ConfigHash, 64)
	require.Len(t, report.Played, len(report.Returns))
	require.EqualValues(t, 20000, report.Rounds)
	require.Positive(t, report.Limit)
	require.Equal(t, int64(972222), report.Best())

	again, _, _ := runSimulate(t, "dice", "--rounds", "20000", "--json")
	require.Equal(t, out, again, "the same seed, the same numbers")
	out, _, code = runSimulate(t, "wheel")
	require.Zero(t, code)
	require.Contains(t, out, "returns 96.0000 %  edge 4.0000 %")
}

func TestSimulateReadsAConfigAndRefusesWithTheNumber(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.json")
	config := `{"window_seconds":30,"min_stake":1,"max_stake":9,"max_bets":0,"max_exposure":0,"pays":{"big":206}}`
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	_, errs, code := runSimulate(t, "dice", "--config", file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "100.13 %")
	for _, args := range [][]string{{}, {"chess"}, {"dice", "--seed", "1"}, {"dice", "--rounds", "-1"}, {"dice", "--config", file + "x"}} {
		_, errs, code := runSimulate(t, args...)
		require.Equal(t, 1, code, args)
		require.NotEmpty(t, errs)
	}
}
