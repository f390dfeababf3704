package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/bot"
	"fairground/games"
	"fairground/internal/telegram"
	"fairground/internal/telegram/local"
	"fairground/notify"
)

// tapUpdate is an update as Telegram would send it.
func (w *world) tapUpdate(id int64, person int, card local.Message, data string) json.RawMessage {
	w.t.Helper()
	raw, err := json.Marshal(map[string]any{"update_id": id, "callback_query": map[string]any{
		"id": strconv.FormatInt(id, 10), "data": data, "chat_instance": "1",
		"from":    map[string]any{"id": w.people[person], "first_name": fmt.Sprintf("Ada%d", person), "language_code": "en"},
		"message": map[string]any{"message_id": card.MessageID, "chat": map[string]any{"id": w.group, "type": "supergroup"}},
	}})
	require.NoError(w.t, err)
	return raw
}

func TestWhatACrashLeftIsFinishedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	w.stop()
	// Taken by a bot that died before it handled it, and by one that died right after the bet.
	inbox := notify.NewInbox(w.db.DB, w.tenant.ID, w.botID)
	_, err := inbox.Take(t.Context(), []notify.Update{
		{ID: 1, Payload: w.tapUpdate(1, 1, card, "b:"+w.round(card)+":0")},
		{ID: 2, Payload: w.tapUpdate(2, 0, card, "b:"+w.round(card)+":1")},
	})
	require.NoError(t, err)
	p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[0])
	require.NoError(t, err)
	_, err = w.deps.Engine.PlaceBet(t.Context(), games.BetRequest{
		Tenant: w.tenant.ID, Round: w.round(card), Player: p.ID, Choice: "small", Stake: 50, Key: fmt.Sprintf("tg:%d:2", w.botID),
	})
	require.NoError(t, err)

	w.start()
	require.Eventually(t, func() bool { return w.balance(1) == 950 }, patience, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		left, err := inbox.Left(t.Context(), time.Minute)
		require.NoError(t, err)
		var open int
		require.NoError(t, w.db.DB.Call(t.Context(), w.tenant.ID, "SELECT count(*) FROM telegram_updates WHERE done_at IS NULL", nil, &open))
		return len(left) == 0 && open == 0
	}, patience, 20*time.Millisecond)
	require.EqualValues(t, 950, w.balance(0))
	view, err := w.deps.Engine.Round(t.Context(), w.tenant.ID, w.round(card))
	require.NoError(t, err)
	require.EqualValues(t, 2, view.Bets)
}

func TestAnUpdateThatComesTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	w.stop()
	addr := freeAddr(t)
	w.deps.Mode, w.deps.Addr, w.deps.WebhookURL = bot.Webhook, addr, "http://"+addr
	w.start()
	post := func() int {
		raw := w.tapUpdate(77, 1, card, "b:"+w.round(card)+":0")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("http://%s/telegram/%d", addr, w.botID), strings.NewReader(string(raw)))
		require.NoError(t, err)
		req.Header.Set(telegram.SecretHeader, w.deps.Box.Text("telegram.webhook."+strconv.FormatInt(w.botID, 10)))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	require.Eventually(t, func() bool { return post() == http.StatusOK }, patience, 20*time.Millisecond)
	for range 3 {
		require.Equal(t, http.StatusOK, post())
	}
	require.Eventually(t, func() bool { return w.balance(1) == 950 }, patience, 20*time.Millisecond)
	time.Sleep(200 * time.Millisecond)
	require.EqualValues(t, 950, w.balance(1))
}

func TestARoundOpenedElsewhereIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[0])
	require.NoError(t, err)
	_, err = w.deps.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.tenant.ID, Group: g.ID, Player: p.ID, Game: "dice", Key: "app"})
	require.NoError(t, err)
	card := w.wait("A tap stakes 50")
	require.Contains(t, w.tap(0, card, "Even"), "accepted")
}

// toll stands before the Bot API and turns one method away while it is closed.
type toll struct {
	http.Handler
	method string
	closed atomic.Bool
	turned atomic.Int64
}

func (g *toll) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.closed.Load() && strings.HasSuffix(r.URL.Path, "/"+g.method) {
		g.turned.Add(1)
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(`{"ok":false,"error_code":502,"description":"Bad Gateway"}`))
		return
	}
	g.Handler.ServeHTTP(w, r)
}

func TestAFinishedRoundLosesItsButtonsThoughTheBotDied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.stop()
	target, err := url.Parse(w.url)
	require.NoError(t, err)
	gate := &toll{Handler: httputil.NewSingleHostReverseProxy(target), method: "editMessageText"}
	front := httptest.NewServer(gate)
	t.Cleanup(front.Close)
	w.deps.TelegramURL = front.URL
	w.start()
	card := w.ask(0, "/dice", "Closes in about")
	gate.closed.Store(true)
	w.finish(w.round(card))
	require.Eventually(t, func() bool { return gate.turned.Load() > 0 }, patience, 10*time.Millisecond)
	w.stop() // the edit is tried for longer than this waits
	var sent int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant.ID, "SELECT count(*) FROM notifications WHERE status = 'sent'", nil, &sent))
	require.Zero(t, sent, "the result is not noted as sent while the card looks open")
	require.NotNil(t, w.message(card.MessageID).ReplyMarkup)

	gate.closed.Store(false)
	w.start()
	w.waitAfter(card.MessageID, "is void: nobody took part")
	require.Nil(t, w.message(card.MessageID).ReplyMarkup)
	require.Contains(t, w.message(card.MessageID).Text, "Void: stakes were returned.")
}
