package gametest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
	"fairground/games/simulate"
)

// badConfigs checks that a wrong config is refused with the field that is wrong.
func (s suite) badConfigs(t *testing.T) {
	t.Helper()
	schema := readSchema(t, s)
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema.Schema)
	require.NotNil(t, schema.Additional, "unknown fields are refused")
	require.False(t, *schema.Additional, "unknown fields are refused")
	change := func(field string, value any) json.RawMessage {
		config := s.defaultConfig(t)
		if value == nil {
			delete(config, field)
		} else {
			config[field] = value
		}
		raw, err := json.Marshal(config)
		require.NoError(t, err)
		return raw
	}
	for _, field := range schema.Required {
		refused(t, s, change(field, nil), field)
	}
	for field, property := range schema.Properties {
		require.NotEmpty(t, property.Title, "the form needs a title for %s", field)
		if property.Type == "string" {
			refused(t, s, change(field, 1), field)
		} else {
			refused(t, s, change(field, "x"), field)
		}
		if property.Type == "integer" {
			refused(t, s, change(field, *property.Minimum-1), field)
			refused(t, s, change(field, *property.Maximum+1), field)
			refused(t, s, change(field, 1.5), field)
		}
	}
	refused(t, s, change("no_such_field", 1), "no_such_field")
	for _, broken := range []string{``, `null`, `[]`, `{`, `{} {}`, `"x"`} {
		refused(t, s, json.RawMessage(broken), "")
	}
}

func (s suite) defaultConfig(t require.TestingT) map[string]any {
	var config map[string]any
	require.NoError(t, json.Unmarshal(s.Info().DefaultConfig, &config))
	return config
}

// refused checks a config's error; field "" stands for any.
func refused(t *testing.T, g game.Game, config json.RawMessage, field string) {
	t.Helper()
	_, err := g.Parse(config)
	requireError(t, err, game.CodeInvalidConfig, string(config))
	if field != "" {
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field, "%s", config)
	}
}

func requireError(t require.TestingT, err error, code game.Code, input string) {
	var e *game.Error
	require.ErrorAs(t, err, &e, input)
	require.Equal(t, code, e.Code, "%s", input)
	require.NotEmpty(t, e.Field, "%s", input)
	require.NotEmpty(t, e.Fix, "%s", input)
}

// mutatedConfig changes numbers anywhere in the default config, to ones that the schema allows and to others: it is refused
// with a field, or returns no more than it takes.
func (s suite) mutatedConfig(t *rapid.T) {
	config := s.defaultConfig(t)
	mutate(t, config, rapid.IntRange(1, 3).Draw(t, "changes"))
	raw, err := json.Marshal(config)
	require.NoError(t, err)
	rules, err := s.Parse(raw)
	if err != nil {
		requireError(t, err, game.CodeInvalidConfig, string(raw))
		s.knownField(t, err)
		return
	}
	_, err = rules.Open(nil)
	require.NoError(t, err, "a config that was accepted opens rounds: %s", raw)
	checkOdds(t, rules)
	s.checkReturns(t, rules)
}

// checkReturns checks that what rules say they give back is no more than they take.
func (s suite) checkReturns(t require.TestingT, rules game.Rules) {
	e, ok := rules.(game.Enumerable)
	if !ok {
		return
	}
	returns := e.Returns()
	require.NotEmpty(t, returns, "rules that can be enumerated say what they return")
	for _, one := range returns {
		require.GreaterOrEqual(t, one.Low, int64(0), one.Choice)
		require.LessOrEqual(t, one.Low, one.High, one.Choice)
		require.True(t, !one.Exact || one.Low == one.High, "%s: an exact return is one number", one.Choice)
		require.LessOrEqual(t, one.High, simulate.Million, "%s returns more than it takes", one.Choice)
	}
}

func (s suite) knownField(t require.TestingT, err error) string {
	var e *game.Error
	require.ErrorAs(t, err, &e)
	field, _, _ := strings.Cut(e.Field, ".")
	require.Contains(t, readSchema(t, s).Properties, field, "the error names a field of the config")
	return field
}

// mutate gives n numbers somewhere in a JSON tree another value.
func mutate(t *rapid.T, tree any, n int) {
	var places []func(value any)
	find(tree, &places)
	for range n {
		if len(places) == 0 {
			return
		}
		number := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 5000), rapid.Int64Range(-3, 1<<53), rapid.Int64()).Draw(t, "number")
		rapid.SampledFrom(places).Draw(t, "place")(number)
	}
}

// find collects a setter of every number in a JSON tree, in the order of its keys.
func find(tree any, places *[]func(value any)) {
	switch tree := tree.(type) {
	case map[string]any:
		for _, key := range sortedKeys(tree) {
			if _, number := tree[key].(float64); number {
				*places = append(*places, func(value any) { tree[key] = value })
			}
			find(tree[key], places)
		}
	case []any:
		for i := range tree {
			if _, number := tree[i].(float64); number {
				*places = append(*places, func(value any) { tree[i] = value })
			}
			find(tree[i], places)
		}
	}
}
