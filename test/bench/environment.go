package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/migrations"
	"fairground/test/fixture"
)

const (
	hotPlayers    = 1000
	spreadRounds  = 200
	spreadMembers = hotPlayers / spreadRounds
	purse         = 500_000 // points a player starts with: enough for every bet of a run
	appPassword   = "benchmark"
)

// environment is what the money rows share: a database with fsync on, a real Redis and one world.
type environment struct {
	settings    map[string]string
	owner       *pgxpool.Pool
	db          *postgres.DB
	redis       *goredis.Client
	raw         *raw
	world       *fixture.World
	keys        keys
	hot         []string // one round of all players
	rounds      []string // one round a group of few
	members     [][]int64
	settleGroup int64
	till        *fixture.Till
	tables      []*table
	seeded      bool // every player has a chain of seeds
	web         *web
	wallets     *wallets
}

func prepare(ctx context.Context) (*environment, error) {
	ownerURL, redisURL := os.Getenv("DATABASE_URL"), os.Getenv("REDIS_URL")
	if ownerURL == "" || redisURL == "" {
		return nil, errors.New("DATABASE_URL and REDIS_URL are not set: run `go tool task bench`")
	}
	e := &environment{settings: map[string]string{
		"machine": fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		"go":      runtime.Version(), "clients": strconv.Itoa(clients), "lock": redis.ModeRedis,
	}}
	if err := migrations.Apply(ctx, ownerURL, appPassword); err != nil {
		return nil, err
	}
	appURL, err := postgres.AppURL(ownerURL, appPassword)
	if err != nil {
		return nil, err
	}
	if e.db, err = postgres.Open(ctx, appURL, postgres.WithMaxConns(2*clients)); err != nil {
		return nil, err
	}
	if e.owner, err = pgxpool.New(ctx, ownerURL); err != nil {
		return nil, fmt.Errorf("open the owner's pool: %w", err)
	}
	if err := e.postgresSettings(ctx); err != nil {
		return nil, err
	}
	if e.redis, err = redis.Open(ctx, redisURL); err != nil {
		return nil, err
	}
	if err := e.redisSettings(ctx); err != nil {
		return nil, err
	}
	if e.raw, err = newRaw(ctx, ownerURL); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *environment) postgresSettings(ctx context.Context) error {
	for name, setting := range map[string]string{
		"postgres": "server_version", "fsync": "fsync", "synchronous_commit": "synchronous_commit", "shared_buffers": "shared_buffers",
	} {
		var value string
		if err := e.owner.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return fmt.Errorf("read %s: %w", setting, err)
		}
		e.settings[name] = value
	}
	if e.settings["fsync"] != "on" || e.settings["synchronous_commit"] != "on" {
		return errors.New("the database does not wait for the disk: fsync and synchronous_commit must be on")
	}
	return nil
}

// redisSettings insists on a real server: the embedded one would flatter or spoil the figures.
func (e *environment) redisSettings(ctx context.Context) error {
	info, err := e.redis.InfoMap(ctx, "server").Result()
	if err != nil || info["Server"]["redis_version"] == "" {
		return errors.New("the benchmark needs a real redis-server or valkey-server: install one, for example apt-get install redis-server")
	}
	e.settings["redis"] = info["Server"]["redis_version"]
	return nil
}

func (e *environment) buildWorld(ctx context.Context) error {
	locker, err := redis.NewLocker(redis.ModeRedis, e.redis)
	if err != nil {
		return err
	}
	if e.world, err = fixture.Build(ctx, e.db, e.owner, fixture.Options{Players: hotPlayers, Points: purse, Locker: locker}); err != nil {
		return err
	}
	if _, err := e.owner.Exec(ctx, `UPDATE groups SET issuer_daily_cap = 1000000000000`); err != nil {
		return fmt.Errorf("lift the cap: %w", err)
	}
	hot, err := openDice(ctx, e.world, e.world.Group, e.world.Players[0], &e.keys)
	if err != nil {
		return err
	}
	e.hot = []string{hot}
	for i := range spreadRounds {
		members := e.world.Players[i*spreadMembers : (i+1)*spreadMembers]
		group, err := e.world.AddGroup(ctx, members, purse)
		if err != nil {
			return err
		}
		round, err := openDice(ctx, e.world, group, members[0], &e.keys)
		if err != nil {
			return err
		}
		e.rounds, e.members = append(e.rounds, round), append(e.members, members)
	}
	if e.settleGroup, err = e.world.AddGroup(ctx, e.world.Players, purse); err != nil {
		return err
	}
	if _, err := e.owner.Exec(ctx, `UPDATE groups SET issuer_daily_cap = 1000000000000`); err != nil {
		return fmt.Errorf("lift the cap: %w", err)
	}
	if e.till, err = e.world.OpenTill(ctx, "http://127.0.0.1:9/v1", sandboxSecret, tillFunds); err != nil {
		return err
	}
	if e.web, err = newWeb(ctx, e); err != nil {
		return err
	}
	e.wallets, err = openWallets(ctx, e)
	return err
}

func (e *environment) hotRound(ctx context.Context, d time.Duration) (float64, error) {
	return placeBets(ctx, e.world, d, &e.keys, func(n int) (string, int64) { return e.hot[0], e.world.Players[n%hotPlayers] })
}

func (e *environment) spread(ctx context.Context, d time.Duration) (float64, error) {
	return placeBets(ctx, e.world, d, &e.keys, func(n int) (string, int64) {
		round := n % spreadRounds
		return e.rounds[round], e.members[round][(n/spreadRounds)%spreadMembers]
	})
}

// audit fails when the measured load left the books unbalanced.
func (e *environment) audit(ctx context.Context) error {
	report, err := e.world.Ledger.AuditTenant(ctx, e.world.Tenant)
	if err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("the audit after the benchmark found: %+v", report)
	}
	return nil
}

func (e *environment) close() {
	if e.web != nil {
		e.web.close()
	}
	_ = e.redis.Close()
	e.raw.pool.Close()
	e.owner.Close()
	e.db.Close()
}
