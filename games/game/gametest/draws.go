package gametest

import (
	"bytes"
	"encoding/json"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/game"
)

// sourceValues is how many values an outside source is tried with, from 1: more than any of the chat's dice has faces.
const sourceValues = 64

// drawOf makes an outcome twice and checks that it is the same and its slots are covered.
func (s suite) drawOf(t *rapid.T, rules game.Rules, opening game.Opening) game.Outcome {
	out, again := s.decide(t, rules, opening)
	require.Equal(t, out, again, "equal words, equal outcome: nothing else reaches a draw")
	require.Len(t, out.Slots, opening.Slots)
	if s.live() {
		require.Positive(t, out.LiveMS, "a run lasts")
	} else {
		require.Zero(t, out.LiveMS, "only a live game runs")
	}
	var data map[string]any
	require.NoError(t, json.Unmarshal(out.Data, &data), "an outcome's data is an object")
	total := int64(0)
	for _, slot := range out.Slots {
		require.Positive(t, slot.Amount)
		require.GreaterOrEqual(t, slot.Loss, int64(0))
		require.LessOrEqual(t, slot.Loss, opening.ActReserve, "the reserve covers every slot")
		total += slot.Amount
	}
	if s.Info().Bank == game.BankPool && opening.OpenerBet != nil && opening.Slots > 0 {
		require.LessOrEqual(t, total, opening.OpenerBet.Stake, "slots are covered by the opener")
	}
	return out
}

// decide draws an outcome twice, or takes it twice from the outside.
func (s suite) decide(t *rapid.T, rules game.Rules, opening game.Opening) (out, again game.Outcome) {
	var err error
	if external, ok := rules.(game.External); ok {
		value := rapid.OneOf(rapid.SampledFrom(taken(t, external, opening)), rapid.Int64()).Draw(t, "value")
		out, err = external.Take(opening, value)
		if err != nil {
			requireError(t, err, game.CodeInvalidParams, "a value of the source")
			value = taken(t, external, opening)[0]
			out, err = external.Take(opening, value)
		}
		require.NoError(t, err)
		again, err = external.Take(opening, value)
		require.NoError(t, err)
		return out, again
	}
	seed := fairness.Seed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
	out = s.draw(t, rules, opening, fairness.NewStream(seed, "client", 0))
	if first := opening.OpenerBet; first != nil {
		other := *first
		other.Player, other.Seed = "p_other", "another"
		opening.OpenerBet = &other // who opened is no part of the rules either
	}
	return out, s.draw(t, rules, opening, fairness.NewStream(seed, "client", 0))
}

// draw draws an outcome with its content, as the engine does.
func (s suite) draw(t require.TestingT, rules game.Rules, opening game.Opening, words *fairness.Stream) game.Outcome {
	out, err := rules.Draw(opening, words)
	require.NoError(t, err)
	banked, ok := rules.(game.Banked)
	if !ok {
		require.Empty(t, out.Content, "only content from a bank is content")
		return out
	}
	require.Error(t, banked.CheckContent(opening, out), "an outcome without its content is not accepted")
	out.Content, err = banked.Pick(opening, out, s.setup.Bank)
	require.NoError(t, err, "the bank holds what was drawn")
	require.NoError(t, banked.CheckContent(opening, out), "what was picked belongs to the bank")
	for _, other := range []string{`{}`, `[]`, `null`, `"x"`} {
		forged := out
		forged.Content = json.RawMessage(other)
		require.Error(t, banked.CheckContent(opening, forged), "other content is not accepted: %s", other)
	}
	_, err = banked.Pick(opening, out, json.RawMessage(`[]`))
	require.Error(t, err, "another bank is not accepted")
	return out
}

// taken are the values that an outside source can give. It checks that all others are refused.
func taken(t require.TestingT, rules game.External, opening game.Opening) []int64 {
	var values []int64
	for value := int64(-1); value <= sourceValues; value++ {
		_, err := rules.Take(opening, value)
		if err == nil {
			values = append(values, value)
			continue
		}
		requireError(t, err, game.CodeInvalidParams, "a value of the source")
	}
	require.NotEmpty(t, values, "the source gives something")
	require.Positive(t, values[0], "the chat's dice count from 1")
	require.Less(t, values[len(values)-1], int64(sourceValues)+1)
	return values
}

// stored is an outcome after a database wrote its JSON in its own way.
func stored(t *rapid.T, out game.Outcome) game.Outcome {
	for _, raw := range []*json.RawMessage{&out.Data, &out.Content} {
		if len(*raw) == 0 {
			continue
		}
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, *raw, " ", "\t"))
		*raw = indented.Bytes()
	}
	return out
}
