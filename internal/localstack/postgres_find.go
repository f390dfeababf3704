package localstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version the migrations are written for.
const oldestPostgres = 14

// errNoPostgres says what to do on a machine without any server.
var errNoPostgres = errors.New("no PostgreSQL: install one (for example apt-get install postgresql), or set DATABASE_URL to a running server")

var postgresVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// postgresServer is a server's programs.
type postgresServer struct {
	bin   string // folder with initdb and postgres
	major int
}

func (s postgresServer) String() string { return fmt.Sprintf("PostgreSQL %d from %s", s.major, s.bin) }

// findPostgres returns the newest server on this machine, or of the given major version if there is a cluster
// already, else a downloaded one.
func findPostgres(ctx context.Context, opts PostgresOptions, account *User, major string) (postgresServer, error) {
	var servers []postgresServer
	for _, bin := range postgresFolders() {
		if server, err := inspectPostgres(ctx, bin); err == nil && account.reaches(bin) {
			servers = append(servers, server)
		}
	}
	slices.SortStableFunc(servers, func(a, b postgresServer) int { return cmp.Compare(b.major, a.major) })
	for _, server := range servers {
		if (major == "" && server.major >= oldestPostgres) || major == strconv.Itoa(server.major) {
			return server, nil
		}
	}
	downloaded, err := downloadPostgres(ctx, opts, account, major)
	if err == nil {
		return downloaded, nil
	}
	if major != "" {
		return postgresServer{}, fmt.Errorf("the data in %s was written by PostgreSQL %s, which is not here any more (%w): install it, or start over with --fresh", opts.Data, major, err)
	}
	return postgresServer{}, fmt.Errorf("%w (the download said: %w)", errNoPostgres, err)
}

// postgresFolders lists where distributions put the server, and the PATH.
func postgresFolders() []string {
	var folders []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/local/opt/postgresql*/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/Library/PostgreSQL/*/bin", "/usr/libexec/postgresql*",
	} {
		found, err := filepath.Glob(pattern)
		if err == nil {
			folders = append(folders, found...)
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	return folders
}

func inspectPostgres(ctx context.Context, bin string) (postgresServer, error) {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return postgresServer{}, fmt.Errorf("inspect %s: %w", bin, err)
		}
	}
	output, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output() //nolint:gosec // a server found on this machine
	if err != nil {
		return postgresServer{}, fmt.Errorf("ask %s for its version: %w", bin, err)
	}
	match := postgresVersion.FindStringSubmatch(strings.TrimSpace(string(output)))
	if match == nil {
		return postgresServer{}, fmt.Errorf("%s has no version that can be read: %s", bin, output)
	}
	major, err := strconv.Atoi(match[1])
	if err != nil {
		return postgresServer{}, fmt.Errorf("read the version of %s: %w", bin, err)
	}
	return postgresServer{bin: bin, major: major}, nil
}
