package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// AppPasswordPurpose names the key that is the application role's password.
const AppPasswordPurpose = "postgres.app" //nolint:gosec // the name of a purpose, no credential

// Need is a group of variables that a command cannot do without.
type Need int

// What a command may need.
const (
	NeedOwner    Need = iota + 1 // DATABASE_URL
	NeedDatabase                 // the application role's address, given or derived
	NeedSecret                   // FAIRGROUND_SECRET
	NeedTemporal                 // TEMPORAL_ADDRESS
	NeedToken                    // TELEGRAM_BOT_TOKEN
)

// wrong is an error that names a variable and the fix.
func wrong(variable, fix string) error { return fmt.Errorf("%s: %s", variable, fix) }

func (c Config) validate() error {
	var errs []error
	one := func(variable, value string, accepted ...string) {
		if !slices.Contains(accepted, value) {
			errs = append(errs, wrong(variable, "is "+value+"; use "+strings.Join(accepted, " or ")))
		}
	}
	one("FAIRGROUND_ENV", c.Environment, Development, Production)
	one("LOCK_MODE", c.LockMode, "redis", "off", "liar")
	one("BOT_MODE", c.BotMode, Polling, Webhook)
	one("LOG_FORMAT", c.LogFormat, "json", "text")
	if c.Secret != "" && len(c.Secret) < secret.MinLength {
		errs = append(errs, wrong("FAIRGROUND_SECRET", fmt.Sprintf("needs at least %d bytes; make one with: openssl rand -hex 32", secret.MinLength)))
	}
	for variable, value := range map[string]string{"DATABASE_URL": c.DatabaseURL.Reveal(), "DATABASE_APP_URL": c.DatabaseAppURL.Reveal()} {
		errs = append(errs, checkURL(variable, value, "postgres://user:password@host:5432/database", "postgres", "postgresql"))
	}
	errs = append(errs,
		checkURL("REDIS_URL", c.RedisURL.Reveal(), "redis://host:6379/0", "redis", "rediss", "unix"),
		checkURL("PUBLIC_URL", c.PublicURL, "https://play.example.org", "http", "https"),
		checkURL("TELEGRAM_API_URL", c.TelegramAPIURL, "https://api.telegram.org", "http", "https"),
		checkURL("OIDC_ISSUER", c.OIDCIssuer, "https://login.example.org", "http", "https"),
		checkURL("FAIRGROUND_DRAND_URL", c.DrandURL, "https://api.drand.sh", "http", "https"),
		checkURL("TEMPORAL_UI_URL", c.TemporalUIURL, "https://temporal.example.org", "http", "https"),
		checkAddr("API_ADDR", c.APIAddr), checkAddr("BOT_ADDR", c.BotAddr), checkAddr("WORKER_ADDR", c.WorkerAddr),
	)
	if raw, err := hex.DecodeString(c.DrandChain); err != nil || len(raw) != sha256.Size {
		errs = append(errs, wrong("FAIRGROUND_DRAND_CHAIN", "is no chain hash: 64 hex digits"))
	}
	if c.OIDCIssuer != "" && (c.OIDCClientID == "" || c.OIDCClientSecret == "") {
		errs = append(errs, wrong("OIDC_CLIENT_ID", "set it and OIDC_CLIENT_SECRET with OIDC_ISSUER, or none of the three"))
	}
	if c.PayoutPatience < time.Second {
		errs = append(errs, wrong("FAIRGROUND_PAYOUT_PATIENCE", "is "+c.PayoutPatience.String()+"; use at least 1s"))
	}
	if c.TemporalAddress != "" {
		errs = append(errs, checkAddr("TEMPORAL_ADDRESS", c.TemporalAddress))
	}
	if c.Environment == Production {
		errs = append(errs, c.validateProduction())
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(text(a), text(b)) })
	return errors.Join(errs...)
}

// validateProduction refuses what is only safe on one machine.
func (c Config) validateProduction() error {
	var errs []error
	if LocalTelegramURL(c.TelegramAPIURL) {
		errs = append(errs, wrong("TELEGRAM_API_URL", "points at a local Telegram, which production refuses; use https://api.telegram.org or your own Bot API server"))
	}
	if LocalToken(c.TelegramBotToken.Reveal()) {
		errs = append(errs, wrong("TELEGRAM_BOT_TOKEN", "belongs to the local Telegram, which production refuses; use the token from @BotFather"))
	}
	if c.LockMode == "liar" {
		errs = append(errs, wrong("LOCK_MODE", "liar is for tests; use redis or off"))
	}
	return errors.Join(errs...)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// checkURL never quotes the value: it may hold a password.
func checkURL(variable, value, example string, schemes ...string) error {
	if value == "" {
		return nil
	}
	address, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, address.Scheme) {
		return wrong(variable, "is not an address of the form "+example)
	}
	return nil
}

