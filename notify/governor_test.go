package notify

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/telegram"
)

const group, person int64 = -100, 100

// bench drives a governor step by step on a fake clock and records every call.
type bench struct {
	*Governor
	clock *clock.Fake
	start time.Time
	calls []call
	fail  func(n int, method string) error
}

type call struct {
	at     time.Duration
	method string
	params any
}

func newBench(t *testing.T) *bench {
	t.Helper()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := &bench{clock: clock.NewFake(start), start: start}
	b.Governor = NewGovernor(func(_ context.Context, method string, params, _ any) error {
		b.calls = append(b.calls, call{b.clock.Now().Sub(start), method, params})
		if b.fail != nil {
			return b.fail(len(b.calls), method)
		}
		return nil
	}, b.clock, slog.New(slog.DiscardHandler))
	return b
}

// run sends what may be sent during d.
func (b *bench) run(t *testing.T, d time.Duration) {
	t.Helper()
	end := b.clock.Now().Add(d)
	for {
		job, wait := b.next()
		if job != nil {
			b.do(t.Context(), job)
			continue
		}
		left := end.Sub(b.clock.Now())
		if left <= 0 {
			return
		}
		b.clock.Advance(min(max(wait, time.Millisecond), left))
	}
}

func (b *bench) submit(t *testing.T, j Job) {
	t.Helper()
	require.NoError(t, b.Submit(j))
}

func TestGroupGetsTwentyAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 60 {
		b.submit(t, Job{Chat: group, Priority: PriorityMoney, Method: "sendMessage", Params: i})
	}
	b.run(t, 4*time.Minute)
	require.Len(t, b.calls, 60)
	for i, c := range b.calls {
		require.Equal(t, i, c.params)
		if i >= groupMinute {
			require.Greater(t, c.at-b.calls[i-groupMinute].at, time.Minute)
		}
		if i >= chatBurst+1 {
			require.GreaterOrEqual(t, c.at-b.calls[i-chatBurst-1].at, time.Second)
		}
	}
}

func TestBotStaysUnderThirtyASecond(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 200 {
		b.submit(t, Job{Chat: person + int64(i), Priority: PriorityBroadcast, Method: "sendMessage"})
	}
	b.run(t, 10*time.Second)
	require.Len(t, b.calls, 200)
	for i := 30; i < len(b.calls); i++ {
		require.Greater(t, b.calls[i].at-b.calls[i-30].at, time.Second)
	}
	require.Less(t, b.calls[199].at, 9*time.Second)
}

func TestEditsCoalesceAndTheLastWins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var gone sync.WaitGroup
	gone.Add(39)
	for i := range 40 {
		b.submit(t, Job{Chat: group, Edit: 7, Method: "editMessageText", Params: i, Done: func(_ json.RawMessage, err error) {
			if errors.Is(err, ErrSuperseded) {
				gone.Done()
			}
		}})
	}
	gone.Wait()
	b.run(t, time.Second)
	require.Equal(t, []call{{0, "editMessageText", 39}}, b.calls)

	for i := range 30 { // one a second for half a minute
		b.submit(t, Job{Chat: group, Edit: 7, Method: "editMessageText", Params: 100 + i})
		b.run(t, time.Second)
	}
	b.run(t, 10*time.Second)
	for i := 1; i < len(b.calls); i++ {
		require.GreaterOrEqual(t, b.calls[i].at-b.calls[i-1].at, editInterval)
	}
	require.Equal(t, 129, b.calls[len(b.calls)-1].params)
	require.InDelta(t, 9, len(b.calls), 1)
}

func TestEditsLeaveRoomForMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 15 * 4 {
		for message := range int64(3) {
			b.submit(t, Job{Chat: group, Edit: message + 1, Method: "editMessageText", Params: i})
		}
		b.run(t, time.Second)
	}
	edits := len(b.calls)
	require.LessOrEqual(t, edits, groupMinute-editReserve)
	for range editReserve {
		b.submit(t, Job{Chat: group, Priority: PriorityMoney, Method: "sendMessage"})
	}
	b.run(t, 6*time.Second)
	sent := 0
	for _, c := range b.calls[edits:] {
		if c.method == "sendMessage" {
			sent++
		}
	}
	require.Equal(t, editReserve, sent)
}

