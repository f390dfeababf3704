package cashier_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
	"fairground/operators"
)

// TestRandomActsNeverLoseMoney lets players, operators and workers do anything to anything, several at once, and then compares
// the money with what the withdrawals and the gateway say.
func TestRandomActsNeverLoseMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newChaos(t)
		for range rapid.IntRange(5, 12).Draw(rt, "rounds") {
			acts := rapid.SliceOfN(rapid.IntRange(0, 99), 1, 6).Draw(rt, "acts")
			seed := rapid.Uint64().Draw(rt, "seed")
			m.verifications = nil
			for i := range m.w.people {
				m.verifications = append(m.verifications, m.w.verify(t, i, "withdraw"))
			}
			var wg sync.WaitGroup
			for i, act := range acts {
				wg.Go(func() { m.act(t, act, rand.New(rand.NewPCG(seed, uint64(i)))) })
			}
			wg.Wait()
		}
		m.check(t)
	})
}

// chaos is a world in which anything may be tried.
type chaos struct {
	w             *world
	operators     []operators.Authority
	verifications []string
	mu            sync.Mutex
	ids           []string
}

const fundsEach = 100_00

func newChaos(t *testing.T) *chaos {
	t.Helper()
	m := &chaos{w: newWorld(t, 2)}
	for i := range m.w.people {
		m.w.fund(t, i, fundsEach)
	}
	m.w.setPolicy(t, func(p *cashier.Policy) { p.AutoBelow, p.SingleBelow = 5_00, 10_00 })
	for range 3 {
		m.operators = append(m.operators, m.w.operator(t, models.RoleOwner))
	}
	m.w.gateway.next = func(key string) (kept, seen gateway.PayoutResult, err error) {
		kept = gateway.PayoutResult{State: gateway.PayoutPaid, Ref: key}
		switch rand.IntN(5) {
		case 0: // it paid, and nobody heard
			return kept, gateway.PayoutResult{}, gateway.ErrUnknown
		case 1: // it never arrived
			return gateway.PayoutResult{}, gateway.PayoutResult{}, gateway.ErrUnknown
		case 2:
			kept.State = gateway.PayoutFailed
		case 3:
			kept.State = gateway.PayoutAccepted
		}
		return kept, kept, nil
	}
	return m
}

func (m *chaos) act(t *testing.T, act int, r *rand.Rand) {
	t.Helper()
	m.mu.Lock()
	id := ""
	if len(m.ids) > 0 {
		id = m.ids[r.IntN(len(m.ids))]
	}
	m.mu.Unlock()
	var err error
	if id == "" || act < 25 {
		err = m.request(t.Context(), r)
	} else {
		err = m.touch(t.Context(), act, id, r)
	}
	if err != nil && models.CodeOf(err) == "" {
		t.Errorf("act %d: %v", act, err)
	}
}

func (m *chaos) request(ctx context.Context, r *rand.Rand) error {
	i := r.IntN(len(m.w.people))
	wd, err := m.w.RequestWithdrawal(ctx, cashier.WithdrawalRequest{
		Tenant: m.w.tenant, Group: m.w.group, Player: m.w.people[i], Asset: asset, Amount: 1 + r.Int64N(40_00), Address: m.w.addresses[i],
		Verification: m.verifications[i], Key: m.verifications[i],
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.ids, wd.ID) { // two acts may draw the same amount: a twin gets the first one's withdrawal
		m.ids = append(m.ids, wd.ID)
	}
	return nil
}

func (m *chaos) touch(ctx context.Context, act int, id string, r *rand.Rand) error {
	w := m.w
	wd, err := w.Withdrawal(ctx, w.tenant, id)
	if err != nil {
		return err
	}
	switch {
	case act < 35:
		_, err = w.Begin(ctx, w.tenant, id)
	case act < 65:
		verdicts := []cashier.Verdict{
			cashier.VerdictApprove, cashier.VerdictApprove, cashier.VerdictApprove, cashier.VerdictReject, cashier.VerdictSendBack,
			cashier.VerdictRetry,
		}
		var row cashier.DecisionRow
		row, err = w.Decide(ctx, m.operators[r.IntN(len(m.operators))], saying(wd, verdicts[r.IntN(len(verdicts))]))
		if err == nil && r.IntN(4) > 0 {
			_, err = w.Apply(ctx, w.tenant, id, row.ID)
		}
	case act < 72:
		var rows []cashier.DecisionRow
		rows, err = w.PendingDecisions(ctx, w.tenant, id)
		if err == nil && len(rows) > 0 {
			_, err = w.Apply(ctx, w.tenant, id, rows[0].ID)
		}
	case act < 75:
		_, err = w.CancelWithdrawal(ctx, w.tenant, wd.Player, id)
	case act < 77:
		_, err = w.Expire(ctx, w.tenant, id, wd.Version)
	case act < 79:
		_, err = w.Escalate(ctx, w.tenant, id, wd.Version)
	case act < 94:
		_, err = w.SubmitPayout(ctx, w.tenant, id)
	default:
		_, err = w.ReconcilePayout(ctx, w.tenant, id)
	}
	return err
}

// check lets every accepted payout arrive, then compares.
func (m *chaos) check(t *testing.T) {
	t.Helper()
	w := m.w
	held, paid := map[int64]int64{}, map[int64]int64{}
	for _, id := range m.ids {
		w.gateway.arrive(id)
		_, err := w.ReconcilePayout(t.Context(), w.tenant, id)
		require.NoError(t, err)
		wd := w.get(t, id)
		switch {
		case wd.Status == models.WithdrawalPaid:
			paid[wd.Player] += wd.Amount
		case !wd.Status.Final():
			held[wd.Player] += wd.Amount
		}
	}
	var sum int64
	for i, player := range w.people {
		w.has(t, i, fundsEach-held[player]-paid[player], held[player])
		sum += paid[player]
	}
	require.Equal(t, w.gateway.paid(), sum, "paid at the gateway and in the ledger")
	w.clean(t)
}
