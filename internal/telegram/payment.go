package telegram

import (
	"errors"
	"strings"
)

// CurrencyStars is the currency of Telegram Stars; amounts are whole Stars.
const CurrencyStars = "XTR"

// SendInvoice are the parameters of sendInvoice for a payment in Stars: no provider token, one price.
type SendInvoice struct {
	ChatID        int64        `json:"chat_id"`
	Title         string       `json:"title"`       // 1 to 32 characters
	Description   string       `json:"description"` // 1 to 255 characters
	Payload       string       `json:"payload"`     // 1 to 128 bytes; comes back with the payment
	ProviderToken string       `json:"provider_token"`
	Currency      string       `json:"currency"`
	Prices        []PriceLabel `json:"prices"`
}

// PriceLabel is a line of an invoice.
type PriceLabel struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount"`
}

// AnswerPreCheckout are the parameters of answerPreCheckoutQuery. Telegram waits 10 seconds for it.
type AnswerPreCheckout struct {
	ID    string `json:"pre_checkout_query_id"`
	OK    bool   `json:"ok"`
	Error string `json:"error_message,omitempty"` // what the payer reads; required when not OK
}

// RefundStars are the parameters of refundStarPayment.
type RefundStars struct {
	UserID   int64  `json:"user_id"`
	ChargeID string `json:"telegram_payment_charge_id"`
}

// DeleteMessage are the parameters of deleteMessage.
type DeleteMessage struct {
	ChatID    int64 `json:"chat_id"`
	MessageID int64 `json:"message_id"`
}

// AlreadyRefunded says that Telegram has given the Stars of a charge back before.
func AlreadyRefunded(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && strings.Contains(refusal.Description, "CHARGE_ALREADY_REFUNDED")
}
