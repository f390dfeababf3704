package gatewaysim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/webhook"
	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
)

const (
	secret   = "a-secret-of-the-sandbox-0123456789"
	patience = 30 * time.Second
	waitStep = 20 * time.Millisecond
)

// stand is a sandbox behind an address, with a receiver of its callbacks.
type stand struct {
	t       *testing.T
	sim     *gatewaysim.Sim
	base    string
	gateway gateway.Gateway

	mu      sync.Mutex
	refuse  int // callbacks still to be answered with 500
	notices []gateway.Notice
}

func open(t *testing.T, state string, faults gatewaysim.Faults) *stand {
	t.Helper()
	s := &stand{t: t}
	receiver := httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(receiver.Close)
	sim, err := gatewaysim.New(gatewaysim.Config{StateFile: state, Secret: secret})
	require.NoError(t, err)
	front := httptest.NewServer(sim.Handler())
	t.Cleanup(front.Close)
	s.sim, s.base = sim, front.URL
	s.gateway, err = webhook.New(gateway.Settings{
		Values: map[string]string{"base_url": front.URL + "/v1", "secret": secret, "callback_url": receiver.URL}, Clock: clock.System(),
	})
	require.NoError(t, err)
	require.NoError(t, sim.SetFaults(faults))
	done := make(chan struct{})
	go func() {
		defer close(done)
		sim.Deliver(t.Context())
	}()
	t.Cleanup(func() {
		<-done
		require.NoError(t, sim.Close())
	})
	return s
}

func (s *stand) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse > 0 || err != nil {
		s.refuse--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	notices, err := s.gateway.ParseWebhook(r.Header, body, clock.System().Now())
	if err != nil {
		s.t.Errorf("a callback was not genuine: %v", err)
	}
	s.notices = append(s.notices, notices...)
}

func (s *stand) seen() []gateway.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]gateway.Notice(nil), s.notices...)
}

func (s *stand) payout(key string) (gateway.PayoutResult, error) {
	return s.gateway.Payout(s.t.Context(), gateway.PayoutRequest{Key: key, Asset: "sbx", Amount: 100, Scale: 2, Destination: "acct"})
}

// outcome asks until a key is no longer in doubt; never is a key that turned out unseen.
func (s *stand) outcome(key string) gateway.PayoutState {
	s.t.Helper()
	var state gateway.PayoutState
	require.Eventually(s.t, func() bool {
		result, err := s.gateway.PayoutStatus(s.t.Context(), key)
		if state = result.State; err != nil {
			require.ErrorIs(s.t, err, gateway.ErrNotFound)
			state = "never"
			return true
		}
		return state.Final()
	}, patience, 10*time.Millisecond)
	return state
}

func TestStorm(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state"), gatewaysim.Faults{
		TimeoutAfterSuccess: 20, Unknown: 30, Duplicate: 30, Reorder: 30, Seed: 7, ResolveMS: 200,
	})
	const many = 120
	doubts, outcomes := 0, map[gateway.PayoutState]int{}
	for i := range many {
		key := fmt.Sprintf("w_%d", i)
		result, err := s.payout(key)
		if err != nil {
			require.ErrorIs(t, err, gateway.ErrUnknown)
			doubts++
		} else {
			require.Equal(t, gateway.PayoutPaid, result.State)
		}
	}
	require.Greater(t, doubts, many/4)
	require.Less(t, doubts, many*3/4)
	paid := map[string]bool{}
	for i := range many {
		key := fmt.Sprintf("w_%d", i)
		state := s.outcome(key)
		outcomes[state]++
		paid[key] = state == gateway.PayoutPaid
	}
	require.Positive(t, outcomes[gateway.PayoutFailed], "some unknown ones failed")
	require.Positive(t, outcomes["never"], "some unknown ones never happened")
	page, err := s.gateway.Statement(t.Context(), time.Time{}, clock.System().Now().Add(time.Hour), "")
	require.NoError(t, err)
	next, err := s.gateway.Statement(t.Context(), time.Time{}, clock.System().Now().Add(time.Hour), page.Next)
	require.NoError(t, err)
	entries := page.Entries
	if page.Next != "" {
		entries = append(entries, next.Entries...)
	}
	require.Len(t, entries, outcomes[gateway.PayoutPaid])
	for _, e := range entries {
		require.True(t, paid[e.Key])
	}
	s.drained()
	requireFaultyCallbacks(t, s.seen())
}

