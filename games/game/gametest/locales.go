package gametest

import (
	"encoding/json"
	"fmt"
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
	"fairground/games/simulate"
)

// locales checks that every language has the same texts, that no choice lacks one, and that the
// cards can be written for every round.
func (s suite) locales(t *testing.T) {
	t.Helper()
	texts := readLocales(t, s.Info().Locales)
	require.Contains(t, texts, "en")
	require.Greater(t, len(texts), 1, "English and at least one more language")
	rules := defaultRules(t, s)
	want := []string{"name", "tagline", "rules", "card.open", "card.result"}
	for _, choice := range game.Choices(rules) {
		want = append(want, "choice."+choice)
	}
	if s.live() {
		want = append(want, "card.live")
		require.NotEmpty(t, s.actChoices(t))
	}
	openings := []game.Opening{}
	for _, p := range append([]string{""}, s.setup.Params...) {
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
			s.writeCards(t, rules, opening, texts)
		}
	}
}

func readLocales(t require.TestingT, files fs.FS) map[string]map[string]string {
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

// writeCards fills the cards in as the bot does: from the parameters, from what is shown of a run, and from the report or the
// data of drawn outcomes.
func (s suite) writeCards(t *testing.T, rules game.Rules, opening game.Opening, texts map[string]string) {
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
	bets := s.enough(t, rules, opening)
	for _, out := range s.outcomes(t, rules, opening, 50) {
		if live, ok := rules.(game.Live); ok {
			for _, at := range []int64{0, out.LiveMS / 2, out.LiveMS - 1} {
				shown, err := live.Shown(opening, out, at)
				require.NoError(t, err)
				fill("card.live", shown)
			}
		}
		data := out.Data
		if reporter, ok := rules.(game.Reporter); ok {
			var err error
			data, err = reporter.Report(opening, out, bets, nil)
			require.NoError(t, err)
		}
		fill("card.result", data)
	}
}

// enough is a round with bets on each choice until it has the seats and the pot that it needs.
func (s suite) enough(t *testing.T, rules game.Rules, opening game.Opening) []game.Bet {
	t.Helper()
	if !s.has(game.PhaseBet) {
		return nil
	}
	bets, err := simulate.OneOnEach(rules, opening)
	require.NoError(t, err)
	for staked(bets) < opening.MinPot {
		more := bets[len(bets)-1]
		more.Seq++
		more.Player = fmt.Sprintf("p_%d", more.Seq)
		bets = append(bets, more)
	}
	return bets
}

// outcomes draws some, or takes every one that an outside source can give.
func (s suite) outcomes(t *testing.T, rules game.Rules, opening game.Opening, n uint64) []game.Outcome {
	t.Helper()
	var all []game.Outcome
	if external, ok := rules.(game.External); ok {
		for _, value := range taken(t, external, opening) {
			out, err := external.Take(opening, value)
			require.NoError(t, err)
			all = append(all, out)
		}
		return all
	}
	for i := range n {
		all = append(all, s.draw(t, rules, opening, fairness.NewStream(fairness.Seed{}, "cards", i)))
	}
	return all
}
