package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fairground/internal/localstack"
	"fairground/internal/telegram/local/simclient"
)

// startPatience covers a first start that has to build Temporal's command line.
const startPatience = 10 * time.Minute

// binaryVariable names the program under test.
const binaryVariable = "FAIRGROUND_BIN"

// Stack is a running `fairground up`.
type Stack struct {
	Dir string // its data folder
	Sim *simclient.Client

	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed once the process was reaped
	how  error         // valid after done
}

// Binary is the program under test: FAIRGROUND_BIN, else bin/fairground above the working folder.
func Binary() (string, error) {
	if path := os.Getenv(binaryVariable); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working folder: %w", err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "bin", "fairground")
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", errors.New("bin/fairground is not built: run `go tool task build`")
}

// Provide sees to it that there is a program under test: unless FAIRGROUND_BIN names one, it is built into dir.
func Provide(ctx context.Context, dir string) error {
	if os.Getenv(binaryVariable) != "" {
		return nil
	}
	path := filepath.Join(dir, "fairground")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "fairground/cmd/fairground") //nolint:gosec // no input of anybody's
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	if err := os.Setenv(binaryVariable, path); err != nil {
		return fmt.Errorf("name the program: %w", err)
	}
	return nil
}

// Start runs `fairground up --headless` on free ports with data in dir and returns when it is ready. More variables of the
// environment (NAME=value) may be given.
func Start(ctx context.Context, dir string, more ...string) (*Stack, error) {
	binary, err := Binary()
	if err != nil {
		return nil, err
	}
	base, err := freeBase(ctx)
	if err != nil {
		return nil, err
	}
	s := &Stack{Dir: filepath.Join(dir, "data"), done: make(chan struct{})}
	// A killed run has left its addresses.
	if err := os.Remove(s.addressesFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("forget the last run: %w", err)
	}
	s.log, err = os.Create(filepath.Join(dir, "up.log")) //nolint:gosec // the test's own folder
	if err != nil {
		return nil, fmt.Errorf("create the log: %w", err)
	}
	s.cmd = exec.Command(binary, "up", "--headless", "--data", s.Dir, "--port-base", strconv.Itoa(base)) //nolint:gosec,noctx // stopped by Stop
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = append(withoutServices(os.Environ()), more...)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start fairground up: %w", err)
	}
	go func() {
		defer close(s.done)
		s.how = s.cmd.Wait()
	}()
	if err := s.awaitReady(ctx); err != nil {
		_ = s.Stop()
		return nil, err
	}
	all, err := s.Addresses()
	if err != nil {
		return nil, err
	}
	s.Sim = simclient.New(all["chat"].URL, nil)
	return s, nil
}

// withoutServices hides the services of the caller: a stack under test owns, and may kill, its own.
func withoutServices(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL", "TEMPORAL_ADDRESS", "FAIRGROUND_SECRET":
		default:
			kept = append(kept, v)
		}
	}
	return kept
}

func (s *Stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		if _, err := s.Addresses(); err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("fairground up ended before it was ready: %w\n%s", s.how, s.Log())
		case <-ctx.Done():
			return fmt.Errorf("fairground up is not ready: %w\n%s", ctx.Err(), s.Log())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Addresses reads addresses.json: what runs now, and as which process.
func (s *Stack) Addresses() (localstack.Addresses, error) {
	raw, err := os.ReadFile(s.addressesFile())
	if err != nil {
		return nil, fmt.Errorf("read the addresses: %w", err)
	}
	var all localstack.Addresses
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read the addresses: %w", err)
	}
	return all, nil
}

func (s *Stack) addressesFile() string { return filepath.Join(s.Dir, localstack.AddressesFile) }

// Kill ends a part's process at once, as a crash would, and returns its process id.
func (s *Stack) Kill(part string) (int, error) {
	all, err := s.Addresses()
	if err != nil {
		return 0, err
	}
	pid := all.Pid(part)
	if pid == 0 {
		return 0, fmt.Errorf("%s has no process", part)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("kill %s: %w", part, err)
	}
	return pid, nil
}

// Log is what fairground up has printed.
func (s *Stack) Log() string {
	raw, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Stop ends the stack as Ctrl-C does and returns how it ended. Stopping twice does no harm.
func (s *Stack) Stop() error {
	defer func() { _ = s.log.Close() }()
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
		return s.how
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		<-s.done
		return errors.Join(errors.New("fairground up did not stop within a minute"), s.how)
	}
}

// freeBase finds ten free ports in a row, below those the system hands to outgoing connections:
// one of those may be taken again before the stack comes to it.
func freeBase(ctx context.Context) (int, error) {
	for range 50 {
		base := 10_000 + 10*rand.IntN(2_000) //nolint:gosec // any free place will do
		free := true
		for i := 0; free && i < 10; i++ {
			_, err := freePort(ctx, base+i)
			free = err == nil
		}
		if free {
			return base, nil
		}
	}
	return 0, errors.New("no ten free ports in a row")
}

func freePort(ctx context.Context, port int) (int, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: %s is no TCP address", l.Addr())
	}
	return address.Port, nil
}
