package localstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const (
	postgresUser     = "fairground" // owner of the local cluster
	postgresDatabase = "fairground"
)

// PostgresOptions say where the local PostgreSQL keeps its data and listens.
type PostgresOptions struct {
	Data    string // folder for the cluster and its password; created if missing
	Port    int    // loopback port
	Log     string // log file; Data/postgres.log when empty
	Scratch bool   // data that is thrown away: fsync and full_page_writes are off
	Cache   string // folder for a downloaded server; CacheDir() when empty
	Say     func(string)
}

// Service is a chosen way to run something: the process, where it answers, and how it was chosen.
type Service struct {
	Process Process
	URL     string // full address, with the password if there is one
	Note    string // one line for a person, for example "PostgreSQL 15 from /usr/lib/postgresql/15/bin, as postgres"
}

// PreparePostgres finds a server, creates the cluster if there is none, and returns the process that serves it.
// Its URL is the owner's. Call EnsureDatabase once the process is ready.
func PreparePostgres(ctx context.Context, opts PostgresOptions) (Service, error) {
	account, err := unprivileged()
	if err != nil {
		return Service{}, err
	}
	place, err := postgresPlace(opts, account)
	if err != nil {
		return Service{}, err
	}
	if place != filepath.Join(opts.Data, "postgres") {
		opts.say("PostgreSQL runs as " + account.Name + ", who cannot enter " + opts.Data + ": its data is in " + place)
	}
	server, err := findPostgres(ctx, opts, account, clusterVersion(place))
	if err != nil {
		return Service{}, err
	}
	password, err := initCluster(ctx, server, place, account)
	if err != nil {
		return Service{}, err
	}
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresUser, password), Host: hostPort(opts.Port),
		Path: "/" + postgresDatabase, RawQuery: "sslmode=disable",
	}
	note := server.String()
	if account != nil {
		note += ", as " + account.Name
	}
	log := opts.Log
	if log == "" {
		log = filepath.Join(opts.Data, "postgres.log")
	}
	return Service{URL: address.String(), Note: note, Process: Process{
		Name: "postgres", Path: filepath.Join(server.bin, "postgres"), Args: postgresArgs(place, opts),
		Env: account.environ(place), Dir: place, User: account, Log: log, StartTries: 20,
		Ready: func(ctx context.Context) error { return pingPostgres(ctx, address) },
		Stop:  syscall.SIGINT, Orphan: syscall.SIGINT, // SIGINT is PostgreSQL's fast shutdown
	}}, nil
}

func (o PostgresOptions) say(line string) {
	if o.Say != nil {
		o.Say(line)
	}
}

func postgresArgs(place string, opts PostgresOptions) []string {
	args := []string{"-D", filepath.Join(place, "data")}
	durable := "on"
	if opts.Scratch {
		durable = "off"
	}
	for _, setting := range []string{
		"listen_addresses=" + loopback, "port=" + strconv.Itoa(opts.Port), "unix_socket_directories=",
		"shared_buffers=256MB", "max_connections=200", "max_wal_size=2GB", "timezone=UTC", "log_timezone=UTC",
		"fsync=" + durable, "full_page_writes=" + durable, "logging_collector=off",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// environ is the environment of a child that runs as u with its files in home.
func (u *User) environ(home string) []string {
	if u == nil {
		return nil
	}
	return []string{"HOME=" + home, "USER=" + u.Name, "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}

// clusterVersion is the major version of the cluster in place, or empty if there is none yet.
func clusterVersion(place string) string {
	data, err := os.ReadFile(filepath.Join(place, "data", "PG_VERSION")) //nolint:gosec // our own cluster
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// initCluster creates the cluster if there is none and returns the owner's password. A cluster appears under its
// final name only when it is complete, so an interrupted start is repeated from scratch.
func initCluster(ctx context.Context, server postgresServer, place string, account *User) (string, error) {
	passwordFile := filepath.Join(place, "password")
	if clusterVersion(place) != "" {
		password, err := os.ReadFile(passwordFile) //nolint:gosec // our own file
		if err != nil {
			return "", fmt.Errorf("read the local database's password: %w", err)
		}
		return string(password), nil
	}
	password := rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return "", fmt.Errorf("write the local database's password: %w", err)
	}
	if err := account.own(passwordFile); err != nil {
		return "", err
	}
	fresh := filepath.Join(place, "data.new")
	var failed error
	for _, locale := range []string{"C.UTF-8", "C"} {
		if err := os.RemoveAll(fresh); err != nil {
			return "", fmt.Errorf("clear an unfinished cluster: %w", err)
		}
		init := exec.CommandContext(ctx, filepath.Join(server.bin, "initdb"), "-D", fresh, "-U", postgresUser, //nolint:gosec // a server found on this machine
			"--pwfile="+passwordFile, "--auth=scram-sha-256", "--encoding=UTF8", "--locale="+locale, "--no-instructions", "--no-sync")
		init.Dir, init.Env = place, account.environ(place)
		init.SysProcAttr = &syscall.SysProcAttr{Credential: account.credential()}
		output, err := init.CombinedOutput()
		if err == nil {
			failed = nil
			break
		}
		failed = fmt.Errorf("create the database cluster in %s: %w: %s", place, err, strings.TrimSpace(string(output)))
	}
	if failed != nil {
		return "", failed
	}
	if err := os.Rename(fresh, filepath.Join(place, "data")); err != nil {
		return "", fmt.Errorf("finish the database cluster: %w", err)
	}
	return password, nil
}

// pingPostgres succeeds once the server answers queries; the database itself may not exist yet.
func pingPostgres(ctx context.Context, address url.URL) error {
	address.Path = "/postgres"
	conn, err := pgx.Connect(ctx, address.String())
	if err != nil {
		return errors.New("PostgreSQL does not answer yet")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := conn.Ping(ctx); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// EnsureDatabase creates the database that the URL names if it does not exist.
func EnsureDatabase(ctx context.Context, databaseURL string) error {
	address, err := url.Parse(databaseURL)
	if err != nil {
		return errors.New("the database URL cannot be read")
	}
	name := strings.TrimPrefix(address.Path, "/")
	address.Path = "/postgres"
	conn, err := pgx.Connect(ctx, address.String())
	if err != nil {
		return fmt.Errorf("connect to the local database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for the database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create the database %s: %w", name, err)
	}
	return nil
}

// Postgres is a running private server, for tests and tools that need nothing else.
type Postgres struct {
	URL        string // the owner's
	Note       string
	supervisor *Supervisor
}

// StartPostgres runs a private server until Stop and returns once its database exists. The server also ends when
// this process dies.
func StartPostgres(ctx context.Context, logger *slog.Logger, opts PostgresOptions) (*Postgres, error) {
	if opts.Port == 0 {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		opts.Port = port
	}
	service, err := PreparePostgres(ctx, opts)
	if err != nil {
		return nil, err
	}
	supervisor := NewSupervisor(logger, nil)
	if err := supervisor.Start(ctx, service.Process); err != nil {
		supervisor.Stop()
		return nil, err
	}
	if err := EnsureDatabase(ctx, service.URL); err != nil {
		supervisor.Stop()
		return nil, err
	}
	return &Postgres{URL: service.URL, Note: service.Note, supervisor: supervisor}, nil
}

// Pid returns the server's process id.
func (p *Postgres) Pid() int { return p.supervisor.Pid("postgres") }

// Stop shuts the server down and waits for it.
func (p *Postgres) Stop() { p.supervisor.Stop() }
