package cashier

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"fairground/cashier/gateway"
	"fairground/internal/clock"
	"fairground/internal/group"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/ledger"
	"fairground/players"
)

// Config is what a Cashier is made of. Every field but HTTP and PublicURL is required.
type Config struct {
	DB        *postgres.DB
	Ledger    *ledger.Ledger
	Players   *players.Players
	Box       *secret.Box // seals payout addresses and the settings of gateway accounts
	Clock     clock.Clock
	Logger    *slog.Logger
	HTTP      *http.Client            // for gateways; nil: each brings its own
	PublicURL string                  // where gateways reach /v1/hooks; empty: as set at the gateway
	Kinds     map[string]gateway.Kind // the gateways there are
}

// Cashier is the room. It is safe for concurrent use; Postgres alone decides.
type Cashier struct {
	db        *postgres.DB
	ledger    *ledger.Ledger
	players   *players.Players
	box       *secret.Box
	clock     clock.Clock
	logger    *slog.Logger
	http      *http.Client
	publicURL string
	kinds     map[string]gateway.Kind
	hashKey   []byte // of payout destinations
	attestKey []byte // makes what proves to the database that the program itself heard a gateway's word
	requests  *group.Batcher[*requestCall, json.RawMessage]
	cancels   *group.Batcher[*cancelCall, json.RawMessage]
}

// New makes the room.
func New(cfg Config) *Cashier {
	return &Cashier{
		db: cfg.DB, ledger: cfg.Ledger, players: cfg.Players, box: cfg.Box, clock: cfg.Clock, logger: cfg.Logger,
		http: cfg.HTTP, publicURL: cfg.PublicURL, kinds: cfg.Kinds,
		hashKey: cfg.Box.Key(purposeDestinationHash), attestKey: cfg.Box.Key(purposeAttest),
		requests: group.New(group.Config[*requestCall, json.RawMessage]{Clock: cfg.Clock, Send: requestAll(cfg.DB), Crowd: crowd, Linger: linger}),
		cancels:  group.New(group.Config[*cancelCall, json.RawMessage]{Clock: cfg.Clock, Send: cancelAll(cfg.DB), Crowd: crowd, Linger: linger}),
	}
}
