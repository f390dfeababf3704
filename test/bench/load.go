package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// clients is how many callers load a path at once.
	clients = 16
	// many is how many load a path whose callers share transactions: what that gains shows in a crowd.
	many = 64
)

// load calls work from n goroutines for d and returns how many calls a second succeeded. work
// reports whether its call counts. The first error ends the load.
func load(ctx context.Context, n int, d time.Duration, work func(ctx context.Context, client, i int) (bool, error)) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for c := range n {
		wg.Go(func() {
			for i := 0; time.Since(start) < d && ctx.Err() == nil; i++ {
				counts, err := work(ctx, c, i)
				if err != nil {
					cancel(err)
					return
				}
				if counts {
					done.Add(1)
				}
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start).Seconds()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / elapsed, nil
}

// median of values; 0 of none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile of values by the nearest rank.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// quotients of two series measured in turn, cycle by cycle.
func quotients(a, b []float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}

// errDone ends a load that has a fixed amount of work.
var errDone = errors.New("the work is done")

func isDone(err error) bool { return errors.Is(err, errDone) }
