package bot_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/redis"
	"fairground/internal/telegram"
	"fairground/internal/telegram/local"
	"fairground/notify"
)

// TestATapThatABotDiedOverIsAnsweredAsItWasBooked kills a bot after it booked a bet, and over
// another that it had not booked, with both players' locks in its hand.
func TestATapThatABotDiedOverIsAnsweredAsItWasBooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	client, err := redis.Open(t.Context(), "redis://"+miniredis.RunT(t).Addr()) // where nothing runs out by itself
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	locker, err := redis.NewLocker(redis.ModeRedis, client)
	require.NoError(t, err)
	w.deps.Engine = games.New(games.Config{DB: w.db.DB, Box: w.deps.Box, Clock: w.deps.Clock, Locker: locker, Logger: slog.New(slog.DiscardHandler)})
	card := w.ask(0, "/dice", "Closes in about")
	w.stop()

	booked, lost := w.tapAside(0, card, "Small"), w.tapAside(1, card, "Big")
	taps := w.takenTaps(2)
	for person, id := range w.people {
		p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, id)
		require.NoError(t, err)
		if person == 0 {
			_, err = w.deps.Engine.PlaceBet(t.Context(), games.BetRequest{
				Tenant: w.tenant.ID, Round: w.round(card), Player: p.ID, Choice: "small", Stake: 50, Key: fmt.Sprintf("tg:%d:%s", w.botID, taps[id]),
			})
			require.NoError(t, err)
		}
		_, err = locker.Lock(t.Context(), fmt.Sprintf("bet:%d:%d", w.tenant.ID, p.ID))
		require.NoError(t, err)
	}
	w.start()
	require.Equal(t, "Small · 50 at 2.00x accepted. Balance 950", <-booked)
	require.Equal(t, "Big · 50 at 2.00x accepted. Balance 950", <-lost)
	require.EqualValues(t, 950, w.balance(0))
	require.EqualValues(t, 950, w.balance(1))
}

// tapAside taps like tap, and leaves the toast in the channel when it comes.
func (w *world) tapAside(person int, card local.Message, button string) <-chan string {
	toast := make(chan string, 1)
	go func() {
		defer close(toast)
		toast <- w.tap(person, card, button)
	}()
	return toast
}

// takenTaps takes the updates with n taps as the bot would and returns the taps' ids by person.
func (w *world) takenTaps(n int) map[int64]string {
	w.t.Helper()
	token, err := w.deps.Players.BotToken(w.t.Context(), w.tenant.ID)
	require.NoError(w.t, err)
	client := telegram.New(telegram.Config{Token: token, BaseURL: w.url})
	taps := map[int64]string{}
	require.Eventually(w.t, func() bool {
		var updates []json.RawMessage
		require.NoError(w.t, client.Call(w.t.Context(), "getUpdates", nil, &updates))
		var batch []notify.Update
		for _, raw := range updates {
			u, err := telegram.DecodeUpdate(raw)
			require.NoError(w.t, err)
			batch = append(batch, notify.Update{ID: int64(u.UpdateID), Payload: raw})
			if q := u.CallbackQuery; q != nil {
				taps[q.From.ID] = q.ID
			}
		}
		_, err := notify.NewInbox(w.db.DB, w.tenant.ID, w.botID).Take(w.t.Context(), batch)
		require.NoError(w.t, err)
		return len(taps) == n
	}, patience, 20*time.Millisecond)
	return taps
}
