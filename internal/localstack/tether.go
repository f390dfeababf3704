package localstack

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watch starts a server and sends it the signal "$1" when its own standard input closes, which the kernel does however
// the process that holds the other end dies. Then it removes the folder "$0".
const watch = `dir=$0 signal=$1; shift; "$@" & pid=$!
cat >/dev/null; kill -"$signal" $pid 2>/dev/null; wait $pid; rm -rf "$dir"`

// Tether runs a prepared service's process and returns once it is ready. The process ends, and dir is removed, when
// the returned value is closed or collected or this process dies in any way: it is for servers that tests share and
// nobody stops. Nothing restarts it. If it was not ready in time, it is on its way down.
func Tether(ctx context.Context, p Process, dir string) (io.Closer, error) {
	p = p.withDefaults()
	if err := p.User.own(dir); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", p.Name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	args := append([]string{"-c", watch, dir, strconv.Itoa(int(p.Stop)), p.Path}, p.Args...)
	cmd := exec.Command("/bin/sh", args...) //nolint:gosec,noctx // a server found on this machine; it outlives the call and ends with the process
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.Env, p.Dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.User.credential()}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", p.Name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	if err := (&running{pid: cmd.Process.Pid}).awaitReady(ctx, p); err != nil {
		_ = alive.Close()
		return nil, err
	}
	return alive, nil
}

// TetherPostgres is a private server with an empty cluster, tethered. The owner is a superuser.
func TetherPostgres(ctx context.Context) (url string, alive io.Closer, err error) {
	dir, err := os.MkdirTemp("", "fairground-postgres-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the server: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user passes through
		return "", nil, fmt.Errorf("open the folder to the server: %w", err)
	}
	port, err := FreePort()
	if err != nil {
		return "", nil, err
	}
	service, err := PreparePostgres(ctx, PostgresOptions{Data: dir, Port: port, Scratch: true})
	if err != nil {
		return "", nil, err
	}
	if alive, err = Tether(ctx, service.Process, dir); err != nil {
		return "", nil, err
	}
	return service.URL, alive, EnsureDatabase(ctx, service.URL)
}
