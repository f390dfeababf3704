package ledger_test

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/ledger"
	"fairground/models"
)

// model is the ledger as a few maps: what the database must agree with after every step.
type model struct {
	w        *world
	balances map[ledger.AccountRef]int64
	posted   []modelTransfer
	holds    map[string]*modelHold
	next     int
}

type modelTransfer struct {
	id       int64
	moves    []ledger.Move
	reversed bool
	fixed    bool // a hold's or a resolution's: not reversible
}

type modelHold struct {
	player int
	amount int64
	end    string
}

func (m *model) key() string {
	m.next++
	return "k" + strconv.Itoa(m.next)
}

// apply moves money in the model, or says which code the ledger must give.
func (m *model) apply(moves []ledger.Move) string {
	next := maps.Clone(m.balances)
	for _, mv := range moves {
		next[mv.From] -= mv.Amount
		next[mv.To] += mv.Amount
	}
	for ref, amount := range next {
		strict := ref.Purpose == ledger.PurposePlayer || ref.Purpose == ledger.PurposePool || ref.Purpose == ledger.PurposeWithheld
		if strict && amount < 0 {
			return ledger.ErrInsufficientFunds.Code
		}
	}
	m.balances = next
	return ""
}

func code(t *rapid.T, err error) string {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*models.Error](err)
	if !ok {
		t.Fatalf("not a refusal: %v", err)
	}
	return e.Code
}

// account draws an account; the house of points only takes: what it pays is issued by grants and rounds.
func (m *model) account(t *rapid.T, label string) ledger.AccountRef {
	refs := []ledger.AccountRef{ledger.Pool("a"), ledger.Pool("b"), ledger.Clearing("bank")}
	if label == "to" {
		refs = append(refs, ledger.House())
	}
	for i := range m.w.players {
		refs = append(refs, m.w.player(i))
	}
	return rapid.SampledFrom(refs).Draw(t, label)
}

func (m *model) grant(t *rapid.T) {
	i, amount := rapid.IntRange(0, len(m.w.players)-1).Draw(t, "player"), rapid.Int64Range(1, 500).Draw(t, "amount")
	r, err := m.w.Grant(t.Context(), ledger.GrantRequest{Tenant: m.w.tenant, Group: m.w.group, Player: m.w.players[i], Amount: amount, Key: m.key(), Kind: "grant"})
	require.NoError(t, err)
	moves := []ledger.Move{{From: ledger.Issuer(), To: m.w.player(i), Amount: amount}}
	m.apply(moves)
	require.Equal(t, m.balances[m.w.player(i)], r.Balance)
	m.posted = append(m.posted, modelTransfer{id: r.Transfer, moves: moves})
}

func (m *model) post(t *rapid.T) {
	p := ledger.Posting{Tenant: m.w.tenant, Group: m.w.group, Asset: ledger.Points, Scope: "model", Key: m.key(), Kind: "transfer"}
	for range rapid.IntRange(1, 4).Draw(t, "moves") {
		mv := ledger.Move{From: m.account(t, "from"), To: m.account(t, "to"), Amount: rapid.Int64Range(1, 200).Draw(t, "amount")}
		if mv.From != mv.To {
			p.Moves = append(p.Moves, mv)
		}
	}
	if len(p.Moves) == 0 {
		t.Skip("only moves to itself")
	}
	r, err := m.w.Post(t.Context(), p)
	want := m.apply(p.Moves)
	require.Equal(t, want, code(t, err))
	if err == nil {
		m.posted = append(m.posted, modelTransfer{id: r.Transfer, moves: p.Moves})
	}
	again, err := m.w.Post(t.Context(), p)
	require.Equal(t, want, code(t, err), "a repeat answers the same")
	require.Equal(t, r.Transfer, again.Transfer)
	p.Moves[0].Amount++
	_, err = m.w.Post(t.Context(), p)
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	p.Moves[0].Amount--
}

func (m *model) hold(t *rapid.T) {
	i, amount := rapid.IntRange(0, len(m.w.players)-1).Draw(t, "player"), rapid.Int64Range(1, 300).Draw(t, "amount")
	h := ledger.HoldRequest{Tenant: m.w.tenant, Group: m.w.group, Player: m.w.players[i], Asset: ledger.Points, ID: m.key(), Amount: amount}
	r, err := m.w.Hold(t.Context(), h)
	require.Equal(t, m.apply([]ledger.Move{{From: m.w.player(i), To: m.w.withheld(i), Amount: amount}}), code(t, err))
	if err == nil {
		m.holds[h.ID] = &modelHold{player: i, amount: amount}
		m.posted = append(m.posted, modelTransfer{id: r.Transfer, fixed: true})
	}
}

