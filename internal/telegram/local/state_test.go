package local_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
	"fairground/internal/telegram/local/simclient"
)

func TestRestartKeepsChatsAndUnconfirmedUpdates(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "telegram.json")
	start := func() (*local.Server, *httptest.Server) {
		server, err := local.New(local.Config{StateFile: file})
		require.NoError(t, err)
		return server, httptest.NewServer(server.Handler())
	}
	server, web := start()
	before := furnish(t, simclient.New(web.URL, nil))
	before.drain()
	before.keyboard("go")
	_, err := before.sim.Say(t.Context(), before.bob, before.group, "/play")
	require.NoError(t, err)
	pending, err := before.bot.GetUpdates(tgbotapi.UpdateConfig{})
	require.NoError(t, err)
	require.NoError(t, server.Close())
	web.Close()

	server, web = start()
	defer func() {
		require.NoError(t, server.Close())
		web.Close()
	}()
	after := furnish(t, simclient.New(web.URL, nil))
	require.Equal(t, before.bot.Token, after.bot.Token)
	require.Equal(t, before.group, after.group)
	again, err := after.bot.GetUpdates(tgbotapi.UpdateConfig{})
	require.NoError(t, err)
	require.Equal(t, pending, again)
	messages, err := after.sim.Messages(t.Context(), after.bob, after.group, 0)
	require.NoError(t, err)
	require.Equal(t, "/play", messages[len(messages)-1].Text)
	require.Equal(t, "Join", messages[len(messages)-2].ReplyMarkup.Rows[0][0].Text)
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{History: 5})
	for range 9 {
		_, err := s.sim.Say(t.Context(), s.bob, s.group, "hi")
		require.NoError(t, err)
	}
	messages, err := s.sim.Messages(t.Context(), s.bob, s.group, 0)
	require.NoError(t, err)
	require.Len(t, messages, 5)
	require.Equal(t, int64(10), messages[4].MessageID)
}
