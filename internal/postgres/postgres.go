package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Limits of every connection of the pool; TxOptions may set others for one transaction.
const (
	DefaultStatementTimeout = 5 * time.Second
	DefaultLockTimeout      = 2 * time.Second
	defaultMaxConns         = 16
	connectTimeout          = 5 * time.Second
)

// DB is the pool and what is built on it. It is safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
	sql  *sql.DB
	gorm *gorm.DB
}

// Option changes how Open configures the pool.
type Option func(*pgxpool.Config)

// WithMaxConns sets the most connections the pool opens.
func WithMaxConns(n int32) Option {
	return func(c *pgxpool.Config) { c.MaxConns = n }
}

// WithName sets the application name that the server shows for the connections.
func WithName(name string) Option {
	return func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["application_name"] = name }
}

// Open connects to url and checks that the server answers. Close releases everything.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: parse the address: %w", err)
	}
	cfg.MaxConns = defaultMaxConns
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.PingTimeout = connectTimeout
	params := cfg.ConnConfig.RuntimeParams
	params["application_name"] = "fairground"
	params["timezone"] = "UTC"
	params["statement_timeout"] = milliseconds(DefaultStatementTimeout)
	params["lock_timeout"] = milliseconds(DefaultLockTimeout)
	params["idle_in_transaction_session_timeout"] = milliseconds(3 * DefaultStatementTimeout)
	for _, opt := range opts {
		opt(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: open the pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: reach the server: %w", explain(ctx, err))
	}
	sqlDB := stdlib.OpenDBFromPool(pool)
	orm, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: sqlDB}), &gorm.Config{
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
	})
	if err != nil {
		_ = sqlDB.Close()
		pool.Close()
		return nil, fmt.Errorf("postgres: open gorm on the pool: %w", err)
	}
	return &DB{pool: pool, sql: sqlDB, gorm: orm}, nil
}

// Close waits for running work and closes every connection.
func (db *DB) Close() {
	_ = db.sql.Close() // it owns no connection of its own: the pool does
	db.pool.Close()
}

// Pool is the pool itself, for LISTEN and health checks. It sets no tenant.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Gorm is gorm on the same pool. It sets no tenant: rows behind the fence need GormInTenant.
func (db *DB) Gorm() *gorm.DB { return db.gorm }

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
