package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommittedCatalogueIsWhatIsGenerated(t *testing.T) {
	t.Parallel()
	games, err := scan("../../games")
	require.NoError(t, err)
	require.Subset(t, games, []string{"dice", "duel", "redpacket"})
	require.NotContains(t, games, "game", "the contract is no game")
	want, err := catalogue(games)
	require.NoError(t, err)
	got, err := os.ReadFile("../../games/catalogue_gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go generate ./games")
}

func TestTheCommittedPageIsWhatIsGenerated(t *testing.T) {
	t.Parallel()
	page := filepath.Join("..", "..", "web", "verify")
	games, err := scan("../../games")
	require.NoError(t, err)
	files, err := modules("../../games", filepath.Join(page, "games"), games)
	require.NoError(t, err)
	require.Len(t, files, len(games)+1)
	files[filepath.Join(page, "offline.html")], err = onePage(page)
	require.NoError(t, err)
	for path, want := range files {
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: run go generate ./games", path)
	}
}

func TestRunFindsFoldersWithAGame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, source string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(source), 0o600))
	}
	page := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(page, "games"), 0o750))
	for name, text := range map[string]string{
		"index.html": `<link rel="stylesheet" href="style.css"><script type="module" src="app.js"></script></body>`,
		"style.css":  "", "app.js": "import { catalogue } from './games/index.js';\nshow(catalogue);\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(page, name), []byte(text), 0o600))
	}
	write("ant/verify.js", "const side = 1;\nexport const ant = { side };\n")
	write("zebra/verify.js", "const side = 2;\n\nexport const zebra = { side };\n")
	write("zebra/zebra.go", "package zebra\n\ntype Game struct{}\n\nfunc New() Game { return Game{} }\n")
	write("ant/ant.go", "package ant\n\ntype Game struct{}\n")
	write("ant/new.go", "package ant\n\nfunc New() Game { return Game{} }\n")
	write("game/game.go", "package game\n\ntype Game interface{}\n\nfunc New() {}\n")
	write("half/half.go", "package half\n\ntype Game struct{}\n")
	write("test/test_test.go", "package test\n\ntype Game struct{}\n\nfunc New() Game { return Game{} }\n")
	write("testdata/readme.md", "no Go here")
	require.NoError(t, run(dir, page))
	offline, err := os.ReadFile(filepath.Join(page, "offline.html"))
	require.NoError(t, err)
	require.Contains(t, string(offline), "return ant;\n})();\nconst zebra = (() => {", "games don't share names")
	got, err := os.ReadFile(filepath.Join(dir, "catalogue_gen.go"))
	require.NoError(t, err)
	require.Contains(t, string(got), "\t\t\"ant\":   ant.New(),\n\t\t\"zebra\": zebra.New(),\n\t}")
	write("bad/bad.go", "package")
	require.Error(t, run(dir, page))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "bad")))
	write("zebra/verify.js", "export const horse = {};\n")
	require.ErrorContains(t, run(dir, page), "exports no const zebra")
}
