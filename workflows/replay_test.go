package workflows_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"fairground/activities"
	"fairground/internal/temporal/temporaltest"
	"fairground/models"
	"fairground/workflows"
)

//nolint:gochecknoglobals // a test flag
var record = flag.String("record", "", "write the histories in testdata anew whose names begin so, on a real service")

// TestRecordedHistoriesReplay fails when a change to a workflow would break the runs under way.
// Then the change needs workflow.GetVersion; a history is recorded anew only for a new process.
func TestRecordedHistoriesReplay(t *testing.T) {
	if *record != "" {
		recordHistories(t)
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(recordings())+len(moneyRecordings())+1)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			for _, process := range []any{workflows.Round, workflows.Withdrawal, workflows.Deposit, workflows.LedgerAudit, workflows.AutoRound} {
				replayer.RegisterWorkflow(process)
			}
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}

// TestATimedRoundCostsFiveActions holds the design to its figure: a start, a timer and three
// activities, however many people play.
func TestATimedRoundCostsFiveActions(t *testing.T) {
	events := readHistory(t, "testdata/round_timed.json")
	require.Equal(t, 5, actions(events))
	require.LessOrEqual(t, len(events), 34)
}

// actions counts what Temporal Cloud bills; an activity is billed for every attempt.
func actions(events []*history.HistoryEvent) (n int) {
	for _, e := range events {
		switch e.GetEventType() { //nolint:exhaustive // only what is billed
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enums.EVENT_TYPE_MARKER_RECORDED:
			n++
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			n += int(e.GetActivityTaskStartedEventAttributes().GetAttempt())
		}
	}
	return n
}

func readHistory(t *testing.T, file string) []*history.HistoryEvent {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	h, err := client.HistoryFromJSON(bytes.NewReader(data), client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h.GetEvents()
}

// rehearsal plays the activities of a round for a recording.
type rehearsal struct {
	closed  models.RoundStatus
	drawn   bool // the round was drawn when it opened
	fails   bool // the draw can't come about
	live    bool // it has a run, which is over at the second look
	looks   int
	started time.Time
}

func (r *rehearsal) CloseRound(context.Context, activities.Closing) (activities.RoundStage, error) {
	return activities.RoundStage{Status: r.closed}, nil
}

func (r *rehearsal) DrawRound(context.Context, activities.RoundRef) (activities.RoundStage, error) {
	if r.fails {
		return activities.RoundStage{}, refusal(activities.TypePanic)
	}
	return activities.RoundStage{Status: models.RoundDrawn, Live: r.live}, nil
}

func (r *rehearsal) EndRun(context.Context, activities.RoundRef) error {
	if r.looks++; r.looks == 1 {
		return temporal.NewApplicationErrorWithOptions("still running", "games.run_running", temporal.ApplicationErrorOptions{NextRetryDelay: time.Second})
	}
	return nil
}

func (r *rehearsal) SettleRound(context.Context, activities.RoundRef) (activities.RoundStage, error) {
	return activities.RoundStage{Status: models.RoundSettled}, nil
}

func (r *rehearsal) VoidRound(context.Context, activities.Voiding) (activities.RoundStage, error) {
	if r.drawn {
		return activities.RoundStage{}, refusal(activities.TypeAlreadyDrawn)
	}
	return activities.RoundStage{Status: models.RoundVoided}, nil
}

func (r *rehearsal) ExtendRound(context.Context, activities.Extension) (time.Time, error) {
	return r.started.Add(3 * time.Second), nil
}

// recording is a history to keep: what is played and what is sent while the window is open.
type recording struct {
	rehearsal rehearsal
	send      func(ctx context.Context, c client.Client, round string) error
}

func recordings() map[string]recording {
	closed := rehearsal{closed: models.RoundClosed}
	cancel := func(ctx context.Context, c client.Client, round string) error {
		return workflows.CancelRound(ctx, c, round, workflows.Cancel{Reason: "a mistake", Operator: "op_1"})
	}
	return map[string]recording{
		"timed":     {rehearsal: closed},
		"unfilled":  {rehearsal: rehearsal{closed: models.RoundVoided}},
		"live":      {rehearsal: rehearsal{closed: models.RoundClosed, live: true}},
		"failed":    {rehearsal: rehearsal{closed: models.RoundClosed, fails: true}},
		"full":      {rehearsal: closed, send: workflows.CloseRoundEarly},
		"cancelled": {rehearsal: closed, send: cancel},
		"too_late":  {rehearsal: rehearsal{closed: models.RoundClosed, drawn: true}, send: cancel},
		"run_cancelled": {rehearsal: closed, send: func(ctx context.Context, c client.Client, round string) error {
			return c.CancelWorkflow(ctx, workflows.RoundID(round), "")
		}},
		"extended": {rehearsal: closed, send: func(ctx context.Context, c client.Client, round string) error {
			return workflows.ExtendRound(ctx, c, round, workflows.Extend{Until: time.Unix(1<<32, 0), Operator: "op_1"})
		}},
	}
}

func recordHistories(t *testing.T) {
	t.Helper()
	c, _ := temporaltest.Client(t)
	for name, r := range recordings() {
		if !strings.HasPrefix("round_"+name, *record) {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		h := r.play(ctx, t, c, "r_"+name)
		cancel()
		write(t, "round_"+name, h)
	}
	recordMoney(t, c)
	if strings.HasPrefix(recordedAuto, *record) {
		recordAuto(t, c)
	}
}

func write(t *testing.T, name string, h *history.History) {
	t.Helper()
	data, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(h)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("testdata/"+name+".json", append(data, '\n'), 0o644))
}

func (r recording) play(ctx context.Context, t *testing.T, c client.Client, round string) *history.History {
	t.Helper()
	w := worker.New(c, workflows.QueueRounds, worker.Options{Identity: "test", DisableRegistrationAliasing: true})
	w.RegisterWorkflow(workflows.Round)
	r.rehearsal.started = time.Now()
	w.RegisterActivity(&r.rehearsal)
	require.NoError(t, w.Start())
	defer w.Stop()
	require.NoError(t, workflows.StartRound(ctx, c, workflows.RoundInput{
		Tenant: 7, Round: round, Group: "g_one", Game: "dice", ClosesAt: r.rehearsal.started.Add(2 * time.Second),
	}))
	if r.send != nil {
		require.Eventually(t, func() bool { // the window is open
			state, err := workflows.QueryRound(ctx, c, round)
			return err == nil && state.Stage == workflows.StageOpen
		}, 30*time.Second, 20*time.Millisecond)
		require.NoError(t, r.send(ctx, c, round))
	}
	require.NoError(t, c.GetWorkflow(ctx, workflows.RoundID(round), "").Get(ctx, nil))
	return recorded(ctx, t, c, workflows.RoundID(round))
}

// recorded is the history of a workflow so far, without the machine's name.
func recorded(ctx context.Context, t *testing.T, c client.Client, id string) *history.History {
	t.Helper()
	h := &history.History{}
	events := c.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(t, err)
		if q := e.GetWorkflowTaskScheduledEventAttributes().GetTaskQueue(); q.GetKind() == enums.TASK_QUEUE_KIND_STICKY {
			q.Name = "sticky" // it would name the machine
		}
		h.Events = append(h.Events, e)
	}
	return h
}
