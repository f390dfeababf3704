package local

import "slices"

// sendMessage sends a text.
func (s *Server) sendMessage(c *call) (any, error) {
	r, m, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	if m.Text, m.Entities, err = c.readText(); err != nil {
		return nil, err
	}
	if m.ReplyMarkup, err = c.readKeyboard(r); err != nil {
		return nil, err
	}
	return s.sendDraft(c, r, m)
}

// sendDraft applies the limits and puts the bot's message into the room.
func (s *Server) sendDraft(c *call, r *room, m *Message) (any, error) {
	if err := s.spend(c, r); err != nil {
		return nil, err
	}
	s.post(r, m)
	return m, nil
}

// post numbers and stores a message and shows it on the page. No bot is told.
func (s *Server) post(r *room, m *Message) {
	r.LastMessage++
	m.MessageID, m.Date = r.LastMessage, s.unix()
	m.Chat = s.world.chat(r)
	r.Messages = append(r.Messages, m)
	if extra := len(r.Messages) - s.cfg.History; extra > 0 {
		r.Messages = slices.Delete(r.Messages, 0, extra)
	}
	s.show("message", r, m)
}

// show tells the page and everybody who waits about a new or changed message.
func (s *Server) show(kind string, r *room, m *Message) {
	shown := *m
	s.hub.publish(event{Type: kind, Room: r.key(), Message: &shown})
	s.touch()
}

// sendChatAction shows that the bot is busy.
func (s *Server) sendChatAction(c *call) (any, error) {
	r, err := s.target(c)
	if err != nil {
		return nil, err
	}
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
	}
	if !slices.Contains(actions, c.params["action"]) {
		return nil, badRequest("wrong parameter action in request")
	}
	s.hub.publish(event{Type: "action", Room: r.key(), Action: c.params["action"], From: c.bot.Name})
	return true, nil
}
