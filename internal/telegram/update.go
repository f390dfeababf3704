package telegram

import (
	"encoding/json"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// Update is the library's update with the fields it lacks: an outer field of the same JSON
// name shadows the embedded one.
type Update struct {
	tgbotapi.Update
	Message       *Message        `json:"message,omitempty"`
	CallbackQuery *CallbackQuery  `json:"callback_query,omitempty"`
	Raw           json.RawMessage `json:"-"` // the update as received, to store and decode again
}

// Message is the library's message with its topic.
type Message struct {
	tgbotapi.Message
	ThreadID        int64                       `json:"message_thread_id,omitempty"`
	IsTopicMessage  bool                        `json:"is_topic_message,omitempty"`
	RefundedPayment *tgbotapi.SuccessfulPayment `json:"refunded_payment,omitempty"`
}

// CallbackQuery is the library's callback with the message that has a topic.
type CallbackQuery struct {
	tgbotapi.CallbackQuery
	Message *Message `json:"message,omitempty"`
}

// DecodeUpdate reads one update and keeps what it was read from.
func DecodeUpdate(raw json.RawMessage) (Update, error) {
	var u Update
	if err := json.Unmarshal(raw, &u); err != nil {
		return Update{}, err
	}
	u.Raw = raw
	return u, nil
}

// Sender is the person behind the update, 0 when there is none.
func (u Update) Sender() int64 {
	switch {
	case u.CallbackQuery != nil && u.CallbackQuery.From != nil:
		return u.CallbackQuery.From.ID
	case u.Message != nil && u.Message.From != nil:
		return u.Message.From.ID
	case u.PreCheckoutQuery != nil && u.PreCheckoutQuery.From != nil:
		return u.PreCheckoutQuery.From.ID
	case u.MyChatMember != nil:
		return u.MyChatMember.From.ID
	case u.ChatMember != nil && u.ChatMember.NewChatMember.User != nil:
		return u.ChatMember.NewChatMember.User.ID
	}
	return 0
}

// Paid says whether the update tells of a payment that was made: it must never be lost.
func (u Update) Paid() bool { return u.Message != nil && u.Message.SuccessfulPayment != nil }

// Private says whether the update is a message that somebody wrote to the bot alone. It may hold a PIN or a code.
func (u Update) Private() bool {
	return u.Message != nil && u.Message.Chat != nil && u.Message.Chat.IsPrivate()
}

// Topic is the message's topic, 0 outside a topic. A plain reply also carries a thread id.
func (m *Message) Topic() int64 {
	if m == nil || !m.IsTopicMessage {
		return 0
	}
	return m.ThreadID
}

// Command splits "/name@bot args". Name is lower case and empty when the text is no command;
// bot is empty when the command names none.
func (m *Message) Command() (name, bot string, args []string) {
	if m == nil || !strings.HasPrefix(m.Text, "/") {
		return "", "", nil
	}
	words := strings.Fields(m.Text)
	name, bot, _ = strings.Cut(strings.TrimPrefix(words[0], "/"), "@")
	return strings.ToLower(name), bot, words[1:]
}

// Present says whether a chat member's status means that the person is in the chat.
func Present(m tgbotapi.ChatMember) bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.IsMember
	}
	return false
}
