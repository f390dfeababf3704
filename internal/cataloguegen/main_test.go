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

func TestRunFindsFoldersWithAGame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, source string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(source), 0o600))
	}
	write("zebra/zebra.go", "package zebra\n\ntype Game struct{}\n\nfunc New() Game { return Game{} }\n")
	write("ant/ant.go", "package ant\n\ntype Game struct{}\n")
	write("ant/new.go", "package ant\n\nfunc New() Game { return Game{} }\n")
	write("game/game.go", "package game\n\ntype Game interface{}\n\nfunc New() {}\n")
	write("half/half.go", "package half\n\ntype Game struct{}\n")
	write("test/test_test.go", "package test\n\ntype Game struct{}\n\nfunc New() Game { return Game{} }\n")
	write("testdata/readme.md", "no Go here")
	require.NoError(t, run(dir, "catalogue_gen.go"))
	got, err := os.ReadFile(filepath.Join(dir, "catalogue_gen.go"))
	require.NoError(t, err)
	require.Contains(t, string(got), "\t\t\"ant\":   ant.New(),\n\t\t\"zebra\": zebra.New(),\n\t}")
	write("bad/bad.go", "package")
	require.Error(t, run(dir, "catalogue_gen.go"))
}
