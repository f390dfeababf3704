//go:build linux

package chaos

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/test/stack"
)

// TestStopLeavesNothingBehind ends a stack as Ctrl-C does.
func TestStopLeavesNothingBehind(t *testing.T) {
	s := start(t)
	family := familyOf(t, s)
	require.NoError(t, s.Stop(), s.Log())
	require.Empty(t, survivors(family), "children outlived Ctrl-C")
	require.NoFileExists(t, filepath.Join(s.Dir, "addresses.json"))
}

// TestKilledSupervisorLeavesNothingBehind kills the supervisor itself; its children have to notice. The same folder
// then starts again.
func TestKilledSupervisorLeavesNothingBehind(t *testing.T) {
	dir := folder(t)
	s, err := stack.Start(t.Context(), dir)
	require.NoError(t, err)
	family := familyOf(t, s)
	_, err = s.Kill("supervisor")
	require.NoError(t, err)
	require.Error(t, s.Stop())
	require.Eventually(t, func() bool { return len(survivors(family)) == 0 }, time.Minute, 50*time.Millisecond, "children outlived kill -9")

	again, err := stack.Start(t.Context(), dir)
	require.NoError(t, err)
	require.NoError(t, again.Stop())
}

// process is one process at one time: ids are used again, start times are not.
type process struct {
	pid     int
	started string
	command string
}

// familyOf is every process below the supervisor.
func familyOf(t *testing.T, s *stack.Stack) []process {
	t.Helper()
	all, err := s.Addresses()
	require.NoError(t, err)
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if parent, _, err := stat(pid); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	var family []process
	next := children[all.Pid("supervisor")]
	for len(next) > 0 {
		pid := next[0]
		next = append(next[1:], children[pid]...)
		if _, started, err := stat(pid); err == nil {
			command, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			family = append(family, process{pid, started, string(bytes.ReplaceAll(command, []byte{0}, []byte{' '}))})
		}
	}
	require.Greater(t, len(family), 6, "%+v", family)
	return family
}

// survivors are the processes that still run.
func survivors(family []process) []process {
	var left []process
	for _, p := range family {
		if _, started, err := stat(p.pid); err == nil && started == p.started {
			left = append(left, p)
		}
	}
	return left
}

// errGone says that a process ended and only waits to be reaped.
var errGone = errors.New("process ended")

// stat reads a process's parent and when it started.
func stat(pid int) (parent int, started string, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, "", err
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if fields[0] == "Z" {
		return 0, "", errGone
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[19], err
}