// drained waits until every callback was taken.
func (s *stand) drained() {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		var events struct{ Waiting int }
		s.get("/sim/events", &events)
		return events.Waiting == 0
	}, patience, 20*time.Millisecond)
}

func (s *stand) get(path string, into any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+path, nil)
	require.NoError(s.t, err)
	s.do(request, http.StatusOK, into)
}

func (s *stand) post(path string, body any, status int, into any) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(s.t, err)
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, bytes.NewReader(raw))
	require.NoError(s.t, err)
	s.do(request, status, into)
}

func (s *stand) do(request *http.Request, status int, into any) {
	s.t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, response.Body.Close()) }()
	require.Equal(s.t, status, response.StatusCode)
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(into))
}

func requireFaultyCallbacks(t *testing.T, notices []gateway.Notice) {
	t.Helper()
	count, twice, first, swapped := map[string]int{}, 0, map[string]string{}, 0
	for _, n := range notices {
		if count[n.EventID]++; count[n.EventID] == 2 {
			twice++
		}
		if _, known := first[n.Key]; !known {
			first[n.Key] = n.State
		}
	}
	for key, state := range first {
		if state == "paid" && count["evt_"+refOf(notices, key)+":accepted"] > 0 {
			swapped++
		}
	}
	require.Positive(t, twice, "some came twice")
	require.Positive(t, swapped, "some came in the wrong order")
}

func refOf(notices []gateway.Notice, key string) string {
	for _, n := range notices {
		if n.Key == key {
			return n.Ref
		}
	}
	return ""
}

func TestRestartLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	faults := gatewaysim.Faults{Unknown: 100, Seed: 3, ResolveMS: 200}
	first, err := gatewaysim.New(gatewaysim.Config{StateFile: path, Secret: secret})
	require.NoError(t, err)
	require.NoError(t, first.SetFaults(faults))
	front := httptest.NewServer(first.Handler())
	g, err := webhook.New(gateway.Settings{Values: map[string]string{"base_url": front.URL + "/v1", "secret": secret}, Clock: clock.System()})
	require.NoError(t, err)
	for i := range 20 {
		_, err := g.Payout(t.Context(), gateway.PayoutRequest{Key: fmt.Sprintf("w_%d", i), Asset: "sbx", Amount: 5, Scale: 2, Destination: "acct"})
		require.ErrorIs(t, err, gateway.ErrUnknown)
	}
	before := first.Payouts()
	front.Close()
	// The process is killed: nothing is closed, and the line that it was writing is torn.
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.WriteString(`{"payouts":[{"key":"w_torn","amou`)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	for range 2 {
		s := open(t, path, faults)
		require.Len(t, s.sim.Payouts(), len(before))
		if s.sim.Payouts()[0].State != "unknown" {
			continue
		}
		require.Equal(t, before, s.sim.Payouts())
	}
	s := open(t, path, faults)
	kinds := map[gateway.PayoutState]bool{}
	for i := range 20 {
		kinds[s.outcome(fmt.Sprintf("w_%d", i))] = true
	}
	require.True(t, kinds[gateway.PayoutPaid])
}

func TestUnknownStaysUnknownThenSameKeyPaysOnce(t *testing.T) {
	t.Parallel()
	s := open(t, "", gatewaysim.Faults{Unknown: 100, Seed: 1, ResolveMS: 300})
	never := ""
	for i := 0; never == ""; i++ {
		key := fmt.Sprintf("w_%d", i)
		_, err := s.payout(key)
		require.ErrorIs(t, err, gateway.ErrUnknown)
		if s.outcome(key) == "never" {
			never = key
		}
	}
	result, err := s.payout(never)
	require.NoError(t, err, "the fault is for the first request of a key")
	require.Equal(t, gateway.PayoutPaid, result.State)
	require.NoError(t, s.sim.SetFaults(gatewaysim.Faults{Unknown: 100, ResolveMS: 3_600_000}))
	_, err = s.payout("w_held")
	require.ErrorIs(t, err, gateway.ErrUnknown)
	for range 3 {
		asked, err := s.gateway.PayoutStatus(t.Context(), "w_held")
		require.NoError(t, err)
		require.Equal(t, gateway.PayoutUnknown, asked.State)
		again, err := s.payout("w_held")
		require.NoError(t, err)
		require.Equal(t, gateway.PayoutUnknown, again.State)
	}
}

