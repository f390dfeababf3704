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
	purposePIN       = "players:pin"
	purposeTOTP      = "players:totp"
	purposeAttest    = "players:attest"
	purposeKYC       = "players:kyc"
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
	pinKey   []byte
	// attestKey makes what proves to the database that the program itself judged a code or a callback.
	attestKey []byte
	pins      pinHasher
	issuer    string
	kyc       KYCConfig
}

// Option changes how New makes the room.
type Option func(*Players)

// RefuseTokens makes BotToken, and with it the bot's start and the check of initData, refuse the stored tokens that
// refused names with ErrTokenRefused: a production system refuses those of the local Telegram, whoever stored them.
func RefuseTokens(refused func(token string) bool) Option {
	return func(p *Players) { p.refused = refused }
}

// Issuer is the name that authenticator apps show; Fairground without it.
func Issuer(name string) Option {
	return func(p *Players) { p.issuer = name }
}

// WithKYC says how identity providers are reached. Without it callbacks have a relative address.
func WithKYC(cfg KYCConfig) Option {
	return func(p *Players) { p.kyc = cfg }
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
		pinKey:   box.Key(purposePIN), attestKey: box.Key(purposeAttest), pins: make(pinHasher, pinsAtOnce), issuer: "Fairground",
	}
	for _, opt := range opts {
		opt(p)
	}
	return p
}
