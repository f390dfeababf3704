package gametest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
)

// schema is the part of JSON Schema that configs are written in.
type schema struct {
	Schema     string             `json:"$schema"`
	Title      string             `json:"title"`
	Type       string             `json:"type"`
	Additional *bool              `json:"-"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Enum       []string           `json:"enum"`
	Minimum    *int64             `json:"minimum"`
	Maximum    *int64             `json:"maximum"`

	Extra json.RawMessage `json:"additionalProperties"` // false, or what other fields look like
}

func readSchema(t require.TestingT, g game.Game) schema {
	var s schema
	require.NoError(t, json.Unmarshal(g.Info().Schema, &s))
	require.Equal(t, "object", s.Type)
	if closed := false; string(s.Extra) == "false" {
		s.Additional = &closed
	}
	for name, property := range s.Properties {
		if property.Type == "integer" {
			require.NotNil(t, property.Minimum, "%s needs a minimum", name)
			require.NotNil(t, property.Maximum, "%s needs a maximum", name)
		}
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// value draws a value that a schema allows, mostly small ones and the bounds. What has another form than numbers, words and
// fixed fields keeps its default with numbers changed.
func (s *schema) value(t *rapid.T, name string, fallback any) any {
	switch {
	case s.Type == "integer":
		small := min(*s.Maximum, max(*s.Minimum, 2000))
		return rapid.OneOf(rapid.Int64Range(*s.Minimum, small), rapid.Int64Range(*s.Minimum, *s.Maximum),
			rapid.SampledFrom([]int64{*s.Minimum, *s.Maximum})).Draw(t, name)
	case s.Type == "boolean":
		return rapid.Bool().Draw(t, name)
	case s.Type == "string" && len(s.Enum) > 0:
		return rapid.SampledFrom(s.Enum).Draw(t, name)
	case s.Type == "object" && len(s.Properties) > 0:
		object, old := map[string]any{}, map[string]any{}
		if had, ok := fallback.(map[string]any); ok {
			old = had
		}
		for _, field := range sortedKeys(s.Properties) {
			if slices.Contains(s.Required, field) || rapid.Bool().Draw(t, field+"?") {
				object[field] = s.Properties[field].value(t, field, old[field])
			}
		}
		return object
	case s.Type == "string", s.Type == "object", s.Type == "array":
		mutate(t, fallback, rapid.IntRange(0, 2).Draw(t, name+" changes"))
		return fallback
	default:
		t.Fatalf("the suite knows no values of type %q for %s", s.Type, name)
		return nil
	}
}

// rulesOf draws a config from the schema. Where the game's own checks refuse it, each refused
// field takes its default's value, so that what is left is a valid config unlike the default.
func (s suite) rulesOf(t *rapid.T) game.Rules {
	form := readSchema(t, s)
	object, ok := form.value(t, "config", s.defaultConfig(t)).(map[string]any)
	require.True(t, ok)
	fallback := s.defaultConfig(t)
	for range len(form.Properties) + 1 {
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		rules, err := s.Parse(raw)
		if err == nil {
			return rules
		}
		requireError(t, err, game.CodeInvalidConfig, string(raw))
		field := s.knownField(t, err)
		if _, same := fallback[field]; same {
			object[field] = fallback[field]
		}
	}
	return defaultRules(t, s)
}

// wrong says whether an error is a game's refusal with one of the codes.
func wrong(err error, codes ...game.Code) bool {
	var e *game.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code) && e.Field != "" && e.Fix != ""
}
