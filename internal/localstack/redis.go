package localstack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// RedisOptions say where the local Redis keeps its files and listens.
type RedisOptions struct {
	Data string // folder; created if missing
	Port int    // loopback port
	Log  string // log file; Data/redis.log when empty

	// Embedded is the command line that serves an in-memory stand-in at the address appended to it, for a machine
	// without redis-server and valkey-server.
	Embedded []string
}

// errNoRedis says what to do on a machine without any server.
var errNoRedis = errors.New("no Redis: install redis-server or valkey-server, or set REDIS_URL to a running server")

// PrepareRedis finds a server and returns the process that serves it. Nothing is kept across restarts: Redis holds
// only what can be rebuilt from PostgreSQL.
func PrepareRedis(opts RedisOptions) (Service, error) {
	place := filepath.Join(opts.Data, "redis")
	if err := os.MkdirAll(place, 0o750); err != nil {
		return Service{}, fmt.Errorf("create Redis's folder: %w", err)
	}
	log := opts.Log
	if log == "" {
		log = filepath.Join(opts.Data, "redis.log")
	}
	address := hostPort(opts.Port)
	service := Service{URL: "redis://" + address + "/0", Process: Process{
		Name: "redis", Dir: place, Log: log, StartTries: 5,
		Ready: func(ctx context.Context) error { return pingRedis(ctx, address) },
	}}
	for _, program := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(program)
		if err != nil {
			continue
		}
		service.Note = program + " from " + path
		service.Process.Path = path
		service.Process.Args = []string{
			"--port", strconv.Itoa(opts.Port), "--bind", loopback, "--protected-mode", "yes",
			"--appendonly", "no", "--save", "", "--daemonize", "no", "--dir", place,
		}
		return service, nil
	}
	if len(opts.Embedded) == 0 {
		return Service{}, errNoRedis
	}
	service.Note = "no redis-server or valkey-server here: miniredis, an in-memory stand-in"
	service.Process.Path = opts.Embedded[0]
	service.Process.Args = append(append([]string{}, opts.Embedded[1:]...), address)
	return service, nil
}

// pingRedis asks one PING, in the form that stand-ins understand too.
func pingRedis(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("dial Redis: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("bound the ping: %w", err)
		}
	}
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return fmt.Errorf("ping Redis: %w", err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return fmt.Errorf("ping Redis: %w", err)
	}
	if strings.TrimSpace(answer) != "+PONG" {
		return fmt.Errorf("ping Redis: it answered %q", strings.TrimSpace(answer))
	}
	return nil
}
