package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"fairground/test/fixture"
)

const (
	// tillFunds is what a player has at the till: a measurement gives everything back.
	tillFunds = 1_000_000
	// proofsPerSecond is more than any measurement uses up.
	proofsPerSecond = 3000
)

// errNoProofs says that a measurement was faster than anybody thought.
var errNoProofs = errors.New("the verifications made beforehand are used up")

// reserveRelease is postings a second of the cashier: a client asks for a withdrawal, which is one posting with everything
// around it (the rules, the hold, the history, the notice, the event), and takes it back, which is the second. The players'
// verifications are made beforehand, because a PIN is slow on purpose.
func (e *environment) reserveRelease(callers int) func(context.Context, time.Duration) (float64, error) {
	return func(ctx context.Context, d time.Duration) (float64, error) { return e.reserveAll(ctx, callers, d) }
}

func (e *environment) reserveAll(ctx context.Context, callers int, d time.Duration) (float64, error) {
	proofs, err := e.till.Proofs(ctx, "withdraw", 1+int(d.Seconds()*proofsPerSecond)/len(e.world.Players))
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	pairs, err := load(ctx, callers, d, func(ctx context.Context, _, _ int) (bool, error) {
		i := int(next.Add(1)) - 1
		if i >= len(proofs) {
			return false, errNoProofs
		}
		return true, reserveAndRelease(ctx, e.till, proofs[i])
	})
	return 2 * pairs, err
}

func reserveAndRelease(ctx context.Context, till *fixture.Till, p fixture.Proof) error {
	w, err := till.RequestWithdrawal(ctx, till.Ask(p, 100))
	if err != nil {
		return err
	}
	_, err = till.CancelWithdrawal(ctx, w.Tenant, w.Player, w.ID)
	return err
}
