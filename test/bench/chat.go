package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"fairground/internal/telegram/local"
	"fairground/test/stack"
)

const (
	crowd      = 50
	chatRounds = 5
	toastGoal  = 300
	resultGoal = 1000
)

// measureChat plays dice in the local Telegram of a whole stack: taps of fifty people at once, and how
// long after the end of the window the result stands in the chat.
func measureChat(ctx context.Context, _ *environment, opts options, rep *report, say func(string, ...any)) error {
	if !opts.wants("callback.toast_p95_ms") && !opts.wants("round.close_to_result_p95_ms") {
		return nil
	}
	dir, err := os.MkdirTemp("", "fairground-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user passes through
		return fmt.Errorf("open the folder to PostgreSQL's user: %w", err)
	}
	s, err := stack.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	state, err := s.Sim.State(ctx)
	if err != nil {
		return fmt.Errorf("look at the chats: %w", err)
	}
	if err := s.Sim.Limits(ctx, false); err != nil {
		return fmt.Errorf("lift the chat's limits: %w", err)
	}
	var toasts, results []float64
	person := state.Users[0].ID
	groups, err := groupsOf(ctx, s, person)
	if err != nil {
		return err
	}
	for i := range chatRounds {
		p95, late, err := chatRound(ctx, s, groups[i%len(groups)], person)
		if err != nil {
			return fmt.Errorf("round %d in the chat: %w", i+1, err)
		}
		toasts, results = append(toasts, p95), append(results, late)
		say("cycle %d  chat: toast p95 %.0f ms, result %.0f ms after the window", i+1, p95, late)
	}
	rep.Rows = append(rep.Rows,
		row{Name: "callback.toast_p95_ms", Value: median(toasts), Unit: "ms", Goal: fmt.Sprintf("<= %d", toastGoal), Note: "50 taps at once, tap to toast, all processes on this machine; median of the rounds' p95"},
		row{Name: "round.close_to_result_p95_ms", Value: quantile(results, 0.95), Unit: "ms", Goal: fmt.Sprintf("<= %d", resultGoal), Note: "end of the window to the result message, Temporal dev server"})
	return nil
}

// groupsOf is the groups a person is in; private chats have no rounds, and in a staff chat an ordinary member is not.
func groupsOf(ctx context.Context, s *stack.Stack, person int64) ([]int64, error) {
	chats, err := s.Sim.Chats(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("look at the chats of %d: %w", person, err)
	}
	var out []int64
	for _, c := range chats {
		if c.Type != "private" {
			out = append(out, c.ID)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("person %d is in no group", person)
	}
	return out, nil
}

func chatRound(ctx context.Context, s *stack.Stack, chat, user int64) (p95, late float64, err error) {
	said, err := s.Sim.Say(ctx, user, chat, "/dice")
	if err != nil {
		return 0, 0, err
	}
	card, err := s.Sim.Wait(ctx, local.WaitInput{User: user, Chat: chat, After: said.MessageID, Contains: "Commitment", FromBot: true, TimeoutMS: 15_000})
	if err != nil {
		return 0, 0, fmt.Errorf("wait for the round: %w", err)
	}
	button := card.ReplyMarkup.Rows[0][0].CallbackData
	closes, err := closesAt(ctx, s, strings.Split(button, ":")[1])
	if err != nil {
		return 0, 0, err
	}
	taps, err := s.Sim.Crowd(ctx, local.CrowdInput{Chat: chat, MessageID: card.MessageID, Data: button, N: crowd})
	if err != nil {
		return 0, 0, fmt.Errorf("tap: %w", err)
	}
	for _, t := range taps.Taps {
		if !t.Answered || !strings.Contains(t.Toast, "accepted") {
			return 0, 0, fmt.Errorf("a tap was answered with %q", t.Toast)
		}
	}
	result, err := s.Sim.Wait(ctx, local.WaitInput{User: user, Chat: chat, After: card.MessageID, Contains: "Wins", FromBot: true, TimeoutMS: 60_000})
	if err != nil {
		return 0, 0, fmt.Errorf("wait for the result: %w", err)
	}
	if result.MessageID == 0 {
		return 0, 0, errors.New("the result has no message id")
	}
	return taps.P95MS, float64(time.Since(closes).Milliseconds()), nil
}

// closesAt asks the API when a round's window ends.
func closesAt(ctx context.Context, s *stack.Stack, round string) (time.Time, error) {
	all, err := s.Addresses()
	if err != nil {
		return time.Time{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, all["api"].URL+"/v1/rounds/"+round, nil)
	if err != nil {
		return time.Time{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return time.Time{}, fmt.Errorf("look at the round: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var out struct {
		ClosesAt time.Time `json:"closes_at"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.ClosesAt.IsZero() {
		return time.Time{}, fmt.Errorf("look at the round: status %d, %w", res.StatusCode, err)
	}
	return out.ClosesAt, nil
}
