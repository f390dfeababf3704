package games

import (
	"context"
	"encoding/json"
	"time"

	"fairground/operators"
)

// JackpotConfig says how a group's pot is fed and drawn. Amounts are minor units of points.
type JackpotConfig struct {
	Enabled        bool     `json:"enabled"`
	ContributionBP int      `json:"contribution_bp"` // share of the stakes that the house puts into the pot, in basis points
	Chance         int64    `json:"chance"`          // each unit staked wins with 1 in so many
	Seed           int64    `json:"seed"`            // what the house puts in to begin with, and again after the pot was won
	Games          []string `json:"games"`           // only these, sorted; empty: every game that the house banks
}

// Jackpot is a group's pot.
type Jackpot struct {
	ID         string // public
	Group      int64
	Config     JackpotConfig
	Version    int // of the config; 0: nobody has set one
	ConfigHash string
	Pot        int64 // minor units
	UpdatedAt  time.Time
	UpdatedBy  string // an operator's public id
}

// JackpotDraw is one draw of a pot.
type JackpotDraw struct {
	Ref          string // the round or the play
	Version      int
	Contribution int64 // minor units
	Hit          bool
	Winner       string // the winner's public id; empty without a hit
	Amount       int64  // won, minor units
	At           time.Time
}

// Jackpot reads a group's pot.
func (e *Engine) Jackpot(ctx context.Context, tenant, group int64) (Jackpot, error) {
	return Jackpot{}, errUnfinished
}

// SetJackpot gives a group's pot another config, read at version; rounds that are open keep theirs.
func (e *Engine) SetJackpot(ctx context.Context, a operators.Authority, group int64, version int, c JackpotConfig, reason string) (Jackpot, error) {
	return Jackpot{}, errUnfinished
}

// JackpotWins lists the last draws of a group's pot that were won, newest first.
func (e *Engine) JackpotWins(ctx context.Context, tenant, group int64, limit int) ([]JackpotDraw, error) {
	return nil, errUnfinished
}

// JackpotProof is what a proof says about the pot. Before the settlement it holds the rules only.
type JackpotProof struct {
	ID           string          `json:"id"`
	Version      int             `json:"config_version"`
	Config       json.RawMessage `json:"config"`
	ConfigHash   string          `json:"config_hash"`
	Drawn        bool            `json:"drawn"`
	CarryBefore  int64           `json:"carry_before"` // what earlier stakes left of a unit, in 1/10000
	PotBefore    int64           `json:"pot_before"`
	Contribution int64           `json:"contribution"`
	Hit          bool            `json:"hit"`
	Winner       int64           `json:"winner,omitempty"` // the winning bet's Seq
	Amount       int64           `json:"amount"`
}
