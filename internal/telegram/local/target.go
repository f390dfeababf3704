package local

import (
	"encoding/json"
	"strconv"
	"strings"
)

// findRoom resolves chat_id. It does not ask whether the bot may act there.
func (s *Server) findRoom(c *call) (*room, error) {
	raw := strings.TrimSpace(c.params["chat_id"])
	if raw == "" {
		return nil, badRequest("chat_id is empty")
	}
	if name, ok := strings.CutPrefix(raw, "@"); ok {
		for _, r := range s.world.Rooms {
			if r.Type != chatPrivate && r.Username != "" && strings.EqualFold(r.Username, name) {
				return r, nil
			}
		}
		return nil, badRequest("chat not found")
	}
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return nil, badRequest("chat not found")
	}
	if id < 0 {
		if r := s.world.Rooms[raw]; r != nil && s.knows(c.bot, r) {
			return r, nil
		}
		return nil, badRequest("chat not found")
	}
	return s.findPrivate(c.bot, id)
}

// knows says whether the bot is or was in the group: Telegram hides all others.
func (s *Server) knows(b *bot, r *room) bool {
	_, ok := r.Members[b.ID]
	return ok || r.Username != ""
}

// findPrivate is the private chat with a person. A bot cannot write first.
func (s *Server) findPrivate(b *bot, user int64) (*room, error) {
	if s.world.Bots[user] != nil {
		return nil, forbidden("bots can't send messages to bots")
	}
	if r := s.world.Rooms[privateKey(b.ID, user)]; r != nil && r.Started {
		return r, nil
	}
	for _, r := range s.world.Rooms {
		if r.Type != chatPrivate && r.status(user) != statusLeft && present(r.status(b.ID)) {
			return nil, forbidden("bot can't initiate conversation with a user")
		}
	}
	return nil, badRequest("chat not found")
}

// target is the room the bot writes into: it is there, may write, and within its limits.
func (s *Server) target(c *call) (*room, error) {
	r, err := s.findRoom(c)
	if err != nil {
		return nil, err
	}
	if r.MigratedTo != 0 {
		return nil, migrated(r.MigratedTo)
	}
	if r.Type == chatPrivate {
		if r.Blocked {
			return nil, forbidden("bot was blocked by the user")
		}
		return r, nil
	}
	switch r.status(c.bot.ID) {
	case statusKicked:
		return nil, forbidden("bot was kicked from the " + r.Type + " chat")
	case statusLeft:
		return nil, forbidden("bot is not a member of the " + r.Type + " chat")
	case statusRestricted:
		return nil, badRequest("not enough rights to send text messages to the chat")
	}
	return r, nil
}

// replyInput is reply_parameters.
type replyInput struct {
	MessageID    int64 `json:"message_id"`
	AllowMissing bool  `json:"allow_sending_without_reply"`
}

// draft starts a message of the bot in its target, with topic and reply.
func (s *Server) draft(c *call) (*room, *Message, error) {
	r, err := s.target(c)
	if err != nil {
		return nil, nil, err
	}
	from := c.bot.user()
	m := &Message{From: &from, Chat: s.world.chat(r)}
	if raw := c.params["reply_parameters"]; raw != "" && !json.Valid([]byte(raw)) {
		return nil, nil, badRequest("can't parse reply parameters JSON object")
	}
	reply := replyInput{
		MessageID: c.params.int64("reply_to_message_id"), AllowMissing: c.params.flag("allow_sending_without_reply"),
	}
	if err := c.params.decode("reply_parameters", &reply); err != nil {
		return nil, nil, err
	}
	if reply.MessageID != 0 {
		original := r.message(reply.MessageID)
		if original == nil && !reply.AllowMissing {
			return nil, nil, badRequest("message to be replied not found")
		}
		m.setReply(original)
	}
	if thread := c.params.int64("message_thread_id"); thread != 0 {
		if _, ok := r.Topics[thread]; !ok {
			return nil, nil, badRequest("message thread not found")
		}
		m.ThreadID, m.IsTopic = thread, true
	}
	return r, m, nil
}

// setReply quotes the original, without what it quotes itself, and joins its topic.
func (m *Message) setReply(original *Message) {
	if original == nil {
		return
	}
	quoted := *original
	quoted.ReplyTo, quoted.Pinned = nil, nil
	m.ReplyTo = &quoted
	if original.IsTopic {
		m.ThreadID, m.IsTopic = original.ThreadID, true
	}
}
