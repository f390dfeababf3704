// Package temporaltest gives tests a real Temporal service.
//
// What lives here: finding or starting a development server. What may not: workflows, and
// fixtures of any room.
package temporaltest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"fairground/internal/clock"
	"fairground/internal/localstack"
	"fairground/internal/secret"
	"fairground/internal/temporal"
)

// startTimeout is long because a machine without a server may have to build one first.
const startTimeout = 8 * time.Minute

const namespaceTimeout = 30 * time.Second

// Client is connected to a fresh namespace of the service of TEMPORAL_ADDRESS, or else of a private
// development server that this process starts once and that ends with it. Its program is
// FAIRGROUND_TEMPORAL_CLI, or what `fairground up` would use. The product's search attributes are there.
func Client(tb testing.TB) (c client.Client, namespace string) {
	tb.Helper()
	server, err := shared()
	require.NoError(tb, err, "start a Temporal development server")
	namespace = secret.ID("test")
	ctx, cancel := context.WithTimeout(tb.Context(), namespaceTimeout)
	defer cancel()
	c, err = connect(server.address, namespace)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(tb, err)
	require.NoError(tb, settled(ctx, c, namespace))
	return c, namespace
}

// settled waits until the whole service knows the namespace and its attributes.
func settled(ctx context.Context, c client.Client, namespace string) error {
	for {
		err := temporal.EnsureSearchAttributes(ctx, c, namespace)
		if err == nil {
			_, err = c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
				Namespace: namespace, Query: temporal.GroupID().GetName() + " = 'none'",
			})
		}
		if err == nil || clock.Sleep(ctx, clock.System(), 50*time.Millisecond) != nil {
			return err
		}
	}
}

// Logger says nothing; a test's failures speak for themselves.
func Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// server runs as long as alive is open, so it stays reachable.
type server struct {
	address string
	alive   io.Closer
}

//nolint:gochecknoglobals // one server serves every test of the process
var shared = sync.OnceValues(start)

func start() (server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s := server{address: os.Getenv("TEMPORAL_ADDRESS")} //nolint:forbidigo // tests have no config room
	if s.address == "" {
		var err error
		if s, err = launch(ctx); err != nil {
			return server{}, err
		}
	}
	c, err := connect(s.address, client.DefaultNamespace)
	if err != nil {
		return server{}, err
	}
	defer c.Close()
	if err := settled(ctx, c, client.DefaultNamespace); err != nil {
		return server{}, fmt.Errorf("%s does not answer: %w", s.address, err)
	}
	return s, nil
}

func connect(address, namespace string) (client.Client, error) {
	opts, err := temporal.Options(temporal.Config{Address: address, Namespace: namespace, Logger: Logger()})
	if err != nil {
		return nil, err
	}
	opts.Identity = "test" // recorded histories say nothing about the machine
	return client.NewLazyClient(opts)
}

func launch(ctx context.Context) (server, error) {
	dir, err := os.MkdirTemp("", "fairground-temporaltest-")
	if err != nil {
		return server{}, fmt.Errorf("make a folder for the server: %w", err)
	}
	port, err := localstack.FreePort()
	if err != nil {
		return server{}, err
	}
	uiPort, err := localstack.FreePort()
	if err != nil {
		return server{}, err
	}
	// The server finds its program; the rest of what it prepares is for a supervisor.
	prepared, err := localstack.PrepareTemporal(ctx, localstack.TemporalOptions{
		Data: dir, Port: port, UIPort: uiPort, Scratch: true, Attributes: temporal.AttributeFlags(), Program: os.Getenv("FAIRGROUND_TEMPORAL_CLI"), //nolint:forbidigo // tests have no config room
		Source: source(),
		Ready:  func(context.Context, string) error { return nil },
	})
	if err != nil {
		return server{}, fmt.Errorf("find a Temporal server: %w", err)
	}
	alive, err := localstack.Tether(ctx, prepared.Process, dir)
	if err != nil {
		return server{}, err
	}
	return server{address: prepared.URL, alive: alive}, nil
}

// source is the nested module that builds a server, found from wherever the tests run.
func source() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		candidate := filepath.Join(dir, "tools", "temporal")
		if _, err := os.Stat(filepath.Join(candidate, "go.mod")); err == nil {
			return candidate
		}
	}
	return ""
}
