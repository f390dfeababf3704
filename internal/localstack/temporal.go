package localstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// TemporalOptions say where the local Temporal keeps its data and listens.
type TemporalOptions struct {
	Data       string   // folder; created if missing
	Port       int      // loopback port of the service
	UIPort     int      // loopback port of the web UI
	Log        string   // log file; Data/temporal.log when empty
	Scratch    bool     // keeps nothing: runs in memory
	Attributes []string // search attributes as Name=Type
	Cache      string   // folder for a built or downloaded server; CacheDir() when empty
	Program    string   // the server's executable; found, built or downloaded when empty
	Source     string   // folder of the nested module that builds the server; empty skips building
	Say        func(string)

	// Ready asks the service at an address whether it serves.
	Ready func(ctx context.Context, address string) error
	// Download fetches a server into a folder and returns its path; nil skips it.
	Download func(ctx context.Context, dir string) (string, error)
}

func (o TemporalOptions) say(line string) {
	if o.Say != nil {
		o.Say(line)
	}
}

// PrepareTemporal finds, builds or downloads a development server and returns the process that serves it with its
// web UI. Service.URL is host:port of the service.
func PrepareTemporal(ctx context.Context, opts TemporalOptions) (Service, error) {
	if opts.Ready == nil {
		return Service{}, errors.New("prepare Temporal: Ready is missing")
	}
	if err := os.MkdirAll(opts.Data, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return Service{}, fmt.Errorf("create Temporal's folder: %w", err)
	}
	path, note, err := findTemporal(ctx, opts)
	if err != nil {
		return Service{}, err
	}
	log := opts.Log
	if log == "" {
		log = filepath.Join(opts.Data, "temporal.log")
	}
	address := hostPort(opts.Port)
	return Service{URL: address, Note: note, Process: Process{
		Name: "temporal", Path: path, Args: temporalArgs(opts), Env: withoutTemporal(os.Environ()), Log: log, StartTries: 5,
		Ready: func(ctx context.Context) error { return opts.Ready(ctx, address) },
	}}, nil
}

func temporalArgs(opts TemporalOptions) []string {
	args := []string{
		"server", "start-dev", "--ip", loopback, "--port", strconv.Itoa(opts.Port), "--ui-port", strconv.Itoa(opts.UIPort),
		"--log-level", "warn", "--dynamic-config-value", "frontend.enableServerVersionCheck=false",
		"--dynamic-config-value", "system.forceSearchAttributesCacheRefreshOnRead=true",
	}
	if !opts.Scratch {
		args = append(args, "--db-filename", filepath.Join(opts.Data, "temporal.db"))
	}
	for _, attribute := range opts.Attributes {
		args = append(args, "--search-attribute", attribute)
	}
	return args
}

// withoutTemporal drops the client settings that the development server's own command line would obey.
func withoutTemporal(environ []string) []string {
	kept := make([]string, 0, len(environ))
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "TEMPORAL_") {
			kept = append(kept, pair)
		}
	}
	return kept
}
