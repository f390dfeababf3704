package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"fairground/activities"
	"fairground/models"
	"fairground/workflows"
)

// paying is a payout that the gateway has said something of.
func (r *review) paying(status models.WithdrawalStatus, word string) activities.WithdrawalStage {
	s := r.at(status)
	s.Payout = word
	return s
}

func TestAnAcceptedPayoutIsAskedAbout(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.paying(models.WithdrawalPaying, "accepted"))
	r.asksTheGateway(false, r.at(models.WithdrawalPaid)).After(time.Minute)
	r.play(t, models.WithdrawalPaid)
}

func TestWordOfTheGatewayEndsTheWait(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.paying(models.WithdrawalUnknown, "unknown"))
	r.asksTheGateway(false, r.paying(models.WithdrawalUnknown, "unknown")).After(time.Hour)
	r.asksTheGateway(false, r.at(models.WithdrawalPaid))
	r.after(time.Minute, func() {
		r.SignalWorkflow(workflows.SignalPayoutConfirmed, nil)
		r.SignalWorkflow(workflows.SignalPayoutConfirmed, nil)
	})
	r.play(t, models.WithdrawalPaid)
	require.Less(t, r.Now().Sub(r.began), time.Hour)
}

func TestAnUnknownPayoutIsPutBeforeAPersonAndNeverRefundedBlindly(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	unknown := r.paying(models.WithdrawalUnknown, "unknown")
	r.pays(unknown)
	r.asksTheGateway(false, unknown).After(15 * time.Minute) // patience is over
	r.asksAPerson(unknown)
	r.asksTheGateway(true, r.at(models.WithdrawalPaid)).After(1000 * time.Hour)
	r.applies("dec_1", models.WithdrawalPaid)
	r.after(time.Hour, func() { require.Equal(t, workflows.StageResolution, r.view(t).Stage) })
	by := r.decideAfter(t, 48*time.Hour, says("dec_1", workflows.StageResolution, "o_finance"))
	r.play(t, models.WithdrawalPaid)
	require.NoError(t, by.err)
}

func TestAPersonMayDecideBeforePatienceEnds(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	unknown := r.paying(models.WithdrawalUnknown, "unknown")
	r.pays(unknown)
	r.asksTheGateway(false, unknown).After(15 * time.Minute)
	r.applies("dec_1", models.WithdrawalFailed)
	r.signalAfter(time.Minute, says("dec_1", workflows.StageResolution, "o_finance"))
	r.play(t, models.WithdrawalFailed)
}

func TestTheGatewayMaySayItWhileAPersonIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	unknown := r.paying(models.WithdrawalUnknown, "unknown")
	r.pays(unknown)
	r.asksTheGateway(false, unknown).After(15 * time.Minute)
	r.asksAPerson(unknown)
	r.asksTheGateway(true, unknown).After(1000 * time.Hour)
	r.asksTheGateway(true, r.at(models.WithdrawalFailed))
	r.after(48*time.Hour, func() { r.SignalWorkflow(workflows.SignalPayoutConfirmed, nil) })
	r.play(t, models.WithdrawalFailed)
}

func TestARetryHasTheGatewayAskedAgain(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	unknown := r.paying(models.WithdrawalUnknown, "unknown")
	r.pays(unknown)
	r.asksTheGateway(false, unknown).After(15 * time.Minute)
	r.appliesAt("dec_1", r.paying(models.WithdrawalPaying, ""))
	r.pays(r.at(models.WithdrawalPaid))
	r.signalAfter(time.Minute, says("dec_1", workflows.StageResolution, "o_finance"))
	r.play(t, models.WithdrawalPaid)
}

func TestAManualGatewayWaitsForAPerson(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	manual := r.paying(models.WithdrawalPaying, "manual")
	r.pays(manual)
	r.asksAPerson(manual)
	r.reads(manual)
	r.applies("dec_1", models.WithdrawalPaid)
	r.after(time.Hour, func() { r.SignalWorkflow(workflows.SignalPayoutConfirmed, nil) })
	r.signalAfter(48*time.Hour, says("dec_1", workflows.StageResolution, "o_finance"))
	r.play(t, models.WithdrawalPaid)
}

// stopped is what a payout is told while an incident is open.
func (r *review) stopped() activities.WithdrawalStage {
	s := r.at(models.WithdrawalApproved)
	s.Waiting = activities.TypePayoutsStopped
	return s
}

func (r *review) waits(s activities.WithdrawalStage, d time.Duration) {
	r.OnActivity("SubmitPayout", mock.Anything, activities.Submission{WithdrawalRef: theRef(), Wait: true}).Return(s, nil).Once().After(d)
}

func TestStoppedPayoutsAreWaitedFor(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.stopped())
	r.waits(r.at(models.WithdrawalPaid), 48*time.Hour)
	r.after(time.Hour, func() { require.Equal(t, models.WithdrawalApproved, r.view(t).Status) })
	early := r.decideAfter(t, 2*time.Hour, says("dec_1", workflows.StageResolution, "o_finance"))
	r.play(t, models.WithdrawalPaid)
	require.Equal(t, activities.TypeWrongStage, early.code(t))
}

func TestThePlayerMayTakeAStoppedPayoutBack(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.stopped())
	r.waits(r.at(models.WithdrawalApproved), 1000*time.Hour)
	r.reads(r.at(models.WithdrawalCancelled))
	r.after(time.Hour, func() { r.SignalWorkflow(workflows.SignalUserCancel, nil) })
	r.play(t, models.WithdrawalCancelled)
}

func TestACancelledRunEndsAStoppedPayout(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	stopped := r.stopped()
	r.pays(stopped)
	r.waits(stopped, 1000*time.Hour)
	r.expires(stopped.Version, r.at(models.WithdrawalExpired))
	r.after(time.Hour, r.CancelWorkflow)
	r.play(t, models.WithdrawalExpired)
}

func TestACancelledRunGoesOnOnceThePayoutWasBegun(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.paying(models.WithdrawalPaying, "accepted"))
	r.asksTheGateway(false, r.at(models.WithdrawalPaid)).After(time.Hour)
	r.after(time.Minute, r.CancelWorkflow)
	r.play(t, models.WithdrawalPaid)
}

func TestASubmissionThatMovedNothingIsRepeatedWithoutHurry(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	approved := r.at(models.WithdrawalApproved)
	r.beginsAt(approved)
	r.pays(approved)
	r.pays(r.at(models.WithdrawalPaid))
	r.play(t, models.WithdrawalPaid)
	require.GreaterOrEqual(t, r.Now().Sub(r.began), time.Minute)
}
