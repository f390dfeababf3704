package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"fairground/activities"
	"fairground/models"
	"fairground/workflows"
)

func TestTwoPeopleApproveByUpdateAndItIsPaid(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalSecondaryReview)
	r.applies("dec_2", models.WithdrawalApproved)
	r.pays(r.at(models.WithdrawalPaid))
	r.after(time.Minute, func() {
		view := r.view(t)
		require.Equal(t, models.WithdrawalInitialReview, view.Status)
		require.Equal(t, workflows.StageInitial, view.Stage)
		require.Equal(t, r.began.Add(4*time.Hour), view.DueAt)
	})
	first := r.decideAfter(t, time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	second := r.decideAfter(t, 2*time.Hour, says("dec_2", workflows.StageSecondary, "o_second"))
	r.play(t, models.WithdrawalPaid)
	require.NoError(t, first.err)
	require.Equal(t, models.WithdrawalSecondaryReview, first.view.Status)
	require.NoError(t, second.err)
	require.Equal(t, models.WithdrawalApproved, second.view.Status)
}

func TestTheSignalDoesWhatTheUpdateDoes(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalSecondaryReview)
	r.applies("dec_2", models.WithdrawalApproved)
	r.pays(r.at(models.WithdrawalPaid))
	r.signalAfter(time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	r.signalAfter(2*time.Hour, says("dec_2", workflows.StageSecondary, "o_second"))
	r.play(t, models.WithdrawalPaid)
}

func TestADecisionThatComesByBothWaysIsAppliedOnce(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalInitialReview) // sent back: the same stage once more
	r.applies("dec_2", models.WithdrawalRejected)
	r.signalAfter(time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	r.signalAfter(2*time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	again := r.decideAfter(t, 3*time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	r.decideAfter(t, 200*time.Minute, says("dec_2", workflows.StageInitial, "o_first"))
	r.play(t, models.WithdrawalRejected)
	require.Equal(t, workflows.TypeDuplicateDecision, again.code(t))
}

func TestTheValidatorRefusesAtOnce(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalSecondaryReview)
	r.applies("dec_9", models.WithdrawalRejected)
	other := says("dec_2", workflows.StageSecondary, "o_second")
	other.Withdrawal = "w_two"
	cases := map[string]workflows.DecideMessage{
		activities.TypeWrongStage:    says("dec_1", workflows.StageInitial, "o_second"),
		activities.TypeSamePerson:    says("dec_3", workflows.StageSecondary, "o_first"),
		workflows.TypeInvalidMessage: other,
		"no decision":                says("", workflows.StageSecondary, "o_second"),
	}
	answers := map[string]*answer{}
	for name, m := range cases {
		answers[name] = r.decideAfter(t, time.Minute, m)
	}
	r.decideAfter(t, time.Hour, says("dec_9", workflows.StageSecondary, "o_second"))
	r.play(t, models.WithdrawalRejected)
	for name, a := range answers {
		require.Error(t, a.rejected, name)
		if name == "no decision" {
			name = workflows.TypeInvalidMessage
		}
		require.Equal(t, name, a.code(t))
	}
}

func TestAMessageWithoutARowIsRefusedAndTheReviewGoesOn(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.refuses("dec_forged", activities.TypeDecisionUnknown)
	r.refuses("dec_forged", activities.TypeDecisionUnknown)
	r.refuses("dec_late", activities.TypeWrongStage)
	r.applies("dec_1", models.WithdrawalRejected)
	r.signalAfter(time.Minute, says("dec_forged", workflows.StageInitial, "o_first"))
	forged := r.decideAfter(t, 2*time.Minute, says("dec_forged", workflows.StageInitial, "o_first"))
	late := r.decideAfter(t, 3*time.Minute, says("dec_late", workflows.StageInitial, "o_first"))
	r.decideAfter(t, time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	r.play(t, models.WithdrawalRejected)
	require.NoError(t, forged.rejected)
	require.Equal(t, activities.TypeDecisionUnknown, forged.code(t))
	require.Equal(t, activities.TypeWrongStage, late.code(t))
}

func TestTwoDecisionsAtOnceAreTakenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalSecondaryReview).After(time.Second)
	r.applies("dec_2", models.WithdrawalRejected)
	first := r.decideAfter(t, time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	twin := r.decideAfter(t, time.Hour, says("dec_3", workflows.StageInitial, "o_other"))
	r.decideAfter(t, 2*time.Hour, says("dec_2", workflows.StageSecondary, "o_second"))
	r.play(t, models.WithdrawalRejected)
	require.NoError(t, first.err)
	require.Equal(t, activities.TypeWrongStage, twin.code(t))
}

func TestAMessageDuringTheLastStepIsAnswered(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalRejected).After(time.Minute)
	r.decideAfter(t, time.Hour, says("dec_1", workflows.StageInitial, "o_first"))
	late := r.decideAfter(t, time.Hour+time.Second, says("dec_2", workflows.StageInitial, "o_other"))
	r.signalAfter(time.Hour+time.Second, says("dec_3", workflows.StageInitial, "o_other"))
	r.play(t, models.WithdrawalRejected)
	require.True(t, late.done)
	require.Equal(t, workflows.TypeEnding, late.code(t))
}

