package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"fairground/activities"
	"fairground/models"
	"fairground/workflows"
)

// scene is one run of Round on the test environment's own clock.
type scene struct {
	*testsuite.TestWorkflowEnvironment
	in     workflows.RoundInput
	opened time.Time
	ended  time.Time // when CloseRound or VoidRound was called first
}

func newScene(t *testing.T) *scene {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	s := &scene{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), opened: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.SetStartTime(s.opened)
	s.RegisterActivity(&activities.Rounds{})
	s.in = workflows.RoundInput{Tenant: 7, Round: "r_one", Group: "g_one", Game: "dice", ClosesAt: s.opened.Add(30 * time.Second)}
	s.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
		if s.ended.IsZero() {
			s.ended = s.Now().UTC()
		}
	})
	t.Cleanup(func() { s.AssertExpectations(t) })
	return s
}

func (s *scene) ref() activities.RoundRef { return activities.RoundRef{Tenant: 7, Round: "r_one"} }

func stage(status models.RoundStatus) activities.RoundStage {
	return activities.RoundStage{Status: status}
}

func refusal(code string) error { return temporal.NewNonRetryableApplicationError(code, code, nil) }

func (s *scene) closes(early bool, status models.RoundStatus, err error) *testsuite.MockCallWrapper {
	return s.OnActivity("CloseRound", mock.Anything, activities.Closing{RoundRef: s.ref(), Early: early}).Return(stage(status), err).Once()
}

func (s *scene) draws(status models.RoundStatus, err error) *testsuite.MockCallWrapper {
	return s.OnActivity("DrawRound", mock.Anything, s.ref()).Return(stage(status), err).Once()
}

func (s *scene) settles() *testsuite.MockCallWrapper {
	return s.OnActivity("SettleRound", mock.Anything, s.ref()).Return(stage(models.RoundSettled), nil).Once()
}

func (s *scene) voids(reason string, err error) *testsuite.MockCallWrapper {
	return s.OnActivity("VoidRound", mock.Anything, activities.Voiding{RoundRef: s.ref(), Reason: reason}).Return(stage(models.RoundVoided), err).Once()
}

// play runs the workflow to its end.
func (s *scene) play(t *testing.T) workflows.RoundResult {
	t.Helper()
	s.ExecuteWorkflow(workflows.Round, s.in)
	require.True(t, s.IsWorkflowCompleted())
	require.NoError(t, s.GetWorkflowError())
	var result workflows.RoundResult
	require.NoError(t, s.GetWorkflowResult(&result))
	require.Equal(t, "r_one", result.Round)
	return result
}

func (s *scene) state(t *testing.T) workflows.RoundState {
	t.Helper()
	value, err := s.QueryWorkflow(workflows.QueryState)
	require.NoError(t, err)
	var state workflows.RoundState
	require.NoError(t, value.Get(&state))
	return state
}

func TestATimedRoundIsClosedDrawnAndSettled(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.RegisterDelayedCallback(func() {
		require.Equal(t, workflows.RoundState{Stage: workflows.StageOpen, ClosesAt: s.in.ClosesAt}, s.state(t))
	}, 10*time.Second)
	require.Equal(t, models.RoundSettled, s.play(t).Status)
	require.Equal(t, s.in.ClosesAt, s.ended)
	require.Equal(t, workflows.StageDone, s.state(t).Stage)
}

func TestALiveRoundWaitsForTheEndOfItsRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil)
	s.OnActivity("DrawRound", mock.Anything, s.ref()).Return(activities.RoundStage{Status: models.RoundDrawn, Live: true}, nil).Once()
	running := temporal.NewApplicationErrorWithOptions("running", "games.run_running", temporal.ApplicationErrorOptions{NextRetryDelay: time.Second})
	s.OnActivity("EndRun", mock.Anything, s.ref()).Return(running).Times(7)
	s.OnActivity("EndRun", mock.Anything, s.ref()).Return(nil).Once()
	s.settles()
	s.RegisterDelayedCallback(func() { require.Equal(t, workflows.StageRunning, s.state(t).Stage) }, 35*time.Second)
	require.Equal(t, models.RoundSettled, s.play(t).Status)
}

func TestALiveRoundThatIsTakenOverWaitsToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.OnActivity("CloseRound", mock.Anything, activities.Closing{RoundRef: s.ref()}).Return(activities.RoundStage{Status: models.RoundDrawn, Live: true}, nil).Once()
	s.OnActivity("EndRun", mock.Anything, s.ref()).Return(nil).Once()
	s.settles()
	require.Equal(t, models.RoundSettled, s.play(t).Status)
}

func TestARoundWhoseWindowIsOverClosesAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.in.ClosesAt = s.opened.Add(-time.Minute)
	s.closes(false, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.play(t)
	require.Equal(t, s.opened, s.ended)
}

func TestAResumedRoundGoesOnWhereItStands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stands  models.RoundStatus
		settles bool
	}{{models.RoundDrawn, true}, {models.RoundSettled, false}, {models.RoundVoided, false}} {
		t.Run(string(c.stands), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.closes(false, c.stands, nil)
			want := c.stands
			if c.settles {
				s.settles()
				want = models.RoundSettled
			}
			require.Equal(t, want, s.play(t).Status)
		})
	}
}

