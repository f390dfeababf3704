package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"fairground/activities"
)

// depositPatience is how long a payment is asked about. Word of the gateway after that starts a new run.
const depositPatience = 14 * 24 * time.Hour

// Deposit waits until a payment is confirmed and credits it. Crediting happens once in the database,
// so runs may be repeated; what can't be credited is put into quarantine there. A cancelled run stops
// waiting and leaves the payment to the next word of the gateway.
func Deposit(ctx workflow.Context, in DepositInput) (DepositResult, error) {
	d := &deposit{
		ref:     activities.DepositRef{Tenant: in.Tenant, Account: in.Account, Tx: in.Tx},
		until:   workflow.Now(ctx).Add(depositPatience),
		noticed: workflow.GetSignalChannel(ctx, SignalNoticed),
	}
	got, err := d.confirm(ctx)
	if err == nil && got.Confirmed {
		steady, _ := workflow.NewDisconnectedContext(ctx)
		got, err = d.credit(steady)
	}
	if err != nil {
		return DepositResult{}, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("The payment is **%s**. Deposit: `%s`.", got.Status, got.Deposit))
	return DepositResult{Status: got.Status}, nil
}

// deposit is the state of one run.
type deposit struct {
	step    *activities.Deposits // names the activities; it is nil and never called
	ref     activities.DepositRef
	until   time.Time
	noticed workflow.ReceiveChannel
}

// confirm asks the gateway until it knows; word of the gateway ends the wait between two questions.
func (d *deposit) confirm(ctx workflow.Context) (activities.DepositStage, error) {
	workflow.SetCurrentDetails(ctx, "Waits for confirmations until "+stamp(d.until)+".")
	for {
		d.drain()
		got, again, err := d.ask(ctx)
		if err != nil || got.Confirmed || !again && d.noticed.Len() == 0 {
			return got, err
		}
	}
}

// ask asks once, in its own time. again says that the gateway sent word meanwhile.
func (d *deposit) ask(ctx workflow.Context) (got activities.DepositStage, again bool, err error) {
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()
	answer := workflow.ExecuteActivity(payment(ctx, "Wait for confirmations"), d.step.AwaitConfirmations,
		activities.Confirming{DepositRef: d.ref, Until: d.until})
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(answer, func(f workflow.Future) { err = f.Get(ctx, &got) })
	selector.AddReceive(d.noticed, func(workflow.ReceiveChannel, bool) { again = true })
	selector.Select(ctx)
	return got, again, err
}

// credit posts the money.
func (d *deposit) credit(ctx workflow.Context) (activities.DepositStage, error) {
	var got activities.DepositStage
	err := workflow.ExecuteActivity(database(ctx, "Credit the payment"), d.step.CreditDeposit, d.ref).Get(ctx, &got)
	return got, err
}

// drain forgets word that came before the question that is about to be asked.
func (d *deposit) drain() {
	for d.noticed.ReceiveAsync(nil) {
		continue
	}
}
