package local

import "maps"

// setMember changes somebody's standing in a group and tells everybody whom Telegram tells:
// the bot itself (my_chat_member), bots that are administrators (chat_member), and the chat
// by a service message.
func (s *Server) setMember(r *room, id int64, status string, by *User) {
	old := r.status(id)
	who := s.world.user(id)
	if old == status || who == nil {
		return
	}
	if by == nil {
		by = who
	}
	r.Members[id] = status
	change := MemberChange{
		Chat: s.world.chat(r), From: *by, Date: s.unix(),
		Old: ChatMember{User: *who, Status: old}, New: ChatMember{User: *who, Status: status},
	}
	if b := s.world.Bots[id]; b != nil {
		s.enqueue(b, kindMyChatMember, "chat:"+r.key(), change)
		s.wake(b)
	}
	for _, b := range s.roomBots(r) {
		if b.ID != id && isAdmin(r.status(b.ID)) {
			s.enqueue(b, kindChatMember, "chat:"+r.key(), change)
			s.wake(b)
		}
	}
	switch {
	case present(status) && !present(old):
		s.announce(r, &Message{From: by, NewMembers: []User{*who}})
	case !present(status) && present(old):
		s.announce(r, &Message{From: by, LeftMember: who})
	}
	s.hub.publish(event{Type: "chats"})
	s.touch()
}

// announce posts a service message and tells the bots.
func (s *Server) announce(r *room, m *Message) {
	s.post(r, m)
	s.deliver(r, m)
}

// setBlocked lets a person block or unblock a bot.
func (s *Server) setBlocked(r *room, blocked bool) {
	b, who := s.world.Bots[r.Bot], s.world.Users[r.ID]
	if b == nil || who == nil || r.Blocked == blocked {
		return
	}
	old, status := statusMember, statusKicked
	if !blocked {
		old, status = status, old
	}
	r.Blocked = blocked
	self := b.user()
	s.enqueue(b, kindMyChatMember, "chat:"+r.key(), MemberChange{
		Chat: s.world.chat(r), From: *who, Date: s.unix(),
		Old: ChatMember{User: self, Status: old}, New: ChatMember{User: self, Status: status},
	})
	s.wake(b)
	s.hub.publish(event{Type: "chats"})
}

// migrate turns a basic group into a supergroup with a new id. Both chats say so.
func (s *Server) migrate(old *room, by *User) *room {
	fresh := &room{
		ID: s.supergroupID(), Type: chatSupergroup, Title: old.Title, Instance: newInstance(),
		Members: map[int64]string{}, Topics: map[int64]string{},
	}
	maps.Copy(fresh.Members, old.Members)
	s.world.Rooms[fresh.key()] = fresh
	s.announce(old, &Message{From: by, MigrateTo: fresh.ID})
	old.MigratedTo = fresh.ID
	s.announce(fresh, &Message{From: by, MigrateFrom: old.ID})
	s.hub.publish(event{Type: "chats"})
	return fresh
}

// supergroupID is a new id with the mark of supergroups.
func (s *Server) supergroupID() int64 {
	return -1_000_000_000_000 - s.world.nextID()%10_000_000_000
}
