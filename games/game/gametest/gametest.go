package gametest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
)

// Run is the suite. A game's own test calls it once, with parameters of rounds, valid under the
// default config, that show what its parameters can be.
func Run(t *testing.T, g game.Game, params ...string) {
	t.Helper()
	t.Run("description", func(t *testing.T) { t.Parallel(); description(t, g) })
	t.Run("config", func(t *testing.T) { t.Parallel(); badConfigs(t, g) })
	t.Run("locales", func(t *testing.T) { t.Parallel(); locales(t, g, params) })
	t.Run("odds", func(t *testing.T) { t.Parallel(); odds(t, g) })
	t.Run("params", func(t *testing.T) { t.Parallel(); badParams(t, g, params) })
	t.Run("rounds", func(t *testing.T) { t.Parallel(); rapid.Check(t, func(t *rapid.T) { round(t, g, params) }) })
	t.Run("frequencies", func(t *testing.T) { t.Parallel(); frequencies(t, g) })
}

func description(t *testing.T, g game.Game) {
	t.Helper()
	info := g.Info()
	require.NotEmpty(t, info.Name)
	require.Contains(t, []game.Bank{game.BankPool, game.BankHouse}, info.Bank)
	require.NotNil(t, info.Locales)
	draw, act, settle := slices.Index(info.Phases, game.PhaseDraw), slices.Index(info.Phases, game.PhaseAct), slices.Index(info.Phases, game.PhaseSettle)
	require.GreaterOrEqual(t, draw, 0, "every round is drawn")
	require.Greater(t, draw, slices.Index(info.Phases, game.PhaseBet), "a draw before the bets would be known to the bettors")
	require.Equal(t, len(info.Phases)-1, settle, "settling is last")
	if act >= 0 {
		require.Greater(t, act, draw, "an act needs something drawn")
	}
	rules := defaultRules(t, g)
	opening, err := rules.Open(nil)
	require.NoError(t, err, "a round opens without parameters")
	require.Positive(t, opening.Window)
	require.Equal(t, act >= 0, opening.Slots > 0, "slots are for an act phase")
	if info.Bank == game.BankPool {
		require.Zero(t, opening.MaxExposure, "a pool can't lose")
	}
}

func defaultRules(t require.TestingT, g game.Game) game.Rules {
	rules, err := g.Parse(g.Info().DefaultConfig)
	require.NoError(t, err, "the default config is valid")
	return rules
}

// badConfigs checks that a wrong config is refused with the field that is wrong.
func badConfigs(t *testing.T, g game.Game) {
	t.Helper()
	schema := readSchema(t, g)
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema.Schema)
	require.NotNil(t, schema.Additional, "unknown fields are refused")
	require.False(t, *schema.Additional, "unknown fields are refused")
	change := func(field string, value any) json.RawMessage {
		var config map[string]any
		require.NoError(t, json.Unmarshal(g.Info().DefaultConfig, &config))
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
		refused(t, g, change(field, nil), field)
	}
	for field, property := range schema.Properties {
		require.NotEmpty(t, property.Title, "the form needs a title for %s", field)
		refused(t, g, change(field, "x"), field)
		if property.Type == "integer" {
			refused(t, g, change(field, *property.Minimum-1), field)
			refused(t, g, change(field, *property.Maximum+1), field)
			refused(t, g, change(field, 1.5), field)
		}
	}
	refused(t, g, change("no_such_field", 1), "no_such_field")
	for _, broken := range []string{``, `null`, `[]`, `{`, `{} {}`, `"x"`} {
		refused(t, g, json.RawMessage(broken), "")
	}
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

func badParams(t *testing.T, g game.Game, good []string) {
	t.Helper()
	rules := defaultRules(t, g)
	for _, bad := range []string{`{"no_such_field":1}`, `[]`, `"x"`, `{`, `{} {}`} {
		_, err := rules.Open(json.RawMessage(bad))
		requireError(t, err, game.CodeInvalidParams, bad)
	}
	for _, none := range []string{``, `null`, `{}`} {
		_, err := rules.Open(json.RawMessage(none))
		require.NoError(t, err, "%q means the defaults", none)
	}
	for _, params := range good {
		_, err := rules.Open(json.RawMessage(params))
		require.NoError(t, err, params)
	}
}
