package games

import (
	"fmt"

	"fairground/games/game"
	"fairground/models"
	"fairground/operators"
)

// Refusals of pacing, automatic rounds and jackpots. Those that pass carry until (RFC 3339) in their Data.
var (
	ErrCooldown      = models.E("games.cooldown", "it is too soon after the last one")
	ErrDailyCap      = models.E("games.daily_cap", "the player's cap of the day is reached")
	ErrQuietHours    = models.E("games.quiet_hours", "no rounds are opened at this time of day")
	ErrTooManyRounds = models.E("games.too_many_rounds", "as many rounds as allowed are running in this group")
	ErrStakeLimit    = models.FieldError(string(game.CodeInvalidStake), "stake", "within the group's limits")
	ErrAutoOff       = models.E("games.auto_off", "the automatic round is off")
	ErrAutoNotFound  = models.E("games.auto_not_found", "no such automatic round")
	ErrStale         = models.E("games.stale", "it changed since it was read")
	ErrGroupNotFound = models.E("players.group_not_found", "no such group")
	ErrInvalidPacing = models.E("games.invalid_pacing", "no pacing can mean this")
)

// pacingRefusals are the codes of pacing, automatic rounds and jackpots that the database may answer with.
func pacingRefusals() []*models.Error {
	return []*models.Error{
		ErrCooldown, ErrDailyCap, ErrQuietHours, ErrTooManyRounds, ErrStakeLimit, ErrAutoOff, ErrAutoNotFound, ErrStale, ErrGroupNotFound, ErrInvalidPacing,
		operators.ErrUnauthenticated, operators.ErrForbidden, operators.ErrStepUpRequired,
	}
}

// explain names what would be accepted where a refusal's facts say it.
func explain(e *models.Error) {
	if e.Code != ErrStakeLimit.Code {
		return
	}
	low, high := e.Data["min"], e.Data["max"]
	switch {
	case low != nil && high != nil:
		e.Fix = fmt.Sprintf("%.0f to %.0f", low, high)
	case low != nil:
		e.Fix = fmt.Sprintf("at least %.0f", low)
	case high != nil:
		e.Fix = fmt.Sprintf("at most %.0f", high)
	}
}
