package localstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrExited says that a child ended before it was ready.
var ErrExited = errors.New("process ended before it was ready")

// Process describes one child of a Supervisor.
type Process struct {
	Name string   // unique in the supervisor, for example "postgres"
	Path string   // the executable
	Args []string // without the program name
	Env  []string // the whole environment; nil takes this process's own
	Dir  string   // working directory; empty takes this process's own
	User *User    // runs as this user; nil runs as this process's own
	Log  string   // file that receives stdout and stderr, appended; empty discards them

	// Ready is polled until it returns nil. A nil Ready means ready at once.
	Ready        func(context.Context) error
	ReadyTimeout time.Duration // 60 s when zero

	// StartTries is how often a child that ends before it is ready is started. One when zero. A database whose
	// predecessor was killed needs more than one: the old backends hold its memory for a moment.
	StartTries int

	Stop   syscall.Signal // asks the child to end; SIGTERM when zero
	Orphan syscall.Signal // sent when this process dies without stopping it (Linux); SIGKILL when zero
	Grace  time.Duration  // how long Stop may take before SIGKILL; 10 s when zero
}

func (p Process) withDefaults() Process {
	if p.ReadyTimeout == 0 {
		p.ReadyTimeout = time.Minute
	}
	if p.Grace == 0 {
		p.Grace = 10 * time.Second
	}
	if p.Stop == 0 {
		p.Stop = syscall.SIGTERM
	}
	if p.Orphan == 0 {
		p.Orphan = syscall.SIGKILL
	}
	p.StartTries = max(p.StartTries, 1)
	return p
}

// running is one incarnation of a child.
type running struct {
	pid    int
	exited chan struct{} // closed once the process was reaped
	err    error         // valid after exited: how it ended
}

// launch starts one incarnation on the spawner's thread.
func launch(s *spawner, p Process) (*running, error) {
	cmd := exec.Command(p.Path, p.Args...) //nolint:gosec,noctx // the supervisor starts what it is told to and ends it itself, in order
	cmd.Env, cmd.Dir = p.Env, p.Dir
	cmd.SysProcAttr = childAttr(p)
	if p.Log != "" {
		if err := os.MkdirAll(filepath.Dir(p.Log), 0o750); err != nil {
			return nil, fmt.Errorf("create the log folder of %s: %w", p.Name, err)
		}
		file, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open the log of %s: %w", p.Name, err)
		}
		defer func() { _ = file.Close() }() // the child has its own copy
		cmd.Stdout, cmd.Stderr = file, file
	}
	if err := s.start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	r := &running{pid: cmd.Process.Pid, exited: make(chan struct{})}
	go func() {
		r.err = cmd.Wait()
		close(r.exited)
	}()
	return r, nil
}

// awaitReady polls p.Ready until it succeeds, the child ends, or the time is up.
func (r *running) awaitReady(ctx context.Context, p Process) error {
	if p.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.ReadyTimeout)
	defer cancel()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	last := errors.New("not asked yet")
	for {
		try, done := context.WithTimeout(ctx, 3*time.Second)
		err := p.Ready(try)
		done()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-r.exited:
			return fmt.Errorf("%s: %w (%s)%s", p.Name, ErrExited, r.how(), logTail(p.Log))
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %w%s", p.Name, last, logTail(p.Log))
		case <-pause.C:
		}
	}
}

func (r *running) how() string {
	if r.err == nil {
		return "exit status 0"
	}
	return r.err.Error()
}

// terminate asks the child to end, and after the grace time makes it.
func (r *running) terminate(p Process) {
	_ = syscall.Kill(r.pid, p.Stop)
	grace := time.NewTimer(p.Grace)
	defer grace.Stop()
	select {
	case <-r.exited:
	case <-grace.C:
		_ = syscall.Kill(-r.pid, syscall.SIGKILL)
		<-r.exited
	}
	// Whatever the child left in its own process group goes with it.
	_ = syscall.Kill(-r.pid, syscall.SIGKILL)
}

// logTail returns the last lines of a log for an error message.
func logTail(path string) string {
	const keep = 6
	data, err := os.ReadFile(path) //nolint:gosec // our own log file
	if path == "" || err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	lines = lines[max(0, len(lines)-keep):]
	return "\nlast lines of " + path + ":\n  " + strings.Join(lines, "\n  ")
}
