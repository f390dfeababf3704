package games

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"fairground/games/game"
)

// ErrNotCanonical means that a value has no canonical form here: a number that is not an integer
// of at most 2^53-1 either way, or broken JSON.
var ErrNotCanonical = errors.New("no canonical JSON")

// safeInteger is the largest integer that every JSON reader, a browser's included, keeps exact.
const safeInteger = 1<<53 - 1

// Canonical is v as canonical JSON, the subset of RFC 8785 with integers only: keys sorted by
// UTF-16, no spaces, text unescaped where it may be. Equal values have equal bytes. It returns
// ErrNotCanonical.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotCanonical, err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotCanonical, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more than one value", ErrNotCanonical)
	}
	return appendCanonical(nil, tree)
}

func appendCanonical(out []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case string:
		return appendText(out, v), nil
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil || n > safeInteger || n < -safeInteger {
			return nil, fmt.Errorf("%w: %s is not an integer of at most 2^53-1", ErrNotCanonical, v)
		}
		return strconv.AppendInt(out, n, 10), nil
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendCanonical(out, item); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case map[string]any:
		return appendObject(out, v)
	default:
		return nil, fmt.Errorf("%w: %T", ErrNotCanonical, v)
	}
}

func appendObject(out []byte, v map[string]any) ([]byte, error) {
	var err error
	out = append(out, '{')
	for i, key := range slices.SortedFunc(maps.Keys(v), compareUTF16) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, key), ':')
		if out, err = appendCanonical(out, v[key]); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendText quotes as JSON.stringify does, which RFC 8785 names as its rule.
func appendText(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\b':
			out = append(out, `\b`...)
		case r == '\f':
			out = append(out, `\f`...)
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < 0x20:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}

// SettlementHash is the hex SHA-256 over the canonical JSON of {outcome, payouts, round}: one
// number that fixes how a round ended. A voided round has no outcome: its data is null.
func SettlementHash(round string, out game.Outcome, payouts []game.Payout) (string, error) {
	if payouts == nil {
		payouts = []game.Payout{}
	}
	return canonicalHash(map[string]any{"outcome": out, "payouts": payouts, "round": round})
}
