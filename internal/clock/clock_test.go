package clock_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
)

func TestFakeFiresInOrderAndOnlyWhenDue(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := clock.NewFake(start)
	late, soon, stopped := f.NewTimer(2*time.Second), f.NewTimer(time.Second), f.NewTimer(time.Second)
	require.True(t, stopped.Stop())
	require.False(t, stopped.Stop())
	f.Advance(time.Second)
	require.Equal(t, start.Add(time.Second), <-soon.C())
	require.Empty(t, late.C())
	require.Empty(t, stopped.C())
	require.Equal(t, 1, f.Waiting())
	f.Advance(time.Second)
	require.Len(t, late.C(), 1)
	require.False(t, soon.Reset(time.Second))
	f.Advance(time.Second)
	require.Len(t, soon.C(), 1)
}

func TestSleepEndsByTimeOrContext(t *testing.T) {
	t.Parallel()
	require.NoError(t, clock.Sleep(t.Context(), clock.System(), time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, clock.Sleep(ctx, clock.System(), time.Hour), context.Canceled)
	require.Equal(t, time.UTC, clock.System().Now().Location())
	require.Less(t, clock.Since(clock.System(), clock.System().Now()), time.Minute)
}
