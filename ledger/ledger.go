package ledger

import (
	"strconv"
	"time"

	"fairground/internal/postgres"
)

// Points is the asset every group has: scale 0, so a minor unit is one point.
const Points = "points"

// Purpose is what an account is for. It decides whether the account is strict (keeps a
// balance that can't pass its floor) or derived (its balance is the sum of its postings).
type Purpose string

// The purposes of accounts.
const (
	PurposePlayer   Purpose = "player"          // what a player can spend; strict
	PurposeWithheld Purpose = "player_withheld" // held aside by a hold; strict
	PurposeDebt     Purpose = "player_debt"     // a reversal's receivable; derived
	PurposeEscrow   Purpose = "escrow"          // the stakes of one round; derived
	PurposeIssuer   Purpose = "issuer"          // where a group's points come from; derived
	PurposeHouse    Purpose = "house"           // the operator's side; strict but for points
	PurposeClearing Purpose = "clearing"        // the way out of and into the ledger; derived
	PurposePool     Purpose = "pool"            // prize money; strict
)

// AccountRef names an account within a group and an asset. The database makes the account
// when it is first posted to.
type AccountRef struct {
	Purpose Purpose
	Owner   string // player id, round id, pool name; empty where the group has only one
}

// Player is the spendable account of a player.
func Player(id int64) AccountRef { return AccountRef{PurposePlayer, strconv.FormatInt(id, 10)} }

// House is the operator's account of the group.
func House() AccountRef { return AccountRef{Purpose: PurposeHouse} }

// Issuer is where the group's points come from.
func Issuer() AccountRef { return AccountRef{Purpose: PurposeIssuer} }

// Pool is a named pot of prize money.
func Pool(name string) AccountRef { return AccountRef{PurposePool, name} }

// Clearing is a named way in and out, for example a payment gateway.
func Clearing(name string) AccountRef { return AccountRef{PurposeClearing, name} }

// Receipt is the outcome of an accepted request.
type Receipt struct {
	Transfer int64     // id of the transfer that was posted
	At       time.Time // when it was posted, UTC
	Replayed bool      // the key was known: this is the first answer again
	Balance  int64     // after a grant: the player's balance then, in minor units
	Debt     int64     // after a reversal: what players had spent already, in minor units
}

// Ledger posts and reads money. It is safe for concurrent use.
type Ledger struct{ db *postgres.DB }

// New makes a ledger on db, which is connected as the application role; an audit may also run
// as the owner, and Reverse must.
func New(db *postgres.DB) *Ledger { return &Ledger{db: db} }
