package local

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// NewChat makes a group. ID, or else Title, says whether it exists already. Owner and Members
// are in it from the beginning: no bot is told. Bots come in by SetMember, with updates.
type NewChat struct {
	ID       int64   `json:"id,omitempty"`
	Type     string  `json:"type,omitempty"` // supergroup (the default) or group
	Title    string  `json:"title"`
	Username string  `json:"username,omitempty"` // makes it public
	Forum    bool    `json:"is_forum,omitempty"`
	Owner    int64   `json:"owner,omitempty"`
	Members  []int64 `json:"members,omitempty"`
}

// ChatInfo is a chat as one person sees it: a private chat has the bot's id and name.
type ChatInfo struct {
	ID         int64            `json:"id"`
	Room       string           `json:"room"` // names the chat in events
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	Username   string           `json:"username,omitempty"`
	Forum      bool             `json:"is_forum,omitempty"`
	Topics     map[int64]string `json:"topics,omitempty"`
	Count      int              `json:"members"`
	Bots       []int64          `json:"bots"`
	Status     string           `json:"status,omitempty"` // of the person that asks
	Started    bool             `json:"started,omitempty"`
	Blocked    bool             `json:"blocked,omitempty"`
	MigratedTo int64            `json:"migrated_to,omitempty"`
	Pinned     *Message         `json:"pinned,omitempty"`
	Last       *Message         `json:"last,omitempty"`
}

// chatInfo describes a room to a person, or to nobody in particular.
func (s *Server) chatInfo(r *room, who *User) ChatInfo {
	i := ChatInfo{
		ID: r.ID, Room: r.key(), Type: r.Type, Title: r.Title, Username: r.Username, Forum: r.Forum, Topics: maps.Clone(r.Topics),
		Count: r.count(), Bots: []int64{}, Started: r.Started, Blocked: r.Blocked, MigratedTo: r.MigratedTo,
	}
	for _, b := range s.roomBots(r) {
		i.Bots = append(i.Bots, b.ID)
	}
	if who != nil {
		i.Status = r.status(who.ID)
	}
	if b := s.world.Bots[r.Bot]; r.Type == chatPrivate && b != nil {
		i.ID, i.Title, i.Username, i.Status = b.ID, b.Name, b.Username, statusMember
	}
	if n := len(r.Messages); n > 0 {
		last := *r.Messages[n-1]
		i.Last = &last
	}
	if n := len(r.Pinned); n > 0 {
		if m := r.message(r.Pinned[n-1]); m != nil {
			kept := *m
			i.Pinned = &kept
		}
	}
	return i
}

