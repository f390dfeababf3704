package local

import (
	"strconv"
	"strings"
)

const currencyStars = "XTR"

// invoice is what a sent invoice asks, kept for the payment.
type invoice struct {
	Bot      int64  `json:"bot"`
	Payload  string `json:"payload"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// charge is a completed payment.
type charge struct {
	Bot      int64  `json:"bot"`
	User     int64  `json:"user"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
	Payload  string `json:"payload"`
	Refunded bool   `json:"refunded"`
}

// price is one line of an invoice.
type price struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount"`
}

// invoiceKey names the invoice of a message.
func invoiceKey(r *room, message int64) string { return r.key() + "/" + strconv.FormatInt(message, 10) }

// sendInvoice sends a request for payment.
func (s *Server) sendInvoice(c *call) (any, error) {
	r, m, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	asked, err := c.readInvoice()
	if err != nil {
		return nil, err
	}
	keyboard, err := c.readKeyboard(r)
	if err != nil {
		return nil, err
	}
	if keyboard == nil {
		label := strconv.FormatInt(asked.Amount, 10) + " " + asked.Currency
		if asked.Currency == currencyStars {
			label = "⭐️" + strconv.FormatInt(asked.Amount, 10)
		}
		keyboard = &Keyboard{Rows: [][]Button{{{Text: "Pay " + label, Pay: true}}}}
	} else if !keyboard.Rows[0][0].Pay {
		return nil, badRequest("first button in the invoice keyboard must be a Pay button")
	}
	m.ReplyMarkup = keyboard
	m.Invoice = &Invoice{
		Title: c.params["title"], Description: c.params["description"], StartParameter: c.params["start_parameter"],
		Currency: asked.Currency, TotalAmount: asked.Amount,
	}
	sent, err := s.sendDraft(c, r, m)
	if err == nil {
		s.world.Invoices[invoiceKey(r, m.MessageID)] = asked
	}
	return sent, err
}

// readInvoice checks an invoice's parameters.
func (c *call) readInvoice() (*invoice, error) {
	if n := len([]rune(c.params["title"])); n < 1 || n > 32 {
		return nil, badRequest("INVOICE_TITLE_INVALID")
	}
	if n := len([]rune(c.params["description"])); n < 1 || n > 255 {
		return nil, badRequest("INVOICE_DESCRIPTION_INVALID")
	}
	if n := len(c.params["payload"]); n < 1 || n > 128 {
		return nil, badRequest("INVOICE_PAYLOAD_INVALID")
	}
	asked := &invoice{Bot: c.bot.ID, Payload: c.params["payload"], Currency: strings.ToUpper(c.params["currency"])}
	if len(asked.Currency) != 3 {
		return nil, badRequest("CURRENCY_INVALID")
	}
	var prices []price
	if err := c.params.decode("prices", &prices); err != nil {
		return nil, err
	}
	for _, line := range prices {
		asked.Amount += line.Amount
	}
	stars := asked.Currency == currencyStars
	switch {
	case stars && c.params["provider_token"] != "":
		return nil, badRequest("STARS_INVOICE_INVALID")
	case !stars:
		c.warn("only Telegram Stars are paid here")
		return nil, badRequest("PAYMENT_PROVIDER_INVALID")
	case len(prices) != 1, asked.Amount <= 0:
		return nil, badRequest("CURRENCY_TOTAL_AMOUNT_INVALID")
	}
	return asked, nil
}

// answerPreCheckoutQuery lets a payment go on or stops it.
func (s *Server) answerPreCheckoutQuery(c *call) (any, error) {
	ok := c.params.flag("ok")
	if !ok && c.params["error_message"] == "" {
		return nil, badRequest("error_message is empty")
	}
	q, err := s.takeQuery(s.checkout, c.bot, c.params["pre_checkout_query_id"])
	if err != nil {
		return nil, err
	}
	q.answer <- queryAnswer{ok: ok, text: c.params["error_message"], at: s.clock.Now()}
	return true, nil
}

// refundStarPayment gives Stars back, once.
func (s *Server) refundStarPayment(c *call) (any, error) {
	id := c.params["telegram_payment_charge_id"]
	paid := s.world.Charges[id]
	if paid == nil || paid.Bot != c.bot.ID || paid.User != c.params.int64("user_id") {
		return nil, badRequest("CHARGE_NOT_FOUND")
	}
	if paid.Refunded {
		return nil, badRequest("CHARGE_ALREADY_REFUNDED")
	}
	paid.Refunded = true
	if r := s.world.Rooms[privateKey(c.bot.ID, paid.User)]; r != nil {
		s.announce(r, &Message{From: s.world.user(paid.User), Refunded: &Payment{
			Currency: paid.Currency, TotalAmount: paid.Amount, Payload: paid.Payload, ChargeID: id,
		}})
	}
	s.touch()
	return true, nil
}
