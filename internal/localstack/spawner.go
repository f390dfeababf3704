package localstack

import (
	"errors"
	"os/exec"
	"runtime"
)

// errSpawnerClosed says that the supervisor was stopped.
var errSpawnerClosed = errors.New("supervisor is stopped")

// spawner forks every child from one OS thread that lives as long as the supervisor: Linux sends the parent-death
// signal when the thread that forked ends, not when the process does.
type spawner struct {
	requests chan spawn
	quit     chan struct{}
}

type spawn struct {
	cmd    *exec.Cmd
	result chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawn), quit: make(chan struct{})}
	go s.serve()
	return s
}

func (s *spawner) serve() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case req := <-s.requests:
			req.result <- req.cmd.Start()
		case <-s.quit:
			return
		}
	}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	req := spawn{cmd: cmd, result: make(chan error, 1)}
	select {
	case s.requests <- req:
		return <-req.result
	case <-s.quit:
		return errSpawnerClosed
	}
}

// close ends the thread's loop. Call it once, after every child has ended.
func (s *spawner) close() { close(s.quit) }