// simChats is GET /sim/chats?user=: the chats of one person, the newest first.
func (s *Server) simChats(req *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.queryUser(req)
	if err != nil {
		return nil, err
	}
	out := []ChatInfo{}
	for _, r := range s.world.Rooms {
		if r.Type != chatPrivate && r.MigratedTo == 0 {
			if info := s.chatInfo(r, who); present(info.Status) || r.Username != "" {
				out = append(out, info)
			}
		}
	}
	for _, b := range s.world.Bots {
		r := s.world.Rooms[privateKey(b.ID, who.ID)]
		if r == nil {
			r = &room{ID: who.ID, Bot: b.ID, Type: chatPrivate}
		}
		out = append(out, s.chatInfo(r, who))
	}
	slices.SortFunc(out, func(a, b ChatInfo) int {
		return cmp.Or(cmp.Compare(date(b.Last), date(a.Last)), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

func date(m *Message) int64 {
	if m == nil {
		return 0
	}
	return m.Date
}

// simChat is POST /sim/chats.
func (s *Server) simChat(req *http.Request) (any, error) {
	var in NewChat
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	in.Type = cmp.Or(in.Type, chatSupergroup)
	switch {
	case in.Title == "":
		return nil, invalid("title", "is missing")
	case in.Type != chatSupergroup && in.Type != chatGroup:
		return nil, invalid("type", "must be supergroup or group")
	case in.ID > 0:
		return nil, invalid("id", "must be negative")
	case in.Type == chatGroup && (in.Forum || in.Username != ""):
		return nil, invalid("type", "a basic group has no topics and no username")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range append(slices.Clone(in.Members), in.Owner) {
		if id != 0 && s.world.Users[id] == nil {
			return nil, missing("members", "there is no person %d", id)
		}
	}
	r := s.putChat(in)
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return s.chatInfo(r, nil), nil
}

// putChat finds or makes the group and applies what was given.
func (s *Server) putChat(in NewChat) *room {
	var r *room
	for _, known := range s.world.Rooms {
		if known.Type != chatPrivate && (known.ID == in.ID || (in.ID == 0 && known.Title == in.Title && known.MigratedTo == 0)) {
			r = known
		}
	}
	if r == nil {
		r = &room{ID: in.ID, Type: in.Type, Instance: newInstance(), Members: map[int64]string{}, Topics: map[int64]string{}}
		if r.ID == 0 && in.Type == chatSupergroup {
			r.ID = s.supergroupID()
		} else if r.ID == 0 {
			r.ID = -(s.world.nextID() - 1_000_000_000)
		}
		s.world.Rooms[r.key()] = r
	}
	r.Title, r.Username, r.Forum = in.Title, in.Username, in.Forum
	for _, id := range in.Members {
		if !present(r.status(id)) {
			r.Members[id] = statusMember
		}
	}
	if in.Owner != 0 {
		r.Members[in.Owner] = statusCreator
	}
	return r
}

// NewTopic opens a forum topic.
type NewTopic struct {
	Chat int64  `json:"chat"`
	Name string `json:"name"`
	User int64  `json:"user,omitempty"`
}

// TopicInfo is an opened topic.
type TopicInfo struct {
	ThreadID int64  `json:"message_thread_id"`
	Name     string `json:"name"`
}

// simTopic is POST /sim/topics. A topic of that name is opened once.
func (s *Server) simTopic(req *http.Request) (any, error) {
	var in NewTopic
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, invalid("name", "is missing")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.group(in.Chat)
	if err != nil {
		return nil, err
	}
	if !r.Forum {
		return nil, refused("chat", "is not a forum: make it with is_forum")
	}
	for id, name := range r.Topics {
		if name == in.Name {
			return TopicInfo{ThreadID: id, Name: name}, nil
		}
	}
	m := &Message{From: s.world.Users[in.User], IsTopic: true, ThreadID: r.LastMessage + 1, TopicOpened: &Topic{Name: in.Name, IconColor: 7322096}}
	r.Topics[m.ThreadID] = in.Name
	s.announce(r, m)
	return TopicInfo{ThreadID: m.ThreadID, Name: in.Name}, nil
}

// group finds a group by id.
func (s *Server) group(id int64) (*room, error) {
	if id >= 0 {
		return nil, invalid("chat", "must be a group's negative id")
	}
	if r := s.world.Rooms[strconv.FormatInt(id, 10)]; r != nil {
		return r, nil
	}
	return nil, missing("chat", "there is no group %d", id)
}

// person finds a person by id.
func (s *Server) person(id int64) (*User, error) {
	if id == 0 {
		return nil, invalid("user", "is missing")
	}
	if u := s.world.Users[id]; u != nil {
		return u, nil
	}
	return nil, missing("user", "there is no person %d", id)
}

// queryUser is the person that ?user= names.
func (s *Server) queryUser(r *http.Request) (*User, error) {
	id, err := strconv.ParseInt(r.URL.Query().Get("user"), 10, 64)
	if err != nil {
		return nil, invalid("user", "must be a person's id")
	}
	return s.person(id)
}

// view finds the room that a person means by a chat: a group's id, or a bot's id for the
// private chat with it.
func (s *Server) view(who *User, chat int64) (*room, error) {
	if chat < 0 {
		return s.group(chat)
	}
	if chat == who.ID && len(s.world.Bots) == 1 {
		for id := range s.world.Bots {
			chat = id
		}
	}
	if s.world.Bots[chat] == nil {
		return nil, missing("chat", "there is no group and no bot %d", chat)
	}
	key := privateKey(chat, who.ID)
	if s.world.Rooms[key] == nil {
		s.world.Rooms[key] = &room{ID: who.ID, Bot: chat, Type: chatPrivate, Instance: newInstance()}
	}
	return s.world.Rooms[key], nil
}