func checkAddr(variable, value string) error {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return wrong(variable, "is "+value+"; use host:port, for example 127.0.0.1:8080")
	}
	return nil
}

// LocalTelegramURL says whether a Bot API address is or may be on this machine, where only the local Telegram answers.
// Resolvers read a host of digits, such as 127.1, 0x7f.1 or 2130706433, as an address: none is needed, so all count.
func LocalTelegramURL(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.TrimRight(strings.ToLower(parsed.Hostname()), ".")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsUnspecified()
	}
	return numericHost(host)
}

// numericHost says whether the last label of a host is a number, decimal, octal or hexadecimal. No name ends so.
func numericHost(host string) bool {
	last := host[strings.LastIndex(host, ".")+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// Require checks that what a command needs is there. Its error names each missing variable and the fix.
func (c Config) Require(needs ...Need) error {
	var errs []error
	for _, need := range needs {
		errs = append(errs, c.require(need))
	}
	return errors.Join(errs...)
}

func (c Config) require(need Need) error {
	const hint = "; for everything on one machine run: fairground up"
	switch need {
	case NeedOwner:
		if c.DatabaseURL == "" {
			return wrong("DATABASE_URL", "is not set; give the owner's address, postgres://user:password@host:5432/database"+hint)
		}
	case NeedDatabase:
		if c.DatabaseAppURL == "" && (c.DatabaseURL == "" || c.Secret == "") {
			return wrong("DATABASE_APP_URL", "is not set; give the application role's address, or DATABASE_URL and FAIRGROUND_SECRET to derive it"+hint)
		}
	case NeedSecret:
		if c.Secret == "" {
			return wrong("FAIRGROUND_SECRET", "is not set; make one with: openssl rand -hex 32"+hint)
		}
	case NeedTemporal:
		if c.TemporalAddress == "" {
			return wrong("TEMPORAL_ADDRESS", "is not set; give host:port of the Temporal service"+hint)
		}
	case NeedToken:
		if c.TelegramBotToken == "" {
			return wrong("TELEGRAM_BOT_TOKEN", "is not set; give the token of the tenant's bot from @BotFather")
		}
	}
	return nil
}

// AppURL is the application role's address: DATABASE_APP_URL, else derived from DATABASE_URL and the master secret.
func (c Config) AppURL() (string, error) {
	if c.DatabaseAppURL != "" {
		return c.DatabaseAppURL.Reveal(), nil
	}
	if err := c.Require(NeedDatabase); err != nil {
		return "", err
	}
	password, err := c.AppPassword()
	if err != nil {
		return "", err
	}
	address, err := postgres.AppURL(c.DatabaseURL.Reveal(), password)
	if err != nil {
		return "", fmt.Errorf("DATABASE_URL: %w", err)
	}
	return address, nil
}

// AppPassword is the application role's password, derived from the master secret, or the one in DATABASE_APP_URL.
func (c Config) AppPassword() (string, error) {
	if c.DatabaseAppURL != "" {
		if address, err := url.Parse(c.DatabaseAppURL.Reveal()); err == nil {
			if password, ok := address.User.Password(); ok {
				return password, nil
			}
		}
	}
	box, err := secret.New(c.Secret.Reveal())
	if err != nil {
		return "", wrong("FAIRGROUND_SECRET", fmt.Sprintf("needs at least %d bytes; make one with: openssl rand -hex 32", secret.MinLength))
	}
	return box.Text(AppPasswordPurpose), nil
}

// Public is the address of the API for browsers, without a slash at the end.
func (c Config) Public() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + c.APIAddr
}

// LocalTokenMark begins the secret half of every token that the local Telegram gives out: "<bot id>:LOCAL…".
const LocalTokenMark = "LOCAL"

// LocalToken says whether a bot token was given out by the local Telegram.
func LocalToken(token string) bool {
	_, half, found := strings.Cut(token, ":")
	return found && strings.HasPrefix(half, LocalTokenMark)
}
