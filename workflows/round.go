package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/models"
)

// Round is the durable clock of one round: it waits for the end of the window, then closes, draws
// and settles. Bets never pass through it, so a round costs the same for two players and for two
// thousand. Before the draw is stored a step that cannot succeed refunds the round; after it, the
// settlement is tried for ever. It fails only for a round that does not exist.
//
// A live round runs between draw and settlement. How long is secret until it is over, and whoever may read a history could
// read a timer: the run's end is waited for by an activity that looks again and again.
//
// Every step is idempotent in the database, so a second run of a round takes over where it stands.
func Round(ctx workflow.Context, in RoundInput) (RoundResult, error) {
	r, err := newRound(ctx, in)
	if err != nil {
		return RoundResult{}, err
	}
	return r.run(ctx)
}

// round is the state of one run.
type round struct {
	step     *activities.Rounds // names the activities; it is nil and never called
	in       RoundInput
	ref      activities.RoundRef
	closesAt time.Time
	stage    Stage
	note     string
	early    bool // the window was ended before its time
	live     bool // drawn with a run that may be on

	closeEarly workflow.ReceiveChannel
	extend     workflow.ReceiveChannel
	cancel     workflow.ReceiveChannel
	cancelled  *Cancel
}

func newRound(ctx workflow.Context, in RoundInput) (*round, error) {
	r := &round{
		in:         in,
		ref:        activities.RoundRef{Tenant: in.Tenant, Round: in.Round},
		closesAt:   in.ClosesAt,
		closeEarly: workflow.GetSignalChannel(ctx, SignalCloseEarly),
		extend:     workflow.GetSignalChannel(ctx, SignalExtend),
		cancel:     workflow.GetSignalChannel(ctx, SignalCancel),
	}
	err := workflow.SetQueryHandler(ctx, QueryState, func() (RoundState, error) {
		return RoundState{Stage: r.stage, ClosesAt: r.closesAt, Note: r.note}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("set query handler: %w", err)
	}
	return r, nil
}

func (r *round) run(ctx workflow.Context) (RoundResult, error) {
	r.window(ctx)
	// What has begun must end: from here on a cancelled run still refunds or pays.
	steady, _ := workflow.NewDisconnectedContext(ctx)
	status, err := r.conclude(ctx, steady)
	r.drain(steady)
	if err != nil {
		return RoundResult{}, err
	}
	r.enter(ctx, StageDone, "The round is "+string(status)+".")
	return RoundResult{Round: r.in.Round, Status: status}, nil
}

// window waits until bets are no longer taken: the time has come, the round is full, or it is cancelled.
func (r *round) window(ctx workflow.Context) {
	for open := true; open; {
		r.enter(ctx, StageOpen, "Taking bets until "+r.closesAt.UTC().Format(time.RFC3339)+".")
		timerCtx, stop := workflow.WithCancel(ctx)
		timer := workflow.NewTimerWithOptions(timerCtx, r.closesAt.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: "betting window"})
		selector := workflow.NewSelector(ctx)
		selector.AddFuture(timer, func(f workflow.Future) {
			open = false
			if f.Get(ctx, nil) != nil { // only a cancelled run cancels a timer that is still waited for
				r.cancelled = &Cancel{Reason: ReasonCancelled}
			}
		})
		selector.AddReceive(r.closeEarly, func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, nil)
			open, r.early = false, true
			r.note = "closed early: full"
		})
		selector.AddReceive(r.cancel, func(c workflow.ReceiveChannel, _ bool) {
			var asked Cancel
			c.Receive(ctx, &asked)
			open = false
			r.cancelled = &asked
		})
		selector.AddReceive(r.extend, func(c workflow.ReceiveChannel, _ bool) {
			var asked Extend
			c.Receive(ctx, &asked)
			r.extendTo(ctx, asked)
		})
		selector.Select(ctx)
		stop()
	}
}

// extendTo moves the end of the window to what the database allows; a refusal changes nothing.
func (r *round) extendTo(ctx workflow.Context, asked Extend) {
	var closesAt time.Time
	err := workflow.ExecuteActivity(brief(ctx, "Move the end of the window"), r.step.ExtendRound,
		activities.Extension{RoundRef: r.ref, Until: asked.Until, Operator: asked.Operator}).Get(ctx, &closesAt)
	if err != nil {
		r.note = "not extended: " + errorType(err)
		workflow.GetLogger(ctx).Warn("round not extended", "round", r.in.Round, "error", err)
		return
	}
	r.closesAt = closesAt
	r.note = "extended by " + asked.Operator
}

