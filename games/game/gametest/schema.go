package gametest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
)

// schema is the part of JSON Schema that configs are written in.
type schema struct {
	Schema     string             `json:"$schema"`
	Title      string             `json:"title"`
	Type       string             `json:"type"`
	Additional *bool              `json:"additionalProperties"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Enum       []string           `json:"enum"`
	Minimum    *int64             `json:"minimum"`
	Maximum    *int64             `json:"maximum"`
}

func readSchema(t require.TestingT, g game.Game) schema {
	var s schema
	require.NoError(t, json.Unmarshal(g.Info().Schema, &s))
	require.Equal(t, "object", s.Type)
	for name, property := range s.Properties {
		if property.Type == "integer" {
			require.NotNil(t, property.Minimum, "%s needs a minimum", name)
			require.NotNil(t, property.Maximum, "%s needs a maximum", name)
		}
	}
	return s
}

// value draws a value that a schema allows, mostly small ones and the bounds.
func (s *schema) value(t *rapid.T, name string) any {
	switch s.Type {
	case "integer":
		small := min(*s.Maximum, max(*s.Minimum, 2000))
		return rapid.OneOf(rapid.Int64Range(*s.Minimum, small), rapid.Int64Range(*s.Minimum, *s.Maximum),
			rapid.SampledFrom([]int64{*s.Minimum, *s.Maximum})).Draw(t, name)
	case "boolean":
		return rapid.Bool().Draw(t, name)
	case "string":
		return rapid.SampledFrom(s.Enum).Draw(t, name)
	case "object":
		object := map[string]any{}
		for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, field) || rapid.Bool().Draw(t, field+"?") {
				object[field] = s.Properties[field].value(t, field)
			}
		}
		return object
	default:
		t.Fatalf("the suite knows no values of type %q for %s", s.Type, name)
		return nil
	}
}

// rulesOf draws a config from the schema. Where the game's own checks refuse it, each refused
// field takes its default's value, so that what is left is a valid config unlike the default.
func rulesOf(t *rapid.T, g game.Game) game.Rules {
	s := readSchema(t, g)
	object, ok := s.value(t, "config").(map[string]any)
	require.True(t, ok)
	var fallback map[string]any
	require.NoError(t, json.Unmarshal(g.Info().DefaultConfig, &fallback))
	for range len(s.Properties) + 1 {
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		rules, err := g.Parse(raw)
		if err == nil {
			return rules
		}
		requireError(t, err, game.CodeInvalidConfig, string(raw))
		var e *game.Error
		require.ErrorAs(t, err, &e)
		field, _, _ := strings.Cut(e.Field, ".")
		require.Contains(t, s.Properties, field, "the error names a field of the config")
		if _, same := fallback[field]; same {
			object[field] = fallback[field]
		}
	}
	return defaultRules(t, g)
}

// wrong says whether an error is a game's refusal with one of the codes.
func wrong(err error, codes ...game.Code) bool {
	var e *game.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code) && e.Field != "" && e.Fix != ""
}
