package games

import (
	"encoding/json"
	"log/slog"

	"golang.org/x/sync/singleflight"

	"fairground/games/game"
	"fairground/games/simulate"
	"fairground/internal/clock"
	"fairground/internal/drand"
	"fairground/internal/group"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/models"
)

// Config is what an Engine is made of. Every field is required.
type Config struct {
	DB     *postgres.DB
	Box    *secret.Box
	Clock  clock.Clock
	Locker redis.Locker // admission control only; money is the same without it
	Logger *slog.Logger
	Beacon *drand.Client // public randomness that goes into rounds; optional
}

// Engine plays rounds. It is safe for concurrent use; Postgres alone decides.
type Engine struct {
	db         *postgres.DB
	box        *secret.Box
	clock      clock.Clock
	locker     redis.Locker
	logger     *slog.Logger
	games      map[string]game.Game
	configs    *cache[configKey, boundConfig]
	rounds     *cache[roundKey, roundMeta]
	reading    singleflight.Group       // a round's meta: a crowd that meets a new round reads it once
	drawn      *cache[roundKey, frozen] // between draw and settlement
	runs       *cache[roundKey, run]    // hidden outcomes of live rounds
	bets       *group.Batcher[*betCall, json.RawMessage]
	returns    *cache[string, simulate.Report] // by game and config hash
	simulating chan struct{}                   // holds the one simulation that runs
	plays      *group.Batcher[*playCall, json.RawMessage]
	sources    *cache[playerKey, playerSource] // what instant plays are drawn from
	current    *cache[gameKey, int]            // config versions that plays are made under
	rooms      *cache[[2]int64, houseRoom]     // by tenant and group
	pots       *cache[[2]int64, potRules]      // by tenant and group: what instant plays feed
	beacon     *drand.Client                   // optional
}

// New makes an engine over the generated catalogue.
func New(cfg Config) *Engine {
	e := &Engine{
		db: cfg.DB, box: cfg.Box, clock: cfg.Clock, locker: cfg.Locker, logger: cfg.Logger,
		games:   Catalogue(),
		beacon:  cfg.Beacon,
		configs: newCache[configKey, boundConfig](1024),
		rounds:  newCache[roundKey, roundMeta](4096),
		drawn:   newCache[roundKey, frozen](64),
		returns: newCache[string, simulate.Report](256), simulating: make(chan struct{}, 1),
		runs:    newCache[roundKey, run](256),
		bets:    group.New(group.Config[*betCall, json.RawMessage]{Clock: cfg.Clock, Send: place(cfg.DB), Crowd: betCrowd}),
		sources: newCache[playerKey, playerSource](65536),
		current: newCache[gameKey, int](1024),
		rooms:   newCache[[2]int64, houseRoom](4096),
		pots:    newCache[[2]int64, potRules](4096),
	}
	e.plays = group.New(group.Config[*playCall, json.RawMessage]{Clock: cfg.Clock, Send: e.sendPlays, Crowd: playCrowd})
	return e
}

// Round is a round with the rules it is played under.
type Round struct {
	models.Round
	Group   string     // the group's public id
	Info    game.Info  // of its game
	Rules   game.Rules // under the pinned config version
	Config  models.GameConfig
	Opening game.Opening
}

// roundMeta is what never changes in a round, kept between bets.
type roundMeta struct {
	game    string
	rules   game.Rules
	opening game.Opening
	acting  bool
	live    bool
}

type roundKey struct {
	tenant int64
	round  string
}

type configKey struct {
	tenant  int64
	game    string
	version int
}

type boundConfig struct {
	row   models.GameConfig
	rules game.Rules
}

// Game is a game's description and the rules in force.
type Game struct {
	Info    game.Info
	Version int
	Config  json.RawMessage
	Odds    []game.Odd
	Rules   game.Rules
}
