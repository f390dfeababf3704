package local

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"
)

// PayInput lets a person pay an invoice.
type PayInput struct {
	User      int64 `json:"user"`
	Chat      int64 `json:"chat"`
	MessageID int64 `json:"message_id"`
}

// PayResult is how a payment ended. Error is what the bot, or Telegram, said against it.
type PayResult struct {
	Paid     bool   `json:"paid"`
	ChargeID string `json:"charge_id,omitempty"`
	Error    string `json:"error,omitempty"`
}

// checkoutTime is how long the bot has to answer a pre_checkout_query.
const checkoutTime = 10 * time.Second

// simPay is POST /sim/pay: pre_checkout_query, the bot's answer, successful_payment.
func (s *Server) simPay(req *http.Request) (any, error) {
	var in PayInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	who, r, err := s.member(in.User, in.Chat)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	asked := s.world.Invoices[invoiceKey(r, in.MessageID)]
	if asked == nil || s.world.Bots[asked.Bot] == nil {
		s.mu.Unlock()
		return nil, missing("message_id", "message %d is no invoice", in.MessageID)
	}
	b := s.world.Bots[asked.Bot]
	id, q := s.ask(s.checkout, b, who.ID)
	s.enqueue(b, kindCheckout, userOrder(who.ID), PreCheckoutQuery{
		ID: id, From: *who, Currency: asked.Currency, TotalAmount: asked.Amount, Payload: asked.Payload,
	})
	s.wake(b)
	s.mu.Unlock()

	said := s.awaitCheckout(req.Context(), id, q)
	if !said.ok {
		return PayResult{Error: said.text}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.charge(r, who, asked), nil
}

// awaitCheckout waits for the bot's word; silence is a no.
func (s *Server) awaitCheckout(ctx context.Context, id string, q *query) queryAnswer {
	timer := s.clock.NewTimer(checkoutTime)
	defer timer.Stop()
	select {
	case a := <-q.answer:
		return a
	case <-timer.C():
	case <-ctx.Done():
	case <-s.done:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.checkout, id)
	return queryAnswer{text: "BOT_PRECHECKOUT_TIMEOUT"}
}

// charge books the payment and tells the bot.
func (s *Server) charge(r *room, who *User, asked *invoice) PayResult {
	id := "stx" + rand.Text() + rand.Text()
	s.world.Charges[id] = &charge{
		Bot: asked.Bot, User: who.ID, Currency: asked.Currency, Amount: asked.Amount, Payload: asked.Payload,
	}
	s.announce(r, &Message{From: who, Paid: &Payment{
		Currency: asked.Currency, TotalAmount: asked.Amount, Payload: asked.Payload, ChargeID: id, ProviderCharge: id,
	}})
	return PayResult{Paid: true, ChargeID: id}
}
