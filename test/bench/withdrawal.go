package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"fairground/cashier"
	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
	"fairground/internal/secret"
	"fairground/internal/temporal"
	"fairground/models"
	"fairground/operators"
	"fairground/test/fixture"
	"fairground/worker"
	"fairground/workflows"
)

const (
	tellers          = 50 // players of the withdrawals' world
	withdrawalsCycle = 100
	sandboxSecret    = "a sandbox secret of the benchmark"
	look             = 10 * time.Millisecond
)

// office is a world whose withdrawals run through Temporal: a worker and the sandbox gateway are in this process.
type office struct {
	till          *fixture.Till
	temporal      client.Client
	first, second operators.Authority
	last          atomic.Pointer[string] // the id of a withdrawal that was paid
}

// measureWithdrawals takes withdrawals through all phases: request, two reviews (the first told by update, the second by
// signal) and payout. It runs before the other worlds exist, because its worker serves every tenant.
func measureWithdrawals(ctx context.Context, env *environment, opts options, rep *report, say func(string, ...any)) error {
	if !opts.wants("withdrawal.full") && !opts.wants("withdrawal.actions") && !opts.wants("withdrawal.events") {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	gatewayURL, err := sandbox(ctx, group)
	if err != nil {
		return err
	}
	o, err := openOffice(ctx, env, group, gatewayURL)
	if err != nil {
		return err
	}
	defer o.temporal.Close()
	var rates []float64
	for cycle := range opts.cycles {
		rate, err := o.withdraw(ctx, withdrawalsCycle)
		if err != nil {
			return fmt.Errorf("withdrawal.full: %w", err)
		}
		rates = append(rates, rate)
		say("cycle %d  withdrawal.full %5.1f withdrawals/s", cycle+1, rate)
	}
	events, actions, err := fixture.Cost(o.temporal.GetWorkflowHistory(ctx, workflows.WithdrawalID(*o.last.Load()), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT))
	if err != nil {
		return err
	}
	rep.Rows = append(rep.Rows,
		row{Name: "withdrawal.full", Value: median(rates), Unit: "withdrawals/s", Note: "request, two reviews (update, then signal) and payout; 16 at once, Temporal dev server, worker and sandbox gateway in one process"},
		row{Name: "withdrawal.actions", Value: float64(actions), Unit: "billed actions", Goal: "<= 15", Note: "of one withdrawal with two reviews"},
		row{Name: "withdrawal.events", Value: float64(events), Unit: "events", Goal: "<= 60", Note: "of the same history"})
	report, err := o.till.Audit(ctx, o.till.World.Tenant)
	if err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("the cashier's audit after the benchmark found: %+v", report)
	}
	cancel()
	return ended(group.Wait())
}

// ended forgives that everything was stopped on purpose.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// sandbox runs the sandbox gateway until ctx ends and returns where it speaks the generic protocol.
func sandbox(ctx context.Context, group *errgroup.Group) (string, error) {
	sim, err := gatewaysim.New(gatewaysim.Config{Secret: sandboxSecret})
	if err != nil {
		return "", err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 5 * time.Second}
	group.Go(func() error { return server.Serve(listener) })
	group.Go(func() error { <-ctx.Done(); return errors.Join(server.Close(), sim.Close()) })
	return "http://" + listener.Addr().String() + "/v1", nil
}

