package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairground/internal/clock"
)

// Money is an amount of an asset in minor units: 12.50 is amount 1250 at scale 2.
type Money struct {
	Asset  string `json:"asset"`
	Amount int64  `json:"amount"`
	Scale  int    `json:"scale"`
}

// Invoice is an intent that may be paid.
type Invoice struct {
	Money
	Intent      string    `json:"intent"`
	Description string    `json:"description"`
	CallbackURL string    `json:"callback_url"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	Ref         string    `json:"ref"`
	URL         string    `json:"url"`
}

// Deposit is one payment of an invoice.
type Deposit struct {
	Money
	Tx            string    `json:"tx"`
	Ref           string    `json:"ref"`
	Intent        string    `json:"intent"`
	State         string    `json:"state"` // pending, confirmed, failed
	Confirmations int       `json:"confirmations"`
	Needed        int       `json:"needed"`
	At            time.Time `json:"at"`
}

// Payout is money that left under a key.
type Payout struct {
	Money
	Key         string    `json:"key"`
	Destination string    `json:"destination,omitempty"`
	CallbackURL string    `json:"callback_url,omitempty"`
	Ref         string    `json:"ref"`
	State       string    `json:"state"` // accepted, paid, failed, unknown
	Reason      string    `json:"reason,omitempty"`
	At          time.Time `json:"at"`
}

// Refund is a payment that went back under a key.
type Refund struct {
	Money
	Key string    `json:"key"`
	Tx  string    `json:"tx"`
	Ref string    `json:"ref"`
	At  time.Time `json:"at"`
}

// Entry is a line of the statement.
type Entry struct {
	Money
	Kind string    `json:"kind"` // deposit, payout, refund
	Key  string    `json:"key,omitempty"`
	Ref  string    `json:"ref"`
	Tx   string    `json:"tx,omitempty"`
	At   time.Time `json:"at"`
}

// Server is the reference server. Make one with New and serve it under any path prefix that is stripped.
type Server struct {
	secret []byte
	clock  clock.Clock
	mux    *http.ServeMux
	calls  sync.WaitGroup // callbacks on their way

	mu       sync.Mutex
	nonces   map[string]time.Time
	invoices map[string]Invoice // by ref; the ref is the intent here
	deposits map[string]Deposit
	payouts  map[string]Payout
	refunds  map[string]Refund
	book     []Entry // in order of time; a cursor is a place in it
}

// New makes a server with nothing in it.
func New(secret string, c clock.Clock) *Server {
	s := &Server{
		secret: []byte(secret), clock: c, mux: http.NewServeMux(), nonces: map[string]time.Time{},
		invoices: map[string]Invoice{}, deposits: map[string]Deposit{}, payouts: map[string]Payout{}, refunds: map[string]Refund{},
	}
	s.mux.HandleFunc("POST /deposits", s.postDeposit)
	s.mux.HandleFunc("GET /deposits/{tx}", s.getDeposit)
	s.mux.HandleFunc("POST /payouts", s.postPayout)
	s.mux.HandleFunc("GET /payouts/{key}", s.getPayout)
	s.mux.HandleFunc("POST /refunds", s.postRefund)
	s.mux.HandleFunc("GET /statement", s.getStatement)
	return s
}

// ServeHTTP checks the signature before anything is read, and takes one request at a time.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		write(w, http.StatusBadRequest, problem("request.unreadable"))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.genuine(r.Header, body) {
		write(w, http.StatusUnauthorized, problem("auth.invalid"))
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	s.mux.ServeHTTP(w, r)
}

// postDeposit makes an invoice. The same intent gives the same invoice.
func (s *Server) postDeposit(w http.ResponseWriter, r *http.Request) {
	var in Invoice
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Intent == "" || in.Amount <= 0 {
		write(w, http.StatusUnprocessableEntity, problem("deposit.refused"))
		return
	}
	in.Ref, in.URL = in.Intent, "https://processor.example/pay/"+in.Intent
	if old, seen := s.invoices[in.Ref]; seen && old.Money != in.Money {
		write(w, http.StatusConflict, problem("deposit.intent_conflict"))
		return
	}
	s.invoices[in.Ref] = in
	write(w, http.StatusOK, in)
}

func (s *Server) getDeposit(w http.ResponseWriter, r *http.Request) {
	found, ok := s.deposits[r.PathValue("tx")]
	if !ok {
		write(w, http.StatusNotFound, problem("deposit.not_found"))
		return
	}
	write(w, http.StatusOK, found)
}

// postPayout pays once for a key: a repeat is answered from what is stored, and another amount is refused.
func (s *Server) postPayout(w http.ResponseWriter, r *http.Request) {
	var in Payout
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Key == "" || in.Key != r.Header.Get("Idempotency-Key") || in.Amount <= 0 {
		write(w, http.StatusBadRequest, problem("request.invalid"))
		return
	}
	if old, seen := s.payouts[in.Key]; seen {
		switch {
		case old.Money != in.Money || old.Destination != in.Destination:
			write(w, http.StatusConflict, problem("payout.key_conflict"))
		case old.State == "failed":
			write(w, http.StatusUnprocessableEntity, problem(old.Reason))
		default:
			write(w, http.StatusOK, old)
		}
		return
	}
	in.Ref, in.State, in.At = fmt.Sprintf("P%d", len(s.payouts)+1), "paid", s.clock.Now()
	if strings.HasPrefix(in.Destination, "refuse") {
		in.State, in.Reason = "failed", "payout.destination_invalid"
		s.payouts[in.Key] = in
		write(w, http.StatusUnprocessableEntity, problem(in.Reason))
		return
	}
	s.payouts[in.Key] = in
	s.book = append(s.book, Entry{Money: in.Money, Kind: "payout", Key: in.Key, Ref: in.Ref, At: in.At})
	s.callBack(in.CallbackURL, map[string]any{"id": in.Ref + "-paid", "kind": "payout", "payout": in})
	write(w, http.StatusOK, in)
}

// getPayout says 404 with the code only for a key that was never stored.
func (s *Server) getPayout(w http.ResponseWriter, r *http.Request) {
	found, ok := s.payouts[r.PathValue("key")]
	if !ok {
		write(w, http.StatusNotFound, problem("payout.not_found"))
		return
	}
	write(w, http.StatusOK, found)
}

// postRefund sends a payment back once for a key and once for a payment.
func (s *Server) postRefund(w http.ResponseWriter, r *http.Request) {
	var in Refund
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Key == "" || in.Key != r.Header.Get("Idempotency-Key") {
		write(w, http.StatusBadRequest, problem("request.invalid"))
		return
	}
	old, seen := s.refunds[in.Key]
	paid, found := s.deposits[in.Tx]
	taken := slices.ContainsFunc(s.book, func(e Entry) bool { return e.Kind == "refund" && e.Tx == in.Tx })
	switch {
	case seen && (old.Tx != in.Tx || old.Money != in.Money):
		write(w, http.StatusConflict, problem("refund.key_conflict"))
	case seen:
		write(w, http.StatusOK, old)
	case !found:
		write(w, http.StatusUnprocessableEntity, problem("refund.not_found"))
	case taken:
		write(w, http.StatusUnprocessableEntity, problem("refund.already_refunded"))
	case in.Money != paid.Money:
		write(w, http.StatusUnprocessableEntity, problem("refund.amount_invalid"))
	default:
		in.Ref, in.At = "R-"+in.Tx, s.clock.Now()
		s.refunds[in.Key] = in
		s.book = append(s.book, Entry{Money: in.Money, Kind: "refund", Key: in.Key, Ref: in.Ref, Tx: in.Tx, At: in.At})
		write(w, http.StatusOK, in)
	}
}

// getStatement lists [from, to) by pages. The book only grows at its end, so a place in it is a cursor that never skips.
func (s *Server) getStatement(w http.ResponseWriter, r *http.Request) {
	const pageSize = 50
	query := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339Nano, query.Get("from"))
	to, errTo := time.Parse(time.RFC3339Nano, query.Get("to"))
	place, errPlace := strconv.Atoi("0" + query.Get("cursor"))
	if errFrom != nil || errTo != nil || errPlace != nil {
		write(w, http.StatusBadRequest, problem("request.invalid"))
		return
	}
	page, next := []Entry{}, ""
	for ; place < len(s.book) && next == ""; place++ {
		if e := s.book[place]; !e.At.Before(from) && e.At.Before(to) {
			page = append(page, e)
		}
		if len(page) == pageSize {
			next = strconv.Itoa(place + 1)
		}
	}
	write(w, http.StatusOK, map[string]any{"entries": page, "next": next})
}

// Pay is the payer: it pays an invoice in full and tells of it, first as pending, then as confirmed.
func (s *Server) Pay(ref string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	invoice, ok := s.invoices[ref]
	if !ok {
		return false
	}
	d := Deposit{
		Money: invoice.Money, Tx: fmt.Sprintf("T%d", len(s.deposits)+1), Ref: ref, Intent: invoice.Intent,
		State: "pending", Needed: 1, At: s.clock.Now(),
	}
	s.callBack(invoice.CallbackURL, map[string]any{"id": d.Tx + "-pending", "kind": "deposit", "deposit": d})
	d.State, d.Confirmations = "confirmed", 1
	s.deposits[d.Tx] = d
	s.book = append(s.book, Entry{Money: d.Money, Kind: "deposit", Ref: ref, Tx: d.Tx, At: d.At})
	s.callBack(invoice.CallbackURL, map[string]any{"id": d.Tx + "-confirmed", "kind": "deposit", "deposit": d})
	return true
}

// Book is the statement, for tests.
func (s *Server) Book() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.book)
}

// Close waits for the callbacks that are on their way.
func (s *Server) Close() { s.calls.Wait() }

func problem(code string) map[string]string { return map[string]string{"code": code} }

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader has gone when this fails
}
