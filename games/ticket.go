package games

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/games/game"
	"fairground/models"
)

// ticketRefusals are those of the items room, which a bet with a ticket meets.
func ticketRefusals() []*models.Error {
	return []*models.Error{
		models.E("items.not_found", "no such item"), models.E("items.used", "the ticket was used"), models.E("items.expired", "the ticket has expired"),
		models.E("items.no_ticket", "this item is no extra ticket"), models.E("items.other_game", "the ticket is for another game"),
		models.E("items.stake_too_high", "the ticket does not cover this stake"),
	}
}

// TicketRequest uses an extra ticket: a bet whose stake the house gives.
type TicketRequest struct {
	Tenant, Player int64
	Unit           string // of the item, unit_…
	Round          string
	Choice         string
	Stake          int64  // points, within what the ticket covers
	Key            string // idempotency key, unique per player
}

// BetWithTicket places a bet with an extra ticket, in one transaction: a bet that is refused leaves the ticket. The same key
// and payload answers with the same receipt. It returns what PlaceBet returns and the refusals of the items room
// (items.not_found, items.used, items.expired, items.no_ticket, items.other_game, items.stake_too_high).
func (e *Engine) BetWithTicket(ctx context.Context, req TicketRequest) (Receipt, error) {
	if err := checkKey(req.Key); err != nil {
		return Receipt{}, err
	}
	meta, err := e.meta(ctx, req.Tenant, req.Round)
	if err != nil {
		return Receipt{}, err
	}
	most, err := meta.rules.CheckBet(meta.opening, game.Bet{Choice: req.Choice, Stake: req.Stake})
	if err != nil {
		return Receipt{}, gameError(err)
	}
	payload := struct {
		Round     string `json:"round"`
		Choice    string `json:"choice"`
		Stake     int64  `json:"stake"`
		MaxPayout int64  `json:"max_payout"`
		Fresh     string `json:"fresh"`
	}{req.Round, req.Choice, req.Stake, most, freshSeed()}
	hash := requestHash("ticket", req.Unit, req.Round, req.Choice, req.Stake)
	var answer json.RawMessage
	err = e.db.Call(ctx, req.Tenant, `SELECT api_item_bet($1, $2, $3, $4, $5, $6)`, []any{req.Tenant, req.Player, req.Unit, payload, req.Key, hash}, &answer)
	if err != nil {
		return Receipt{}, fmt.Errorf("bet with a ticket: %w", busy(err, false))
	}
	var out struct {
		Code     string
		Bet      int64
		Balance  int64
		Full     bool
		Replayed bool
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return Receipt{}, fmt.Errorf("read the answer of a bet with a ticket: %w", err)
	}
	if err := refusal(out.Code, answer); err != nil {
		return Receipt{}, err
	}
	return Receipt{
		Round: req.Round, Bet: out.Bet, Choice: req.Choice, Stake: req.Stake, Balance: out.Balance, Full: out.Full, Replayed: out.Replayed,
	}, nil
}
