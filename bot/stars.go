package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/notify"
)

const (
	checkoutTime = 8 * time.Second // Telegram waits 10
	refundTime   = 20 * time.Second
)

// errInvoice is an invoice that is not ours, or no longer.
var errInvoice = errors.New("bot: the invoice can't be paid")

// sendInvoice asks for the Stars of an intent.
func (t *tenantBot) sendInvoice(ctx context.Context, w teller, d cashier.Deposit) {
	points := number(d.Credit)
	invoice := telegram.SendInvoice{
		ChatID: w.chat, Title: w.voice.say("invoice.title", vars{"Points": points}),
		Description: w.voice.say("invoice.description", vars{"Points": points, "Deposit": d.ID}),
		Payload:     d.ID, Currency: telegram.CurrencyStars,
		Prices: []telegram.PriceLabel{{Label: w.voice.say("invoice.title", vars{"Points": points}), Amount: d.Amount}},
	}
	after := context.WithoutCancel(ctx)
	err := t.gov.Submit(notify.Job{Chat: w.chat, Priority: notify.PriorityMoney, Method: "sendInvoice", Params: invoice, Done: func(_ json.RawMessage, err error) {
		if err != nil {
			t.log.WarnContext(after, "an invoice was not sent", slog.String("deposit", d.ID), slog.Any("error", err))
		}
	}})
	if err != nil {
		t.log.WarnContext(ctx, "an invoice was not queued", slog.String("deposit", d.ID), slog.Any("error", err))
	}
}

// checkout lets a payment go on or stops it. Telegram waits 10 seconds; silence is a no.
func (t *tenantBot) checkout(ctx context.Context, q *tgbotapi.PreCheckoutQuery) error {
	ctx, cancel := context.WithTimeout(ctx, checkoutTime)
	defer cancel()
	answer := telegram.AnswerPreCheckout{ID: q.ID, OK: true}
	if err := t.mayPay(ctx, q); err != nil {
		v := t.texts.in(t.tenant.Language)
		if q.From != nil {
			v = t.texts.in(q.From.LanguageCode, t.tenant.Language)
		}
		text, refused := v.refusal(err)
		switch {
		case errors.Is(err, errInvoice):
			text = v.say("invoice.refused")
		case !refused:
			t.log.WarnContext(ctx, "a payment could not be checked", slog.Any("error", err))
			text = v.trouble(err)
		}
		answer.OK, answer.Error = false, clip(text, toastLimit)
	}
	// Past the deadline of the check there is still time for the answer.
	ctx = context.WithoutCancel(ctx)
	if err := t.client.Call(ctx, "answerPreCheckoutQuery", answer, nil); err != nil {
		t.log.WarnContext(ctx, "a payment was not answered", slog.Any("error", err))
	}
	return nil
}

// mayPay returns why a payment must not go on.
func (t *tenantBot) mayPay(ctx context.Context, q *tgbotapi.PreCheckoutQuery) error {
	if q.From == nil || q.Currency != telegram.CurrencyStars {
		return errInvoice
	}
	check := cashier.StarsCheckout{Payload: q.InvoicePayload, TelegramID: q.From.ID, Amount: int64(q.TotalAmount)}
	return t.surely(ctx, false, func(bool) error { return t.deps.Cashier.CheckStars(ctx, t.tenant.ID, check) })
}

// paid takes a payment that Telegram has made. The update is kept until the cashier has it; a repeat changes nothing.
func (t *tenantBot) paid(ctx context.Context, m *telegram.Message) error {
	p := m.SuccessfulPayment
	if p.Currency != telegram.CurrencyStars || m.From == nil {
		t.log.ErrorContext(ctx, "a payment in a currency that nobody asked for", slog.String("currency", p.Currency))
		return nil
	}
	return t.deps.Cashier.ReceiveStars(ctx, t.tenant.ID, cashier.StarsPayment{
		Payload: p.InvoicePayload, ChargeID: p.TelegramPaymentChargeID, TelegramID: m.From.ID, Amount: int64(p.TotalAmount),
	})
}

// refundStars gives the Stars of a charge back. Telegram does that once whatever we ask, so it is asked until it says yes or
// no; a refund that it has made before counts as made. Only a refund that the cashier still waits for is asked for.
func (t *tenantBot) refundStars(ctx context.Context, n notify.Notice, done func(error)) {
	var order struct {
		Refund     string `json:"refund"`
		Charge     string `json:"charge"`
		TelegramID int64  `json:"telegram_id"`
	}
	if err := json.Unmarshal(n.Payload, &order); err != nil || order.Refund == "" || order.Charge == "" {
		done(fmt.Errorf("%w: the refund can't be read", notify.ErrDrop))
		return
	}
	after := context.WithoutCancel(ctx)
	t.chores.Go(func() {
		ctx, cancel := context.WithTimeout(after, refundTime)
		defer cancel()
		open, err := t.deps.Cashier.StarsRefundOpen(ctx, t.tenant.ID, order.Refund, order.Charge, order.TelegramID)
		if err != nil {
			done(fmt.Errorf("%w: %w", notify.ErrKeep, err))
			return
		}
		if !open { // answered by now, or nobody ordered it
			done(nil)
			return
		}
		err = t.client.Call(ctx, "refundStarPayment", telegram.RefundStars{UserID: order.TelegramID, ChargeID: order.Charge}, nil)
		refused := ""
		var answer *telegram.Error
		if telegram.Refused(err) && !telegram.AlreadyRefunded(err) && !errors.Is(err, telegram.ErrUnauthorized) && errors.As(err, &answer) {
			refused = answer.Description
		}
		if err == nil || telegram.AlreadyRefunded(err) || refused != "" {
			err = t.deps.Cashier.StarsRefunded(ctx, t.tenant.ID, order.Refund, refused)
		}
		if err != nil {
			err = fmt.Errorf("%w: %w", notify.ErrKeep, err)
		}
		done(err)
	})
}
