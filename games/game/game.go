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
	PhaseAct    Phase = "act"    // players act: claim a share of what was drawn, or act while a hidden outcome runs (Live)
	PhaseSettle Phase = "settle" // what is left in escrow is paid out
)

// Bank says who pays the winners.
type Bank string

// The banks a game may declare.
const (
	BankPool  Bank = "pool"  // players pay each other: payouts never exceed the stakes
	BankHouse Bank = "house" // the house pays the difference and keeps what is left
)

// Pace says how a game is played.
type Pace string

// The paces a game may declare.
const (
	PaceRound   Pace = ""        // rounds of many players with a betting window
	PaceInstant Pace = "instant" // each bet is drawn and paid in the transaction that takes it
)

// Source says where the randomness comes from.
type Source string

// The sources a game may declare.
const (
	SourceSeeds    Source = ""         // the committed server seed and the players' seeds
	SourceTelegram Source = "telegram" // the chat's own animated dice: chosen by a group, not provable
)

// Info describes a game to the engine, the bot, the API and the operators.
type Info struct {
	Name          string          // the folder's name, for example "dice"
	Phases        []Phase         // in order; a draw before a bet phase is impossible
	Bank          Bank            // who pays
	Pace          Pace            // how it is played
	Source        Source          // where the randomness comes from
	Schema        json.RawMessage // JSON Schema (2020-12) of the config
	DefaultConfig json.RawMessage // valid under Schema; version 1 of every tenant
	Locales       fs.FS           // one <language>.json per language: flat key to text
	Args          []string        // params that the chat's command /<name> takes, in order; "?" after a name: may be left out
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
	MinPot      int64           // a round whose stakes stay below it is voided, 0 for none
	Content     string          // the question bank that a Banked game plays with; empty for none
	Emoji       string          // SourceTelegram: the dice to be thrown, for example "🎲"
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

// Act is what a player did in the act phase: a slot taken, or in a Live game something done at a moment of the run.
type Act struct {
	Slot   int    `json:"slot"` // index into Outcome.Slots; in a Live game the game's own numbering
	Player string `json:"player"`
	Seq    int64  `json:"seq,omitempty"`    // Live: the bet that acts
	Choice string `json:"choice,omitempty"` // Live: what was done
	AtMS   int64  `json:"at_ms,omitempty"`  // Live: milliseconds since the run began, by the database's clock
}

// Outcome is what a draw decided. Data is canonical JSON, published in the proof. In a Live game it is secret until the run is over.
type Outcome struct {
	Data    json.RawMessage `json:"data"`
	Slots   []Slot          `json:"slots,omitempty"`
	LiveMS  int64           `json:"live_ms,omitempty"` // Live: how long players may act, at least 1
	Content json.RawMessage `json:"content,omitempty"` // Banked: what the draw chose from the bank, canonical JSON
}

// Live is implemented by rules whose players act while a hidden outcome runs: phases bet, draw, act, settle.
type Live interface {
	Rules
	// CheckAct checks an act of a bet and says in which milliseconds of the run it may happen: from <= at < to. The engine
	// refuses it outside, and once the outcome's LiveMS is over. One act a bet and slot. It returns an *Error with CodeInvalidChoice.
	CheckAct(open Opening, bet Bet, act Act) (from, to int64, err error)
	// Shown is what everybody may see of a run at a moment. It must not tell what lies ahead. Canonical JSON.
	Shown(open Opening, out Outcome, atMS int64) (json.RawMessage, error)
}

// Banked is implemented by rules that play with content nobody may know beforehand: a bank of questions. The config commits
// to the bank by a hash, so the proof needs no more than what was chosen.
type Banked interface {
	Rules
	// Pick takes what the draw chose out of the bank.
	Pick(open Opening, out Outcome, bank json.RawMessage) (content json.RawMessage, err error)
	// CheckContent checks that an outcome's content belongs to the bank that the config commits to and is what the draw chose.
	CheckContent(open Opening, out Outcome) error
}

// External is implemented by rules whose draw comes from outside: SourceTelegram.
type External interface {
	Rules
	// Take turns the value that the source gave into the outcome. It returns an *Error with CodeInvalidParams for a value
	// that the source can't give.
	Take(open Opening, value int64) (Outcome, error)
}

// Reporter is implemented by rules whose result shows more than the draw: the tickets that won.
type Reporter interface {
	Rules
	// Report is what card.result is written from instead of Outcome.Data. Canonical JSON object.
	Report(open Opening, out Outcome, bets []Bet, acts []Act) (json.RawMessage, error)
}

// Stepped is implemented by rules whose stakes come in steps of their own: the tickets of a raffle.
type Stepped interface {
	Rules
	// Stakes are what is offered to a player who chose none, the smallest first. Minor units.
	Stakes(open Opening) []int64
}

// Return is what a way of playing gives back of what is staked, in parts per million: 972222 is 97.2222 %. Low and High
// are equal when the return is exact (rounded down), otherwise the bounds of a 99.99 % interval.
type Return struct {
	Choice string `json:"choice"` // the bet, or the strategy where a player has one; "" for the only one
	Exact  bool   `json:"exact"`
	Low    int64  `json:"low_ppm"`
	High   int64  `json:"high_ppm"`
}

// Enumerable is implemented by rules that know their exact return without Odds telling it: all choices, in order.
type Enumerable interface {
	Rules
	Returns() []Return
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