func TestCallbacksAreRepeatedUntilTaken(t *testing.T) {
	t.Parallel()
	s := open(t, "", gatewaysim.Faults{SettleMS: 50})
	s.mu.Lock()
	s.refuse = 3
	s.mu.Unlock()
	result, err := s.payout("w_1")
	require.NoError(t, err)
	require.Equal(t, gateway.PayoutAccepted, result.State)
	require.Equal(t, gateway.PayoutPaid, s.outcome("w_1"))
	s.drained()
	var states []string
	for _, n := range s.seen() {
		states = append(states, n.State)
	}
	require.Equal(t, []string{"accepted", "paid"}, states)
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := open(t, "", gatewaysim.Faults{ConfirmMS: 20})
	made, err := s.gateway.CreateDeposit(t.Context(), gateway.DepositRequest{
		Intent: "dep_1", Asset: "sbx", Amount: 1250, Scale: 2, Description: `<script>alert(1)</script>`,
	})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(made.URL, s.base+"/pay/"))
	for _, act := range []string{"pay", "less", "more", "asset", "fail"} {
		response, err := http.PostForm(made.URL, url.Values{"act": {act}})
		require.NoError(t, err)
		shown, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Contains(t, string(shown), "12.50 SBX")
		require.NotContains(t, string(shown), "<script>")
	}
	s.drained()
	require.Eventually(t, func() bool {
		got := map[string]bool{}
		for _, n := range s.seen() {
			got[fmt.Sprintf("%s %s %d", n.State, n.Asset, n.Amount)] = true
		}
		return got["confirmed sbx 1250"] && got["confirmed sbx 625"] && got["confirmed sbx 1876"] && got["confirmed oth 1250"] && got["failed sbx 1250"]
	}, patience, 20*time.Millisecond)
}

func TestSteering(t *testing.T) {
	t.Parallel()
	s := open(t, "", gatewaysim.Faults{})
	var said struct{ Error struct{ Code string } }
	s.post("/sim/faults", map[string]int{"unknown": 101}, http.StatusBadRequest, &said)
	require.Equal(t, "sim.invalid", said.Error.Code)
	s.post("/sim/faults", map[string]int{"unknown": 60, "timeout_after_success": 60}, http.StatusBadRequest, &said)
	s.post("/sim/pay", gatewaysim.PayInput{Ref: "inv_none"}, http.StatusNotFound, &said)
	require.Equal(t, "sim.not_found", said.Error.Code)
	s.post("/sim/hooks", gatewaysim.Hooks{V1: "file:///etc"}, http.StatusBadRequest, &said)
	var faults gatewaysim.Faults
	s.post("/sim/faults", gatewaysim.Faults{WrongAmount: 100, Seed: 5}, http.StatusOK, &faults)
	_, err := s.gateway.CreateDeposit(t.Context(), gateway.DepositRequest{Intent: "dep_1", Asset: "sbx", Amount: 1250, Scale: 2})
	require.NoError(t, err)
	var paid gatewaysim.Payment
	s.post("/sim/pay", gatewaysim.PayInput{Intent: "dep_1"}, http.StatusOK, &paid)
	require.NotEqual(t, int64(1250), paid.Amount)
	s.post("/sim/pay", gatewaysim.PayInput{Intent: "dep_1", Amount: 7, Asset: "eur"}, http.StatusOK, &paid)
	require.Equal(t, []any{int64(7), "eur"}, []any{paid.Amount, paid.Asset})
	var deposits struct {
		Invoices []gatewaysim.Invoice
		Payments []gatewaysim.Payment
	}
	s.get("/sim/deposits", &deposits)
	require.Len(t, deposits.Invoices, 1)
	require.Len(t, deposits.Payments, 2)
	var statement struct{ Entries []gatewaysim.Entry }
	s.get("/sim/statement", &statement)
	require.Len(t, statement.Entries, 2)
}

func TestRunListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nowhere"} {
		sim, err := gatewaysim.New(gatewaysim.Config{Addr: addr, Secret: secret})
		require.NoError(t, err)
		require.Error(t, sim.Run(t.Context()))
	}
	_, err := gatewaysim.New(gatewaysim.Config{Secret: "short"})
	require.Error(t, err)
}