func (m *model) resolve(t *rapid.T) {
	if len(m.holds) == 0 {
		t.Skip("no hold")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.holds))).Draw(t, "hold")
	h, end := m.holds[id], rapid.SampledFrom([]string{"release", "capture"}).Draw(t, "end")
	to, act := m.w.player(h.player), func() (ledger.Receipt, error) { return m.w.Release(t.Context(), m.w.tenant, id) }
	if end == "capture" {
		to, act = ledger.Clearing("bank"), func() (ledger.Receipt, error) { return m.w.Capture(t.Context(), m.w.tenant, id, "bank") }
	}
	r, err := act()
	switch h.end {
	case "":
		require.NoError(t, err)
		require.Empty(t, m.apply([]ledger.Move{{From: m.w.withheld(h.player), To: to, Amount: h.amount}}))
		h.end = end
		m.posted = append(m.posted, modelTransfer{id: r.Transfer, fixed: true})
	case end:
		require.NoError(t, err)
		require.True(t, r.Replayed)
	default:
		require.ErrorIs(t, err, ledger.ErrHoldResolved)
	}
}

func (m *model) reverse(t *rapid.T) {
	if len(m.posted) == 0 {
		t.Skip("nothing posted")
	}
	i := rapid.IntRange(0, len(m.posted)-1).Draw(t, "transfer")
	tr := m.posted[i]
	r, err := m.w.Reverse(t.Context(), m.w.tenant, tr.id, m.key(), "model")
	switch {
	case tr.fixed:
		require.ErrorIs(t, err, ledger.ErrNotReversible)
		return
	case tr.reversed:
		require.ErrorIs(t, err, ledger.ErrAlreadyReversed)
		return
	}
	delta := map[ledger.AccountRef]int64{}
	for _, mv := range tr.moves {
		delta[mv.From] += mv.Amount
		delta[mv.To] -= mv.Amount
	}
	if m.poolIsShort(delta) {
		require.ErrorIs(t, err, ledger.ErrInsufficientFunds, "a pool owes nobody")
		return
	}
	require.NoError(t, err)
	var debt int64
	for ref, d := range delta {
		m.balances[ref] += d
		if ref.Purpose == ledger.PurposePlayer && m.balances[ref] < 0 {
			debt -= m.balances[ref]
			m.balances[ledger.AccountRef{Purpose: ledger.PurposeDebt, Owner: ref.Owner}] += m.balances[ref]
			m.balances[ref] = 0
		}
	}
	require.Equal(t, debt, r.Debt)
	m.posted[i].reversed = true
	m.posted = append(m.posted, modelTransfer{id: r.Transfer, fixed: true})
}

func (m *model) poolIsShort(delta map[ledger.AccountRef]int64) bool {
	for ref, d := range delta {
		if ref.Purpose == ledger.PurposePool && d < 0 && m.balances[ref]+d < 0 {
			return true
		}
	}
	return false
}

// check compares every account with the database.
func (m *model) check(t *rapid.T) {
	for ref, want := range m.balances {
		got, err := m.w.AccountBalance(t.Context(), m.w.tenant, m.w.group, ledger.Points, ref)
		require.NoError(t, err)
		require.Equal(t, want, got, "%v", ref)
	}
}

func TestLedgerAgreesWithAModel(t *testing.T) {
	t.Parallel()
	base := newWorld(t, 0)
	rapid.Check(t, func(rt *rapid.T) {
		// A tenant each, so that a run starts from nothing.
		m := &model{w: addTenant(t, base.db, 3), balances: map[ledger.AccountRef]int64{}, holds: map[string]*modelHold{}}
		rt.Repeat(map[string]func(*rapid.T){"grant": m.grant, "post": m.post, "hold": m.hold, "resolve": m.resolve, "reverse": m.reverse})
		m.check(rt)
		report, err := m.w.AuditTenant(t.Context(), m.w.tenant)
		require.NoError(rt, err)
		require.True(rt, report.OK(), "%+v", report)
	})
	base.clean(t)
}
