package items

import (
	"encoding/json"
	"fmt"

	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

// refusals are what a function of the database may answer besides ok.
func refusals() []*models.Error {
	return []*models.Error{
		ErrNotFound, ErrChanged, ErrSoldOut, ErrEnough, ErrUsed, ErrExpired, ErrActive, ErrNotGiftable, ErrSelf, ErrNoReceiver, ErrNeedsRound, ErrNotMember,
		ledger.ErrInsufficientFunds, ledger.ErrKeyReused, players.ErrFrozen, players.ErrExcluded,
	}
}

// refusal turns an answer of the database into an error with the answer's facts; nil for ok.
func refusal(answer json.RawMessage) error {
	var facts map[string]any
	if err := json.Unmarshal(answer, &facts); err != nil {
		return fmt.Errorf("items: read the answer: %w", err)
	}
	code, _ := facts["code"].(string)
	if code == "ok" {
		return nil
	}
	if code == codeInvalid {
		field, _ := facts["field"].(string)
		fix, _ := facts["fix"].(string)
		return models.FieldError(codeInvalid, field, fix)
	}
	if err := operators.FromCode(code); err != nil {
		return err
	}
	for _, known := range refusals() {
		if known.Code == code {
			e := *known
			delete(facts, "code")
			if len(facts) > 0 {
				e.Data = facts
			}
			return &e
		}
	}
	return fmt.Errorf("items: the database answered with the unknown code %q", code)
}
