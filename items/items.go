package items

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"fairground/internal/postgres"
	"fairground/models"
)

// Effect says what a unit does when it is used.
type Effect string

// The effects.
const (
	EffectScoreBoost  Effect = "score_boost"  // what is scored in contests that allow it counts more for some minutes
	EffectExtraTicket Effect = "extra_ticket" // a bet in one game whose stake the house gives
	EffectInsurance   Effect = "insurance"    // a share of the next lost round comes back
	EffectCosmetic    Effect = "cosmetic"     // a badge beside the name
)

// Status is the state of a unit.
type Status string

// The states of a unit. An owned one becomes one of the others and stays that.
const (
	StatusOwned   Status = "owned"
	StatusUsed    Status = "used"
	StatusExpired Status = "expired"
)

// Refusals of this room.
var (
	ErrNotFound    = models.E("items.not_found", "no such item")
	ErrChanged     = models.E("items.changed", "the item changed since it was read: look at its price again")
	ErrSoldOut     = models.E("items.sold_out", "the item is sold out")
	ErrEnough      = models.E("items.enough", "one player buys no more of this item")
	ErrUsed        = models.E("items.used", "the item was used")
	ErrExpired     = models.E("items.expired", "the item has expired")
	ErrActive      = models.E("items.active", "one of this kind still counts: use the next one after it")
	ErrNotGiftable = models.E("items.not_giftable", "this item can't be given away")
	ErrSelf        = models.E("items.self", "give it to somebody else")
	ErrNoReceiver  = models.E("items.no_receiver", "the receiver is no member of the group")
	ErrNeedsRound  = models.E("items.needs_round", "an extra ticket is used in an open round: name it")
	ErrNotMember   = models.E("players.not_member", "the player is not a member of the group")
	ErrInvalidKey  = models.E("items.invalid_key", "the key must have 1 to 128 characters")
)

// codeInvalid is the code of an item that can't be kept; the error names the field and the fix.
const codeInvalid = "items.invalid"

// Params are what an effect needs; fields of other effects are zero.
type Params struct {
	FactorBP int    `json:"factor_bp,omitempty"` // score_boost: 15000 counts half as much again
	Minutes  int    `json:"minutes,omitempty"`   // score_boost
	Game     string `json:"game,omitempty"`      // extra_ticket: whose rounds; insurance: empty for all
	MaxStake int64  `json:"max_stake,omitempty"` // extra_ticket, points
	ShareBP  int    `json:"share_bp,omitempty"`  // insurance: of what was lost
	Most     int64  `json:"most,omitempty"`      // insurance, points
	Hours    int    `json:"hours,omitempty"`     // insurance: how long it waits for a lost round
	Badge    string `json:"badge,omitempty"`     // cosmetic
}

// Face is what an item is and does; a unit keeps that of the version it was bought under.
type Face struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Icon        string `json:"icon"`
	Effect      Effect `json:"effect"`
	Params      Params `json:"params"`
	Giftable    bool   `json:"giftable"`
}

// Item is an entry of the catalogue.
type Item struct {
	Face

	ID           string    `json:"id"` // itm_…
	Version      int       `json:"version"`
	Price        int64     `json:"price"`         // points
	Stock        *int64    `json:"stock"`         // left to be sold; nil for no limit
	PerPlayer    int       `json:"per_player"`    // most that one player may buy in a group; 0 for no limit
	ValidSeconds *int64    `json:"valid_seconds"` // from the purchase; nil for ever
	OnSale       bool      `json:"on_sale"`
	UpdatedAt    time.Time `json:"updated_at"`
}

// Unit is one item somebody has or had.
type Unit struct {
	Face

	ID        string     `json:"unit"` // unit_…
	Item      string     `json:"item"`
	Version   int        `json:"version"`
	Group     string     `json:"group"`  // public id
	Origin    string     `json:"origin"` // bought or granted
	Price     int64      `json:"price"`  // that was paid, points
	GotAt     time.Time  `json:"got_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	Status    Status     `json:"status"`
	UsedAt    *time.Time `json:"used_at"`
	UsedFor   string     `json:"used_for"` // the round an extra ticket went to
	From      *time.Time `json:"from"`     // when the effect began to count
	Until     *time.Time `json:"until"`    // when it ends; nil for never
	Counts    bool       `json:"counts"`   // the effect counts now
	SpentAt   *time.Time `json:"spent_at"`
	SpentFor  string     `json:"spent_for"` // the round an insurance paid for
	Paid      int64      `json:"paid"`      // by an insurance, points
}

// Items is the room.
type Items struct{ db *postgres.DB }

// New makes the room.
func New(db *postgres.DB) *Items { return &Items{db: db} }

// ask calls a function that answers with a code and reads its answer.
func (s *Items) ask(ctx context.Context, act string, tenant int64, sql string, args []any, into any) error {
	var answer json.RawMessage
	if err := s.db.Call(ctx, tenant, sql, args, &answer); err != nil {
		return fmt.Errorf("items: %s: %w", act, err)
	}
	if err := refusal(answer); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("items: %s: read the answer: %w", act, err)
	}
	return nil
}

func hashOf(parts ...any) []byte {
	raw, err := json.Marshal(parts)
	if err != nil {
		panic("items: " + err.Error()) // texts and numbers only
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

func checkKey(key string) error {
	if key == "" || len(key) > 128 {
		return ErrInvalidKey
	}
	return nil
}
