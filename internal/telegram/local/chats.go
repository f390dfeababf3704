package local

import (
	"maps"
	"slices"
)

// getChat describes a chat the bot knows.
func (s *Server) getChat(c *call) (any, error) {
	r, err := s.lookup(c)
	if err != nil {
		return nil, err
	}
	out := struct {
		Chat
		Pinned    *Message        `json:"pinned_message,omitempty"`
		Perms     map[string]bool `json:"permissions,omitempty"`
		Accent    int             `json:"accent_color_id"`
		Reactions int             `json:"max_reaction_count"`
	}{Chat: s.world.chat(r), Reactions: 11}
	if n := len(r.Pinned); n > 0 {
		if m := r.message(r.Pinned[n-1]); m != nil {
			kept := *m
			out.Pinned = &kept
		}
	}
	if r.Type != chatPrivate {
		out.Perms = map[string]bool{"can_send_messages": true, "can_invite_users": true, "can_pin_messages": false}
	}
	return out, nil
}

// lookup is a chat that the bot may look at: it is there, or it is public.
func (s *Server) lookup(c *call) (*room, error) {
	r, err := s.findRoom(c)
	if err != nil {
		return nil, err
	}
	if r.MigratedTo != 0 {
		return nil, migrated(r.MigratedTo)
	}
	if r.Type != chatPrivate && r.Username == "" {
		switch r.status(c.bot.ID) {
		case statusKicked:
			return nil, forbidden("bot was kicked from the " + r.Type + " chat")
		case statusLeft:
			return nil, forbidden("bot is not a member of the " + r.Type + " chat")
		}
	}
	return r, nil
}

// getChatMember is somebody's standing in a chat.
func (s *Server) getChatMember(c *call) (any, error) {
	r, err := s.lookup(c)
	if err != nil {
		return nil, err
	}
	id := c.params.int64("user_id")
	if id == 0 {
		return nil, badRequest("invalid user_id specified")
	}
	u := s.world.user(id)
	if u == nil {
		return nil, badRequest("member not found")
	}
	return ChatMember{User: *u, Status: r.status(id)}, nil
}

// getChatAdministrators lists the owner and the administrators, without other bots.
func (s *Server) getChatAdministrators(c *call) (any, error) {
	r, err := s.lookup(c)
	if err != nil {
		return nil, err
	}
	if r.Type == chatPrivate {
		return nil, badRequest("there are no administrators in the private chat")
	}
	admins := []ChatMember{}
	for _, id := range slices.Sorted(maps.Keys(r.Members)) {
		u := s.world.user(id)
		if u == nil || !isAdmin(r.Members[id]) || (u.IsBot && id != c.bot.ID) {
			continue
		}
		admins = append(admins, ChatMember{User: *u, Status: r.Members[id]})
	}
	return admins, nil
}

// getChatMemberCount counts people and bots in a chat.
func (s *Server) getChatMemberCount(c *call) (any, error) {
	r, err := s.lookup(c)
	if err != nil {
		return nil, err
	}
	return r.count(), nil
}

// count is how many people and bots are in the room.
func (r *room) count() int {
	if r.Type == chatPrivate {
		return 2
	}
	n := 0
	for _, status := range r.Members {
		if present(status) {
			n++
		}
	}
	return n
}

// leaveChat takes the bot out of a group.
func (s *Server) leaveChat(c *call) (any, error) {
	r, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if r.Type == chatPrivate {
		return nil, badRequest("chat member status can't be changed in private chats")
	}
	self := c.bot.user()
	s.setMember(r, c.bot.ID, statusLeft, &self)
	return true, nil
}
