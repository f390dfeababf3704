package cashier_test

import (
	"context"
	"net/http"
	"sync"
	"time"

	"fairground/cashier/gateway"
)

// fakeGateway keeps payouts by key and fails on demand.
type fakeGateway struct {
	mu      sync.Mutex
	payouts map[string]gateway.PayoutResult
	sums    map[string]int64
	calls   int // of Payout
	// next decides the next new payout: what is kept and what the caller sees; nil pays at once.
	next func(key string) (kept, seen gateway.PayoutResult, err error)
}

func newFakeGateway() *fakeGateway {
	return &fakeGateway{payouts: map[string]gateway.PayoutResult{}, sums: map[string]int64{}}
}

func (g *fakeGateway) kind() gateway.Kind {
	return gateway.Kind{
		Title: "Fake", New: func(gateway.Settings) (gateway.Gateway, error) { return g, nil },
		Fields: func() []gateway.Field { return nil },
	}
}

// paid is the sum of what the gateway paid out.
func (g *fakeGateway) paid() (sum int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, p := range g.payouts {
		if p.State == gateway.PayoutPaid {
			sum += g.sums[key]
		}
	}
	return sum
}

func (g *fakeGateway) asked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

func (g *fakeGateway) Info() gateway.Info {
	return gateway.Info{Kind: "fake", Title: "Fake", Assets: []string{asset}, Payouts: true, Deposits: true, Statements: true}
}

func (g *fakeGateway) Payout(_ context.Context, r gateway.PayoutRequest) (gateway.PayoutResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if old, ok := g.payouts[r.Key]; ok {
		return old, nil
	}
	kept := gateway.PayoutResult{State: gateway.PayoutPaid, Ref: "ref-" + r.Key}
	seen, err := kept, error(nil)
	if g.next != nil {
		kept, seen, err = g.next(r.Key)
	}
	if kept.State != "" {
		g.payouts[r.Key], g.sums[r.Key] = kept, r.Amount
	}
	return seen, err
}

func (g *fakeGateway) PayoutStatus(_ context.Context, key string) (gateway.PayoutResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.payouts[key]; ok {
		return p, nil
	}
	return gateway.PayoutResult{}, gateway.ErrNotFound
}

func (g *fakeGateway) Statement(context.Context, time.Time, time.Time, string) (gateway.Statement, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var s gateway.Statement
	for key, p := range g.payouts {
		if p.State == gateway.PayoutPaid {
			s.Entries = append(s.Entries, gateway.Entry{Kind: gateway.EntryPayout, Key: key, Ref: p.Ref, Asset: asset, Amount: g.sums[key], Scale: 2, At: time.Now()})
		}
	}
	return s, nil
}

func (g *fakeGateway) CreateDeposit(context.Context, gateway.DepositRequest) (gateway.Instruction, error) {
	return gateway.Instruction{}, gateway.ErrUnsupported
}

func (g *fakeGateway) Deposit(context.Context, string) (gateway.Notice, error) {
	return gateway.Notice{}, gateway.ErrUnsupported
}

func (g *fakeGateway) Refund(context.Context, gateway.RefundRequest) error {
	return gateway.ErrUnsupported
}

func (g *fakeGateway) ParseWebhook(http.Header, []byte, time.Time) ([]gateway.Notice, error) {
	return nil, gateway.ErrUnsupported
}

// arrive pays what the gateway has accepted.
func (g *fakeGateway) arrive(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.payouts[key]; ok && p.State == gateway.PayoutAccepted {
		p.State = gateway.PayoutPaid
		g.payouts[key] = p
	}
}
