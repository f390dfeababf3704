package local_test

import (
	"strconv"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/telegram/local"
)

func TestLimitsAnswer429WithRetryAfter(t *testing.T) {
	t.Parallel()
	hand := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStage(t, local.Config{Clock: hand})
	text := func(n int) tgbotapi.Params { return tgbotapi.Params{"chat_id": id(s.group), "text": strconv.Itoa(n)} }

	for n := range 5 { // a short burst passes
		_, err := s.bot.MakeRequest("sendMessage", text(n))
		require.NoError(t, err)
	}
	refusal := s.refusal(429, "Too Many Requests: retry after 1", "sendMessage", text(5))
	require.Equal(t, 1, refusal.RetryAfter)

	for n := range 15 { // one a second passes, edits count too
		hand.Advance(time.Second)
		edit := text(100 + n)
		edit["message_id"] = "2"
		_, err := s.bot.MakeRequest("editMessageText", edit)
		require.NoError(t, err, "edit %d", n)
	}
	hand.Advance(5 * time.Second)
	refusal = s.refusal(429, "Too Many Requests", "sendMessage", text(21))
	require.Equal(t, 40, refusal.RetryAfter, "the first of the 20 of this minute was sent 20 s ago")

	hand.Advance(40 * time.Second)
	_, err := s.bot.MakeRequest("sendMessage", text(22))
	require.NoError(t, err)

	require.NoError(t, s.sim.Limits(t.Context(), false))
	for n := range 40 {
		_, err := s.bot.MakeRequest("sendMessage", text(n))
		require.NoError(t, err)
	}
}
