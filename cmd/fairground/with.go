package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"fairground/internal/localstack"
)

// serviceNames are what with can start.
func serviceNames() []string { return []string{"postgres", "redis", "temporal"} }

type withFlags struct {
	only    []string
	durable bool
}

func (p *program) withCommand() *cobra.Command {
	var flags withFlags
	cmd := &cobra.Command{
		Use:   "with [--only postgres,redis,temporal] -- COMMAND [ARGUMENTS]",
		Short: "Run a command with throw-away services and end with its exit code",
		Long: "Starts the services on free ports with data that is thrown away, runs the command with DATABASE_URL,\n" +
			"REDIS_URL and TEMPORAL_ADDRESS set, and stops everything. A variable that is already set is kept, and\n" +
			"that service is used instead of starting one.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range flags.only {
				if !slices.Contains(serviceNames(), name) {
					return fmt.Errorf("--only %s: choose from %s", name, strings.Join(serviceNames(), ", "))
				}
			}
			return p.with(cmd.Context(), flags, args)
		},
	}
	cmd.Flags().StringSliceVar(&flags.only, "only", serviceNames(), "services to start")
	cmd.Flags().BoolVar(&flags.durable, "durable", false, "keep fsync on, as in production (for benchmarks)")
	return cmd
}

func (p *program) with(ctx context.Context, flags withFlags, command []string) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp("", "fairground-with-")
	if err != nil {
		return fmt.Errorf("create a folder for the services: %w", err)
	}
	defer func() { _ = os.RemoveAll(data) }()
	if err := os.Chmod(data, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user passes through
		return fmt.Errorf("open the services' folder to PostgreSQL's user: %w", err)
	}
	s := p.newStack(cfg, data, nil)
	defer s.supervisor.Stop()
	s.scratch = !flags.durable
	if err := s.startServices(ctx, flags.only); err != nil {
		return err
	}
	return s.runCommand(ctx, command)
}

// startServices starts the named services on free ports.
func (s *stack) startServices(ctx context.Context, names []string) error {
	for _, name := range names {
		port, err := localstack.FreePort()
		if err != nil {
			return err
		}
		switch name {
		case "postgres":
			err = s.postgres(ctx, port)
		case "redis":
			err = s.redis(ctx, port)
		case "temporal":
			var uiPort int
			if uiPort, err = localstack.FreePort(); err == nil {
				err = s.temporal(ctx, port, uiPort)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runCommand runs the command in the foreground and returns its exit code as an error. Ctrl-C reaches it directly;
// another signal is passed on by ending it with SIGTERM.
func (s *stack) runCommand(ctx context.Context, command []string) error {
	run := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the person's own command
	run.Env = s.environ(nil)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, s.p.stdout, s.p.stderr
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	err := run.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitError(max(ended.ExitCode(), 1))
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	return nil
}