// conclude takes the round from the end of its window to a final status. The steps run in steady;
// live is the run's own context, which tells whether the run was cancelled in the meantime.
func (r *round) conclude(live, steady workflow.Context) (models.RoundStatus, error) {
	if r.cancelled != nil {
		return r.void(steady, r.cancelled.Reason)
	}
	status, err := r.close(steady)
	if err != nil {
		return r.fail(steady, err)
	}
	if status == models.RoundClosed {
		if asked, ok := r.cancelRequested(live); ok {
			return r.void(steady, asked.Reason)
		}
		if status, err = r.draw(steady); err != nil {
			return r.fail(steady, err)
		}
	}
	if status.Final() {
		return status, nil
	}
	return r.pay(steady)
}

// pay waits for the end of a live round's run and settles.
func (r *round) pay(ctx workflow.Context) (models.RoundStatus, error) {
	if r.live {
		r.enter(ctx, StageRunning, "Running.")
		if err := workflow.ExecuteActivity(database(ctx, "Wait for the end of the run"), r.step.EndRun, r.ref).Get(ctx, nil); err != nil {
			return "", err
		}
	}
	return r.settle(ctx)
}

// close ends betting in the database, bets in flight included. A round that could not fill comes
// back voided, a round that was drawn when it opened comes back drawn.
func (r *round) close(ctx workflow.Context) (models.RoundStatus, error) {
	r.enter(ctx, StageClosing, "Closing.")
	var got activities.RoundStage
	err := workflow.ExecuteActivity(database(ctx, "Close the round"), r.step.CloseRound,
		activities.Closing{RoundRef: r.ref, Early: r.early}).Get(ctx, &got)
	r.live = got.Live
	return got.Status, err
}

// draw stores the outcome. From then on there is no refund.
func (r *round) draw(ctx workflow.Context) (models.RoundStatus, error) {
	r.enter(ctx, StageDrawing, "Drawing.")
	var got activities.RoundStage
	err := workflow.ExecuteActivity(database(ctx, "Draw the outcome"), r.step.DrawRound, r.ref).Get(ctx, &got)
	r.live = got.Live
	return got.Status, err
}

// settle pays out; it does not give up.
func (r *round) settle(ctx workflow.Context) (models.RoundStatus, error) {
	r.enter(ctx, StageSettling, "Paying out.")
	var got activities.RoundStage
	err := workflow.ExecuteActivity(settlement(ctx, "Pay the winners"), r.step.SettleRound, r.ref).Get(ctx, &got)
	if err != nil {
		return "", err
	}
	return got.Status, nil
}

// fail refunds a round whose draw cannot come about.
func (r *round) fail(ctx workflow.Context, cause error) (models.RoundStatus, error) {
	workflow.GetLogger(ctx).Error("round refunded", "round", r.in.Round, "stage", r.stage, "error", cause)
	r.note = string(r.stage) + " failed: " + errorType(cause)
	return r.void(ctx, ReasonFailed)
}

// void refunds every bet. A round that turns out to be drawn already is finished instead.
func (r *round) void(ctx workflow.Context, reason string) (models.RoundStatus, error) {
	r.enter(ctx, StageVoiding, "Refunding: "+reason+".")
	var got activities.RoundStage
	err := workflow.ExecuteActivity(settlement(ctx, "Refund the bets"), r.step.VoidRound,
		activities.Voiding{RoundRef: r.ref, Reason: reason}).Get(ctx, &got)
	switch {
	case err == nil:
		return got.Status, nil
	case errorType(err) != activities.TypeAlreadyDrawn:
		return "", err
	}
	r.note = "not refunded, it was drawn already"
	return r.finish(ctx)
}

// finish closes a round that was drawn when it opened, whatever its window says, and pays out.
func (r *round) finish(ctx workflow.Context) (models.RoundStatus, error) {
	r.early = true
	status, err := r.close(ctx)
	if err == nil && status == models.RoundClosed {
		status, err = r.draw(ctx)
	}
	switch {
	case err != nil:
		return "", err
	case status.Final():
		return status, nil
	}
	return r.pay(ctx)
}

// cancelRequested tells whether an operator or the web UI asked to cancel since the window ended.
func (r *round) cancelRequested(ctx workflow.Context) (Cancel, bool) {
	var asked Cancel
	if r.cancel.ReceiveAsync(&asked) {
		return asked, true
	}
	return Cancel{Reason: ReasonCancelled}, ctx.Err() != nil
}

// drain takes the messages that came too late, so that the run may complete.
func (r *round) drain(ctx workflow.Context) {
	for _, late := range []workflow.ReceiveChannel{r.closeEarly, r.extend, r.cancel} {
		for late.ReceiveAsync(nil) {
			workflow.GetLogger(ctx).Info("message came after the round ended", "round", r.in.Round)
		}
	}
}

// enter notes the stage for the query and for the web UI.
func (r *round) enter(ctx workflow.Context, stage Stage, details string) {
	r.stage = stage
	if r.note != "" {
		details += "\n\n" + r.note
	}
	workflow.SetCurrentDetails(ctx, details)
}
