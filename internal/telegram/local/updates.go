package local

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// The kinds of update that exist here.
const (
	kindMessage      = "message"
	kindCallback     = "callback_query"
	kindMyChatMember = "my_chat_member"
	kindChatMember   = "chat_member"
	kindCheckout     = "pre_checkout_query"
)

// maxQueue is how many unconfirmed updates a bot may have; the oldest go first.
const maxQueue = 20_000

// rawUpdate is an update already encoded.
type rawUpdate []byte

// MarshalJSON implements json.Marshaler.
func (u rawUpdate) MarshalJSON() ([]byte, error) { return u, nil }

// enqueue gives the bot an update unless it did not ask for this kind. Wake it afterwards.
func (s *Server) enqueue(b *bot, kind, order string, body any) {
	if !b.wants(kind) {
		return
	}
	id := b.NextUpdate
	raw, err := marshal(map[string]any{"update_id": id, kind: body})
	if err != nil {
		s.log.Error("an update could not be encoded", slog.String("kind", kind), slog.Any("error", err))
		return
	}
	b.NextUpdate++
	b.Queue = append(b.Queue, queued{ID: id, Kind: kind, Order: order, Body: raw})
	if extra := len(b.Queue) - maxQueue; extra > 0 {
		b.Queue = slices.Delete(b.Queue, 0, extra)
	}
}

// wants says whether the bot asked for a kind of update. chat_member must be asked for.
func (b *bot) wants(kind string) bool {
	if len(b.Allowed) == 0 {
		return kind != kindChatMember
	}
	return slices.Contains(b.Allowed, kind)
}

// wake tells the bot's poll or courier that there are updates.
func (s *Server) wake(b *bot) {
	if b.poll != nil {
		b.poll.ring()
	}
	if b.courier != nil {
		b.courier.ring()
	}
	s.touch()
}

// deliver tells the bots of a room about a message that a person or Telegram put there.
func (s *Server) deliver(r *room, m *Message) {
	for _, b := range s.roomBots(r) {
		if s.sees(b, r, m) {
			s.enqueue(b, kindMessage, "chat:"+r.key(), m)
			s.wake(b)
		}
	}
}

// roomBots are the bots in the room, by id so that the order is always the same.
func (s *Server) roomBots(r *room) []*bot {
	if r.Type == chatPrivate {
		if b := s.world.Bots[r.Bot]; b != nil && !r.Blocked {
			return []*bot{b}
		}
		return nil
	}
	var bots []*bot
	for id, b := range s.world.Bots {
		if present(r.status(id)) {
			bots = append(bots, b)
		}
	}
	slices.SortFunc(bots, func(a, b *bot) int { return int(a.ID - b.ID) })
	return bots
}

// sees applies privacy mode: in a group a bot gets commands that may be meant for it, replies
// to it and service messages, and everything only as administrator or with privacy off.
func (s *Server) sees(b *bot, r *room, m *Message) bool {
	if r.Type == chatPrivate || b.ReadAll || isAdmin(r.status(b.ID)) || m.service() {
		return true
	}
	if m.ReplyTo != nil && m.ReplyTo.From != nil && m.ReplyTo.From.ID == b.ID {
		return true
	}
	for _, e := range m.Entities {
		if e.Type != "bot_command" || e.Offset != 0 {
			continue
		}
		command, _, _ := strings.Cut(m.Text, " ")
		_, addressee, named := strings.Cut(strings.Fields(command)[0], "@")
		return !named || strings.EqualFold(addressee, b.Username)
	}
	return false
}

// service says whether Telegram wrote the message.
func (m *Message) service() bool {
	return m.Text == "" && m.Dice == nil && m.Invoice == nil
}

// userOrder is the order of updates that one person causes apart from messages.
func userOrder(user int64) string { return "user:" + strconv.FormatInt(user, 10) }
