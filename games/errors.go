package games

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"fairground/games/game"
	"fairground/internal/postgres"
	"fairground/models"
	"fairground/players"
)

// Refusals of the engine; compare with errors.Is. Nothing moved when one is returned.
var (
	ErrUnknownGame    = models.E("games.unknown_game", "no game has this name")
	ErrRoundNotFound  = models.E("games.round_not_found", "no such round, or it takes no such action")
	ErrRoundClosed    = models.E("games.round_closed", "the round takes no more bets")
	ErrRoundFull      = models.E("games.round_full", "every seat is taken")
	ErrRoundRunning   = models.E("games.round_running", "a round is already running in this group")
	ErrAlreadyBet     = models.E("games.already_bet", "the player has bet in this round")
	ErrAlreadyClaimed = models.E("games.already_claimed", "the player has claimed in this round")
	ErrNothingLeft    = models.E("games.nothing_left", "every share is taken")
	ErrHouseLimit     = models.E("games.house_limit", "the house can't cover more for now")
	ErrGroupInactive  = models.E("games.group_inactive", "the group is not active")
	ErrAlreadyDrawn   = models.E("games.already_drawn", "the draw is stored, the round can't be voided")
	ErrTooEarly       = models.E("games.too_early", "it is too early for that")
	ErrTooLate        = models.E("games.too_late", "it is too late for that")
	ErrNoBet          = models.E("games.no_bet", "the player has no bet in this round")
	ErrAlreadyActed   = models.E("games.already_acted", "the player has done that in this round")
	ErrRunning        = models.E("games.run_running", "the round's run is not over")
	ErrWaiting        = models.E("games.waiting_for_source", "the value that decides the round has not come")
	ErrNotClosed      = models.E("games.not_closed", "the round is still open")
	ErrNotDrawn       = models.E("games.not_drawn", "the round is not drawn")
	ErrBusy           = models.E("games.busy", "too many requests at once, try again")
	ErrNotMember      = models.E("players.not_member", "the player is not a member of the group")
	ErrInsufficient   = models.E("ledger.insufficient_funds", "the balance is too low")
	ErrKeyReused      = models.E("ledger.key_reused", "the idempotency key was used with another payload")
	ErrAssetOff       = models.E("cashier.asset_off", "the asset is not enabled")
	ErrNotInstant     = models.E("games.not_instant", "the game is played in rounds")
	ErrPlayNotFound   = models.E("games.play_not_found", "no such play")
	ErrChainNotFound  = models.E("games.chain_not_found", "no such chain of seeds")
	ErrInvalidKey     = models.FieldError("games.invalid_key", "idempotency_key", "1 to 128 characters")
	ErrInvalidSeed    = models.FieldError("games.invalid_seed", "seed", "1 to 64 letters, digits, - or _")
)

// refusals are the codes the database may answer with.
func refusals() []*models.Error {
	return []*models.Error{
		ErrRoundNotFound, ErrRoundClosed, ErrRoundFull, ErrRoundRunning, ErrAlreadyBet, ErrAlreadyClaimed, ErrNothingLeft,
		ErrHouseLimit, ErrGroupInactive, ErrAlreadyDrawn, ErrTooEarly, ErrNotClosed, ErrNotDrawn, ErrTooLate, ErrNoBet, ErrAlreadyActed, ErrRunning, ErrNotMember, ErrInsufficient, ErrKeyReused,
		ErrAssetOff, players.ErrExcluded, players.ErrFrozen, players.ErrKYCRequired, players.ErrUnderAge, players.ErrMarketClosed, players.ErrLossLimit,
	}
}

// refusal turns an answer's code into an error with the answer's facts; nil for ok.
func refusal(code string, answer json.RawMessage) error {
	if code == "ok" {
		return nil
	}
	for _, known := range slices.Concat(refusals(), pacingRefusals(), ticketRefusals()) {
		if known.Code != code {
			continue
		}
		e := *known
		if err := json.Unmarshal(answer, &e.Data); err != nil {
			return fmt.Errorf("read the answer's facts: %w", err)
		}
		delete(e.Data, "code")
		explain(&e)
		return &e
	}
	return fmt.Errorf("the database answered with an unknown code %q", code)
}

// gameError turns a game's own error into the shared vocabulary.
func gameError(err error) error {
	if g, ok := errors.AsType[*game.Error](err); ok {
		return models.FieldError(string(g.Code), g.Field, g.Fix)
	}
	return err
}

// busy turns exhausted retries into ErrBusy and leaves other errors as they are. A request made
// again keeps its error: that nothing moved now does not say that nothing moved before.
func busy(err error, again bool) error {
	if !again && errors.Is(err, postgres.ErrBusy) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
