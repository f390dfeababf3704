package gametest

import (
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
)

// locales checks that every language has the same texts, that no choice lacks one, and that the
// cards can be written for every round.
func locales(t *testing.T, g game.Game, params []string) {
	t.Helper()
	texts := readLocales(t, g.Info().Locales)
	require.Contains(t, texts, "en")
	require.Greater(t, len(texts), 1, "English and at least one more language")
	rules := defaultRules(t, g)
	want := []string{"name", "tagline", "rules", "card.open", "card.result"}
	for _, odd := range rules.Odds() {
		want = append(want, "choice."+odd.Choice)
	}
	openings := []game.Opening{}
	for _, p := range append([]string{""}, params...) {
		opening, err := rules.Open(json.RawMessage(p))
		require.NoError(t, err)
		openings = append(openings, opening)
		if opening.OpenerBet != nil {
			want = append(want, "choice."+opening.OpenerBet.Choice)
		}
	}
	keys := slices.Sorted(maps.Keys(texts["en"]))
	for language, texts := range texts {
		require.Equal(t, keys, slices.Sorted(maps.Keys(texts)), language)
		for _, key := range want {
			require.NotEmpty(t, strings.TrimSpace(texts[key]), "%s: %s", language, key)
		}
		for _, opening := range openings {
			writeCards(t, rules, opening, texts)
		}
	}
}

func readLocales(t *testing.T, files fs.FS) map[string]map[string]string {
	t.Helper()
	names, err := fs.Glob(files, "*.json")
	require.NoError(t, err)
	all := map[string]map[string]string{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		var texts map[string]string
		require.NoError(t, json.Unmarshal(raw, &texts), name)
		all[strings.TrimSuffix(name, ".json")] = texts
	}
	return all
}

// writeCards fills the cards in as the bot does: from the parameters and from drawn outcomes.
func writeCards(t *testing.T, rules game.Rules, opening game.Opening, texts map[string]string) {
	t.Helper()
	fill := func(key string, data json.RawMessage) {
		var values map[string]any
		dec := json.NewDecoder(strings.NewReader(string(data)))
		dec.UseNumber()
		require.NoError(t, dec.Decode(&values))
		card, err := template.New(key).Option("missingkey=error").Parse(texts[key])
		require.NoError(t, err, key)
		require.NoError(t, card.Execute(io.Discard, values), key)
	}
	fill("card.open", opening.Params)
	for n := range uint64(50) {
		out, err := rules.Draw(opening, fairness.NewStream(fairness.Seed{}, "cards", n))
		require.NoError(t, err)
		fill("card.result", out.Data)
	}
}
