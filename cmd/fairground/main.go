package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(newProgram(os.Stdout, os.Stderr).run(ctx, os.Args[1:])) //nolint:gocritic // stop only restores signals, and the process ends here
}