func TestRepliesDoNotStarveEdits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 60 {
		b.submit(t, Job{Chat: group, Priority: PriorityReply, Method: "sendMessage"})
	}
	b.run(t, time.Minute)
	b.submit(t, Job{Chat: group, Edit: 7, Method: "editMessageText"})
	before := len(b.calls)
	b.run(t, 15*time.Second)
	edits := 0
	for _, c := range b.calls[before:] {
		if c.method == "editMessageText" {
			edits++
		}
	}
	require.Equal(t, 1, edits)
	b.run(t, 5*time.Minute)
	require.Len(t, b.calls, 61)
}

func TestABusyGroupStillSeesItsCard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 13 {
		b.submit(t, Job{Chat: group, Priority: PriorityReply, Method: "sendMessage"})
	}
	b.run(t, 15*time.Second)
	require.Len(t, b.calls, 13)
	for range 8 { // the card of a round of half a minute
		b.submit(t, Job{Chat: group, Edit: 7, Method: "editMessageText"})
		b.run(t, 4*time.Second)
	}
	edits := len(b.calls) - 13
	require.GreaterOrEqual(t, edits, 4)
	for range 10 {
		b.submit(t, Job{Chat: group, Priority: PriorityReply, Method: "sendMessage"})
	}
	b.run(t, time.Second)
	before, at := len(b.calls), b.clock.Now().Sub(b.start)
	b.submit(t, Job{Chat: group, Edit: 7, Final: true, Method: "finished"})
	b.submit(t, Job{Chat: group, Priority: PriorityMoney, Method: "result"})
	b.run(t, 3*time.Second)
	require.GreaterOrEqual(t, len(b.calls), before+2)
	require.Equal(t, "finished", b.calls[before].method)
	require.Equal(t, "result", b.calls[before+1].method)
	require.Less(t, b.calls[before].at-at, 2*time.Second)
}

func TestNoEditComesAfterTheFinalOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail = func(n int, _ string) error {
		if n == 1 { // the live edit is on its way when the round ends, and fails
			b.submit(t, Job{Chat: group, Edit: 7, Final: true, Method: "finished"})
			return errors.New("connection refused")
		}
		return nil
	}
	outcome := make(chan error, 3)
	note := func(_ json.RawMessage, err error) { outcome <- err }
	b.submit(t, Job{Chat: group, Edit: 7, Method: "live"})
	b.run(t, time.Minute)
	b.submit(t, Job{Chat: group, Edit: 7, Method: "late", Done: note})
	require.ErrorIs(t, <-outcome, ErrSuperseded)
	b.submit(t, Job{Chat: group, Edit: 8, Method: "live", Done: note})
	b.submit(t, Job{Chat: group, Edit: 8, Final: true, Method: "finished"})
	require.ErrorIs(t, <-outcome, ErrSuperseded)
	b.run(t, time.Minute)
	got := make([]string, 0, len(b.calls))
	for _, c := range b.calls {
		got = append(got, c.method)
	}
	require.Equal(t, []string{"live", "finished", "finished"}, got)
	require.Zero(t, b.Waiting())
}

func TestMoneyGoesFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(t, Job{Chat: person, Priority: PriorityBroadcast, Method: "broadcast"})
	b.submit(t, Job{Chat: person, Edit: 1, Method: "edit"})
	b.submit(t, Job{Chat: person, Priority: PriorityReply, Method: "reply"})
	b.submit(t, Job{Chat: person + 1, Priority: PriorityMoney, Method: "other"})
	b.submit(t, Job{Chat: person, Priority: PriorityMoney, Method: "money"})
	b.run(t, 5*time.Second)
	got := make([]string, 0, len(b.calls))
	for _, c := range b.calls {
		got = append(got, c.method)
	}
	require.Equal(t, []string{"other", "money", "reply", "edit", "broadcast"}, got)
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail = func(n int, _ string) error {
		if n == 1 {
			return &telegram.Error{Code: 429, RetryAfter: 7 * time.Second}
		}
		return nil
	}
	b.submit(t, Job{Chat: person, Priority: PriorityReply, Method: "first"})
	b.submit(t, Job{Chat: person, Priority: PriorityReply, Method: "second"})
	b.run(t, 20*time.Second)
	require.Len(t, b.calls, 3)
	require.Equal(t, "first", b.calls[1].method)
	require.GreaterOrEqual(t, b.calls[1].at, 7*time.Second)
	require.Equal(t, "second", b.calls[2].method)
}

