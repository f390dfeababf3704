package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/test/stack"
)

// seedFlag names the flag that repeats a run's moments.
const seedFlag = "chaos.seed"

// TestMain builds the program once, unless FAIRGROUND_BIN names it.
func TestMain(m *testing.M) {
	flag.Uint64(seedFlag, 1, "seed of the moments at which processes die")
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fairground-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := stack.Provide(ctx, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// seed is what the flag says.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(flag.Lookup(seedFlag).Value.String(), 10, 64)
	require.NoError(t, err)
	return n
}

// start runs a stack of the test's own until the test ends, with more variables of the environment (NAME=value).
func start(t *testing.T, more ...string) *stack.Stack {
	t.Helper()
	s, err := stack.Start(t.Context(), folder(t), more...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Log())
		}
		_ = s.Stop()
	})
	return s
}

// folder is a folder that PostgreSQL's own user may enter too, so that nothing is kept elsewhere.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return dir
}
