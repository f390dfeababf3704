package providers

import (
	"log/slog"
	"sync"
	"time"

	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// Config is what New needs. Every field is required.
type Config struct {
	DB     *postgres.DB
	Box    *secret.Box
	Clock  clock.Clock
	Logger *slog.Logger
}

// Providers is the room. It is safe for concurrent use.
type Providers struct {
	db        *postgres.DB
	box       *secret.Box
	clock     clock.Clock
	logger    *slog.Logger
	attestKey []byte
	keys      sync.Map // provider id to *opened
}

// New makes the room.
func New(c Config) *Providers {
	return &Providers{db: c.DB, box: c.Box, clock: c.Clock, logger: c.Logger, attestKey: c.Box.Key(purposeAttest)}
}

// Provider is a provider of games, without its secrets.
type Provider struct {
	ID          string // pv_…
	Title       string
	Enabled     bool
	FreeWins    bool          // it may pay free rounds: wins without a bet
	LateWin     time.Duration // how long after a round's end its wins are still taken
	Session     time.Duration // how long a launch may bet
	OldKeyUntil time.Time     // until when the secret before the last rotation is taken; zero: not at all
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Games       []Game
	OpenRounds  int64
}

// Game is a game of a provider.
type Game struct {
	Game      string // the provider's name of it
	Title     string
	LaunchURL string // http or https; the session is added to its query
	Asset     string
	MinStake  int64 // minor units, at least 1
	MaxStake  int64 // minor units; 0: no limit
	Enabled   bool
}

// Transaction is one that moved money or was remembered.
type Transaction struct {
	ID        int64 // rises
	UUID      string
	Kind      string // bet, win, rollback
	Reference string // the uuid of the bet
	Round     string
	Game      string
	Player    string // public id
	Group     string // public id
	Alias     string // the player's name towards the provider
	Asset     string
	Scale     int
	Amount    int64  // minor units
	Balance   int64  // after it, minor units
	State     string // posted, rolled_back; of a rollback: returned, remembered
	At        time.Time
}

// Round is a round at a provider.
type Round struct {
	Round    string
	Game     string
	Player   string // public id
	Group    string
	Asset    string
	Scale    int
	Staked   int64
	Won      int64
	Returned int64
	OpenedAt time.Time
	ClosedAt time.Time // zero while it is open
	ClosedBy string    // provider, operator
}
