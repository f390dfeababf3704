package gatewaysim

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

type payoutWire struct {
	Key    string    `json:"key"`
	Ref    string    `json:"ref"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Asset  string    `json:"asset"`
	Amount int64     `json:"amount"`
	Scale  int       `json:"scale"`
	At     time.Time `json:"at"`
}

func payoutView(p Payout) payoutWire {
	return payoutWire{p.Key, p.Ref, p.State, p.Reason, p.Asset, p.Amount, p.Scale, p.At}
}

type paymentWire struct {
	Tx            string    `json:"tx"`
	Ref           string    `json:"ref"`
	Intent        string    `json:"intent"`
	Asset         string    `json:"asset"`
	Amount        int64     `json:"amount"`
	Scale         int       `json:"scale"`
	State         string    `json:"state"`
	Confirmations int       `json:"confirmations"`
	Needed        int       `json:"needed"`
	At            time.Time `json:"at"`
}

func paymentView(p Payment) paymentWire {
	view := paymentWire{p.Tx, p.Ref, p.Intent, p.Asset, p.Amount, p.Scale, p.State, 0, 1, p.At}
	if p.State == stateConfirmed {
		view.Confirmations = 1
	}
	return view
}

// Entry is one line of the statement.
type Entry struct {
	Kind   string    `json:"kind"` // deposit, payout, refund
	Key    string    `json:"key,omitempty"`
	Ref    string    `json:"ref"`
	Tx     string    `json:"tx,omitempty"`
	Asset  string    `json:"asset"`
	Amount int64     `json:"amount"`
	Scale  int       `json:"scale"`
	At     time.Time `json:"at"`
}

func (s *Sim) routesV1(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/deposits", s.signed(s.postDeposit))
	mux.HandleFunc("GET /v1/deposits/{tx}", s.signed(s.getDeposit))
	mux.HandleFunc("POST /v1/payouts", s.signed(s.postPayout))
	mux.HandleFunc("GET /v1/payouts/{key}", s.signed(s.getPayout))
	mux.HandleFunc("POST /v1/refunds", s.signed(s.postRefund))
	mux.HandleFunc("GET /v1/statement", s.signed(s.getStatement))
}

// signed reads the body, checks the signature and waits for the delay that the faults ask for.
func (s *Sim) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := readBody(w, r)
		if !ok {
			return
		}
		if !s.genuine(r.Header, body) {
			refuse(w, http.StatusUnauthorized, "auth.invalid")
			return
		}
		next(w, r, body)
	}
}

func (s *Sim) postDeposit(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Intent      string    `json:"intent"`
		Asset       string    `json:"asset"`
		Amount      int64     `json:"amount"`
		Scale       int       `json:"scale"`
		Description string    `json:"description"`
		CallbackURL string    `json:"callback_url"`
		ExpiresAt   time.Time `json:"expires_at"`
	}
	if json.Unmarshal(body, &in) != nil || in.Intent == "" {
		refuse(w, http.StatusBadRequest, "deposit.refused")
		return
	}
	made, err := s.invoice(Invoice{
		Style: styleV1, Intent: in.Intent, Asset: in.Asset, Amount: in.Amount, Scale: in.Scale,
		Description: in.Description, CallbackURL: in.CallbackURL, ExpiresAt: in.ExpiresAt,
	})
	if err != nil {
		s.refused(w, err)
		return
	}
	s.pause(r.Context())
	answer(w, http.StatusOK, map[string]any{
		"ref": made.Ref, "url": "http://" + r.Host + "/pay/" + made.Ref, "address": "", "memo": "", "expires_at": made.ExpiresAt,
	})
}

func (s *Sim) getDeposit(w http.ResponseWriter, r *http.Request, _ []byte) {
	s.mu.Lock()
	p, ok := s.store.payments[r.PathValue("tx")]
	s.mu.Unlock()
	s.pause(r.Context())
	if !ok {
		refuse(w, http.StatusNotFound, "deposit.not_found")
		return
	}
	answer(w, http.StatusOK, paymentView(p))
}

func (s *Sim) postPayout(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Key         string `json:"key"`
		Asset       string `json:"asset"`
		Amount      int64  `json:"amount"`
		Scale       int    `json:"scale"`
		Destination string `json:"destination"`
		CallbackURL string `json:"callback_url"`
	}
	if json.Unmarshal(body, &in) != nil || in.Key == "" || r.Header.Get("Idempotency-Key") != in.Key {
		refuse(w, http.StatusBadRequest, "request.invalid")
		return
	}
	m, err := s.pay(order{
		Key: in.Key, Style: styleV1, Asset: in.Asset, Destination: in.Destination, CallbackURL: in.CallbackURL,
		Amount: in.Amount, Scale: in.Scale,
	})
	s.pause(r.Context())
	switch {
	case err != nil:
		s.refused(w, err)
	case m.drop:
		panic(http.ErrAbortHandler) // the way to lose an answer: the connection closes
	case m.doubt:
		refuse(w, http.StatusInternalServerError, "internal")
	case m.payout.State == stateFailed && m.payout.Reason == errDestination.Error():
		refuse(w, http.StatusUnprocessableEntity, m.payout.Reason)
	default:
		answer(w, http.StatusOK, payoutView(m.payout))
	}
}

func (s *Sim) getPayout(w http.ResponseWriter, r *http.Request, _ []byte) {
	s.mu.Lock()
	p, ok := s.store.payouts[r.PathValue("key")]
	s.mu.Unlock()
	s.pause(r.Context())
	if !ok || p.State == stateGone {
		refuse(w, http.StatusNotFound, "payout.not_found")
		return
	}
	answer(w, http.StatusOK, payoutView(p))
}

func (s *Sim) postRefund(w http.ResponseWriter, r *http.Request, body []byte) {
	var in Refund
	if json.Unmarshal(body, &in) != nil || in.Key == "" || r.Header.Get("Idempotency-Key") != in.Key {
		refuse(w, http.StatusBadRequest, "request.invalid")
		return
	}
	done, err := s.refund(Refund{Key: in.Key, Tx: in.Tx, Asset: in.Asset, Amount: in.Amount, Scale: in.Scale})
	s.pause(r.Context())
	if err != nil {
		s.refused(w, err)
		return
	}
	answer(w, http.StatusOK, done)
}

func (s *Sim) getStatement(w http.ResponseWriter, r *http.Request, _ []byte) {
	query := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339Nano, query.Get("from"))
	to, errTo := time.Parse(time.RFC3339Nano, query.Get("to"))
	after, errAfter := base64.RawURLEncoding.DecodeString(query.Get("cursor"))
	if errFrom != nil || errTo != nil || errAfter != nil {
		refuse(w, http.StatusBadRequest, "request.invalid")
		return
	}
	page, next := []Entry{}, ""
	for _, e := range s.entries(from, to) {
		if e.place() <= string(after) {
			continue
		}
		if len(page) == s.cfg.PageSize {
			next = base64.RawURLEncoding.EncodeToString([]byte(page[len(page)-1].place()))
			break
		}
		page = append(page, e)
	}
	s.pause(r.Context())
	answer(w, http.StatusOK, map[string]any{"entries": page, "next": next})
}

// place orders entries: by time, then by name.
func (e Entry) place() string {
	return e.At.UTC().Format("2006-01-02T15:04:05.000000000") + "|" + e.Kind + "|" + e.Ref + "|" + e.Tx
}

// entries is the statement of [from, to); the zero times are open ends.
func (s *Sim) entries(from, to time.Time) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Entry{}
	add := func(e Entry) {
		if !e.At.Before(from) && (to.IsZero() || e.At.Before(to)) {
			all = append(all, e)
		}
	}
	for _, p := range s.store.payouts {
		if p.State == statePaid {
			add(Entry{"payout", p.Key, p.Ref, "", p.Asset, p.Amount, p.Scale, p.At})
		}
	}
	for _, p := range s.store.payments {
		if p.State == stateConfirmed {
			add(Entry{"deposit", "", p.Ref, p.Tx, p.Asset, p.Amount, p.Scale, p.At})
		}
	}
	for _, f := range s.store.refunds {
		add(Entry{"refund", f.Key, f.Ref, f.Tx, f.Asset, f.Amount, f.Scale, f.At})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.place(), b.place()) })
	return all
}

// refused writes an operation's refusal: its message is the protocol's code. Anything else is the sandbox's own failure.
func (s *Sim) refused(w http.ResponseWriter, err error) {
	code := err.Error()
	switch {
	case code == errConflict.Error() || code == errIntent.Error() || code == errRefundKey.Error():
		refuse(w, http.StatusConflict, code)
	case strings.HasPrefix(code, "payout.") || strings.HasPrefix(code, "deposit.") || strings.HasPrefix(code, "refund."):
		refuse(w, http.StatusUnprocessableEntity, code)
	default:
		s.cfg.Logger.Error("the sandbox failed", slog.String("error", code))
		refuse(w, http.StatusInternalServerError, "internal")
	}
}
