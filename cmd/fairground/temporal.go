package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"fairground/internal/localstack"
)

// temporalReady asks the service for its default namespace, the last thing a development server makes.
func temporalReady(ctx context.Context, address string) error {
	dialled, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return fmt.Errorf("dial Temporal: %w", err)
	}
	defer dialled.Close()
	_, err = dialled.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	if err != nil {
		return fmt.Errorf("ask Temporal for its namespace: %w", err)
	}
	return nil
}

// temporalSource is the nested module that builds the development server, found from the working folder upward.
// It is empty outside the repository.
func temporalSource() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // only compared
		if err == nil && strings.HasPrefix(string(text), "module fairground\n") {
			return filepath.Join(dir, "tools", "temporal")
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// downloadTemporal fetches the development server by the SDK's own means. The SDK only downloads what it starts, so
// it is started once, in memory, and stopped.
func downloadTemporal(ctx context.Context, dir string) (string, error) {
	port, err := localstack.FreePort()
	if err != nil {
		return "", err
	}
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		CachedDownload: testsuite.CachedDownload{DestDir: dir},
		ClientOptions: &client.Options{
			HostPort: fmt.Sprintf("127.0.0.1:%d", port), Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		},
		LogLevel: "error",
	})
	if err != nil {
		return "", fmt.Errorf("download Temporal: %w", err)
	}
	if err := server.Stop(); err != nil {
		return "", fmt.Errorf("stop the downloaded Temporal: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "temporal-cli-go-sdk-*"))
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("the downloaded Temporal is not where the SDK puts it"), err)
	}
	return slices.Max(found), nil
}
