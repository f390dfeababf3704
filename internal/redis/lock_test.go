package redis_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"fairground/internal/redis"
)

func open(t *testing.T, server *miniredis.Miniredis, opts ...redis.LockOption) redis.Locker {
	t.Helper()
	client, err := redis.Open(t.Context(), "redis://"+server.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	locker, err := redis.NewLocker(redis.ModeRedis, client, opts...)
	require.NoError(t, err)
	return locker
}

func TestLockHoldsAcrossLockers(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	a, b := open(t, server), open(t, server)
	unlock, err := a.Lock(t.Context(), "player:1")
	require.NoError(t, err)
	require.LessOrEqual(t, server.TTL("fairground:lock:player:1"), 3*time.Second)
	start := time.Now()
	_, err = b.Lock(t.Context(), "player:1")
	require.ErrorIs(t, err, redis.ErrBusy)
	require.WithinRange(t, time.Now(), start.Add(100*time.Millisecond), start.Add(time.Second))
	other, err := b.Lock(t.Context(), "player:2")
	require.NoError(t, err)
	other()
	go func() {
		time.Sleep(20 * time.Millisecond)
		unlock()
	}()
	unlock, err = b.Lock(t.Context(), "player:1")
	require.NoError(t, err, "a waiter gets a lock that is released in time")
	unlock()
}

func TestUnlockKeepsAnothersLock(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	locker := open(t, server)
	late, err := locker.Lock(t.Context(), "round:1")
	require.NoError(t, err)
	server.FastForward(4 * time.Second)
	_, err = locker.Lock(t.Context(), "round:1")
	require.NoError(t, err, "the lock ran out")
	late()
	_, err = locker.Lock(t.Context(), "round:1")
	require.ErrorIs(t, err, redis.ErrBusy, "a late release does not free the next holder's lock")
}

func TestUnreachableRedisLetsThroughAndIsCounted(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	reg := prometheus.NewRegistry()
	locker := open(t, server, redis.WithRegisterer(reg))
	server.Close()
	start := time.Now()
	for range 20 {
		unlock, err := locker.Lock(t.Context(), "player:1")
		require.NoError(t, err)
		unlock()
	}
	require.Less(t, time.Since(start), time.Second, "an outage costs one timeout, not one a call")
	families, err := reg.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "fairground_lock_total", families[0].GetName())
	require.Len(t, families[0].GetMetric(), 1)
	require.Equal(t, "unreachable", families[0].GetMetric()[0].GetLabel()[0].GetValue())
	require.InDelta(t, 20, families[0].GetMetric()[0].GetCounter().GetValue(), 0)
}

func TestSilentRedisLetsThrough(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	silent, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	client, err := redis.Open(t.Context(), "redis://"+silent.Addr().String())
	require.Error(t, err)
	t.Cleanup(func() { _ = client.Close() })
	locker, err := redis.NewLocker(redis.ModeRedis, client)
	require.NoError(t, err)
	start := time.Now()
	unlock, err := locker.Lock(t.Context(), "player:1")
	require.NoError(t, err)
	unlock()
	require.Less(t, time.Since(start), 700*time.Millisecond)
}

func TestModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{redis.ModeOff, redis.ModeLiar} {
		locker, err := redis.NewLocker(mode, nil)
		require.NoError(t, err)
		for range 2 {
			_, err := locker.Lock(t.Context(), "player:1")
			require.NoError(t, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = locker.Lock(ctx, "player:1")
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := redis.NewLocker("redis", nil)
	require.Error(t, err)
	_, err = redis.NewLocker("maybe", nil)
	require.ErrorContains(t, err, "unknown lock mode")
}