func TestRefusalEndsAJobAndTroubleRetriesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var outcomes []error
	note := func(_ json.RawMessage, err error) { outcomes = append(outcomes, err) }
	b.fail = func(_ int, method string) error {
		if method == "blocked" {
			return &telegram.Error{Code: 403, Description: "Forbidden"}
		}
		return errors.New("connection refused")
	}
	b.submit(t, Job{Chat: person, Priority: PriorityReply, Method: "blocked", Done: note})
	b.run(t, time.Second)
	require.Len(t, b.calls, 1)
	b.submit(t, Job{Chat: person, Priority: PriorityReply, Method: "down", Done: note})
	b.run(t, 3*time.Minute)
	require.Len(t, b.calls, 1+maxAttempts)
	require.Len(t, outcomes, 2)
	require.ErrorIs(t, outcomes[0], telegram.ErrForbidden)
	require.Error(t, outcomes[1])
	require.Zero(t, b.Waiting())
}

func TestWhatIsSentOnceIsNotRepeatedAfterTrouble(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail = func(n int, _ string) error {
		switch n {
		case 1: // certainly not sent
			return &telegram.Error{Code: 429, RetryAfter: time.Second}
		case 2:
			return errors.New("connection reset")
		}
		return nil
	}
	ended := make(chan error, 1)
	b.submit(t, Job{Chat: group, Priority: PriorityMoney, Method: "sendDice", Once: true, Done: func(_ json.RawMessage, err error) { ended <- err }})
	b.run(t, time.Minute)
	require.Len(t, b.calls, 2)
	require.ErrorContains(t, <-ended, "connection reset")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range maxWaiting {
		b.submit(t, Job{Chat: int64(i%500 + 1), Priority: PriorityBroadcast, Method: "x"})
	}
	require.ErrorIs(t, b.Submit(Job{Chat: person, Priority: PriorityMoney}), ErrFull)
	b.run(t, 8*time.Minute)
	require.Len(t, b.calls, maxWaiting)
	b.run(t, 3*time.Minute)
	require.Empty(t, b.chats)
}

func TestRunDrainsBeforeItEnds(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	g := NewGovernor(func(context.Context, string, any, any) error {
		sent.Add(1)
		return nil
	}, clock.System(), slog.New(slog.DiscardHandler))
	stop := running(t, g)
	edit := Job{Chat: person, Edit: 5, Method: "editMessageText"}
	require.NoError(t, g.Submit(edit))
	require.Eventually(t, func() bool { return sent.Load() == 1 }, soon, time.Millisecond)
	require.NoError(t, g.Submit(edit)) // waits for its interval
	require.NoError(t, g.Answer(t.Context(), telegram.AnswerCallback{ID: "1"}))
	<-stop()
	require.EqualValues(t, 3, sent.Load())
	require.ErrorIs(t, g.Submit(Job{Chat: person}), ErrClosed)
}

// TestStoppingWaitsOnlyForWhatIsDue stops governors on a clock that stands still: what ends by
// itself did not wait.
func TestStoppingWaitsOnlyForWhatIsDue(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	stuck := make(chan struct{})
	send := func(ctx context.Context, method string, _, _ any) error {
		if method == "stuck" {
			close(stuck)
			<-ctx.Done()
		}
		return ctx.Err()
	}
	g := NewGovernor(send, clock.NewFake(start), slog.New(slog.DiscardHandler))
	stop := running(t, g)
	var lost atomic.Int64
	for range 30 { // more than a chat may get at once
		require.NoError(t, g.Submit(Job{Chat: group, Priority: PriorityReply, Method: "sendMessage", Done: func(_ json.RawMessage, err error) {
			if errors.Is(err, ErrClosed) {
				lost.Add(1)
			}
		}}))
	}
	<-stop()
	require.GreaterOrEqual(t, lost.Load(), int64(20))

	fake := clock.NewFake(start)
	g = NewGovernor(send, fake, slog.New(slog.DiscardHandler))
	stop = running(t, g)
	require.NoError(t, g.Submit(Job{Chat: group, Method: "stuck"}))
	<-stuck
	done := stop()
	require.Eventually(t, func() bool { return fake.Waiting() == 2 }, soon, time.Millisecond, "it gives the call a second")
	fake.Advance(drainFor)
	<-done
}

// soon is long for a machine that is busy with other tests.
const soon = 30 * time.Second

// running runs a governor. Stop tells it to end; the channel closes when it has.
func running(t *testing.T, g *Governor) (stop func() <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	return func() <-chan struct{} {
		cancel()
		return done
	}
}
