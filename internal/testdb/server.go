package testdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
)

// watch starts the server ("$1" "$2" …) and ends it when its own standard input closes, which
// the kernel does however the test process dies. Then it removes the folder in "$0".
const watch = `dir=$0; "$@" & pid=$!
cat >/dev/null; kill -QUIT $pid 2>/dev/null; wait $pid; rm -rf "$dir"`

// server is a private Postgres. It runs as long as alive is open, so whoever needs it keeps
// the value reachable: a collected file is a closed one.
type server struct {
	url   string
	alive io.Closer
}

// startServer runs a private Postgres for this process. It trades durability for speed. As root it runs as another user, because Postgres refuses root.
func startServer(ctx context.Context) (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fairground-testdb-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the server: %w", err)
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, fmt.Errorf("hand the folder over: %w", err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), //nolint:gosec // a binary found by binaries
		"-D", data, "-U", "fairground", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log")) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("create the server's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	// Not CommandContext: the server outlives the call and ends with the process.
	cmd := exec.Command("/bin/sh", "-c", watch, dir, filepath.Join(bin, "postgres"), "-D", data, //nolint:gosec,noctx // see above
		"-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "autovacuum_naptime=10min")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("watch the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	url := fmt.Sprintf("postgres://fairground@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := answer(ctx, url); err != nil {
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the server did not start: %w: %s", err, text)
	}
	return &server{url: url, alive: alive}, nil
}

func answer(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		if clock.Sleep(ctx, clock.System(), 30*time.Millisecond) != nil {
			return err
		}
	}
}

// binaries is the folder of the newest installed server: initdb in the PATH, or where
// distributions keep it.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb",
		"/opt/homebrew/opt/postgresql@*/bin/initdb", "/usr/local/opt/postgresql@*/bin/initdb",
	} {
		match, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("look for a server: %w", err)
		}
		found = append(found, match...)
	}
	if len(found) == 0 {
		return "", errors.New("no Postgres server on this machine: install one or set DATABASE_URL")
	}
	slices.SortFunc(found, func(a, b string) int { return release(a) - release(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// release is the version number in an installation's path.
func release(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, err := strconv.Atoi(digits[0])
	if err != nil {
		return 0
	}
	return n
}

// unprivileged is whom to run the server as: nil for ourselves, another user when we are root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is what SysProcAttr takes for "ourselves"
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and neither the user postgres nor nobody exists")
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("find a free port: not a TCP address")
	}
	return addr.Port, nil
}