func TestAFullRoundClosesEarly(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(true, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.SignalCloseEarly, nil)
		s.SignalWorkflow(workflows.SignalCloseEarly, nil)
	}, 4*time.Second)
	require.Equal(t, models.RoundSettled, s.play(t).Status)
	require.Equal(t, s.opened.Add(4*time.Second), s.ended)
}

func TestExtendMovesTheEndAsFarAsTheDatabaseAllows(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	asked, allowed := s.opened.Add(time.Hour), s.opened.Add(50*time.Second)
	s.OnActivity("ExtendRound", mock.Anything, activities.Extension{RoundRef: s.ref(), Until: asked, Operator: "op_1"}).Return(allowed, nil).Once()
	closed := time.Time{}
	s.closes(false, models.RoundClosed, nil).Run(func(mock.Arguments) { closed = s.Now().UTC() })
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.SignalExtend, workflows.Extend{Until: asked, Operator: "op_1"})
	}, 5*time.Second)
	s.play(t)
	require.Equal(t, allowed, closed)
}

func TestARefusedExtensionChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.OnActivity("ExtendRound", mock.Anything, mock.Anything).Return(time.Time{}, refusal("games.round_closed")).Once()
	closed := time.Time{}
	s.closes(false, models.RoundClosed, nil).Run(func(mock.Arguments) { closed = s.Now().UTC() })
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.SignalExtend, workflows.Extend{Until: s.opened.Add(time.Hour)})
	}, 5*time.Second)
	s.RegisterDelayedCallback(func() {
		require.Equal(t, "not extended: games.round_closed", s.state(t).Note)
	}, 6*time.Second)
	s.play(t)
	require.Equal(t, s.in.ClosesAt, closed)
}

func TestAnOperatorCancelsAnOpenRound(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.voids("a mistake", nil)
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.SignalCancel, workflows.Cancel{Reason: "a mistake", Operator: "op_1"})
	}, time.Second)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
	require.Equal(t, s.opened.Add(time.Second), s.ended)
}

func TestACancellationBetweenCloseAndDrawRefunds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil).Run(func(mock.Arguments) {
		s.SignalWorkflow(workflows.SignalCancel, workflows.Cancel{Reason: "a mistake"})
	})
	s.voids("a mistake", nil)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
}

func TestACancellationAfterTheDrawComesTooLate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil).Run(func(mock.Arguments) {
		s.SignalWorkflow(workflows.SignalCancel, workflows.Cancel{Reason: "a mistake"})
		s.CancelWorkflow()
	})
	s.settles()
	require.Equal(t, models.RoundSettled, s.play(t).Status)
}

func TestACancelledRunRefundsAnOpenRound(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.voids(workflows.ReasonCancelled, nil)
	s.RegisterDelayedCallback(s.CancelWorkflow, time.Second)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
}

func TestACancelledRunRefundsAClosedRound(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil).Run(func(mock.Arguments) { s.CancelWorkflow() })
	s.voids(workflows.ReasonCancelled, nil)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
}

func TestACancelledRoundThatWasDrawnAtItsOpeningIsSettled(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.voids("a mistake", refusal(activities.TypeAlreadyDrawn))
	s.closes(true, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil)
	s.settles()
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.SignalCancel, workflows.Cancel{Reason: "a mistake"})
	}, time.Second)
	require.Equal(t, models.RoundSettled, s.play(t).Status)
}

func TestADrawThatCannotComeAboutRefunds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, models.RoundClosed, nil)
	s.draws("", refusal(activities.TypePanic))
	s.voids(workflows.ReasonFailed, nil)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
	require.Equal(t, "drawing failed: activities.panic", s.state(t).Note)
}

func TestACloseThatCannotComeAboutRefunds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, "", refusal("games.unknown_game"))
	s.voids(workflows.ReasonFailed, nil)
	require.Equal(t, models.RoundVoided, s.play(t).Status)
}

func TestADatabaseThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	away := errors.New("connection refused")
	s.OnActivity("CloseRound", mock.Anything, mock.Anything).Return(stage(""), away).Times(8)
	s.closes(false, models.RoundClosed, nil)
	s.draws(models.RoundDrawn, nil)
	s.OnActivity("SettleRound", mock.Anything, mock.Anything).Return(stage(""), away).Times(8)
	s.settles()
	require.Equal(t, models.RoundSettled, s.play(t).Status)
}

func TestARoundThatDoesNotExistFailsTheRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.closes(false, "", refusal(activities.TypeNotFound))
	s.voids(workflows.ReasonFailed, refusal(activities.TypeNotFound))
	s.ExecuteWorkflow(workflows.Round, s.in)
	var app *temporal.ApplicationError
	require.ErrorAs(t, s.GetWorkflowError(), &app)
	require.Equal(t, activities.TypeNotFound, app.Type())
}
