package localstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// downloadPatience is how long a download may take to begin before the next choice is tried.
const downloadPatience = 10 * time.Second

// postgresRepository is where embedded-postgres takes its servers from.
const postgresRepository = "https://repo1.maven.org/maven2"

// embeddedVersions are the downloadable servers by major version; an empty version takes the default.
func embeddedVersion(major string) (embedded.PostgresVersion, error) {
	switch major {
	case "", "17":
		return embedded.V17, nil
	case "16":
		return embedded.V16, nil
	case "15":
		return embedded.V15, nil
	case "18":
		return embedded.V18, nil
	default:
		return "", fmt.Errorf("PostgreSQL %s cannot be downloaded", major)
	}
}

// downloadPostgres fetches a server into the cache, unless it is there already. The library would also run it, but
// not as a child that a supervisor can see, and never as root: so only its download is used.
func downloadPostgres(ctx context.Context, opts PostgresOptions, account *User, major string) (postgresServer, error) {
	version, err := embeddedVersion(major)
	if err != nil {
		return postgresServer{}, err
	}
	cache, err := postgresCache(opts, account)
	if err != nil {
		return postgresServer{}, err
	}
	home := filepath.Join(cache, "postgres-"+string(version))
	bin := filepath.Join(home, "bin")
	if server, err := inspectPostgres(ctx, bin); err == nil {
		return server, nil
	}
	if err := downloadBegins(ctx, postgresRepository+"/io/zonky/test/postgres/embedded-postgres-binaries-bom/maven-metadata.xml"); err != nil {
		return postgresServer{}, err
	}
	opts.say(fmt.Sprintf("no PostgreSQL on this machine: downloading version %s for %s/%s once", version, runtime.GOOS, runtime.GOARCH))
	scratch, err := os.MkdirTemp("", "fairground-postgres-")
	if err != nil {
		return postgresServer{}, fmt.Errorf("create a folder to unpack into: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	port, err := FreePort()
	if err != nil {
		return postgresServer{}, err
	}
	server := embedded.NewDatabase(embedded.DefaultConfig().Version(version).BinaryRepositoryURL(postgresRepository).
		BinariesPath(home).CachePath(cache).RuntimePath(filepath.Join(scratch, "run")).DataPath(filepath.Join(scratch, "data")).
		Port(uint32(port)).Logger(io.Discard)) //nolint:gosec // a port fits
	started := server.Start() // fails as root, after the download
	if started == nil {
		started = server.Stop()
	}
	found, err := inspectPostgres(ctx, bin)
	if err != nil {
		return postgresServer{}, errors.Join(started, err)
	}
	return found, nil
}

func postgresCache(opts PostgresOptions, account *User) (string, error) {
	cache := opts.Cache
	if cache == "" {
		var err error
		if cache, err = CacheDir(); err != nil {
			return "", err
		}
	}
	if !account.reaches(cache) {
		cache = filepath.Join(sharedPlace(account, cache), "cache")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // programs, run by PostgreSQL's own user
		return "", fmt.Errorf("create the cache folder: %w", err)
	}
	return cache, nil
}

// downloadBegins asks for a small file of a download server and gives up after downloadPatience.
func downloadBegins(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, downloadPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("prepare a download: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the download did not begin within %s: %w", downloadPatience, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the download was refused: %s", response.Status)
	}
	return nil
}
