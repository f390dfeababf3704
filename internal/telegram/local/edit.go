package local

import "slices"

// editable is the bot's own message that a call names.
func (s *Server) editable(c *call) (*room, *Message, error) {
	if c.params["inline_message_id"] != "" {
		c.warn("inline messages are not spoken here")
		return nil, nil, badRequest("message to edit not found")
	}
	r, err := s.target(c)
	if err != nil {
		return nil, nil, err
	}
	if c.params["message_id"] == "" {
		return nil, nil, badRequest("message identifier is not specified")
	}
	m := r.message(c.params.int64("message_id"))
	if m == nil {
		return nil, nil, badRequest("message to edit not found")
	}
	if m.From == nil || m.From.ID != c.bot.ID {
		return nil, nil, badRequest("message can't be edited")
	}
	return r, m, nil
}

// notModified is the refusal of an edit that changes nothing.
func notModified() *fault {
	return badRequest("message is not modified: specified new message content and reply markup are exactly the same " +
		"as a current content and reply markup of the message")
}

// editMessageText replaces text and buttons. Without reply_markup the buttons go.
func (s *Server) editMessageText(c *call) (any, error) {
	r, m, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	if m.Text == "" {
		return nil, badRequest("there is no text in the message to edit")
	}
	text, entities, err := c.readText()
	if err != nil {
		return nil, err
	}
	keyboard, err := c.readKeyboard(r)
	if err != nil {
		return nil, err
	}
	if text == m.Text && slices.Equal(entities, m.Entities) && sameKeyboard(keyboard, m.ReplyMarkup) {
		return nil, notModified()
	}
	if err := s.spend(c, r); err != nil {
		return nil, err
	}
	m.Text, m.Entities, m.ReplyMarkup, m.EditDate = text, entities, keyboard, s.unix()
	s.show("edited", r, m)
	return m, nil
}

// editMessageReplyMarkup replaces the buttons only.
func (s *Server) editMessageReplyMarkup(c *call) (any, error) {
	r, m, err := s.editable(c)
	if err != nil {
		return nil, err
	}
	keyboard, err := c.readKeyboard(r)
	if err != nil {
		return nil, err
	}
	if sameKeyboard(keyboard, m.ReplyMarkup) {
		return nil, notModified()
	}
	if err := s.spend(c, r); err != nil {
		return nil, err
	}
	m.ReplyMarkup, m.EditDate = keyboard, s.unix()
	s.show("edited", r, m)
	return m, nil
}

// deleteMessage removes a message: the bot's own, and anybody's where the bot is an
// administrator.
func (s *Server) deleteMessage(c *call) (any, error) {
	r, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m := r.message(c.params.int64("message_id"))
	if m == nil {
		return nil, badRequest("message to delete not found")
	}
	own := m.From != nil && m.From.ID == c.bot.ID
	if !own && r.Type != chatPrivate && !isAdmin(r.status(c.bot.ID)) {
		return nil, badRequest("message can't be deleted")
	}
	r.Messages = slices.DeleteFunc(r.Messages, func(x *Message) bool { return x.MessageID == m.MessageID })
	r.Pinned = slices.DeleteFunc(r.Pinned, func(id int64) bool { return id == m.MessageID })
	s.show("deleted", r, m)
	return true, nil
}
