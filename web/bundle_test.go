package web_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOfflinePage checks that the page in one file, which browsers open from a disk too, asks no server and is a sound script.
// That it equals its modules is internal/cataloguegen's test.
func TestOfflinePage(t *testing.T) {
	t.Parallel()
	page := readPage(t, "offline.html")
	require.NotRegexp(t, `(?m)^\s*(import|export) `, page)
	script := regexp.MustCompile(`(?s)<script type="module">\n(.*)</script>`).FindStringSubmatch(page)
	require.Len(t, script, 2)
	file := filepath.Join(t.TempDir(), "bundle.mjs")
	require.NoError(t, os.WriteFile(file, []byte(script[1]), 0o600))
	node(t, "--check", file)
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("verify", name))
	require.NoError(t, err)
	return string(raw)
}

// node runs Node.js. Without it the test has nothing to run: a failure in CI, a line elsewhere.
func node(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "node is not on the PATH: the browser's verifier can't be tested without it") //nolint:forbidigo // a test asks where it runs
		t.Log("node is not on the PATH: the browser's verifier was not tested")
		return
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
