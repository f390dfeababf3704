package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var opts options
	flag.IntVar(&opts.cycles, "cycles", 5, "how often each path is measured, in turn")
	flag.DurationVar(&opts.each, "each", 4*time.Second, "how long each measurement lasts")
	flag.StringVar(&opts.only, "only", "", "measure only rows whose name starts with this")
	flag.StringVar(&opts.results, "results", "test/bench/results.json", "where the rows go")
	flag.StringVar(&opts.table, "table", "docs/benchmarks.md", "where the table goes")
	flag.Parse()
	if err := run(ctx, opts, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
