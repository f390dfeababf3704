package localstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	restartFirst  = 100 * time.Millisecond // pause before the first restart; doubles to restartMost
	restartMost   = 5 * time.Second
	restartStable = 20 * time.Second // a child that lived so long starts over with restartFirst
	startPause    = 500 * time.Millisecond
)

// Supervisor starts children in order, restarts those that die, and stops them in reverse order.
// It is safe for concurrent use.
type Supervisor struct {
	logger   *slog.Logger
	onChange func()
	spawner  *spawner

	mu       sync.Mutex
	children []*child
	stopped  bool
}

type child struct {
	spec Process
	stop chan struct{} // closed to end it for good
	done chan struct{} // closed once it has ended for good

	mu       sync.Mutex
	pid      int
	restarts int
}

// Status is what is known of one child.
type Status struct {
	Name     string
	Pid      int // 0 while it is down
	Restarts int
}

// NewSupervisor returns a supervisor without children. onChange, if not nil, is called after a child ended by itself
// and after it is ready again, from that child's goroutine.
func NewSupervisor(logger *slog.Logger, onChange func()) *Supervisor {
	return &Supervisor{logger: logger, onChange: onChange, spawner: newSpawner()}
}

// Start runs p, waits until it is ready, and keeps it running until Stop. It returns ErrExited if p ends before it
// is ready, with the last lines of its log.
func (s *Supervisor) Start(ctx context.Context, p Process) error {
	p = p.withDefaults()
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return errSpawnerClosed
	}
	first, err := s.bringUp(ctx, p)
	if err != nil {
		return err
	}
	c := &child{spec: p, pid: first.pid, stop: make(chan struct{}), done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		first.terminate(p)
		return errSpawnerClosed
	}
	s.children = append(s.children, c)
	go s.keep(c, first)
	return nil
}

// bringUp launches p until one incarnation is ready.
func (s *Supervisor) bringUp(ctx context.Context, p Process) (*running, error) {
	for try := 1; ; try++ {
		r, err := launch(s.spawner, p)
		if err != nil {
			return nil, err
		}
		err = r.awaitReady(ctx, p)
		if err == nil {
			return r, nil
		}
		r.terminate(p)
		if !errors.Is(err, ErrExited) || try >= p.StartTries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("start %s: %w", p.Name, ctx.Err())
		case <-time.After(startPause):
		}
	}
}

// keep restarts the child until it is told to stop.
func (s *Supervisor) keep(c *child, r *running) {
	defer close(c.done)
	pause := restartFirst
	for {
		stable := time.NewTimer(restartStable)
		select {
		case <-c.stop:
			stable.Stop()
			r.terminate(c.spec)
			c.set(0)
			return
		case <-r.exited:
		}
		// Stop does not tell: it reports an expired timer nobody received from as stopped.
		select {
		case <-stable.C:
			pause = restartFirst
		default:
			stable.Stop()
		}
		c.set(0)
		s.logger.Warn("child ended, restarting it", slog.String("child", c.spec.Name), slog.Int("pid", r.pid), slog.String("how", r.how()))
		s.changed()
		next := s.restart(c, &pause)
		if next == nil {
			return
		}
		r = next
	}
}

// restart brings the child up again, for as long as it takes. It returns nil when the child was stopped meanwhile.
func (s *Supervisor) restart(c *child, pause *time.Duration) *running {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-c.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-c.stop:
			return nil
		case <-time.After(*pause):
		}
		*pause = min(*pause*2, restartMost)
		r, err := s.bringUp(ctx, c.spec)
		if err == nil {
			c.restarted(r.pid)
			s.logger.Info("child is ready again", slog.String("child", c.spec.Name), slog.Int("pid", r.pid))
			s.changed()
			return r
		}
		if ctx.Err() == nil {
			s.logger.Error("restart failed", slog.String("child", c.spec.Name), slog.String("error", err.Error()))
		}
	}
}

func (s *Supervisor) changed() {
	if s.onChange != nil {
		s.onChange()
	}
}

func (c *child) set(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pid = pid
}

func (c *child) restarted(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pid = pid
	c.restarts++
}

// Statuses lists the children in starting order.
func (s *Supervisor) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, 0, len(s.children))
	for _, c := range s.children {
		c.mu.Lock()
		all = append(all, Status{Name: c.spec.Name, Pid: c.pid, Restarts: c.restarts})
		c.mu.Unlock()
	}
	return all
}

// Pid returns the process id of a child, or 0 if it is down or unknown.
func (s *Supervisor) Pid(name string) int {
	for _, status := range s.Statuses() {
		if status.Name == name {
			return status.Pid
		}
	}
	return 0
}

// Stop ends the children in reverse order, each within its grace time, and returns when all are gone.
// Stopping twice does no harm.
func (s *Supervisor) Stop() {
	s.mu.Lock()
	again := s.stopped
	s.stopped = true
	children := slices.Clone(s.children)
	s.mu.Unlock()
	if again {
		for _, c := range children {
			<-c.done
		}
		return
	}
	for _, c := range slices.Backward(children) {
		s.logger.Debug("stopping", slog.String("child", c.spec.Name))
		close(c.stop)
		<-c.done
	}
	s.spawner.close()
}
