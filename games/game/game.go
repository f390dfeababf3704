package game

import (
	"encoding/json"
	"io/fs"
	"time"

	"fairground/fairness"
)

// Phase is one stage of a round. Every game lists the phases it uses, in order.
type Phase string

// The phases a game may declare.
const (
	PhaseBet    Phase = "bet"    // stakes are taken until the window closes
	PhaseDraw   Phase = "draw"   // the committed seed and the players' seeds decide
	PhaseAct    Phase = "act"    // players act on what was drawn (claim a share)
	PhaseSettle Phase = "settle" // what is left in escrow is paid out
)

// Bank says who pays the winners.
type Bank string

// The banks a game may declare.
const (
	BankPool  Bank = "pool"  // players pay each other: payouts never exceed the stakes
	BankHouse Bank = "house" // the house pays the difference and keeps what is left
)

// Info describes a game to the engine, the bot, the API and the operators.
type Info struct {
	Name          string          // the folder's name, for example "dice"
	Phases        []Phase         // in order; a draw before a bet phase is impossible
	Bank          Bank            // who pays
	Schema        json.RawMessage // JSON Schema (2020-12) of the config
	DefaultConfig json.RawMessage // valid under Schema; version 1 of every tenant
	Locales       fs.FS           // one <language>.json per language: flat key to text
}

// Game is one pure set of rules. It does no I/O and keeps no state.
type Game interface {
	Info() Info
	// Parse checks a config and binds the rules to it.
	// It returns an *Error with CodeInvalidConfig that names the field.
	Parse(config json.RawMessage) (Rules, error)
}

// Rules are a game's rules under one config version. Amounts are minor units.
type Rules interface {
	// Open checks the parameters of a new round and says what the round needs.
	// It returns an *Error with CodeInvalidParams that names the field.
	Open(params json.RawMessage) (Opening, error)
	// CheckBet checks a bet's choice and stake and returns the most it can win, stake included.
	// It returns an *Error with CodeInvalidChoice or CodeInvalidStake.
	CheckBet(open Opening, bet Bet) (maxPayout int64, err error)
	// Draw turns the random words into the round's outcome. It must be deterministic.
	Draw(open Opening, words *fairness.Stream) (Outcome, error)
	// Settle shares out what the round holds. The engine has already paid acts.
	// It must be deterministic and independent of the order of bets with equal content.
	Settle(open Opening, out Outcome, bets []Bet, acts []Act) ([]Payout, error)
	// Odds lists what players are told before they stake.
	Odds() []Odd
}

// Opening is a checked round: its canonical parameters and what the engine must provide.
type Opening struct {
	Params      json.RawMessage // canonical JSON, published in the proof
	Window      time.Duration   // how long the bet or the act phase lasts
	OpenerBet   *Bet            // a bet the opener places by opening; nil for none
	Seats       int             // most bets in the round, 0 for no limit; a full round closes early
	BetsEach    int             // most bets of one player, 0 for no limit
	Slots       int             // shares to claim in the act phase; 0 without an act phase
	ActReserve  int64           // what an actor must be able to lose, reserved before the slot is known
	MaxExposure int64           // house-banked: most the house can lose on the round, 0 for no limit
}

// Bet is one accepted stake. Seq is the bet's place in the round, from 1, frozen at close.
type Bet struct {
	Seq    int64  `json:"seq"`
	Player string `json:"player"` // the player's public id, a pseudonym
	Choice string `json:"choice"`
	Stake  int64  `json:"stake"`
	Seed   string `json:"seed"` // the player's seed
}

// Slot is one share of an act phase: what its taker gains, and loses if it is a mine.
type Slot struct {
	Amount int64 `json:"amount"`
	Loss   int64 `json:"loss,omitempty"` // paid to the opener, never more than Opening.ActReserve
}

// Act is one slot taken by a player.
type Act struct {
	Slot   int    `json:"slot"` // index into Outcome.Slots
	Player string `json:"player"`
}

// Outcome is what a draw decided. Data is canonical JSON, published in the proof.
type Outcome struct {
	Data  json.RawMessage `json:"data"`
	Slots []Slot          `json:"slots,omitempty"`
}

// Payout is what one bet receives from the round, stake included. Zero payouts are left out.
type Payout struct {
	Seq    int64 `json:"seq"` // the bet's Seq
	Amount int64 `json:"amount"`
}

// Odd is one published line: a choice, its exact chance and what it pays.
type Odd struct {
	Choice   string `json:"choice"`
	Ways     int64  `json:"ways"`      // favourable outcomes
	Of       int64  `json:"of"`        // all outcomes
	PaysBP   int64  `json:"pays_bp"`   // total return per stake in basis points: 20000 is 2.00x
	ReturnBP int64  `json:"return_bp"` // ways/of x pays, rounded down
}

// Code is a stable error code that the API and the bot show.
type Code string

// The codes a game may answer with.
const (
	CodeInvalidConfig Code = "games.invalid_config"
	CodeInvalidParams Code = "games.invalid_params"
	CodeInvalidChoice Code = "games.invalid_choice"
	CodeInvalidStake  Code = "games.invalid_stake"
)

// Error names the field that is wrong and how to mend it.
type Error struct {
	Code  Code
	Field string // JSON path of the field, for example "sum.10" or "stake"
	Fix   string // what would be accepted, for example "between 10 and 5000"
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Field + ": " + e.Fix }
