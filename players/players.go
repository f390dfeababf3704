package players

import (
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// Purposes of the keys this room derives.
const (
	purposeBotToken  = "players:bot"
	purposeLoginCode = "players:login_code"
	purposeSession   = "players:session"
)

// Players is the room. It is safe for concurrent use.
type Players struct {
	db       *postgres.DB
	box      *secret.Box
	clock    clock.Clock
	codeKey  []byte
	tokenKey []byte
	tenants  *tenantCache
	sessions *sessionCache
	refused  func(token string) bool
}

// Option changes how New makes the room.
type Option func(*Players)

// RefuseTokens makes BotToken, and with it the bot's start and the check of initData, refuse the stored tokens that
// refused names with ErrTokenRefused: a production system refuses those of the local Telegram, whoever stored them.
func RefuseTokens(refused func(token string) bool) Option {
	return func(p *Players) { p.refused = refused }
}

// New makes the room over the application role's database. The box opens bot tokens and keys
// the hashes of codes and sessions; the clock decides what has expired.
func New(db *postgres.DB, box *secret.Box, clk clock.Clock, opts ...Option) *Players {
	p := &Players{
		db: db, box: box, clock: clk,
		codeKey:  box.Key(purposeLoginCode),
		tokenKey: box.Key(purposeSession),
		tenants:  newTenantCache(),
		sessions: newSessionCache(clk),
		refused:  func(string) bool { return false },
	}
	for _, opt := range opts {
		opt(p)
	}
	return p
}
