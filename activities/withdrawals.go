package activities

import (
	"context"
	"regexp"
	"time"

	"go.temporal.io/sdk/activity"

	"fairground/cashier"
	"fairground/models"
)

// defaultPatience is how long a payout is asked about before a person is.
const defaultPatience = 15 * time.Minute

// Withdrawals are the activities of the workflow Withdrawal. All are idempotent. A withdrawal that
// does not exist ends each of them with TypeWithdrawalNotFound; what else fails is tried for ever,
// because there is no other way out for the money.
type Withdrawals struct {
	Cashier *cashier.Cashier
	// Patience is how long a payout that nobody can tell the end of is polled before a person is asked [15 min].
	Patience time.Duration
}

// WithdrawalRef names a withdrawal.
type WithdrawalRef struct {
	Tenant     int64  `json:"tenant"`
	Withdrawal string `json:"withdrawal"`
}

// Recording asks to apply a written decision.
type Recording struct {
	WithdrawalRef
	Decision string `json:"decision"`
}

// Overdue says that the time of a review is over, unless the withdrawal has moved on from Version.
type Overdue struct {
	WithdrawalRef
	Version int `json:"version"`
}

// Submission asks for a payout. Wait tries again until payouts are possible, instead of saying so.
type Submission struct {
	WithdrawalRef
	Wait bool `json:"wait,omitempty"`
}

// Polling asks what became of a payout, now and then, until the gateway knows or, unless Slow,
// until patience ends.
type Polling struct {
	WithdrawalRef
	Since time.Time `json:"since"` // UTC
	Slow  bool      `json:"slow,omitempty"`
}

// Asking puts a payout before a person.
type Asking struct {
	WithdrawalRef
	Why string `json:"why"`
}

// WithdrawalStage is where a withdrawal stands after a step. Times are UTC, zero outside reviews.
type WithdrawalStage struct {
	Status     models.WithdrawalStatus `json:"status"`
	Version    int                     `json:"version"`
	Cycle      int                     `json:"cycle"`
	InitialBy  string                  `json:"initial_by,omitempty"` // public id of the first reviewer
	EscalateAt time.Time               `json:"escalate_at,omitzero"`
	ExpireAt   time.Time               `json:"expire_at,omitzero"`
	Payout     string                  `json:"payout,omitempty"`  // the gateway's latest word
	Reason     string                  `json:"reason,omitempty"`  // a code, never anybody's words
	Waiting    string                  `json:"waiting,omitempty"` // the code of what holds up a payout
	Pending    []PendingDecision       `json:"pending,omitempty"` // decisions that are written and not yet applied
}

// PendingDecision names a decision.
type PendingDecision struct {
	Decision string `json:"decision"`
	Stage    string `json:"stage"`
	Operator string `json:"operator"`
}

// BeginWithdrawal sends a request to its first review or past all of them, and says which decisions
// wait, for a run that takes over from another.
func (a *Withdrawals) BeginWithdrawal(ctx context.Context, in WithdrawalRef) (WithdrawalStage, error) {
	got, err := a.Cashier.Begin(ctx, in.Tenant, in.Withdrawal)
	if err != nil {
		return WithdrawalStage{}, only(err, TypeWithdrawalNotFound)
	}
	return a.withPending(ctx, in, got)
}

// RecordDecision applies a written decision. TypeDecisionUnknown and TypeWrongStage are final.
func (a *Withdrawals) RecordDecision(ctx context.Context, in Recording) (WithdrawalStage, error) {
	got, err := a.Cashier.Apply(ctx, in.Tenant, in.Withdrawal, in.Decision)
	return withdrawalStage(got), only(err, TypeDecisionUnknown, TypeWrongStage, TypeWithdrawalNotFound)
}

// ReadWithdrawal says where a withdrawal stands.
func (a *Withdrawals) ReadWithdrawal(ctx context.Context, in WithdrawalRef) (WithdrawalStage, error) {
	got, err := a.Cashier.WithdrawalState(ctx, in.Tenant, in.Withdrawal)
	return withdrawalStage(got), only(err, TypeWithdrawalNotFound)
}

// EscalateWithdrawal marks a review as overdue.
func (a *Withdrawals) EscalateWithdrawal(ctx context.Context, in Overdue) (WithdrawalStage, error) {
	got, err := a.Cashier.Escalate(ctx, in.Tenant, in.Withdrawal, in.Version)
	return withdrawalStage(got), only(err, TypeWithdrawalNotFound)
}

