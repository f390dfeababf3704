package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/config"
)

const goodSecret = "0123456789abcdef0123456789abcdef"

func TestDefaultsAreUsable(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse(map[string]string{})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", cfg.APIAddr)
	require.Equal(t, "http://127.0.0.1:8080", cfg.Public())
	require.Equal(t, "https://api.telegram.org", cfg.TelegramAPIURL)
	require.Equal(t, slog.LevelInfo, cfg.LogLevel)
	require.Equal(t, "default", cfg.TemporalNamespace)
}

func TestErrorsNameTheVariableAndTheFix(t *testing.T) {
	t.Parallel()
	cases := []struct{ variable, value, fix string }{
		{"FAIRGROUND_ENV", "staging", "development or production"},
		{"FAIRGROUND_SECRET", "short", "at least 32 bytes"},
		{"DATABASE_URL", "mysql://u:hunter2@h/db", "postgres://"},
		{"DATABASE_APP_URL", "hunter2", "postgres://"},
		{"REDIS_URL", "http://hunter2", "redis://"},
		{"TEMPORAL_ADDRESS", "temporal", "host:port"},
		{"API_ADDR", "8080", "host:port"},
		{"BOT_ADDR", "8080", "host:port"},
		{"WORKER_ADDR", "8080", "host:port"},
		{"PUBLIC_URL", "play.example.org", "https://"},
		{"TELEGRAM_API_URL", "api.telegram.org", "https://api.telegram.org"},
		{"TEMPORAL_UI_URL", "ui", "https://"},
		{"FAIRGROUND_PAYOUT_PATIENCE", "0s", "at least 1s"},
		{"LOCK_MODE", "none", "redis or off or liar"},
		{"BOT_MODE", "push", "polling or webhook"},
		{"LOG_LEVEL", "loud", "debug, info, warn or error"},
		{"LOG_FORMAT", "xml", "json or text"},
	}
	for _, c := range cases {
		t.Run(c.variable, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse(map[string]string{c.variable: c.value})
			require.ErrorContains(t, err, c.variable)
			require.ErrorContains(t, err, c.fix)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestProductionRefusesWhatIsOnlySafeHere(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"TELEGRAM_BOT_TOKEN": {"TELEGRAM_BOT_TOKEN": "700001:LOCALabcdef"},
		"TELEGRAM_API_URL":   {"TELEGRAM_API_URL": "http://127.0.0.1:7701"},
		"LOCK_MODE":          {"LOCK_MODE": "liar"},
	}
	for variable, environment := range cases {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse(environment)
			require.NoError(t, err, "development takes it")
			environment["FAIRGROUND_ENV"] = config.Production
			_, err = config.Parse(environment)
			require.ErrorContains(t, err, variable)
		})
	}
}

func TestLocalTelegramIsSeenThroughItsDisguises(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "localhost.", "LocalHost..", "bot.localhost", "0.0.0.0", "0",
		"127.1", "127.1.", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "127.0.0.01", "[::1]", "[::]", "[::ffff:127.0.0.1]",
		"[::ffff:0.0.0.0]", "",
	} {
		require.True(t, config.LocalTelegramURL("http://"+host+":7701"), host)
		_, err := config.Parse(map[string]string{"FAIRGROUND_ENV": config.Production, "TELEGRAM_API_URL": "http://" + host + ":7701"})
		require.ErrorContains(t, err, "TELEGRAM_API_URL", host)
	}
	for _, host := range []string{"api.telegram.org", "api.telegram.org.", "botapi", "10.0.0.7", "[fd00::1]", "botapi7", "7.example.org", "cafe"} {
		require.False(t, config.LocalTelegramURL("https://"+host+":8081"), host)
	}
}

func TestRequireNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse(map[string]string{})
	require.NoError(t, err)
	err = cfg.Require(config.NeedOwner, config.NeedDatabase, config.NeedSecret, config.NeedTemporal, config.NeedToken)
	for _, variable := range []string{"DATABASE_URL", "DATABASE_APP_URL", "FAIRGROUND_SECRET", "TEMPORAL_ADDRESS", "TELEGRAM_BOT_TOKEN"} {
		require.ErrorContains(t, err, variable+": is not set")
	}
}

func TestAppURLIsGivenOrDerived(t *testing.T) {
	t.Parallel()
	given, err := config.Parse(map[string]string{"DATABASE_APP_URL": "postgres://app:pw@h/db"})
	require.NoError(t, err)
	address, err := given.AppURL()
	require.NoError(t, err)
	require.Equal(t, "postgres://app:pw@h/db", address)

	derived, err := config.Parse(map[string]string{"DATABASE_URL": "postgres://owner:pw@h:5432/fair?sslmode=disable", "FAIRGROUND_SECRET": goodSecret})
	require.NoError(t, err)
	address, err = derived.AppURL()
	require.NoError(t, err)
	password, err := derived.AppPassword()
	require.NoError(t, err)
	require.Equal(t, "postgres://fair_app:"+password+"@h:5432/fair?sslmode=disable", address)
	require.NotContains(t, address, goodSecret)
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse(map[string]string{"FAIRGROUND_SECRET": goodSecret, "DATABASE_URL": "postgres://u:hunter2@h/db"})
	require.NoError(t, err)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("config", slog.Any("config", cfg), slog.Any("secret", cfg.Secret))
	encoded, err := json.Marshal(cfg)
	require.NoError(t, err)
	for _, shown := range []string{logged.String(), string(encoded), fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprintf("%s %q", cfg.Secret, cfg.Secret)} {
		require.NotContains(t, shown, goodSecret)
		require.NotContains(t, shown, "hunter2")
		require.Contains(t, strings.ReplaceAll(shown, "\\", ""), "redacted")
	}
}