func TestSendingBackStartsANewCycle(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalInitialReview)
	r.applies("dec_1", models.WithdrawalSecondaryReview)
	back := r.at(models.WithdrawalInitialReview)
	back.Cycle = 2
	r.appliesAt("dec_2", back)
	r.applies("dec_3", models.WithdrawalSecondaryReview)
	r.applies("dec_4", models.WithdrawalApproved)
	r.pays(r.at(models.WithdrawalPaid))
	r.signalAfter(10*time.Minute, says("dec_1", workflows.StageInitial, "o_first"))
	r.signalAfter(20*time.Minute, says("dec_2", workflows.StageSecondary, "o_second"))
	r.after(25*time.Minute, func() {
		require.Equal(t, 2, r.view(t).Cycle)
		require.Equal(t, workflows.StageInitial, r.view(t).Stage)
	})
	r.signalAfter(30*time.Minute, says("dec_3", workflows.StageInitial, "o_first"))
	r.signalAfter(40*time.Minute, says("dec_4", workflows.StageSecondary, "o_second"))
	r.play(t, models.WithdrawalPaid)
}

func TestAReviewEscalatesOnceAndThenGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	var escalated, expired time.Time
	r.OnActivity("EscalateWithdrawal", mock.Anything, activities.Overdue{WithdrawalRef: theRef(), Version: stands.Version}).
		Return(stands, nil).Once().Run(func(mock.Arguments) { escalated = r.Now().UTC() })
	r.expires(stands.Version, r.at(models.WithdrawalExpired)).Run(func(mock.Arguments) { expired = r.Now().UTC() })
	r.play(t, models.WithdrawalExpired)
	require.Equal(t, r.began.Add(4*time.Hour), escalated)
	require.Equal(t, r.began.Add(24*time.Hour), expired)
}

func TestADecisionThatWasWrittenInTimeBeatsTheDeadline(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	r.OnActivity("EscalateWithdrawal", mock.Anything, mock.Anything).Return(stands, nil).Once()
	pending := stands
	pending.Pending = []activities.PendingDecision{{Decision: "dec_1", Stage: workflows.StageInitial, Operator: "o_first"}}
	r.expires(stands.Version, pending)
	r.applies("dec_1", models.WithdrawalRejected)
	r.play(t, models.WithdrawalRejected)
}

func TestADeadlineThatCameToNothingIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	r.OnActivity("EscalateWithdrawal", mock.Anything, mock.Anything).Return(stands, nil).Once()
	r.expires(stands.Version, stands)
	r.expires(stands.Version, r.at(models.WithdrawalExpired))
	r.play(t, models.WithdrawalExpired)
}

func TestThePlayerTakesItBack(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	r.reads(stands) // the first word was wrong
	r.reads(r.at(models.WithdrawalCancelled))
	r.after(time.Hour, func() { r.SignalWorkflow(workflows.SignalUserCancel, nil) })
	r.after(2*time.Hour, func() { r.SignalWorkflow(workflows.SignalUserCancel, nil) })
	r.play(t, models.WithdrawalCancelled)
}

func TestWithoutReviewsItIsPaidAtOnce(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.begins(models.WithdrawalApproved)
	r.pays(r.at(models.WithdrawalPaid))
	r.play(t, models.WithdrawalPaid)
}

