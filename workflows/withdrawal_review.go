package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"fairground/activities"
	"fairground/models"
)

// expireAgain is the wait before a review whose time is over is ended once more, when a decision
// that seemed to be there came to nothing.
const expireAgain = time.Minute

// review waits for a reviewer. When the first deadline passes the reviewers are reminded once, when
// the second passes the money goes back.
func (w *withdrawal) review(ctx workflow.Context) error {
	version, name := w.now.Version, "initial review"
	if w.now.Status == models.WithdrawalSecondaryReview {
		name = "secondary review"
	}
	w.flag = ""
	w.enter(ctx, fmt.Sprintf("Waits for the **%s** (cycle %d). Overdue at %s, refunded at %s.",
		name, w.now.Cycle, stamp(w.now.EscalateAt), stamp(w.now.ExpireAt)))
	timers, stop := workflow.WithCancel(ctx)
	defer stop()
	var failed error
	selector := workflow.NewSelector(ctx)
	var expire func(workflow.Future)
	expire = func(workflow.Future) {
		if failed = w.expire(ctx); failed == nil && w.now.Version == version {
			selector.AddFuture(timer(timers, workflow.Now(ctx).Add(expireAgain), name+" expiry"), expire)
		}
	}
	w.listen(ctx, selector, &failed)
	selector.AddFuture(w.halt, expire)
	selector.AddFuture(timer(timers, w.now.EscalateAt, name+" SLA"), func(workflow.Future) {
		failed = w.escalate(ctx, name)
		selector.AddFuture(timer(timers, w.now.ExpireAt, name+" expiry"), expire)
	})
	for failed == nil && w.now.Version == version {
		selector.Select(ctx)
	}
	return failed
}

// timer ends at an instant.
func timer(ctx workflow.Context, at time.Time, summary string) workflow.Future {
	return workflow.NewTimerWithOptions(ctx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: summary})
}

// escalate reminds the reviewers.
func (w *withdrawal) escalate(ctx workflow.Context, review string) error {
	expires := w.now.ExpireAt
	got, err := w.do(database(ctx, "Escalate the "+review), w.step.EscalateWithdrawal,
		activities.Overdue{WithdrawalRef: w.ref, Version: w.now.Version})
	if err != nil {
		return err
	}
	w.now = got
	w.flag = flagOverdue
	w.enter(ctx, fmt.Sprintf("The **%s** is overdue and was escalated. Refunded at %s.", review, stamp(expires)))
	return nil
}

// expire gives the money back. A decision that was written in time is applied instead.
func (w *withdrawal) expire(ctx workflow.Context) error {
	got, err := w.do(database(ctx, "Give the money back"), w.step.ExpireWithdrawal,
		activities.Overdue{WithdrawalRef: w.ref, Version: w.now.Version})
	if err != nil {
		return err
	}
	w.now = got
	w.catchUp(ctx, got.Pending)
	return nil
}

// asked is a message that came by update; its sender waits for the answer.
type asked struct {
	DecideMessage

	answer workflow.Settable
}

// update hands a decision to the run and waits until it is applied.
func (w *withdrawal) update(ctx workflow.Context, m DecideMessage) (WithdrawalStatusView, error) {
	if w.ending {
		return WithdrawalStatusView{}, w.refuse(m)
	}
	applied, answer := workflow.NewFuture(ctx)
	w.updates.Send(ctx, asked{DecideMessage: m, answer: answer})
	if err := applied.Get(ctx, nil); err != nil {
		return WithdrawalStatusView{}, err
	}
	return w.view(), nil
}

// listen takes decisions by update and by signal alike, and word that the player took it back.
func (w *withdrawal) listen(ctx workflow.Context, selector workflow.Selector, failed *error) {
	selector.AddReceive(w.updates, func(c workflow.ReceiveChannel, _ bool) {
		var m asked
		c.Receive(ctx, &m)
		m.answer.Set(nil, w.decide(ctx, m.DecideMessage))
	})
	selector.AddReceive(w.reviews, func(c workflow.ReceiveChannel, _ bool) {
		var m DecideMessage
		c.Receive(ctx, &m)
		_ = w.decide(ctx, m) // it was logged, and nobody waits for an answer
	})
	selector.AddReceive(w.cancels, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		*failed = w.look(ctx)
	})
}

// decide applies one decision, however the word of it came. A refusal changes nothing.
func (w *withdrawal) decide(ctx workflow.Context, m DecideMessage) error {
	err := w.refuse(m)
	if err == nil {
		w.seen[m.Decision] = true
		err = w.record(ctx, m)
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("decision refused", "withdrawal", w.in.Withdrawal, "decision", m.Decision, "code", errorType(err))
	}
	return err
}

// record has the database apply a decision. Only a row that an operator wrote there counts.
func (w *withdrawal) record(ctx workflow.Context, m DecideMessage) error {
	got, err := w.do(database(ctx, "Record the decision of the "+m.Stage+" stage"), w.step.RecordDecision,
		activities.Recording{WithdrawalRef: w.ref, Decision: m.Decision})
	if err == nil {
		w.now, w.note = got, ""
		return nil
	}
	code := errorType(err)
	if code == activities.TypeDecisionUnknown {
		delete(w.seen, m.Decision)
	}
	return refusal(code, "the decision was not applied")
}

// catchUp applies the decisions that no message has told of.
func (w *withdrawal) catchUp(ctx workflow.Context, pending []activities.PendingDecision) {
	for _, p := range pending {
		_ = w.decide(ctx, DecideMessage{ // what can't be applied was logged
			Withdrawal: w.in.Withdrawal, Decision: p.Decision, Stage: p.Stage, Operator: p.Operator,
		})
	}
}

// refuse says at once why a message can't be taken; the database has the last word.
func (w *withdrawal) refuse(m DecideMessage) error {
	switch stage := w.stage(); {
	case w.seen[m.Decision]: // even one that ended the withdrawal: a resumed run may find it before the word of it comes
		return refusal(TypeDuplicateDecision, "the decision was taken before")
	case w.ending, w.now.Status.Final():
		return refusal(TypeEnding, "the withdrawal has ended")
	case m.Withdrawal != w.in.Withdrawal, !strings.HasPrefix(m.Decision, "dec_"):
		return refusal(TypeInvalidMessage, "the message names no decision of this withdrawal")
	case w.now.Status != "" && m.Stage != stage:
		return refusal(activities.TypeWrongStage, "the withdrawal is not at this stage")
	case m.Stage == StageSecondary && w.now.InitialBy != "" && m.Operator == w.now.InitialBy:
		return refusal(activities.TypeSamePerson, "another person has to decide this stage")
	default:
		return nil
	}
}

func refusal(code, message string) error {
	return temporal.NewNonRetryableApplicationError(message, code, nil)
}

// stage is the stage of the decision that the withdrawal waits for; empty: of none.
func (w *withdrawal) stage() string {
	switch w.now.Status {
	case models.WithdrawalInitialReview:
		return StageInitial
	case models.WithdrawalSecondaryReview:
		return StageSecondary
	case models.WithdrawalPaying, models.WithdrawalUnknown:
		return StageResolution
	default:
		return ""
	}
}
