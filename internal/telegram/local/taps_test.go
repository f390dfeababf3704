package local_test

import (
	"strings"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
)

func TestTapIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	sent := s.keyboard("join:1")
	s.drain()
	done := make(chan local.TapResult, 1)
	go func() {
		result, _ := s.sim.Tap(t.Context(), local.TapInput{User: s.bob, Chat: s.group, MessageID: int64(sent.MessageID), Text: "Join"})
		done <- result
	}()
	updates, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 10})
	require.NoError(t, err)
	query := updates[0].CallbackQuery
	require.Equal(t, "join:1", query.Data)
	require.Equal(t, s.bob, query.From.ID)
	require.Equal(t, sent.MessageID, query.Message.MessageID)
	_, err = s.bot.Request(tgbotapi.NewCallbackWithAlert(query.ID, "You are in"))
	require.NoError(t, err)
	result := <-done
	require.True(t, result.Answered)
	require.True(t, result.Alert)
	require.Equal(t, "You are in", result.Toast)
	s.refuses(400, "query is too old", "answerCallbackQuery", tgbotapi.Params{"callback_query_id": query.ID})
}

func TestTapWithoutAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	sent := s.keyboard("x")
	in := local.TapInput{User: s.bob, Chat: s.group, MessageID: int64(sent.MessageID), Data: "x", TimeoutMS: 20}
	result, err := s.sim.Tap(t.Context(), in)
	require.NoError(t, err)
	require.False(t, result.Answered)
	in.Data = "y"
	_, err = s.sim.Tap(t.Context(), in)
	simRefuses(t, err, 404, "data")
}

func TestCrowdOfFifty(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	sent := s.keyboard("join")
	s.drain()
	s.answerAll("Joined")
	result, err := s.sim.Crowd(t.Context(), local.CrowdInput{Chat: s.group, MessageID: int64(sent.MessageID), Data: "join"})
	require.NoError(t, err)
	require.Equal(t, 50, result.N)
	require.Equal(t, 50, result.Answered)
	require.Less(t, result.P95MS, 300.0)
	for _, tap := range result.Taps {
		require.Equal(t, "Joined", tap.Toast)
	}
	t.Logf("crowd of 50: p50 %.1f ms, p95 %.1f ms, max %.1f ms", result.P50MS, result.P95MS, result.MaxMS)
}

// The whole crowd is there in one getUpdates call.
func TestCrowdArrivesInOneBatch(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	sent := s.keyboard("join")
	s.drain()
	go func() {
		_, _ = s.sim.Crowd(t.Context(), local.CrowdInput{Chat: s.group, MessageID: int64(sent.MessageID), Data: "join", N: 120, TimeoutMS: 10})
	}()
	batch, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 10, Limit: 100})
	require.NoError(t, err)
	require.Len(t, batch, 100)
	require.Equal(t, batch[0].UpdateID+99, batch[99].UpdateID)
}

func TestForgedCallback(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	s.drain()
	s.answerAll("No")
	stranger, err := s.sim.User(t.Context(), local.NewUser{FirstName: "Eve"})
	require.NoError(t, err)
	result, err := s.sim.Forge(t.Context(), local.ForgeInput{User: stranger.ID, Chat: s.group, Data: strings.Repeat("x", 65)})
	require.NoError(t, err)
	require.Equal(t, "No", result.Toast)
}

func TestSecondPollEndsTheFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	s.drain()
	first := make(chan error, 1)
	go func() {
		_, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 10})
		first <- err
	}()
	require.Eventually(t, func() bool {
		state, err := s.sim.State(t.Context())
		return err == nil && state.Bots[0].Polling
	}, 5*time.Second, 5*time.Millisecond)
	_, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{})
	require.NoError(t, err)
	require.ErrorContains(t, <-first, "Conflict: terminated by other getUpdates request")
}

func TestPollWakesAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	s.drain()
	time.AfterFunc(30*time.Millisecond, func() { _, _ = s.sim.Say(t.Context(), s.bob, s.group, "/play") })
	start := time.Now()
	got, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 30})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Less(t, time.Since(start), 2*time.Second)
}
