package game

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// DecodeConfig checks a config against its JSON Schema and decodes it into a struct. It returns
// an *Error with CodeInvalidConfig that names the first wrong field, or the schema's own error.
func DecodeConfig(schema, config json.RawMessage, into any) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("read the config's schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a schema stands alone: nothing is loaded
	if err := c.AddResource("mem:config", doc); err != nil {
		return fmt.Errorf("add the config's schema: %w", err)
	}
	compiled, err := c.Compile("mem:config")
	if err != nil {
		return fmt.Errorf("compile the config's schema: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(config))
	if err != nil {
		return &Error{Code: CodeInvalidConfig, Field: "config", Fix: "one JSON object"}
	}
	var invalid *jsonschema.ValidationError
	if err := compiled.Validate(value); errors.As(err, &invalid) {
		return schemaError(invalid)
	} else if err != nil {
		return fmt.Errorf("check a config: %w", err)
	}
	return decode(CodeInvalidConfig, "config", config, into)
}

// DecodeParams decodes a round's parameters strictly into a struct that holds the defaults; no
// parameters at all mean the defaults. It returns an *Error with CodeInvalidParams.
func DecodeParams(params json.RawMessage, into any) error {
	if text := bytes.TrimSpace(params); len(text) == 0 || string(text) == "null" {
		return nil
	}
	return decode(CodeInvalidParams, "params", params, into)
}

func decode(code Code, whole string, raw json.RawMessage, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return &Error{Code: code, Field: whole, Fix: "one JSON object and nothing after it"}
		}
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return &Error{Code: code, Field: wrong.Field, Fix: typeName(wrong.Type.Kind().String())}
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return &Error{Code: code, Field: strings.Trim(name, `"`), Fix: "no such field; leave it out"}
	}
	return &Error{Code: code, Field: whole, Fix: "one JSON object"}
}

func typeName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	case kind == "string":
		return "a text"
	default:
		return "a " + kind
	}
}

// schemaError turns the first leaf of a validation into a field and a fix.
func schemaError(e *jsonschema.ValidationError) *Error {
	for len(e.Causes) > 0 {
		slices.SortFunc(e.Causes, func(a, b *jsonschema.ValidationError) int {
			return slices.Compare(a.InstanceLocation, b.InstanceLocation)
		})
		e = e.Causes[0]
	}
	path, fix := e.InstanceLocation, ""
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		path, fix = append(slices.Clone(path), k.Missing[0]), "required"
	case *kind.AdditionalProperties:
		path, fix = append(slices.Clone(path), slices.Min(k.Properties)), "no such field; leave it out"
	case *kind.Minimum:
		fix = "at least " + k.Want.RatString()
	case *kind.Maximum:
		fix = "at most " + k.Want.RatString()
	case *kind.Type:
		fix = "a value of type " + strings.Join(k.Want, " or ")
	case *kind.MinProperties:
		fix = fmt.Sprintf("at least %d of its fields", k.Want)
	case *kind.MaxProperties:
		fix = fmt.Sprintf("at most %d fields", k.Want)
	case *kind.MinItems:
		fix = fmt.Sprintf("at least %d items", k.Want)
	case *kind.MaxItems:
		fix = fmt.Sprintf("at most %d items", k.Want)
	case *kind.UniqueItems:
		fix = "no item twice"
	case *kind.Pattern:
		fix = "a text like " + k.Want
	case *kind.MinLength:
		fix = fmt.Sprintf("at least %d characters", k.Want)
	case *kind.MaxLength:
		fix = fmt.Sprintf("at most %d characters", k.Want)
	case *kind.Enum:
		fix = fmt.Sprintf("one of %v", k.Want)
	default:
		fix = "a value that the schema allows at " + e.SchemaURL
	}
	if len(path) == 0 {
		path = []string{"config"}
	}
	return &Error{Code: CodeInvalidConfig, Field: strings.Join(path, "."), Fix: fix}
}

// CheckRange says whether lo <= v <= hi; if not, the *Error names the field and the range.
func CheckRange(code Code, field string, v, lo, hi int64) error {
	if v < lo || v > hi {
		return &Error{Code: code, Field: field, Fix: fmt.Sprintf("between %d and %d", lo, hi)}
	}
	return nil
}

// BySeq orders payouts for slices.SortFunc.
func BySeq(a, b Payout) int { return cmp.Compare(a.Seq, b.Seq) }
