package localstack_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/localstack"
)

func TestFreshWipesOnlyOurFolder(t *testing.T) {
	t.Parallel()
	theirs := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(theirs, "thesis.txt"), []byte("years"), 0o600))
	_, err := localstack.OpenData(theirs, true)
	require.ErrorIs(t, err, localstack.ErrNotOurs)
	require.FileExists(t, filepath.Join(theirs, "thesis.txt"))

	ours := filepath.Join(t.TempDir(), "nested", "data")
	data, err := localstack.OpenData(ours, false)
	require.NoError(t, err)
	secret, err := data.Secret()
	require.NoError(t, err)
	again, err := data.Secret()
	require.NoError(t, err)
	require.Equal(t, secret, again)
	require.GreaterOrEqual(t, len(secret), 32)
	info, err := os.Stat(data.Path("secret"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, data.Close())

	data, err = localstack.OpenData(ours, true)
	require.NoError(t, err)
	fresh, err := data.Secret()
	require.NoError(t, err)
	require.NotEqual(t, secret, fresh)
	require.NoError(t, data.Close())
}

func TestADataFolderHasOneUser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := localstack.OpenData(dir, false)
	require.NoError(t, err)
	for _, fresh := range []bool{false, true} {
		_, err = localstack.OpenData(dir, fresh)
		require.ErrorIs(t, err, localstack.ErrRunning)
		require.ErrorContains(t, err, "--data")
	}
	require.NoError(t, first.Close())
	second, err := localstack.OpenData(dir, false)
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

func TestAddressesAreWrittenForTheOwnerOnly(t *testing.T) {
	t.Parallel()
	data, err := localstack.OpenData(t.TempDir(), false)
	require.NoError(t, err)
	t.Cleanup(func() { _ = data.Close() })
	for _, pid := range []int{11, 0} {
		require.NoError(t, data.WriteAddresses(localstack.Addresses{"api": {URL: "http://127.0.0.1:7700", Pid: &pid}, "redis": {URL: "redis://elsewhere:6379"}}))
	}
	text, err := os.ReadFile(data.Path("addresses.json"))
	require.NoError(t, err)
	var read map[string]struct {
		URL string `json:"url"`
		Pid *int   `json:"pid"`
	}
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, "http://127.0.0.1:7700", read["api"].URL)
	require.Equal(t, new(0), read["api"].Pid, "what is down says so")
	require.Nil(t, read["redis"].Pid, "what runs elsewhere has none")
	info, err := os.Stat(data.Path("addresses.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := filepath.Glob(data.Path("addresses.json.*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestABusyPortIsNamedWithTheFlagThatMovesIt(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	err = localstack.CheckPort(t.Context(), "postgres", address.Port, "--postgres-port")
	require.ErrorIs(t, err, localstack.ErrPortBusy)
	require.ErrorContains(t, err, listener.Addr().String())
	require.ErrorContains(t, err, "postgres wants")
	require.ErrorContains(t, err, "--postgres-port")
	require.ErrorContains(t, err, "--port-base")
	require.NoError(t, listener.Close())
	require.NoError(t, localstack.CheckPort(t.Context(), "postgres", address.Port, "--postgres-port"))
}
