package web_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// update rewrites verify/offline.html: go test ./web -update
var update = flag.Bool("update", false, "rewrite the generated page") //nolint:gochecknoglobals // a flag of the test program

// TestOfflinePage keeps the page in one file, which browsers open from a disk too, equal to its modules.
func TestOfflinePage(t *testing.T) {
	t.Parallel()
	script := bundle(t)
	page := readPage(t, "index.html")
	style := `<link rel="stylesheet" href="style.css">`
	module := `<script type="module" src="app.js"></script>`
	require.Contains(t, page, style)
	require.Contains(t, page, module)
	page = strings.Replace(page, style, "<style>\n"+readPage(t, "style.css")+"</style>", 1)
	page = strings.Replace(page, module, "", 1)
	page = strings.Replace(page, "</body>", "<script type=\"module\">\n"+script+"</script>\n</body>", 1)
	path := filepath.Join("verify", "offline.html")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	}
	stored, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, page, string(stored), "run: go test ./web -update")
	file := filepath.Join(t.TempDir(), "bundle.mjs")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o600))
	node(t, "--check", file)
}

// bundle is every module that app.js needs, each once and after what it needs, as one script.
func bundle(t *testing.T) string {
	t.Helper()
	imports := regexp.MustCompile(`(?m)^import .* from '(.+)';\n`)
	exports := regexp.MustCompile(`(?m)^export `)
	seen := map[string]bool{}
	var out strings.Builder
	var add func(name string)
	add = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		source := readPage(t, name)
		for _, found := range imports.FindAllStringSubmatch(source, -1) {
			add(filepath.Join(filepath.Dir(name), found[1]))
		}
		out.WriteString(exports.ReplaceAllString(imports.ReplaceAllString(source, ""), ""))
	}
	add("app.js")
	return out.String()
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
