package api

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"fairground/api/gen"
	"fairground/models"
)

// The route that takes bets is called thousands of times a second, so its requests are checked by
// hand instead of by walking the document. TestBetCheckEqualsTheDocument holds the two together.
const (
	hotOperation = "placeBet"
	hotPath      = "/v1/rounds/:round/bets"
)

func (s *server) placeBet(c echo.Context) error {
	round, r := c.Param("round"), c.Request()
	key, err := checkBetHeader(round, r.Header)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body, err := decodeBet(data)
	if err != nil {
		return err
	}
	answer, err := s.player.PlaceBet(r.Context(), gen.PlaceBetRequestObject{
		Round: round, Params: gen.PlaceBetParams{IdempotencyKey: key}, Body: &body,
	})
	if err != nil {
		return err
	}
	return answer.VisitPlaceBetResponse(c.Response())
}

// checkBetHeader checks the path, the key and the type of the body.
func checkBetHeader(round string, header http.Header) (string, error) {
	if len(round) < 1 || len(round) > 64 || !all(round, isNameByte) {
		return "", invalid("round", "1 to 64 letters, digits, _ and -")
	}
	key := header.Get("Idempotency-Key")
	if key == "" {
		return "", invalid("Idempotency-Key", "it is required")
	}
	if len(key) > 128 || !all(key, isKeyByte) {
		return "", invalid("Idempotency-Key", "1 to 128 letters, digits and ._:-")
	}
	if kind, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", &models.Error{Code: codeMediaType}
	}
	return key, nil
}

// decodeBet reads a PlaceBet with exactly the names and types of the document.
func decodeBet(data []byte) (gen.PlaceBet, error) {
	var bet gen.PlaceBet
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return bet, invalid("body", "a JSON object with choice and stake")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		raw := fields[name]
		var err error
		switch name {
		case "choice":
			bet.Choice, err = text(name, raw, 1, 64)
		case "stake":
			bet.Stake, err = integer(name, raw)
		case "seed":
			var seed string
			seed, err = text(name, raw, 1, 64)
			if err == nil && !all(seed, isNameByte) {
				err = invalid(name, "1 to 64 letters, digits, _ and -")
			}
			bet.Seed = &seed
		default:
			err = unknown(name)
		}
		if err != nil {
			return gen.PlaceBet{}, err
		}
	}
	for _, name := range []string{"choice", "stake"} {
		if _, ok := fields[name]; !ok {
			return gen.PlaceBet{}, invalid(name, "it is required")
		}
	}
	return bet, nil
}

func text(name string, raw json.RawMessage, least, most int) (string, error) {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil || !fits(s, least, most) {
		return "", invalid(name, "text of "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+" characters")
	}
	return s, nil
}

// integer accepts every spelling of a whole number that JSON has, for example 100, 100.0 and 1e2.
func integer(name string, raw json.RawMessage) (int64, error) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err == nil {
		return n, nil
	}
	const exact = 1 << 53 // past it a float is no longer the number that was written
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || errors.Is(err, strconv.ErrRange) || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, invalid(name, "a whole number of minor units")
	}
	return int64(f), nil
}

func fits(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isNameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-'
}

func isKeyByte(b byte) bool { return isNameByte(b) || b == '.' || b == ':' }

func unknown(name string) error {
	if !plainName.MatchString(name) {
		name = "body"
	}
	return invalid(name, "leave it out")
}

func invalid(field, fix string) error {
	return &models.Error{Code: codeInvalidRequest, Message: "the request does not follow the document", Field: field, Fix: fix}
}
