package worker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"fairground/internal/temporal"
	"fairground/internal/temporal/temporaltest"
	"fairground/models"
	"fairground/workflows"
)

// soon is long for a machine that is busy with other tests; the things waited for take a second.
const soon = 30 * time.Second

func TestARoundCostsTheSameForTwoAndForTwoThousandBets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 20)
	defer w.clean(t)
	few, many := w.open(t, 0, "dice", `{}`).ID, w.open(t, 1, "dice", `{}`).ID
	for _, round := range []string{few, many} {
		require.NoError(t, workflows.StartRound(t.Context(), w.temporal, w.due(t, round, time.Hour)))
	}
	w.bet(t, few, 2)
	w.bet(t, many, 2000)
	work(t, w.deps())
	for _, round := range []string{few, many} {
		w.waits(t, round) // so that both have a window, however late the worker was
		require.NoError(t, workflows.CloseRoundEarly(t.Context(), w.temporal, round))
	}
	w.ends(t, few, models.RoundSettled, soon)
	w.ends(t, many, models.RoundSettled, soon)

	events := map[string]int{}
	for _, round := range []string{few, many} {
		require.NoError(t, w.temporal.GetWorkflow(t.Context(), workflows.RoundID(round), "").Get(t.Context(), nil))
		history := w.temporal.GetWorkflowHistory(t.Context(), workflows.RoundID(round), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for ; history.HasNext(); events[round]++ {
			_, err := history.Next()
			require.NoError(t, err)
		}
	}
	require.Equal(t, events[few], events[many])
	require.LessOrEqual(t, events[many], 34)
	view, err := w.engine.Round(t.Context(), w.tenant, many)
	require.NoError(t, err)
	require.EqualValues(t, 2000, view.Bets)
}

func TestAnEventStartsTheRoundAndAFullOneClosesEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 3)
	defer w.clean(t)
	work(t, w.deps())
	packet := w.open(t, 0, "redpacket", `{"total": 100, "shares": 2}`)
	require.True(t, packet.ClosesAt.After(time.Now().Add(soon)), "it would end too late by itself")
	for _, player := range w.players[1:] {
		w.claim(t, packet.ID, player)
	}
	w.ends(t, packet.ID, models.RoundSettled, soon)
	state, err := workflows.QueryRound(t.Context(), w.temporal, packet.ID)
	require.NoError(t, err)
	require.Equal(t, "closed early: full", state.Note)
}

func TestARoundNobodyJoinedIsRefunded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 2)
	defer w.clean(t)
	round := w.open(t, 0, "duel", `{"stake": 50}`).ID
	require.NoError(t, workflows.StartRound(t.Context(), w.temporal, w.due(t, round, time.Second)))
	work(t, w.deps())
	w.ends(t, round, models.RoundVoided, soon)
}

func TestAnOperatorRefundsARound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 2)
	defer w.clean(t)
	work(t, w.deps())
	round := w.open(t, 0, "dice", `{}`).ID
	w.bet(t, round, 2)
	require.Eventually(t, func() bool {
		err := workflows.CancelRound(t.Context(), w.temporal, round, workflows.Cancel{Reason: "a mistake", Operator: "op_1"})
		return !errors.Is(err, workflows.ErrNotRunning) // the relay starts it any moment
	}, soon, 50*time.Millisecond)
	w.ends(t, round, models.RoundVoided, soon)
}

func TestTheSweepFindsARoundThatTemporalForgot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 2)
	defer w.clean(t)
	round := w.open(t, 0, "dice", `{}`).ID
	w.bet(t, round, 2)
	w.due(t, round, -time.Minute)
	w.forget(t)
	work(t, w.deps())
	w.ends(t, round, models.RoundSettled, soon)
}

func TestTheSweepResumesATerminatedRoundWhereItStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 2)
	defer w.clean(t)
	round := w.open(t, 0, "dice", `{}`).ID
	w.bet(t, round, 2)
	in := w.due(t, round, -time.Minute)
	_, err := w.engine.Close(t.Context(), w.tenant, round, false)
	require.NoError(t, err)
	_, err = w.engine.Draw(t.Context(), w.tenant, round)
	require.NoError(t, err)
	require.NoError(t, workflows.StartRound(t.Context(), w.temporal, in))
	require.NoError(t, w.temporal.TerminateWorkflow(t.Context(), workflows.RoundID(round), "", "by a test"))
	require.NoError(t, workflows.StartRound(t.Context(), w.temporal, in), "a round that had a workflow keeps it")
	work(t, w.deps())
	w.ends(t, round, models.RoundSettled, soon)
}

func TestTwoWorkersSettleEachRoundOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8, 4)
	defer w.clean(t)
	var rounds []string
	for i := range w.groups {
		rounds = append(rounds, w.open(t, i, "dice", `{}`).ID)
		w.bet(t, rounds[i], 8)
		require.NoError(t, workflows.StartRound(t.Context(), w.temporal, w.due(t, rounds[i], time.Second)))
	}
	stop := work(t, w.deps())
	work(t, w.deps())
	w.ends(t, rounds[0], models.RoundSettled, soon)
	stop() // the other one goes on alone
	for _, round := range rounds {
		w.ends(t, round, models.RoundSettled, soon)
	}
}

func TestAWorkerWaitsForTemporal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	defer w.clean(t)
	deps := w.deps()
	away, err := temporal.NewClient(temporal.Config{Address: "127.0.0.1:1", Logger: temporaltest.Logger()})
	require.NoError(t, err)
	t.Cleanup(away.Close)
	var ready atomic.Int64
	deps.Temporal = away
	deps.Ready = func(ok bool) {
		if ok {
			ready.Add(1)
		}
	}
	stop := work(t, deps)
	w.open(t, 0, "dice", `{}`)
	require.Never(t, func() bool { return ready.Load() > 0 }, 500*time.Millisecond, 50*time.Millisecond)
	stop()
	var parked int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE parked IS NOT NULL`).Scan(&parked))
	require.Zero(t, parked)
}
