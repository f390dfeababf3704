package gatewaysim

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"
)

// The ways to pay an invoice.
const (
	actPay   = "pay"
	actLess  = "less"
	actMore  = "more"
	actAsset = "asset"
	actFail  = "fail"
)

// otherAsset is what a payment in the wrong asset arrives in.
const otherAsset = "oth"

var (
	errNoInvoice = errors.New("sim.not_found")
	errAct       = errors.New("sim.invalid")
)

// PayInput pays an invoice, named by its ref, its intent or its number. Amount and Asset override what the act would pay.
type PayInput struct {
	Ref    string `json:"ref"`
	Intent string `json:"intent"`
	Number int64  `json:"number"` // the invoice_id of the Crypto Pay style
	Act    string `json:"act"`    // pay (default), less, more, asset, fail
	Amount int64  `json:"amount"`
	Asset  string `json:"asset"`
}

// invoice makes an invoice. In the generic protocol the same intent gives the same invoice.
func (s *Sim) invoice(want Invoice) (Invoice, error) {
	if want.Amount <= 0 || want.Scale < 0 || want.Scale > maxScale || want.Asset == "" {
		return Invoice{}, errDeposit
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.byIntent(want.Intent); ok && want.Style == styleV1 && old.Style == styleV1 {
		if old.Amount != want.Amount || old.Asset != want.Asset || old.Scale != want.Scale {
			return Invoice{}, errIntent
		}
		return old, nil
	}
	want.Number, want.CreatedAt = s.store.next(), s.now()
	// The page pays whoever holds its address, so the ref is not to be guessed.
	sum := sha256.Sum256([]byte(s.cfg.Secret + "\x00" + want.Intent + fmt.Sprint(want.Number)))
	want.Ref = "inv_" + hex.EncodeToString(sum[:10])
	return want, s.store.put(batch{Invoices: []Invoice{want}})
}

func (s *Sim) named(in PayInput) (Invoice, bool) {
	if in.Number == 0 {
		return s.byIntent(in.Intent)
	}
	for _, one := range s.store.invoices {
		if one.Number == in.Number {
			return one, true
		}
	}
	return Invoice{}, false
}

func (s *Sim) byIntent(intent string) (Invoice, bool) {
	for _, one := range s.store.invoices {
		if intent != "" && one.Intent == intent {
			return one, true
		}
	}
	return Invoice{}, false
}

// receive pays an invoice. Each act is a payment of its own, as at a real processor.
func (s *Sim) receive(in PayInput) (Payment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	invoice, ok := s.store.invoices[in.Ref]
	if !ok && in.Ref == "" {
		invoice, ok = s.named(in)
	}
	if !ok {
		return Payment{}, errNoInvoice
	}
	faults, now, number := s.store.faults, s.now(), s.store.next()
	act := orElse(in.Act, actPay)
	if act == actPay && faults.hits(faults.WrongAmount, "amount", invoice.Intent) {
		act = []string{actLess, actMore}[faults.roll("less or more", invoice.Intent)%2]
	}
	p := Payment{
		Tx: fmt.Sprintf("tx_%d", number), Number: number, Ref: invoice.Ref, Intent: invoice.Intent, Asset: invoice.Asset,
		Amount: invoice.Amount, Scale: invoice.Scale, State: stateConfirmed, At: now,
	}
	switch act {
	case actPay:
	case actLess:
		p.Amount = max(p.Amount/2, min(p.Amount-1, 1))
	case actMore:
		p.Amount = p.Amount + min(p.Amount/2+1, math.MaxInt64-p.Amount)
	case actAsset:
		p.Asset = otherAsset
	case actFail:
		p.State = stateFailed
	default:
		return Payment{}, errAct
	}
	if in.Amount > 0 {
		p.Amount = in.Amount
	}
	p.Asset = orElse(in.Asset, p.Asset)
	if faults.ConfirmMS > 0 && p.State == stateConfirmed {
		p.State, p.ConfirmAt = statePending, now.Add(millis(faults.ConfirmMS))
	}
	if err := s.store.put(batch{Payments: []Payment{p}, Events: s.paymentEvents(p)}); err != nil {
		return Payment{}, err
	}
	s.poke()
	return p, nil
}

// paymentEvents are the callbacks of a new payment: pending, and after it the state it has.
func (s *Sim) paymentEvents(p Payment) []event {
	if s.store.invoices[p.Ref].Style == styleCrypto {
		if p.State != stateConfirmed {
			return nil
		}
		return s.plan(p.Tx, s.paymentEvent(p))
	}
	pending := p
	pending.State = statePending
	if p.State == statePending {
		return s.plan(p.Tx, s.paymentEvent(pending))
	}
	return s.plan(p.Tx, s.paymentEvent(pending), s.paymentEvent(p))
}

func (s *Sim) paymentEvent(p Payment) event {
	invoice := s.store.invoices[p.Ref]
	if invoice.Style == styleCrypto {
		e := s.event(styleCrypto, s.store.hooks.Cryptopay, p.Tx+":paid", map[string]any{})
		e.Data = encode(s.cryptoInvoice(invoice, p, ""))
		return e
	}
	url := orElse(invoice.CallbackURL, s.store.hooks.V1)
	return s.event(styleV1, url, p.Tx+":"+p.State, map[string]any{"kind": "deposit", "deposit": paymentView(p)})
}

// refund sends a payment back, once for a key and once for a payment.
func (s *Sim) refund(want Refund) (Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.store.refunds[want.Key]; ok {
		if old.Tx != want.Tx || old.Amount != want.Amount || old.Scale != want.Scale {
			return Refund{}, errRefundKey
		}
		return old, nil
	}
	p, ok := s.store.payments[want.Tx]
	switch {
	case !ok || p.State != stateConfirmed || want.Key == "":
		return Refund{}, errRefundTx
	case p.Refunded:
		return Refund{}, errRefunded
	case want.Amount != p.Amount || want.Scale != p.Scale || want.Asset != p.Asset:
		return Refund{}, errRefundSum
	}
	want.Ref, want.At = fmt.Sprintf("rf_%d", p.Number), s.now()
	return want, s.store.put(batch{Refunds: []Refund{want}})
}

// expired tells whether an invoice's time is over; a late payment still arrives, as it would in life.
func (i Invoice) expired(now time.Time) bool { return !i.ExpiresAt.IsZero() && now.After(i.ExpiresAt) }
