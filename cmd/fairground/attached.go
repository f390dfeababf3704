package main

import (
	"context"
	"os"
	"time"

	"fairground/internal/localstack"
)

// attachedEvery is how often the program that started this one is looked for.
const attachedEvery = time.Second

// whileAttached returns a context that ends when one of the programs that started this one ends. A task runner that
// is killed, or told to end, does not tell its children; with this the stack goes with it all the same.
func whileAttached(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	ancestors := localstack.Launchers(os.Getpid())
	go func() {
		tick := time.NewTicker(attachedEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if !localstack.SameAncestors(os.Getpid(), ancestors) {
					cancel()
					return
				}
			}
		}
	}()
	return ctx, cancel
}
