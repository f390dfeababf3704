package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runProgram executes a command line and returns its exit code and what it wrote to stderr.
func runProgram(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = newProgram(&out, &errs).run(t.Context(), args)
	return code, out.String(), errs.String()
}

// clearEnvironment takes away what the machine may have set.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"FAIRGROUND_ENV", "FAIRGROUND_SECRET", "DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL", "TEMPORAL_ADDRESS", "TELEGRAM_BOT_TOKEN",
	} {
		t.Setenv(name, "")
	}
}

func TestAFailureIsOneLineThatSaysWhatToDo(t *testing.T) {
	clearEnvironment(t)
	cases := map[string]struct {
		args []string
		says string
	}{
		"unknown command":          {[]string{"dance"}, `unknown command "dance"`},
		"unknown service":          {[]string{"with", "--only", "kafka", "--", "true"}, "choose from postgres, redis, temporal"},
		"audit without a database": {[]string{"audit"}, "DATABASE_APP_URL: is not set"},
		"migrate without one":      {[]string{"migrate"}, "DATABASE_URL: is not set"},
		"tenant without a name":    {[]string{"tenant", "create"}, `"name" not set`},
		"seed without an up":       {[]string{"seed", "--data", t.TempDir()}, "start it with fairground up"},
		"bad port":                 {[]string{"up", "--port-base", "many"}, "port-base"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := runProgram(t, c.args...)
			require.Equal(t, 1, code)
			require.True(t, strings.HasPrefix(stderr, "fairground: "), stderr)
			require.Contains(t, stderr, c.says)
		})
	}
}

func TestUpRefusesProductionAndForeignFolders(t *testing.T) {
	clearEnvironment(t)
	theirs := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(theirs, "thesis.txt"), nil, 0o600))
	code, _, stderr := runProgram(t, "up", "--headless", "--fresh", "--data", theirs)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "not a Fairground data folder")
	require.FileExists(t, filepath.Join(theirs, "thesis.txt"))

	t.Setenv("FAIRGROUND_ENV", "production")
	code, _, stderr = runProgram(t, "up", "--headless", "--data", t.TempDir())
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "FAIRGROUND_ENV")
	code, _, stderr = runProgram(t, "telegram", "--addr", "127.0.0.1:0")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "FAIRGROUND_ENV")
}

func TestUpNamesABusyPortBeforeItStartsAnything(t *testing.T) {
	clearEnvironment(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	code, _, stderr := runProgram(t, "up", "--headless", "--data", t.TempDir(), "--port-base", "17900", "--api-port", port)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "api wants 127.0.0.1:"+port)
	require.Contains(t, stderr, "--api-port")
	require.NotContains(t, stderr, "starting")
}

func TestEveryPortFollowsTheBaseUnlessItHasItsOwn(t *testing.T) {
	t.Parallel()
	flags := upFlags{portBase: 8800, ports: map[string]*int{}}
	for _, name := range upPorts() {
		flags.ports[name] = new(int)
	}
	*flags.ports["redis"] = 6399
	seen := map[int]bool{}
	for offset, name := range upPorts() {
		port := flags.port(name)
		require.False(t, seen[port], strconv.Itoa(port))
		seen[port] = true
		if name != "redis" {
			require.Equal(t, 8800+offset, port)
		}
	}
	require.True(t, seen[6399])
}

func TestWithKeepsGivenServicesAndReturnsTheExitCode(t *testing.T) {
	clearEnvironment(t)
	given := "postgres://somebody:pw@127.0.0.1:1/elsewhere"
	t.Setenv("DATABASE_URL", given)
	code, stdout, _ := runProgram(t, "with", "--only", "postgres", "--", "sh", "-c", "echo $DATABASE_URL; exit 7")
	require.Equal(t, 7, code)
	require.Equal(t, given+"\n", stdout)

	code, _, stderr := runProgram(t, "with", "--only", "postgres", "--", "no-such-program")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no-such-program")
}
