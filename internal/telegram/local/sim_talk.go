package local

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SendInput is a text that a person writes. Chat is a group's id, or a bot's for the private
// chat with it.
type SendInput struct {
	User    int64  `json:"user"`
	Chat    int64  `json:"chat"`
	Text    string `json:"text"`
	ReplyTo int64  `json:"reply_to,omitempty"`
	Thread  int64  `json:"thread,omitempty"`
}

// simSend is POST /sim/send.
func (s *Server) simSend(req *http.Request) (any, error) {
	var in SendInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(in.Text)
	if text == "" || units(text) > maxText {
		return nil, invalid("text", "must have 1 to %d characters", maxText)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who, r, err := s.member(in.User, in.Chat)
	if err != nil {
		return nil, err
	}
	if r.status(who.ID) == statusRestricted {
		return nil, refused("user", "is restricted and may not write here")
	}
	m := &Message{From: who, Text: text, Entities: detect(text, nil)}
	if in.ReplyTo != 0 {
		original := r.message(in.ReplyTo)
		if original == nil {
			return nil, missing("reply_to", "there is no message %d in the chat", in.ReplyTo)
		}
		m.setReply(original)
	}
	if in.Thread != 0 {
		if _, ok := r.Topics[in.Thread]; !ok {
			return nil, missing("thread", "there is no topic %d in the chat", in.Thread)
		}
		m.ThreadID, m.IsTopic = in.Thread, true
	}
	if r.Type == chatPrivate && !r.Started {
		r.Started = true
		s.hub.publish(event{Type: "chats"})
	}
	s.announce(r, m)
	return *m, nil
}

// member finds a person and a chat in which the person may act.
func (s *Server) member(user, chat int64) (*User, *room, error) {
	who, err := s.person(user)
	if err != nil {
		return nil, nil, err
	}
	if chat == 0 {
		return nil, nil, invalid("chat", "is missing")
	}
	r, err := s.view(who, chat)
	switch {
	case err != nil:
		return nil, nil, err
	case r.MigratedTo != 0:
		return nil, nil, refused("chat", "became the supergroup %d", r.MigratedTo)
	case r.Type == chatPrivate && r.Blocked:
		return nil, nil, refused("user", "has blocked the bot")
	case r.Type != chatPrivate && !present(r.status(user)):
		return nil, nil, refused("user", "is not in the chat")
	}
	frozen := *who
	return &frozen, r, nil
}

// simMessages is GET /sim/messages?chat=&user=&after=&limit=: the newest messages, oldest
// first. User is needed for a private chat.
func (s *Server) simMessages(req *http.Request) (any, error) {
	q := req.URL.Query()
	chat, err := strconv.ParseInt(q.Get("chat"), 10, 64)
	if err != nil {
		return nil, invalid("chat", "must be a chat's id")
	}
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.anyView(q.Get("user"), chat)
	if err != nil {
		return nil, err
	}
	out := []Message{}
	for _, m := range r.Messages {
		if m.MessageID > after {
			out = append(out, *m)
		}
	}
	if limit > 0 && len(out) > limit {
		out = out[len(out)-limit:]
	}
	return out, nil
}

// anyView is the room a chat id means; a private chat needs its person.
func (s *Server) anyView(user string, chat int64) (*room, error) {
	if chat < 0 {
		return s.group(chat)
	}
	id, err := strconv.ParseInt(user, 10, 64)
	if err != nil {
		return nil, invalid("user", "must be a person's id for a private chat")
	}
	who, err := s.person(id)
	if err != nil {
		return nil, err
	}
	return s.view(who, chat)
}

// simCommands is GET /sim/commands?user=&chat=: the menus of the chat's bots.
func (s *Server) simCommands(req *http.Request) (any, error) {
	chat, err := strconv.ParseInt(req.URL.Query().Get("chat"), 10, 64)
	if err != nil {
		return nil, invalid("chat", "must be a chat's id")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.queryUser(req)
	if err != nil {
		return nil, err
	}
	r, err := s.view(who, chat)
	if err != nil {
		return nil, err
	}
	out := []Command{}
	for _, b := range s.roomBots(r) {
		out = append(out, b.menu(r, who)...)
	}
	return out, nil
}

// WaitInput says which message to wait for: one that now or later contains the text, with an
// id above After. FromBot leaves people's messages out.
type WaitInput struct {
	User      int64  `json:"user,omitempty"`
	Chat      int64  `json:"chat"`
	Contains  string `json:"contains"`
	After     int64  `json:"after,omitempty"`
	FromBot   bool   `json:"from_bot,omitempty"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"` // 5000 when missing
}

// simWait is POST /sim/wait. It fails with 408 when the message does not come.
func (s *Server) simWait(req *http.Request) (any, error) {
	var in WaitInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	timer := s.clock.NewTimer(timeout(in.TimeoutMS, 5*time.Second))
	defer timer.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		r, err := s.anyView(strconv.FormatInt(in.User, 10), in.Chat)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		if at := slices.IndexFunc(r.Messages, in.matches); at >= 0 {
			found := *r.Messages[at]
			s.mu.Unlock()
			return found, nil
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C():
			return nil, &SimError{
				Status: http.StatusRequestTimeout, Code: "sim.timeout", Field: "contains",
				Message: "no message with " + strconv.Quote(in.Contains) + " came",
			}
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-s.done:
			return nil, refused("", "the server stops")
		}
	}
}

func (in WaitInput) matches(m *Message) bool {
	if m.MessageID <= in.After || (in.FromBot && (m.From == nil || !m.From.IsBot)) {
		return false
	}
	return strings.Contains(m.Text, in.Contains)
}

// timeout turns milliseconds into a duration of at most a minute.
func timeout(ms int64, otherwise time.Duration) time.Duration {
	if ms <= 0 {
		return otherwise
	}
	return min(time.Duration(ms)*time.Millisecond, time.Minute)
}
