package local

import "slices"

// pinnable checks the right to pin.
func (s *Server) pinnable(c *call) (*room, error) {
	r, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if r.Type != chatPrivate && !isAdmin(r.status(c.bot.ID)) {
		return nil, badRequest("not enough rights to manage pinned messages in the chat")
	}
	return r, nil
}

// pinChatMessage pins a message and posts the service message.
func (s *Server) pinChatMessage(c *call) (any, error) {
	r, err := s.pinnable(c)
	if err != nil {
		return nil, err
	}
	m := r.message(c.params.int64("message_id"))
	if m == nil {
		return nil, badRequest("message to pin not found")
	}
	if slices.Contains(r.Pinned, m.MessageID) {
		return true, nil
	}
	r.Pinned = append(r.Pinned, m.MessageID)
	from := c.bot.user()
	quoted := *m
	quoted.ReplyTo, quoted.Pinned = nil, nil
	s.post(r, &Message{From: &from, Pinned: &quoted, ThreadID: m.ThreadID, IsTopic: m.IsTopic})
	return true, nil
}

// unpinChatMessage unpins the named or the newest pinned message.
func (s *Server) unpinChatMessage(c *call) (any, error) {
	r, err := s.pinnable(c)
	if err != nil {
		return nil, err
	}
	if len(r.Pinned) == 0 {
		return nil, badRequest("message to unpin not found")
	}
	id := c.params.int64("message_id")
	if id == 0 {
		id = r.Pinned[len(r.Pinned)-1]
	}
	at := slices.Index(r.Pinned, id)
	if at < 0 {
		return nil, badRequest("message to unpin not found")
	}
	r.Pinned = slices.Delete(r.Pinned, at, at+1)
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return true, nil
}
