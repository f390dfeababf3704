package web_test

import (
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/web"
)

// TestVerifierAgreesWithGo runs the page's modules on the answers and proofs of the Go tests.
func TestVerifierAgreesWithGo(t *testing.T) {
	t.Parallel()
	node(t, "--test", filepath.Join("verify", "test", "verify.test.mjs"), filepath.Join("verify", "test", "games.test.mjs"))
}

func TestVerifyIsEmbeddedAndCallsNobody(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(src|href|url\()\s*[=(]?\s*["']?(https?:)?//`)
	var names []string
	err := fs.WalkDir(web.Verify(), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() {
			return nil
		}
		names = append(names, name)
		raw, err := fs.ReadFile(web.Verify(), name)
		require.NoError(t, err)
		require.NotRegexp(t, outside, string(raw), name)
		require.NotContains(t, path.Base(name), "test")
		return nil
	})
	require.NoError(t, err)
	require.Subset(t, names, []string{"index.html", "offline.html", "style.css", "app.js", "verify.js", "games/dice.js"})
}