// ExpireWithdrawal gives the money back, unless a decision came in time: then it is among Pending.
func (a *Withdrawals) ExpireWithdrawal(ctx context.Context, in Overdue) (WithdrawalStage, error) {
	got, err := a.Cashier.Expire(ctx, in.Tenant, in.Withdrawal, in.Version)
	if err != nil || !got.Pending {
		return withdrawalStage(got), only(err, TypeWithdrawalNotFound)
	}
	return a.withPending(ctx, in.WithdrawalRef, got)
}

// SubmitPayout has the gateway pay, once for a withdrawal however often it is tried. What holds up
// payouts comes back as Waiting, or with Wait is waited for.
func (a *Withdrawals) SubmitPayout(ctx context.Context, in Submission) (WithdrawalStage, error) {
	defer beat(ctx)()
	got, err := a.Cashier.SubmitPayout(ctx, in.Tenant, in.Withdrawal)
	code := models.CodeOf(err)
	switch {
	case code != TypePayoutsStopped && code != TypeGatewayOff:
		return withdrawalStage(got), only(err, TypeWithdrawalNotFound)
	case in.Wait:
		return WithdrawalStage{}, later(err, code, stoppedWait)
	}
	stands, err := a.ReadWithdrawal(ctx, in.WithdrawalRef)
	stands.Waiting = code
	return stands, err
}

// ReconcilePayout asks what became of a payout that was begun. While nobody can tell it fails with a
// wait that grows, so that asking costs no history.
func (a *Withdrawals) ReconcilePayout(ctx context.Context, in Polling) (WithdrawalStage, error) {
	defer beat(ctx)()
	got, err := a.Cashier.ReconcilePayout(ctx, in.Tenant, in.Withdrawal)
	if err != nil {
		return WithdrawalStage{}, only(err, TypeWithdrawalNotFound)
	}
	patience := a.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	info := activity.GetInfo(ctx)
	waits := got.Status == models.WithdrawalPaying || got.Status == models.WithdrawalUnknown
	if !waits || !in.Slow && info.StartedTime.Sub(in.Since) >= patience {
		return withdrawalStage(got), nil
	}
	return WithdrawalStage{}, later(errUndecided, TypeUndecided, pollWait(info.Attempt, in.Slow))
}

// AskPerson tells the reviewers that a payout needs one of them.
func (a *Withdrawals) AskPerson(ctx context.Context, in Asking) (WithdrawalStage, error) {
	got, err := a.Cashier.NeedPerson(ctx, in.Tenant, in.Withdrawal, in.Why)
	return withdrawalStage(got), only(err, TypeWithdrawalNotFound)
}

func (a *Withdrawals) withPending(ctx context.Context, in WithdrawalRef, state cashier.State) (WithdrawalStage, error) {
	out := withdrawalStage(state)
	rows, err := a.Cashier.PendingDecisions(ctx, in.Tenant, in.Withdrawal)
	if err != nil {
		return WithdrawalStage{}, only(err, TypeWithdrawalNotFound)
	}
	for _, row := range rows {
		out.Pending = append(out.Pending, PendingDecision{Decision: row.ID, Stage: row.Stage, Operator: row.Operator})
	}
	return out, nil
}

// codeLike tells a code from words: what people and gateways write stays out of histories.
var codeLike = regexp.MustCompile(`^[A-Za-z0-9_.]{1,64}$`)

func withdrawalStage(s cashier.State) WithdrawalStage {
	out := WithdrawalStage{
		Status: s.Status, Version: s.Version, Cycle: s.Cycle, InitialBy: s.InitialBy,
		EscalateAt: s.EscalateAt, ExpireAt: s.ExpireAt, Payout: string(s.Payout),
	}
	if codeLike.MatchString(s.Reason) {
		out.Reason = s.Reason
	}
	return out
}

// pollWait doubles from two seconds to a minute, or from ten minutes to an hour.
func pollWait(attempt int32, slow bool) time.Duration {
	first, longest := 2*time.Second, time.Minute
	if slow {
		first, longest = 10*time.Minute, time.Hour
	}
	return min(longest, first<<min(max(attempt, 1)-1, 10))
}
