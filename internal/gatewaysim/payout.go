package gatewaysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Refusals of the operations, by their codes in the generic protocol.
var (
	errConflict    = errors.New("payout.key_conflict")
	errDestination = errors.New("payout.destination_invalid")
	errAmount      = errors.New("payout.amount_invalid")
	errRefundTx    = errors.New("refund.not_found")
	errRefundSum   = errors.New("refund.amount_invalid")
	errRefunded    = errors.New("refund.already_refunded")
	errRefundKey   = errors.New("refund.key_conflict")
	errIntent      = errors.New("deposit.intent_conflict")
	errDeposit     = errors.New("deposit.amount_invalid")
)

// order is what a payout request asks for.
type order struct {
	Key, Style, Asset, Destination, CallbackURL string
	Amount                                      int64
	Scale                                       int
}

// made is what became of a request: the payout as it stands, and the faults of a first request.
type made struct {
	payout Payout
	repeat bool
	drop   bool // the answer must be lost
	doubt  bool // the answer must be 500
}

// pay makes a payout once for its key.
func (s *Sim) pay(o order) (made, error) {
	if o.Amount <= 0 || o.Scale < 0 || o.Scale > maxScale || o.Key == "" || o.Asset == "" {
		return made{}, errAmount
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, seen := s.store.payouts[o.Key]
	if seen && old.State != stateGone {
		if old.Amount != o.Amount || old.Asset != o.Asset || old.Scale != o.Scale || old.Destination != o.Destination {
			return made{}, errConflict
		}
		return made{payout: old, repeat: true}, nil
	}
	faults, now, number := s.store.faults, s.now(), s.store.next()
	p := Payout{
		Key: o.Key, Ref: fmt.Sprintf("po_%d", number), Number: number, Style: o.Style, Asset: o.Asset, Amount: o.Amount,
		Scale: o.Scale, Destination: o.Destination, CallbackURL: o.CallbackURL, At: now,
	}
	m := made{drop: !seen && faults.drops(o.Key), doubt: !seen && faults.doubts(o.Key)}
	switch {
	case strings.HasPrefix(o.Destination, "refuse") || o.Destination == "":
		p.State, p.Reason = stateFailed, errDestination.Error()
		m.drop, m.doubt = false, false
	case m.doubt:
		p.State, p.Fate, p.ResolveAt = stateUnknown, faults.fate(o.Key), now.Add(faults.resolve())
		if p.Style == styleCrypto && p.Fate == stateFailed {
			p.Fate = stateGone // this style has no failed transfers
		}
	case faults.SettleMS > 0:
		p.State, p.Fate, p.ResolveAt = stateAccepted, statePaid, now.Add(millis(faults.SettleMS))
	default:
		p.State = statePaid
	}
	if err := s.store.put(batch{Payouts: []Payout{p}, Events: s.payoutEvents(p)}); err != nil {
		return made{}, err
	}
	s.poke()
	m.payout = p
	return m, nil
}

// payoutEvents are the callbacks that a payout's present state calls for: accepted, and after it the final state.
func (s *Sim) payoutEvents(p Payout) []event {
	if p.Style != styleV1 || p.State == stateUnknown || p.State == stateGone {
		return nil
	}
	url := orElse(p.CallbackURL, s.store.hooks.V1)
	accepted := p
	accepted.State, accepted.Reason = stateAccepted, ""
	first := s.event(p.Style, url, p.Ref+":accepted", map[string]any{"kind": "payout", "payout": payoutView(accepted)})
	if p.State == stateAccepted {
		return s.plan(p.Key, first)
	}
	last := s.event(p.Style, url, p.Ref+":"+p.State, map[string]any{"kind": "payout", "payout": payoutView(p)})
	if p.Fate != "" || p.State == stateFailed {
		last.After = first.ID
		return s.plan(p.Key, last)
	}
	return s.plan(p.Key, first, last)
}

func (s *Sim) event(style, url, id string, data map[string]any) event {
	data["id"] = "evt_" + id
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("gatewaysim: write an event: %v", err)) // only maps and structs of plain values come here
	}
	return event{ID: "evt_" + id, Number: s.store.next(), Style: style, URL: url, Data: raw, Copies: 1}
}

// plan orders a pair of callbacks, or one after an earlier one, and applies the faults. Without an address nobody is called.
func (s *Sim) plan(key string, events ...event) []event {
	if len(events) == 0 || events[0].URL == "" {
		return nil
	}
	faults := s.store.faults
	for i := range events {
		if faults.hits(faults.Duplicate, "duplicate", events[i].ID) {
			events[i].Copies = 2
		}
	}
	swap := faults.hits(faults.Reorder, "reorder", key)
	switch {
	case len(events) == 2 && swap:
		events[0].NotBefore, events[0].After = s.now().Add(reorderDelay), events[1].ID
	case len(events) == 2:
		events[1].After = events[0].ID
	case swap:
		events[0].After = ""
	}
	return events
}

// settle turns what is due into what it becomes, and says when the next thing is due.
func (s *Sim) settle(now time.Time) (next time.Time, err error) {
	var b batch
	for _, p := range s.store.payouts {
		if p.Fate == "" || p.ResolveAt.IsZero() {
			continue
		}
		if p.ResolveAt.After(now) {
			next = earlier(next, p.ResolveAt)
			continue
		}
		p.State, p.ResolveAt, p.At = p.Fate, time.Time{}, now
		if p.State == stateFailed {
			p.Reason = "payout.refused"
		}
		b.Payouts = append(b.Payouts, p)
		b.Events = append(b.Events, s.payoutEvents(p)...)
	}
	for _, p := range s.store.payments {
		if p.State != statePending {
			continue
		}
		if p.ConfirmAt.After(now) {
			next = earlier(next, p.ConfirmAt)
			continue
		}
		p.State, p.At = stateConfirmed, now
		b.Payments = append(b.Payments, p)
		confirmed := s.paymentEvent(p)
		confirmed.After = "evt_" + p.Tx + ":" + statePending
		b.Events = append(b.Events, s.plan(p.Tx, confirmed)...)
	}
	if len(b.Payouts)+len(b.Payments) == 0 {
		return next, nil
	}
	return next, s.store.put(b)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
