package bot

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"regexp"
	"strconv"
	"time"

	"fairground/internal/postgres"
	"fairground/models"
)

// toastLimit is how long the answer to a tap may be, in characters.
const toastLimit = 200

// refusal is the plain text for a domain error in the reader's words; false for trouble.
func (v voice) refusal(err error) (string, bool) {
	var refused *models.Error
	if !errors.As(err, &refused) {
		return "", false
	}
	facts := vars{"Field": refused.Field, "Fix": grouped(refused.Fix)}
	for name, value := range refused.Data {
		facts[name] = fact(value)
	}
	if refused.Code == "ledger.insufficient_funds" && facts["balance"] == "0" {
		return v.say("error.no_points", facts), true
	}
	if text, ok := v.try("error."+refused.Code, facts); ok {
		return text, true
	}
	return v.say("error.other", vars{"Code": refused.Code}), true
}

// amounts are the numbers in a text that are long enough to be written with thousands apart.
var amounts = regexp.MustCompile(`\b\d{4,18}\b`)

// grouped writes every amount in a text the way amounts are shown.
func grouped(text string) string {
	return amounts.ReplaceAllStringFunc(text, func(digits string) string {
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return digits
		}
		return number(n)
	})
}

// fact shows a number or a point in time of an error's data the way they are shown elsewhere.
func fact(value any) any {
	switch n := value.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339, n); err == nil {
			return moment(at)
		}
	case float64:
		return number(int64(n))
	case int64:
		return number(n)
	case int:
		return number(int64(n))
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return number(i)
		}
	}
	return value
}

// trouble is the toast for an error that is no refusal.
func (v voice) trouble(err error) string {
	if errors.Is(err, postgres.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		return v.say("error.unavailable")
	}
	return v.say("error.trouble")
}

// esc0 escapes a text that already has its right length.
func esc0(text string) string { return html.EscapeString(text) }
