package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/spf13/cobra"

	"fairground/internal/clock"
)

// miniredisTick is how often the stand-in's keys age: it has no clock of its own.
const miniredisTick = 50 * time.Millisecond

// miniredisCommand serves the in-memory stand-in for Redis as a process of its own, so that the local stack can
// watch, kill and restart it like a real one.
func (p *program) miniredisCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "miniredis ADDRESS",
		Short:  "Serve an in-memory stand-in for Redis (used by up)",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			server := miniredis.NewMiniRedis()
			if err := server.StartAddr(args[0]); err != nil {
				return fmt.Errorf("serve miniredis: %w", err)
			}
			defer server.Close()
			last := p.clock.Now()
			for {
				err := clock.Sleep(cmd.Context(), p.clock, miniredisTick)
				if errors.Is(err, cmd.Context().Err()) && err != nil {
					return nil
				}
				now := p.clock.Now()
				server.FastForward(now.Sub(last))
				last = now
			}
		},
	}
}
