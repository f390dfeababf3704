package providers

import (
	"encoding/json"
	"fmt"

	"fairground/models"
	"fairground/operators"
)

// Refusals; compare with errors.Is. Nothing moved when one is returned.
var (
	ErrNotFound      = models.E("providers.not_found", "no such provider")
	ErrGameNotFound  = models.E("providers.game_not_found", "no such game of a provider, or it is off")
	ErrRoundNotFound = models.E("providers.round_not_found", "no such round at the provider")
	ErrRoundClosed   = models.E("providers.round_closed", "the round has ended")
	ErrTitleTaken    = models.E("providers.title_taken", "another provider has this title")
	ErrGroupInactive = models.E("providers.group_inactive", "the group is not active")
	ErrAssetUnknown  = models.E("providers.asset_unknown", "only points and assets of money can be staked")
	// ErrInvalid carries the field and what would be accepted.
	ErrInvalid       = models.E("providers.invalid_input", "an input does not fit")
	ErrInvalidCursor = models.E("api.invalid_cursor", "the cursor is not one this list gave out")
)

// refusals are the codes that the database may answer with beside those of operators.
func refusals() []*models.Error {
	return []*models.Error{
		ErrNotFound, ErrGameNotFound, ErrRoundNotFound, ErrRoundClosed, ErrTitleTaken, ErrGroupInactive, ErrAssetUnknown,
		models.E("cashier.own_account", "nobody moves money of their own player"),
		models.E("cashier.asset_off", "the asset is not enabled"),
		models.E("players.not_member", "the player does not belong to the group"),
		models.E("players.frozen", "the player's account is frozen"),
		models.E("players.excluded", "the player is excluded"),
		models.E("players.kyc_required", "the player's identity was not checked"),
		models.E("players.under_age", "the player is too young"),
		models.E("players.market_closed", "the player's market is closed"),
		models.E("players.loss_limit", "the player's limit of loss is reached"),
	}
}

func invalid(field, fix string) error {
	e := *ErrInvalid
	e.Field, e.Fix = field, fix
	return &e
}

// refusal turns an answer of the database into an error with the answer's facts; nil for ok.
func refusal(answer []byte) error {
	var facts map[string]any
	if err := json.Unmarshal(answer, &facts); err != nil {
		return fmt.Errorf("providers: read the answer: %w", err)
	}
	code, _ := facts["code"].(string)
	if code == "ok" {
		return nil
	}
	if err := operators.FromCode(code); err != nil {
		return err
	}
	for _, known := range refusals() {
		if known.Code == code {
			delete(facts, "code")
			known.Data = facts
			return known
		}
	}
	return fmt.Errorf("providers: the database answered with the unknown code %q", code)
}
