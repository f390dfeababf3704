package gametest

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/game"
)

// buttonAct begins the locale keys of what players may do in a run: "button.act.<choice>", or "button.act" for the choice "".
const buttonAct = "button.act"

// actChoices are what the game has buttons for.
func (s suite) actChoices(t require.TestingT) []string {
	var choices []string
	for _, key := range sortedKeys(readLocales(t, s.Info().Locales)["en"]) {
		if rest, found := strings.CutPrefix(key, buttonAct); found {
			choices = append(choices, strings.TrimPrefix(rest, "."))
		}
	}
	require.NotEmpty(t, choices, "a live game has a button to act with: %s.<choice>", buttonAct)
	return choices
}

// liveActs lets bets act at moments that the rules allow, one act a bet and slot, by time.
func (s suite) liveActs(t *rapid.T, rules game.Live, p played) []game.Act {
	var acts []game.Act
	choices := s.actChoices(t)
	for _, bet := range p.bets {
		for range rapid.IntRange(0, 3).Draw(t, "acts") {
			act := game.Act{
				Slot: rapid.OneOf(rapid.Just(0), rapid.IntRange(-1, 12)).Draw(t, "slot"), Player: bet.Player, Seq: bet.Seq,
				Choice: rapid.OneOf(rapid.SampledFrom(choices), rapid.SampledFrom(choices), rapid.StringN(0, 8, 16)).Draw(t, "act"),
			}
			from, to, err := rules.CheckAct(p.opening, bet, act)
			if err != nil {
				requireError(t, err, game.CodeInvalidChoice, act.Choice)
				continue
			}
			require.GreaterOrEqual(t, act.Slot, 0, "a slot below 0 is refused")
			require.GreaterOrEqual(t, from, int64(0))
			last := min(to, p.out.LiveMS) - 1
			if from > last || slices.ContainsFunc(acts, func(made game.Act) bool { return made.Seq == act.Seq && made.Slot == act.Slot }) {
				continue // the engine refuses it
			}
			act.AtMS = rapid.OneOf(rapid.Int64Range(from, last), rapid.SampledFrom([]int64{from, last})).Draw(t, "at")
			acts = append(acts, act)
		}
	}
	slices.SortFunc(acts, byTime)
	return acts
}

// checkShown checks what everybody sees of a run: an object, the same at every look, and nothing of what lies ahead. Two
// outcomes that agree up to a moment look alike at it.
func (s suite) checkShown(t *rapid.T, rules game.Live, p played) {
	seed := fairness.Seed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "other seed"))
	other, end := game.Outcome{}, p.out.LiveMS
	if s.setup.Twin == nil {
		other = s.draw(t, rules, p.opening, fairness.NewStream(seed, "other", 0))
		end = min(end, other.LiveMS)
	}
	at := rapid.OneOf(rapid.Int64Range(0, end-1), rapid.SampledFrom([]int64{0, end - 1})).Draw(t, "moment")
	if s.setup.Twin != nil {
		other = s.setup.Twin(p.opening, p.out, at)
	}
	shown := show(t, rules, p.opening, p.out, at)
	require.Equal(t, shown, show(t, rules, p.opening, stored(t, p.out), at), "a look is deterministic")
	require.Equal(t, shown, show(t, rules, p.opening, other, at), "a look at %d ms tells what lies ahead", at)
	show(t, rules, p.opening, p.out, p.out.LiveMS)
}

func show(t require.TestingT, rules game.Live, opening game.Opening, out game.Outcome, at int64) string {
	raw, err := rules.Shown(opening, out, at)
	require.NoError(t, err)
	var object map[string]any
	require.NoError(t, json.Unmarshal(raw, &object), "what is shown is an object")
	return string(raw)
}
