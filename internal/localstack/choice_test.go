package localstack_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/localstack"
)

// onPath makes a folder with these programs the whole PATH.
func onPath(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nexit 1\n"), 0o755))
	}
	t.Setenv("PATH", dir)
	return dir
}

func TestRedisChoice(t *testing.T) {
	cases := []struct {
		name     string
		programs []string
		embedded []string
		program  string
		note     string
	}{
		{"redis first", []string{"redis-server", "valkey-server"}, []string{"/self", "miniredis"}, "redis-server", "redis-server from"},
		{"then valkey", []string{"valkey-server"}, []string{"/self", "miniredis"}, "valkey-server", "valkey-server from"},
		{"then the stand-in, said plainly", nil, []string{"/self", "miniredis"}, "self", "in-memory stand-in"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			onPath(t, c.programs...)
			service, err := localstack.PrepareRedis(localstack.RedisOptions{Data: t.TempDir(), Port: 7705, Embedded: c.embedded})
			require.NoError(t, err)
			require.Equal(t, c.program, filepath.Base(service.Process.Path))
			require.Contains(t, service.Note, c.note)
			require.Equal(t, "redis://127.0.0.1:7705/0", service.URL)
		})
	}
	onPath(t)
	_, err := localstack.PrepareRedis(localstack.RedisOptions{Data: t.TempDir(), Port: 7705})
	require.ErrorContains(t, err, "REDIS_URL")
}

func TestTemporalChoice(t *testing.T) {
	source, cache := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(source, "go.sum"), []byte("sums"), 0o600))
	sum := sha256.Sum256([]byte("sums"))
	built := filepath.Join(cache, "temporal-"+hex.EncodeToString(sum[:6]))
	require.NoError(t, os.WriteFile(built, []byte("built earlier"), 0o755))
	opts := localstack.TemporalOptions{
		Data: t.TempDir(), Port: 7702, UIPort: 7703, Cache: cache, Source: source, Attributes: []string{"GroupId=Keyword"},
		Ready: func(context.Context, string) error { return nil },
	}
	t.Setenv("TEMPORAL_NAMESPACE", "elsewhere")

	dir := onPath(t, "temporal")
	service, err := localstack.PrepareTemporal(t.Context(), opts)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "temporal"), service.Process.Path)
	require.Equal(t, "127.0.0.1:7702", service.URL)
	require.Subset(t, service.Process.Args, []string{"--db-filename", "--search-attribute", "GroupId=Keyword", "--ui-port", "7703"})
	require.NotContains(t, service.Process.Env, "TEMPORAL_NAMESPACE=elsewhere")

	onPath(t)
	service, err = localstack.PrepareTemporal(t.Context(), opts)
	require.NoError(t, err)
	require.Equal(t, built, service.Process.Path)

	opts.Source = "" // outside the repository
	older := filepath.Join(cache, "temporal-000000000000")
	require.NoError(t, os.WriteFile(older, []byte("built before that"), 0o755))
	require.NoError(t, os.Chtimes(older, time.Unix(1, 0), time.Unix(1, 0)))
	service, err = localstack.PrepareTemporal(t.Context(), opts)
	require.NoError(t, err)
	require.Equal(t, built, service.Process.Path)
	require.NoError(t, os.Remove(older))

	require.NoError(t, os.Remove(built))
	_, err = localstack.PrepareTemporal(t.Context(), opts)
	require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
	opts.Source = source
	_, err = localstack.PrepareTemporal(t.Context(), opts)
	require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
}
