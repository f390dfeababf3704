package activities

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"fairground/internal/postgres"
	"fairground/models"
)

// The error types that workflows branch on. Every other domain error has its own code as type.
const (
	TypeAlreadyDrawn = "games.already_drawn"   // a refund came after the draw was stored
	TypeNotFound     = "games.round_not_found" // the database knows no such round
	TypePanic        = "activities.panic"      // the rules of a game panicked
	TypeGaveUp       = "activities.gave_up"    // it failed again and again for no known reason

	// Of the cashier.
	TypeWithdrawalNotFound = "cashier.withdrawal_not_found" // the database knows no such withdrawal
	TypeDecisionUnknown    = "cashier.decision_unknown"     // nobody wrote this decision
	TypeWrongStage         = "cashier.wrong_stage"          // the withdrawal has left the stage of the decision
	TypeSamePerson         = "cashier.same_person"          // two stages need two people
	TypePayoutsStopped     = "cashier.payouts_stopped"      // an incident or a frozen player stops payouts
	TypeGatewayOff         = "cashier.gateway_off"          // the gateway takes no payouts for now
	TypePaymentNotFound    = "cashier.payment_not_found"    // the database knows no such payment
	TypeUndecided          = "cashier.undecided"            // the gateway can't tell yet

	typeBusy    = "games.busy"               // passes by itself
	typeEarly   = "games.too_early"          // the clocks of two servers differ
	typeRunning = "games.run_running"        // the run of a live round is not over
	typeWaiting = "games.waiting_for_source" // the value that decides the round has not come
)

// patience is how often an error of unknown nature is tried, about two minutes in all.
const patience = 10

// final classifies the failure of a step after which the workflow can still refund. A domain
// error ends it at once; a database that is away or busy is waited for; anything else is tried
// some times, because it may pass, and then ends it, because the players' money waits.
func final(ctx context.Context, err error) error {
	code := models.CodeOf(err)
	switch {
	case err == nil:
		return nil
	case code == typeWaiting:
		return later(err, code, sourceWait)
	case code == typeBusy, code == typeEarly:
		return applicationError(err, code, temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	case code != "":
		return applicationError(err, code, temporal.ApplicationErrorOptions{NonRetryable: true})
	case away(err), activity.GetInfo(ctx).Attempt < patience:
		return err
	default:
		return applicationError(err, TypeGaveUp, temporal.ApplicationErrorOptions{NonRetryable: true})
	}
}

// only lets nothing but the named domain errors end the activity: they are expected answers.
// Every other error is tried again for ever, because there is no other way out for the money.
func only(err error, types ...string) error {
	code := models.CodeOf(err)
	switch {
	case code == "":
		return err
	case slices.Contains(types, code):
		return applicationError(err, code, temporal.ApplicationErrorOptions{NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign})
	default:
		return applicationError(err, code, temporal.ApplicationErrorOptions{})
	}
}

// sourceWait is the time between two looks at whether a round's source gave its value, runWait at whether a run is over.
const (
	sourceWait = time.Second
	runWait    = time.Second
)

// stoppedWait is the time between two looks at whether payouts are possible again.
const stoppedWait = time.Minute

// errUndecided says that a payment at a gateway has no end yet.
var errUndecided = errors.New("the gateway can't tell yet")

// later is an expected failure that is tried again after a wait; it costs no event of the history.
func later(err error, code string, wait time.Duration) error {
	return applicationError(err, code, temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign, NextRetryDelay: wait})
}

// away says that the database could not answer for now.
func away(err error) bool {
	return errors.Is(err, postgres.ErrUnavailable) || errors.Is(err, postgres.ErrBusy) || errors.Is(err, postgres.ErrTimeout) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func applicationError(err error, code string, opts temporal.ApplicationErrorOptions) error {
	opts.Cause = err
	return temporal.NewApplicationErrorWithOptions(err.Error(), code, opts)
}

// endPanic turns a panic into an error that is not tried again: rules that panic once do so every
// time, and before the draw is stored the players can have their stakes back.
func endPanic(err *error) {
	if v := recover(); v != nil {
		*err = temporal.NewApplicationErrorWithOptions(fmt.Sprintf("panic: %v", v), TypePanic,
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{string(debug.Stack())}})
	}
}
