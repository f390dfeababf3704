package localstack_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/localstack"
)

// sleeper is a child that does nothing and ends when asked.
func sleeper(name string) localstack.Process {
	return localstack.Process{Name: name, Path: "/bin/sh", Args: []string{"-c", "exec sleep 600"}}
}

func newSupervisor(t *testing.T, onChange func()) *localstack.Supervisor {
	t.Helper()
	supervisor := localstack.NewSupervisor(slog.New(slog.DiscardHandler), onChange)
	t.Cleanup(supervisor.Stop)
	return supervisor
}

func TestSupervisorRestartsAKilledChildAndLeavesNoneBehind(t *testing.T) {
	t.Parallel()
	changed := make(chan int, 8)
	var supervisor *localstack.Supervisor
	supervisor = newSupervisor(t, func() { changed <- supervisor.Pid("worker") })
	require.NoError(t, supervisor.Start(t.Context(), sleeper("worker")))
	before := supervisor.Pid("worker")
	require.True(t, alive(before))

	require.NoError(t, syscall.Kill(before, syscall.SIGKILL))
	require.Zero(t, next(t, changed), "a child that is down has no pid")
	after := next(t, changed)
	require.Equal(t, after, supervisor.Pid("worker"))
	require.NotEqual(t, before, after)
	require.True(t, alive(after))
	require.Equal(t, 1, supervisor.Statuses()[0].Restarts)

	supervisor.Stop()
	requireGone(t, before)
	requireGone(t, after)
	require.Error(t, supervisor.Start(t.Context(), sleeper("late")), "a stopped supervisor starts nothing")
}

// next waits for the pid that the supervisor tells of.
func next(t *testing.T, changed <-chan int) int {
	t.Helper()
	select {
	case pid := <-changed:
		return pid
	case <-time.After(10 * time.Second):
		t.Fatal("the supervisor told of no change")
		return 0
	}
}

func TestSupervisorStopsInReverseOrderAndKillsTheStubborn(t *testing.T) {
	t.Parallel()
	order := filepath.Join(t.TempDir(), "order")
	supervisor := newSupervisor(t, nil)
	for _, name := range []string{"first", "second"} {
		script := "trap 'echo " + name + " >> " + order + "; exit 0' TERM; echo up > " + order + "." + name + "; while :; do sleep 0.05; done"
		p := localstack.Process{Name: name, Path: "/bin/sh", Args: []string{"-c", script}}
		p.Ready = func(context.Context) error { _, err := os.Stat(order + "." + name); return err }
		require.NoError(t, supervisor.Start(t.Context(), p))
	}
	stubborn := localstack.Process{
		Name: "stubborn", Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; echo up > " + order + ".stubborn; while :; do sleep 0.05; done"},
		Grace: 100 * time.Millisecond,
		Ready: func(context.Context) error { _, err := os.Stat(order + ".stubborn"); return err },
	}
	require.NoError(t, supervisor.Start(t.Context(), stubborn))
	pid := supervisor.Pid("stubborn")
	supervisor.Stop()
	requireGone(t, pid)
	text, err := os.ReadFile(order)
	require.NoError(t, err)
	require.Equal(t, "second\nfirst\n", string(text))
}

func TestSupervisorTellsWhyAChildDidNotStart(t *testing.T) {
	t.Parallel()
	supervisor := newSupervisor(t, nil)
	p := localstack.Process{
		Name: "broken", Path: "/bin/sh", Args: []string{"-c", "echo no such table; exit 4"}, Log: filepath.Join(t.TempDir(), "broken.log"),
		Ready: func(context.Context) error { return errors.New("not yet") },
	}
	err := supervisor.Start(t.Context(), p)
	require.ErrorIs(t, err, localstack.ErrExited)
	require.ErrorContains(t, err, "exit status 4")
	require.ErrorContains(t, err, "no such table")
	require.Zero(t, supervisor.Pid("broken"))

	mute := sleeper("mute")
	mute.Ready = func(context.Context) error { return errors.New("still loading") }
	mute.ReadyTimeout = 200 * time.Millisecond
	require.ErrorContains(t, supervisor.Start(t.Context(), mute), "still loading")
}

func TestAKilledSupervisorTakesItsChildrenAlong(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux ends the children of a killed parent")
		return
	}
	dir := t.TempDir()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+dir)
	var said bytes.Buffer
	parent.Stderr = &said
	require.NoError(t, parent.Start())
	var pid int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(dir + "/pid")
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(string(text))
		return err == nil
	}, 20*time.Second, 20*time.Millisecond)
	require.True(t, alive(pid))
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.NotContains(t, said.String(), "panic")
	requireGone(t, pid)
}
