package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/models"
)

// What a gateway may have said of a payout that has not ended.
const (
	payoutAccepted = "accepted" // it will be paid
	payoutManual   = "manual"   // a person pays
)

// payAgain is the wait before a payout is submitted once more after a submission that moved nothing.
const payAgain = time.Minute

// pay has the gateway asked to pay. Nothing was sent before the step says so.
func (w *withdrawal) pay(ctx workflow.Context) error {
	if w.halt.IsReady() && !w.halted {
		w.halted = true
		return w.expire(ctx)
	}
	w.describe(ctx, "Approved. The gateway is asked to pay.")
	got, err := w.do(payment(ctx, "Submit the payout"), w.step.SubmitPayout, activities.Submission{WithdrawalRef: w.ref})
	if err != nil {
		return err
	}
	before := w.now
	w.now = got
	switch {
	case got.Waiting != "":
		return w.payLater(ctx)
	case got.Version == before.Version && got.Payout == before.Payout:
		return workflow.Sleep(ctx, payAgain) // nothing moved, for whatever reason: never in a hurry
	default:
		return nil
	}
}

// payLater waits until payouts are possible again. Until then the player may still take it back.
func (w *withdrawal) payLater(ctx workflow.Context) error {
	w.flag = flagStopped
	w.enter(ctx, fmt.Sprintf("Approved. The payout **waits**: `%s`. It is tried again every minute.", w.now.Waiting))
	version, submitted := w.now.Version, false
	waiting, stop := workflow.WithCancel(ctx)
	defer stop()
	var failed error
	selector := workflow.NewSelector(ctx)
	w.listen(ctx, selector, &failed)
	if !w.halted {
		selector.AddFuture(w.halt, func(workflow.Future) {
			w.halted = true
			failed = w.expire(ctx)
		})
	}
	submit := workflow.ExecuteActivity(payment(waiting, "Submit the payout when payouts go on"), w.step.SubmitPayout,
		activities.Submission{WithdrawalRef: w.ref, Wait: true})
	selector.AddFuture(submit, func(f workflow.Future) {
		submitted = true
		var got activities.WithdrawalStage
		if failed = f.Get(ctx, &got); failed == nil {
			w.now = got
		}
	})
	for failed == nil && !submitted && w.now.Version == version {
		selector.Select(ctx)
	}
	return failed
}

// settle waits for the end of a payout that was begun. From here on the money goes back only when
// the gateway or a person says that it was not paid.
func (w *withdrawal) settle(ctx workflow.Context) error {
	since := workflow.Now(ctx)
	why := "a person pays"
	if w.now.Payout != payoutManual {
		w.flag = ""
		w.enter(ctx, "The gateway has the payout and can't tell its end yet: it is asked again.")
		told, err := w.follow(ctx, polling{since: since})
		if err != nil || !told || w.now.Status.Final() {
			return err
		}
		why = "the gateway could not tell the end for " + workflow.Now(ctx).Sub(since).Round(time.Second).String()
	}
	w.flag = flagNeedsPerson
	w.enter(ctx, fmt.Sprintf("**Waits for a person** since %s: %s.", stamp(workflow.Now(ctx)), why))
	got, err := w.do(database(ctx, "Ask for a person"), w.step.AskPerson, activities.Asking{WithdrawalRef: w.ref, Why: why})
	if err != nil {
		return err
	}
	w.now = got
	if !w.paid() {
		return nil
	}
	_, err = w.follow(ctx, polling{since: since, slow: true, manual: w.now.Payout == payoutManual})
	return err
}

// paid says whether the payout was begun and has not ended.
func (w *withdrawal) paid() bool {
	return w.now.Status == models.WithdrawalPaying || w.now.Status == models.WithdrawalUnknown
}

// polling is how the end of a payout is waited for.
type polling struct {
	since  time.Time
	slow   bool // a person was asked: the gateway is asked seldom and for ever
	manual bool // there is no gateway to ask
}

// follow waits until the payout has moved on. told says that the gateway was asked and that its
// answer, or the end of patience, is what ended the wait.
func (w *withdrawal) follow(ctx workflow.Context, p polling) (told bool, err error) {
	version := w.now.Version
	for again := true; again && err == nil && !told && w.now.Version == version; {
		again = false
		polls, stop := workflow.WithCancel(ctx)
		selector := workflow.NewSelector(ctx)
		w.listen(ctx, selector, &err)
		selector.AddReceive(w.news, func(workflow.ReceiveChannel, bool) {
			for w.news.ReceiveAsync(nil) { // many callbacks are one reason to ask
				again = true
			}
			if p.manual {
				err = w.look(ctx)
			}
		})
		if !p.manual {
			selector.AddFuture(w.poll(polls, p), func(f workflow.Future) {
				told = true
				var got activities.WithdrawalStage
				if err = f.Get(ctx, &got); err == nil {
					w.now = got
				}
			})
		}
		for err == nil && !told && !again && w.now.Version == version {
			selector.Select(ctx)
		}
		stop()
	}
	return told, err
}

func (w *withdrawal) poll(ctx workflow.Context, p polling) workflow.Future {
	return workflow.ExecuteActivity(payment(ctx, "Ask the gateway for the end"), w.step.ReconcilePayout,
		activities.Polling{WithdrawalRef: w.ref, Since: p.since, Slow: p.slow})
}