func TestASecondRunTakesOverWhereItStands(t *testing.T) {
	t.Parallel()
	t.Run("with a decision that nobody applied", func(t *testing.T) {
		t.Parallel()
		r := newReview(t)
		r.in.Status = string(models.WithdrawalSecondaryReview)
		stands := r.at(models.WithdrawalSecondaryReview)
		stands.Pending = []activities.PendingDecision{{Decision: "dec_2", Stage: workflows.StageSecondary, Operator: "o_second"}}
		r.beginsAt(stands)
		r.applies("dec_2", models.WithdrawalApproved)
		r.pays(r.at(models.WithdrawalPaid))
		r.play(t, models.WithdrawalPaid)
	})
	t.Run("with a decision whose word comes after it was found", func(t *testing.T) {
		t.Parallel()
		r := newReview(t)
		stands := r.at(models.WithdrawalSecondaryReview)
		stands.Pending = []activities.PendingDecision{{Decision: "dec_2", Stage: workflows.StageSecondary, Operator: "o_second"}}
		r.OnActivity("BeginWithdrawal", mock.Anything, theRef()).Return(stands, nil).After(time.Minute).Once()
		r.applies("dec_2", models.WithdrawalApproved)
		r.pays(r.at(models.WithdrawalPaid))
		late := r.decideAfter(t, time.Second, says("dec_2", workflows.StageSecondary, "o_second"))
		r.play(t, models.WithdrawalPaid)
		require.Equal(t, workflows.TypeDuplicateDecision, late.code(t))
	})
	t.Run("in the middle of a payout", func(t *testing.T) {
		t.Parallel()
		r := newReview(t)
		r.begins(models.WithdrawalPaying)
		r.pays(r.at(models.WithdrawalPaid))
		r.play(t, models.WithdrawalPaid)
	})
	for _, status := range []models.WithdrawalStatus{models.WithdrawalPaid, models.WithdrawalRejected, models.WithdrawalFailed} {
		t.Run("at the end "+string(status), func(t *testing.T) {
			t.Parallel()
			r := newReview(t)
			r.begins(status)
			r.play(t, status)
		})
	}
}

func TestACancelledRunGivesTheMoneyBackBeforeThePayout(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	r.expires(stands.Version, r.at(models.WithdrawalExpired))
	r.after(time.Hour, r.CancelWorkflow)
	r.play(t, models.WithdrawalExpired)
}

func TestACancelledRunAppliesWhatWasDecidedBefore(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	stands := r.at(models.WithdrawalInitialReview)
	r.beginsAt(stands)
	pending := stands
	pending.Pending = []activities.PendingDecision{{Decision: "dec_1", Stage: workflows.StageInitial, Operator: "o_first"}}
	r.expires(stands.Version, pending)
	next := r.at(models.WithdrawalSecondaryReview)
	r.appliesAt("dec_1", next)
	r.expires(next.Version, r.at(models.WithdrawalExpired))
	r.after(time.Hour, r.CancelWorkflow)
	r.play(t, models.WithdrawalExpired)
}

func TestAWithdrawalThatDoesNotExistFailsTheRun(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	r.OnActivity("BeginWithdrawal", mock.Anything, theRef()).Return(activities.WithdrawalStage{},
		temporal.NewNonRetryableApplicationError("no", activities.TypeWithdrawalNotFound, nil)).Once()
	r.ExecuteWorkflow(workflows.Withdrawal, r.in)
	var app *temporal.ApplicationError
	require.ErrorAs(t, r.GetWorkflowError(), &app)
	require.Equal(t, activities.TypeWithdrawalNotFound, app.Type())
}

func TestStepsAreTriedUntilTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	r := newReview(t)
	away := errors.New("connection refused")
	r.OnActivity("BeginWithdrawal", mock.Anything, theRef()).Return(activities.WithdrawalStage{}, away).Times(8)
	r.begins(models.WithdrawalApproved)
	r.OnActivity("SubmitPayout", mock.Anything, mock.Anything).Return(activities.WithdrawalStage{}, away).Times(8)
	r.pays(r.at(models.WithdrawalPaid))
	r.play(t, models.WithdrawalPaid)
}