func openOffice(ctx context.Context, env *environment, group *errgroup.Group, gatewayURL string) (*office, error) {
	address := os.Getenv("TEMPORAL_ADDRESS")
	if address == "" {
		return nil, errors.New("TEMPORAL_ADDRESS is not set: run `go tool task bench`")
	}
	w, err := fixture.Build(ctx, env.db, env.owner, fixture.Options{Players: tellers, Points: -1})
	if err != nil {
		return nil, err
	}
	o := &office{}
	if o.till, err = w.OpenTill(ctx, gatewayURL, sandboxSecret, tillFunds); err != nil {
		return nil, err
	}
	if o.first, err = o.till.Hire(ctx, models.RoleReviewer); err != nil {
		return nil, err
	}
	if o.second, err = o.till.Hire(ctx, models.RoleSeniorReviewer); err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	if o.temporal, err = temporal.NewClient(temporal.Config{Address: address, Logger: quiet}); err != nil {
		return nil, err
	}
	ready := make(chan bool, 1)
	group.Go(func() error {
		return worker.Run(ctx, worker.Deps{
			Temporal: o.temporal, Engine: w.Engine, DB: env.db, Cashier: o.till.Cashier, Logger: quiet, Clock: clock.System(),
			Ready: func(now bool) {
				select {
				case ready <- now:
				default: // nobody waits any more
				}
			},
		})
	})
	select {
	case <-ready:
		return o, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// withdraw takes n withdrawals through all phases and returns how many a second were paid.
func (o *office) withdraw(ctx context.Context, n int) (float64, error) {
	proofs, err := o.till.Proofs(ctx, "withdraw", 1+n/tellers)
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	start := time.Now()
	_, err = load(ctx, clients, time.Hour, func(ctx context.Context, _, _ int) (bool, error) {
		i := int(next.Add(1)) - 1
		if i >= n {
			return false, errDone
		}
		return true, o.one(ctx, proofs[i])
	})
	if !isDone(err) {
		return 0, err
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// one withdrawal from the request to the payout.
func (o *office) one(ctx context.Context, p fixture.Proof) error {
	w, err := o.till.RequestWithdrawal(ctx, o.till.Ask(p, 100))
	if err != nil {
		return err
	}
	if err := workflows.StartWithdrawal(ctx, o.temporal, workflows.WithdrawalInput{
		Tenant: w.Tenant, Withdrawal: w.ID, Group: w.GroupID, Player: w.PlayerID, Asset: w.Asset, Amount: w.Amount,
	}); err != nil {
		return err
	}
	m, err := o.approve(ctx, o.first, w, models.WithdrawalInitialReview)
	if err != nil {
		return err
	}
	if _, err := workflows.DecideWithdrawal(ctx, o.temporal, m); err != nil && !taken(err) {
		return err
	}
	if m, err = o.approve(ctx, o.second, w, models.WithdrawalSecondaryReview); err != nil {
		return err
	}
	if err := workflows.ReviewWithdrawal(ctx, o.temporal, m); err != nil {
		return err
	}
	var result workflows.WithdrawalResult
	if err := o.temporal.GetWorkflow(ctx, workflows.WithdrawalID(w.ID), "").Get(ctx, &result); err != nil {
		return fmt.Errorf("wait for the end: %w", err)
	}
	if result.Status != models.WithdrawalPaid {
		return fmt.Errorf("a withdrawal ended as %s", result.Status)
	}
	o.last.Store(&w.ID)
	return nil
}

// taken says that the relay was faster, as it is when an update takes seconds.
func taken(err error) bool {
	refused, ok := errors.AsType[*workflows.RefusedError](err)
	return ok && refused.Code == workflows.TypeDuplicateDecision
}

// approve writes an approval as soon as the withdrawal is at the stage, and returns the message that tells of it.
func (o *office) approve(ctx context.Context, a operators.Authority, w cashier.Withdrawal, stage models.WithdrawalStatus) (workflows.DecideMessage, error) {
	state, err := o.till.WithdrawalState(ctx, w.Tenant, w.ID)
	for err == nil && state.Status != stage {
		if err = clock.Sleep(ctx, clock.System(), look); err == nil {
			state, err = o.till.WithdrawalState(ctx, w.Tenant, w.ID)
		}
	}
	if err != nil {
		return workflows.DecideMessage{}, err
	}
	d, err := o.till.Decide(ctx, a, cashier.Decision{Withdrawal: w.ID, Version: state.Version, Verdict: cashier.VerdictApprove, Key: secret.ID("k")})
	if err != nil {
		return workflows.DecideMessage{}, err
	}
	return workflows.DecideMessage{Withdrawal: w.ID, Decision: d.ID, Stage: d.Stage, Operator: d.Operator}, nil
}
