package gatewaysim

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
)

func (s *Sim) routesSim(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusOK, s.store.faults)
	})
	mux.HandleFunc("POST /sim/faults", s.postFaults)
	mux.HandleFunc("POST /sim/hooks", s.postHooks)
	mux.HandleFunc("POST /sim/pay", s.postPay)
	mux.HandleFunc("GET /sim/payouts", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"payouts": s.Payouts()})
	})
	mux.HandleFunc("GET /sim/deposits", s.getDeposits)
	mux.HandleFunc("GET /sim/statement", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"entries": s.entries(time.Time{}, time.Time{}), "next": ""})
	})
	mux.HandleFunc("GET /sim/events", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusOK, map[string]int{"waiting": len(s.store.events), "delivered": s.store.taken})
	})
}

func simRefuse(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func (s *Sim) postFaults(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var in Faults
	if err := json.Unmarshal(body, &in); err != nil {
		simRefuse(w, http.StatusBadRequest, "sim.invalid", "faults are a JSON object of numbers")
		return
	}
	if err := s.SetFaults(in); err != nil {
		simRefuse(w, http.StatusBadRequest, "sim.invalid", err.Error())
		return
	}
	answer(w, http.StatusOK, in)
}

// SetFaults replaces the faults.
func (s *Sim) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.put(batch{Faults: &f})
}

// SetHooks replaces the addresses of callbacks that no request named.
func (s *Sim) SetHooks(h Hooks) error {
	for _, address := range []string{h.V1, h.Cryptopay} {
		parsed, err := url.Parse(address)
		if err != nil || (address != "" && parsed.Scheme != "http" && parsed.Scheme != "https") {
			return errors.New("hooks are http addresses")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.put(batch{Hooks: &h})
}

func (s *Sim) postHooks(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var in Hooks
	if err := json.Unmarshal(body, &in); err != nil {
		simRefuse(w, http.StatusBadRequest, "sim.invalid", "hooks are a JSON object of addresses")
		return
	}
	if err := s.SetHooks(in); err != nil {
		simRefuse(w, http.StatusBadRequest, "sim.invalid", err.Error())
		return
	}
	answer(w, http.StatusOK, in)
}

func (s *Sim) postPay(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var in PayInput
	if err := json.Unmarshal(body, &in); err != nil {
		simRefuse(w, http.StatusBadRequest, "sim.invalid", "name an invoice by ref or intent, and an act")
		return
	}
	p, err := s.Pay(in)
	switch {
	case errors.Is(err, errNoInvoice):
		simRefuse(w, http.StatusNotFound, errNoInvoice.Error(), "no such invoice")
	case errors.Is(err, errAct):
		simRefuse(w, http.StatusBadRequest, errAct.Error(), "act is pay, less, more, asset or fail")
	case err != nil:
		simRefuse(w, http.StatusInternalServerError, "sim.failed", "the state cannot be written")
	default:
		answer(w, http.StatusOK, p)
	}
}

// Pay pays an invoice, as the page does.
func (s *Sim) Pay(in PayInput) (Payment, error) { return s.receive(in) }

// Payouts lists every payout that the sandbox holds, oldest first.
func (s *Sim) Payouts() []Payout {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Payout{}
	for _, p := range s.store.payouts {
		if p.State != stateGone {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Payout) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// ordered lists the payments, oldest first. The caller holds the lock.
func (s *Sim) ordered() []Payment {
	all := []Payment{}
	for _, p := range s.store.payments {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Payment) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

func (s *Sim) getDeposits(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	invoices := []Invoice{}
	for _, i := range s.store.invoices {
		invoices = append(invoices, i)
	}
	slices.SortFunc(invoices, func(a, b Invoice) int { return cmp.Compare(a.Number, b.Number) })
	answer(w, http.StatusOK, map[string]any{"invoices": invoices, "payments": s.ordered()})
}
