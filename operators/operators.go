package operators

import (
	"log/slog"
	"sync"
	"time"

	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/models"
)

// Config is what New needs.
type Config struct {
	DB     *postgres.DB
	Box    *secret.Box // seals TOTP secrets and keys the hashes of e-mails and short codes
	Clock  clock.Clock // decides which TOTP code is current
	Logger *slog.Logger
	Name   string // the issuer that authenticator apps show; empty means Fairground
	OIDC   OIDC   // single sign-on; the zero value is off
}

// Operators is the room. It is safe for concurrent use.
type Operators struct {
	db      *postgres.DB
	box     *secret.Box
	clock   clock.Clock
	log     *slog.Logger
	name    string
	oidc    *oidcClient
	tenants sync.Map // public id to tenant: neither ever changes
	derives slots
}

// New makes the room over the application role's database.
func New(cfg Config) *Operators {
	if cfg.Name == "" {
		cfg.Name = "Fairground"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Operators{db: cfg.DB, box: cfg.Box, clock: cfg.Clock, log: cfg.Logger, name: cfg.Name, oidc: newOIDC(cfg.OIDC), derives: make(slots, derivesAtOnce)}
}

// Via is how an operator reached us.
type Via string

// The ways.
const (
	ViaSession  Via = "session"
	ViaKey      Via = "key"
	ViaTelegram Via = "telegram"
)

// Authority is who acts. A function of the database that needs an operator gets Via and Proof and checks them itself.
type Authority struct {
	Tenant, Operator           int64
	TenantID, OperatorID, Name string // public ids, and the operator's name
	Roles                      []models.Role
	Scopes                     []Permission // of an API key; nil: all that the roles allow
	Via                        Via
	// Proof is the SHA-256 of the session's token or the key, or for Telegram a value that only the program can derive.
	// Whoever has it can act as the operator: keep it out of logs.
	Proof       []byte
	StepUpUntil time.Time // UTC; zero: not stepped up
	CSRF        string    // what a browser must send along; sessions only
	RequestID   string    // set by the edge; goes into the operation log
}

// SteppedUp says whether the second factor was shown lately enough, or the key carries the scope for it.
func (a Authority) SteppedUp(now time.Time) bool { return now.Before(a.StepUpUntil) }

// Session is a signed-in browser. Only a hash of the token is stored.
type Session struct {
	Token     string    // fgo_<tenant public id>_<random>
	CSRF      string    // derived from the token
	ExpiresAt time.Time // UTC; 12 hours after sign-in, or after 30 idle minutes
	Authority Authority
}
