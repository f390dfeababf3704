package players_test

import (
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/telegram"
	"fairground/internal/testdb"
	"fairground/models"
	"fairground/players"
)

const (
	master   = "a master secret for tests, 32 bytes at least"
	botToken = "7001:TEST-token"
	botID    = 7001
)

// bundle is a fresh database with one tenant.
type bundle struct {
	*players.Players
	db     *testdb.DB
	box    *secret.Box
	clock  *clock.Fake
	tenant models.Tenant
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	db := testdb.New(t)
	box, err := secret.New(master)
	require.NoError(t, err)
	clk := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	b := &bundle{Players: players.New(db.DB, box, clk), db: db, box: box, clock: clk}
	b.tenant = b.newTenant(t, botID, botToken)
	return b
}

func (b *bundle) newTenant(t *testing.T, bot int64, token string) models.Tenant {
	t.Helper()
	tenant, err := b.CreateTenant(t.Context(), players.NewTenant{
		Name: "Demo", BotToken: token, BotID: bot, BotUsername: "demo_bot",
	})
	require.NoError(t, err)
	return tenant
}

func (b *bundle) player(t *testing.T, telegramID int64) models.Player {
	t.Helper()
	p, err := b.UpsertPlayer(t.Context(), b.tenant.ID, players.TelegramUser{
		ID: telegramID, Name: "Ada", Username: "ada", Language: "en",
	})
	require.NoError(t, err)
	return p
}

func (b *bundle) group(t *testing.T, chat int64) models.Group {
	t.Helper()
	g, err := b.UpsertGroup(t.Context(), b.tenant.ID, chat, "Group")
	require.NoError(t, err)
	return g
}

func (b *bundle) session(t *testing.T, player models.Player) players.Session {
	t.Helper()
	code, err := b.CreateLoginCode(t.Context(), b.tenant.ID, player.ID)
	require.NoError(t, err)
	s, err := b.RedeemLoginCode(t.Context(), code)
	require.NoError(t, err)
	return s
}

// initData is what Telegram would give the person's Mini App at a moment.
func initData(token string, telegramID int64, at time.Time) string {
	return telegram.SignInitData(token, url.Values{
		"auth_date": {strconv.FormatInt(at.Unix(), 10)},
		"user":      {`{"id":` + strconv.FormatInt(telegramID, 10) + `,"first_name":"Eve","username":"eve"}`},
	})
}
