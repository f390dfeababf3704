package games

import (
	"encoding/json"
	"time"

	"fairground/games/game"
	"fairground/models"
)

// ProofFormat names the shape of a Proof; it changes when the shape does.
const ProofFormat = "fairground.round.v1"

// Proof is all that anybody needs to recompute a round. It is public: players stand in it by
// their public ids. Amounts are minor units, times UTC (ProofTime), hashes and seeds lower-case hex.
type Proof struct {
	Format         string             `json:"format"` // ProofFormat
	Round          string             `json:"round"`
	Game           string             `json:"game"`
	ConfigVersion  int                `json:"config_version"`
	Config         json.RawMessage    `json:"config"`
	ConfigHash     string             `json:"config_hash"` // SHA-256 of the config's canonical JSON
	Asset          string             `json:"asset"`
	Status         models.RoundStatus `json:"status"`
	VoidReason     string             `json:"void_reason,omitempty"`
	OpenedAt       string             `json:"opened_at"`
	ClosesAt       string             `json:"closes_at"`
	ClosedAt       string             `json:"closed_at,omitempty"`
	SettledAt      string             `json:"settled_at,omitempty"`
	Commit         string             `json:"commit"`                // SHA-256 of the server seed, published at the opening
	Chain          *ChainRef          `json:"chain,omitempty"`       // where the seed comes from; rounds of old have none
	ServerSeed     string             `json:"server_seed,omitempty"` // once it may be revealed
	Beacon         *BeaconRef         `json:"beacon,omitempty"`      // public randomness in the draw; optional
	Params         json.RawMessage    `json:"params"`
	Bets           []game.Bet         `json:"bets"`      // by Seq, from 1
	DrawBets       int                `json:"draw_bets"` // how many of the first bets fed the client seed
	ClientSeed     string             `json:"client_seed,omitempty"`
	External       *External          `json:"external,omitempty"` // of a draw from outside
	Outcome        *game.Outcome      `json:"outcome,omitempty"`
	Acts           []game.Act         `json:"acts,omitempty"`
	Payouts        []game.Payout      `json:"payouts,omitempty"`
	House          int64              `json:"house"`                     // what the house kept; negative when it paid
	SettlementHash string             `json:"settlement_hash,omitempty"` // see SettlementHash
	Jackpot        *JackpotProof      `json:"jackpot,omitempty"`         // of the group's pot, when the round feeds it
}

// External is the value that decided a round whose draw comes from outside.
type External struct {
	Source  game.Source `json:"source"`
	Value   int64       `json:"value"`
	Message int64       `json:"message,omitempty"` // the chat message that shows it
}

// ProofTime is a moment as a proof writes it: UTC, RFC 3339 with six decimals.
func ProofTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }
