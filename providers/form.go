package providers

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"

	"fairground/providers/seamless"
)

var (
	uuidPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)
	roundPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	gamePattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	tokenPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	plainName    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

// parse reads a call's body strictly: exactly the fields that the call takes. It names the field that is wrong, or none.
func parse(call seamless.Call, body []byte) (r seamless.Request, wrong string) {
	var given map[string]json.RawMessage
	if json.Unmarshal(body, &given) != nil || given == nil {
		return r, "body"
	}
	needs, may := call.Fields()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(needs, name) && !slices.Contains(may, name) {
			if !plainName.MatchString(name) {
				name = "body"
			}
			return r, name
		}
	}
	for _, name := range needs {
		if value, ok := given[name]; !ok || string(value) == "null" {
			return r, name
		}
	}
	if err := json.Unmarshal(body, &r); err != nil {
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "" {
			return r, mismatch.Field
		}
		return r, "body"
	}
	return r, check(call, r)
}

// check names the first field whose value can't be one.
func check(call seamless.Call, r seamless.Request) string {
	for _, c := range []struct {
		name, value string
		pattern     *regexp.Regexp
	}{
		{"token", r.Token, tokenPattern},
		{"player", r.Player, plainName},
		{"transaction_uuid", r.Transaction, uuidPattern},
		{"reference_transaction_uuid", r.Reference, uuidPattern},
		{"round", r.Round, roundPattern},
		{"game", r.Game, gamePattern},
		{"asset", r.Asset, plainName},
	} {
		needs, _ := call.Fields()
		if (c.value != "" || slices.Contains(needs, c.name)) && !c.pattern.MatchString(c.value) {
			return c.name
		}
	}
	if r.Amount == nil {
		return ""
	}
	least := int64(0)
	if call == seamless.Bet {
		least = 1
	}
	if *r.Amount < least || *r.Amount > seamless.MaxAmount {
		return "amount"
	}
	return ""
}
