package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"fairground/internal/clock"
	"fairground/internal/config"
)

// program is the command line with everything it touches, so that a test can run it.
type program struct {
	stdout io.Writer
	stderr io.Writer
	clock  clock.Clock
}

func newProgram(stdout, stderr io.Writer) *program {
	return &program{stdout: stdout, stderr: stderr, clock: clock.System()}
}

// exitError ends the program with a code and no message: whoever returned it has said why.
type exitError int

// Error implements error.
func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run executes the command line and returns the process's exit code. A failure is one plain message on stderr.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	default:
		fmt.Fprintln(p.stderr, "fairground: "+err.Error())
		return 1
	}
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "fairground",
		Short:         "Chat games with a ledger that always adds up",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.AddCommand(
		p.apiCommand(), p.botCommand(), p.workerCommand(), p.migrateCommand(), p.tenantCommand(), p.operatorCommand(), p.auditCommand(), p.seedCommand(),
		newVerifyCmd(), newSimulateCmd(), p.telegramCommand(), p.gatewayCommand(), p.providerCommand(), p.conformanceCommand(),
		p.upCommand(), p.withCommand(), p.miniredisCommand(), p.healthCommand(),
	)
	return root
}

// config reads the environment and checks that what the command needs is there.
func (p *program) config(needs ...config.Need) (config.Config, error) {
	cfg, err := config.Load()
	if err != nil {
		return config.Config{}, err
	}
	return cfg, cfg.Require(needs...)
}

// logger writes to stderr as the configuration says.
func (p *program) logger(cfg config.Config, process string) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	var handler slog.Handler = slog.NewJSONHandler(p.stderr, options)
	if cfg.LogFormat == "text" {
		handler = slog.NewTextHandler(p.stderr, options)
	}
	return slog.New(handler).With(slog.String("process", process))
}

// self is the path of this program, for children that are this program again.
func self() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return path, nil
}
