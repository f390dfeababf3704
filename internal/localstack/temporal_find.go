package localstack

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// temporalPackage is the main package of the development server, in the nested module.
const temporalPackage = "github.com/temporalio/cli/cmd/temporal"

// temporalProbe is asked whether the SDK's own download would begin.
const temporalProbe = "https://temporal.download/cli/default"

// errNoTemporal says what to do on a machine without any server.
var errNoTemporal = errors.New("no Temporal: install the temporal CLI, or set TEMPORAL_ADDRESS to a running service")

// findTemporal returns a server and how it was chosen: the PATH, one built earlier, one built now, or a download.
// Building comes before downloading because it needs only what building Fairground needs, the Go module proxy.
func findTemporal(ctx context.Context, opts TemporalOptions) (path, note string, err error) {
	if opts.Program != "" {
		return opts.Program, "temporal from " + opts.Program, nil
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, "temporal from " + path, nil
	}
	cache := opts.Cache
	if cache == "" {
		if cache, err = CacheDir(); err != nil {
			return "", "", err
		}
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // a cache of programs
		return "", "", fmt.Errorf("create the cache folder: %w", err)
	}
	if opts.Source == "" { // outside the repository any version will do
		if path := builtEarlier(cache); path != "" {
			return path, "temporal built earlier, " + path, nil
		}
	}
	path, built := buildTemporal(ctx, opts, cache)
	if built == nil {
		return path, "temporal built from " + temporalPackage, nil
	}
	if ctx.Err() != nil {
		return "", "", fmt.Errorf("find Temporal: %w", ctx.Err())
	}
	path, downloaded := downloadTemporal(ctx, opts, cache)
	if downloaded == nil {
		return path, "temporal downloaded by the Temporal SDK", nil
	}
	return "", "", fmt.Errorf("%w (%w; %w)", errNoTemporal, built, downloaded)
}

// builtEarlier is the newest program that buildTemporal kept, or empty. What the SDK downloads has a longer name.
func builtEarlier(cache string) string {
	found, err := filepath.Glob(filepath.Join(cache, "temporal-"+strings.Repeat("[0-9a-f]", 12)))
	if err != nil {
		return "" // a cache folder with a bracket in its name: as if it were empty
	}
	newest, at := "", time.Time{}
	for _, path := range found {
		about, err := os.Stat(path)
		if err == nil && about.Mode().IsRegular() && about.Mode()&0o111 != 0 && (newest == "" || about.ModTime().After(at)) {
			newest, at = path, about.ModTime()
		}
	}
	return newest
}

// buildTemporal builds the server once for a version of the nested module.
func buildTemporal(ctx context.Context, opts TemporalOptions, cache string) (string, error) {
	if opts.Source == "" {
		return "", errors.New("its source is not here to build: run in the repository")
	}
	sums, err := os.ReadFile(filepath.Join(opts.Source, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("read the module that builds it: %w", err)
	}
	sum := sha256.Sum256(sums)
	path := filepath.Join(cache, "temporal-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	opts.say("no temporal on the PATH: building it once with Go, about 3 minutes on 2 cores")
	// Built beside and renamed, so that two builders or an interrupted one leave no half program.
	scratch, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", fmt.Errorf("create a folder to build in: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := opts.compile(ctx, filepath.Join(scratch, "temporal")); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(scratch, "temporal"), path); err != nil {
		return "", fmt.Errorf("keep the built program: %w", err)
	}
	return path, nil
}

// compile builds the server into target and says how far it is.
func (o TemporalOptions) compile(ctx context.Context, target string) error {
	build := exec.CommandContext(ctx, "go", "build", "-v", "-o", target, temporalPackage) //nolint:gosec // constant arguments and our own folder
	build.Dir, build.Env = o.Source, append(os.Environ(), "GOWORK=off")
	output, err := build.StderrPipe()
	if err != nil {
		return fmt.Errorf("building it failed: %w", err)
	}
	if err := build.Start(); err != nil {
		return fmt.Errorf("building it failed: %w", err)
	}
	last, compiled := "", 0
	told := time.NewTicker(15 * time.Second)
	defer told.Stop()
	for lines := bufio.NewScanner(output); lines.Scan(); compiled++ {
		last = lines.Text()
		select {
		case <-told.C:
			o.say(fmt.Sprintf("still building: %d packages so far", compiled))
		default:
		}
	}
	if err := build.Wait(); err != nil {
		return fmt.Errorf("building it failed: %w: %s", err, last)
	}
	return nil
}

func downloadTemporal(ctx context.Context, opts TemporalOptions, cache string) (string, error) {
	if opts.Download == nil {
		return "", errors.New("downloading it is switched off")
	}
	if err := downloadBegins(ctx, temporalProbe); err != nil {
		return "", err
	}
	opts.say("downloading the Temporal server once")
	return opts.Download(ctx, cache)
}
