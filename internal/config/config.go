package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/caarlos0/env/v11"
)

// Environments that FAIRGROUND_ENV may name.
const (
	Development = "development"
	Production  = "production"
)

// Ways for the bot to receive updates.
const (
	Polling = "polling"
	Webhook = "webhook"
)

// Config is the whole environment of a Fairground process.
type Config struct {
	// Environment is development or production. Production refuses what is only safe on one machine.
	Environment string `env:"FAIRGROUND_ENV" envDefault:"development"`
	// Secret is the master secret that every key derives from; at least 32 bytes.
	Secret Secret `env:"FAIRGROUND_SECRET"`

	// DatabaseURL is the owner's address, used by migrate. Everything else connects as the application role.
	DatabaseURL Secret `env:"DATABASE_URL"`
	// DatabaseAppURL is the application role's address; empty derives it from DatabaseURL and Secret.
	DatabaseAppURL Secret `env:"DATABASE_APP_URL"`
	RedisURL       Secret `env:"REDIS_URL"`
	// LockMode chooses the admission lock: redis, off, or liar (tests only: always says yes).
	LockMode string `env:"LOCK_MODE" envDefault:"redis"`

	TemporalAddress   string `env:"TEMPORAL_ADDRESS"`
	TemporalNamespace string `env:"TEMPORAL_NAMESPACE" envDefault:"default"`
	TemporalUIURL     string `env:"TEMPORAL_UI_URL"` // for links to a run; empty shows none

	// APIAddr is where the API listens, host:port.
	APIAddr string `env:"API_ADDR" envDefault:"127.0.0.1:8080"`
	// BotAddr is where the bot serves health and, with webhooks, updates; host:port.
	BotAddr string `env:"BOT_ADDR" envDefault:"127.0.0.1:8081"`
	// WorkerAddr is where the worker serves health; host:port.
	WorkerAddr string `env:"WORKER_ADDR" envDefault:"127.0.0.1:8082"`
	// PublicURL is how players' browsers reach the API; empty takes APIAddr over http.
	PublicURL string `env:"PUBLIC_URL"`
	// VerifyAPI is where the verify command looks a round up.
	VerifyAPI string `env:"FAIRGROUND_API" envDefault:"http://127.0.0.1:7700"`
	// DrandURL is a drand network's API, whose public randomness then goes into rounds; empty does without.
	DrandURL string `env:"FAIRGROUND_DRAND_URL"`
	// DrandChain is the chain hash of the network, hex; quicknet by default.
	DrandChain string `env:"FAIRGROUND_DRAND_CHAIN" envDefault:"52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"`

	// TelegramAPIURL is the Bot API server.
	TelegramAPIURL string `env:"TELEGRAM_API_URL" envDefault:"https://api.telegram.org"`
	// TelegramBotToken is read by tenant create only; tenants' tokens are kept encrypted in the database.
	TelegramBotToken Secret `env:"TELEGRAM_BOT_TOKEN"`
	// OIDC* let operators sign in at an OpenID Connect provider; off while the issuer is empty.
	OIDCIssuer       string `env:"OIDC_ISSUER"`
	OIDCClientID     string `env:"OIDC_CLIENT_ID"`
	OIDCClientSecret Secret `env:"OIDC_CLIENT_SECRET"`

	// GatewaySecret signs for the sandbox payment gateway; the gateway command alone reads it.
	GatewaySecret Secret `env:"FAIRGROUND_GATEWAY_SECRET"`
	// ProviderSecret signs for the demo provider of games; the provider command alone reads it.
	ProviderSecret Secret `env:"FAIRGROUND_PROVIDER_SECRET"`
	// OperatorPassword is read by operator create only; empty has one made.
	OperatorPassword Secret `env:"FAIRGROUND_OPERATOR_PASSWORD"`
	// BotMode is polling or webhook.
	BotMode string `env:"BOT_MODE" envDefault:"polling"`

	// PayoutPatience is how long a payout that its gateway can't tell the end of is polled before a person is asked.
	PayoutPatience time.Duration `env:"FAIRGROUND_PAYOUT_PATIENCE" envDefault:"15m"`

	// LogLevel is debug, info, warn or error; LogFormat json or text.
	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat string     `env:"LOG_FORMAT" envDefault:"json"`
}

// Load reads the process's environment.
func Load() (Config, error) { return Parse(nil) }

// Parse reads variables from a map, or from the process's environment if it is nil. Its errors name every variable
// that is wrong, what would be accepted, and no secret value.
func Parse(variables map[string]string) (Config, error) {
	var cfg Config
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: variables}); err != nil {
		return Config{}, explain(err)
	}
	if err := cfg.validate(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// explain turns the parser's errors into one a person can act on.
func explain(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("read the environment: %w", err)
	}
	var told []error
	for _, one := range all.Errors {
		var field env.ParseError
		if errors.As(one, &field) && field.Name == "LogLevel" {
			told = append(told, wrong("LOG_LEVEL", "use debug, info, warn or error"))
			continue
		}
		told = append(told, one)
	}
	return errors.Join(told...)
}

// HasDisplay says whether a browser could be shown on this machine.
func HasDisplay() bool {
	return runtime.GOOS == "darwin" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
