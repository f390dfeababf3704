package newgame

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// suites are what a new game has to pass besides its own test: the generated files, the engine, the bot and the page find it
// by themselves. The tests they name go over the catalogue.
func suites() [][]string {
	return [][]string{
		{"./games/parity", "./internal/cataloguegen", "./web"},
		{"./games", "-run", "^TestEveryGameIsPlayed$/^parity$"},
		{"./bot", "-run", "^TestEveryGameHasItsCommandAndItsButton$"},
		{"./cmd/fairground", "-run", "Docs"},
	}
}

func TestAddingAGameTouchesOneFolder(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	before := copyTree(t, tree)
	require.NoError(t, os.CopyFS(filepath.Join(tree, "games", "parity"), os.DirFS(filepath.Join("testdata", "parity"))))
	run(t, tree, "generate", "./games/...")
	require.Equal(t, []string{
		"docs/games.md", "games/catalogue_gen.go", "web/verify/games/index.js", "web/verify/games/parity.js", "web/verify/offline.html",
	}, changed(t, tree, before), "files outside games/parity")
	run(t, tree, "vet", "./games/...", "./bot/...", "./api/...", "./cmd/...")
	for _, suite := range suites() {
		run(t, tree, append([]string{"test", "-count=1"}, suite...)...)
	}
}

// copyTree copies what git tracks and returns each file's content.
func copyTree(t *testing.T, to string) map[string]string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	cmd.Dir = root
	listed, err := cmd.Output()
	require.NoError(t, err, "the tree is a git checkout")
	files := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		raw, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not committed yet
		}
		require.NoError(t, err)
		path := filepath.Join(to, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		files[name] = string(raw)
	}
	return files
}

// changed lists the files that are new or different, without those of the new game's folder.
func changed(t *testing.T, tree string, before map[string]string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(tree, path)
		if err != nil || strings.HasPrefix(name, "games/parity/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if content, known := before[name]; err == nil && (!known || content != string(raw)) {
			out = append(out, name)
		}
		return err
	}))
	return out
}

// run runs the go command in the copy.
func run(t *testing.T, tree string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s\n%s", strings.Join(args, " "), out)
}
