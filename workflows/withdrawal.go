package workflows

import (
	"fmt"
	"time"

	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/internal/temporal"
	"fairground/models"
)

// Withdrawal takes a withdrawal from the request to its end: the reviews with their deadlines, the
// payout and, when the gateway can't tell, a person. The money is held by the database and moves
// there only, so the run decides when, never how much: a run that is cancelled before the payout
// gives the money back, after it the run goes on. It fails only for a withdrawal that does not exist.
//
// Every step is idempotent in the database, so a second run takes over where the withdrawal stands.
func Withdrawal(ctx workflow.Context, in WithdrawalInput) (WithdrawalResult, error) {
	w, err := newWithdrawal(ctx, in)
	if err != nil {
		return WithdrawalResult{}, err
	}
	// What has begun must end: the steps run whether or not the run is cancelled.
	steady, _ := workflow.NewDisconnectedContext(ctx)
	err = w.run(steady)
	w.end(steady)
	if err != nil {
		return WithdrawalResult{}, err
	}
	return WithdrawalResult{Withdrawal: in.Withdrawal, Status: w.now.Status}, nil
}

// withdrawal is the state of one run.
type withdrawal struct {
	step    *activities.Withdrawals // names the activities; it is nil and never called
	in      WithdrawalInput
	ref     activities.WithdrawalRef
	now     activities.WithdrawalStage // where it stands; no status before the first step
	indexed models.WithdrawalStatus    // what the search attribute Stage says
	flag    string                     // why the run is worth a look; empty: it is not
	flagged string                     // what the search attribute Flags says
	note    string
	seen    map[string]bool // the decisions this run has taken
	ending  bool

	reviews workflow.ReceiveChannel // DecideMessage by signal
	updates workflow.Channel        // asked by update
	cancels workflow.ReceiveChannel
	news    workflow.ReceiveChannel
	halt    workflow.Future // the run was cancelled
	halted  bool            // that was acted upon
}

func newWithdrawal(ctx workflow.Context, in WithdrawalInput) (*withdrawal, error) {
	w := &withdrawal{
		in:      in,
		ref:     activities.WithdrawalRef{Tenant: in.Tenant, Withdrawal: in.Withdrawal},
		seen:    map[string]bool{},
		reviews: workflow.GetSignalChannel(ctx, SignalReview),
		updates: workflow.NewNamedChannel(ctx, "decisions"),
		cancels: workflow.GetSignalChannel(ctx, SignalUserCancel),
		news:    workflow.GetSignalChannel(ctx, SignalPayoutConfirmed),
	}
	halt, cancelled := workflow.NewFuture(ctx)
	w.halt = halt
	workflow.Go(ctx, func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		cancelled.SetValue(true)
	})
	err := workflow.SetQueryHandler(ctx, QueryStatus, func() (WithdrawalStatusView, error) { return w.view(), nil })
	if err != nil {
		return nil, fmt.Errorf("set query handler: %w", err)
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, UpdateDecide, w.update, workflow.UpdateHandlerOptions{
		Validator: w.refuse, Description: "Apply a decision that an operator has written.",
	})
	if err != nil {
		return nil, fmt.Errorf("set update handler: %w", err)
	}
	return w, nil
}

// run goes from step to step until the withdrawal has ended.
func (w *withdrawal) run(ctx workflow.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	for !w.now.Status.Final() {
		if err := w.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *withdrawal) next(ctx workflow.Context) error {
	switch {
	case w.now.Status == models.WithdrawalInitialReview, w.now.Status == models.WithdrawalSecondaryReview:
		return w.review(ctx)
	case w.now.Status == models.WithdrawalUnknown, w.now.Payout == payoutAccepted, w.now.Payout == payoutManual:
		return w.settle(ctx)
	default:
		return w.pay(ctx)
	}
}

// begin finds out where the withdrawal stands. Decisions that an earlier run did not apply come first.
func (w *withdrawal) begin(ctx workflow.Context) error {
	got, err := w.do(database(ctx, "Begin"), w.step.BeginWithdrawal, w.ref)
	if err != nil {
		return err
	}
	w.now = got
	w.catchUp(ctx, got.Pending)
	return nil
}

// end notes how it ended and answers whoever still waits, so that the run may complete.
func (w *withdrawal) end(ctx workflow.Context) {
	w.flag = ""
	if w.now.Status.Final() {
		w.enter(ctx, "The withdrawal is **"+string(w.now.Status)+"**.")
	}
	w.ending = true
	var late asked
	for w.updates.ReceiveAsync(&late) {
		late.answer.SetError(w.refuse(late.DecideMessage))
	}
	for _, ch := range []workflow.ReceiveChannel{w.reviews, w.cancels, w.news} {
		for ch.ReceiveAsync(nil) {
			workflow.GetLogger(ctx).Info("message came after the end", "withdrawal", w.in.Withdrawal, "signal", ch.Name())
		}
	}
	// It waits for handlers only, which have all been answered, so it can't be cancelled or fail.
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// do runs a step and says where the withdrawal stands after it.
func (w *withdrawal) do(ctx workflow.Context, step, in any) (activities.WithdrawalStage, error) {
	var got activities.WithdrawalStage
	err := workflow.ExecuteActivity(ctx, step, in).Get(ctx, &got)
	return got, err
}

// look reads where the withdrawal stands, after word that it may have moved.
func (w *withdrawal) look(ctx workflow.Context) error {
	got, err := w.do(database(ctx, "See where it stands"), w.step.ReadWithdrawal, w.ref)
	if err == nil {
		w.now = got
	}
	return err
}

// enter notes where the withdrawal stands, for people who look and for those who search.
func (w *withdrawal) enter(ctx workflow.Context, details string) {
	w.describe(ctx, details)
	if w.indexed == w.now.Status && w.flagged == w.flag {
		return
	}
	updates := []sdk.SearchAttributeUpdate{temporal.Stage().ValueSet(string(w.now.Status)), temporal.DueAt().ValueUnset()}
	if !w.now.EscalateAt.IsZero() {
		updates[1] = temporal.DueAt().ValueSet(w.now.EscalateAt)
	}
	if w.flagged != w.flag {
		flags := temporal.Flags().ValueUnset()
		if w.flag != "" {
			flags = temporal.Flags().ValueSet([]string{w.flag})
		}
		updates = append(updates, flags)
	}
	w.indexed, w.flagged = w.now.Status, w.flag
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not set", "error", err)
	}
}

// describe says in the web UI who waits for what until when.
func (w *withdrawal) describe(ctx workflow.Context, details string) {
	if w.note != "" {
		details += "\n\n" + w.note
	}
	workflow.SetCurrentDetails(ctx, details)
}

// The words of the search attribute Flags.
const (
	flagOverdue     = "overdue"      // a review has passed its first deadline
	flagStopped     = "stopped"      // payouts are not possible for now
	flagNeedsPerson = "needs_person" // a payout that a person must settle
)

// view is what a query answers.
func (w *withdrawal) view() WithdrawalStatusView {
	status := w.now.Status
	if status == "" {
		status = models.WithdrawalRequested
	}
	return WithdrawalStatusView{
		Status: status, Version: w.now.Version, Cycle: w.now.Cycle, Stage: w.stage(),
		DueAt: w.now.EscalateAt, ExpiresAt: w.now.ExpireAt, Note: w.note,
	}
}

// stamp is an instant as people read it.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") + " UTC" }
