package redis_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/redis"
)

// Not parallel: the library has one logger for the whole process.
func TestTheLibrarysLinesAreStructured(t *testing.T) {
	var said bytes.Buffer
	redis.RouteLogs(slog.New(slog.NewJSONHandler(&said, nil)))
	t.Cleanup(func() { redis.RouteLogs(slog.New(slog.DiscardHandler)) })
	var lc net.ListenConfig
	gone, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	client, err := redis.Open(t.Context(), "redis://"+gone.Addr().String())
	require.Error(t, err)
	require.NoError(t, client.Close())
	require.NotEmpty(t, said.String())
	for line := range bytes.Lines(said.Bytes()) {
		var record struct{ Level, Msg, Said string }
		require.NoError(t, json.Unmarshal(line, &record))
		require.Equal(t, "WARN", record.Level)
		require.Equal(t, "redis client", record.Msg)
		require.NotEmpty(t, record.Said)
	}
}
