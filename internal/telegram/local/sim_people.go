package local

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// NewBot registers a bot. Without Token and ID a token is made. Registering the same
// username or token again changes the bot and keeps its token unless a new one is given.
type NewBot struct {
	Token     string `json:"token,omitempty"`
	ID        int64  `json:"id,omitempty"`
	Username  string `json:"username"`
	Name      string `json:"name,omitempty"`
	ReadAll   bool   `json:"read_all,omitempty"` // privacy mode off
	WebAppURL string `json:"web_app_url,omitempty"`
}

// BotInfo is a registered bot.
type BotInfo struct {
	ID        int64  `json:"id"`
	Token     string `json:"token,omitempty"`
	Username  string `json:"username"`
	Name      string `json:"name"`
	ReadAll   bool   `json:"read_all"`
	WebAppURL string `json:"web_app_url,omitempty"`
	Pending   int    `json:"pending"` // updates the bot has not confirmed
	Polling   bool   `json:"polling"`
	Webhook   string `json:"webhook,omitempty"`
}

// info describes the bot, with its token only for whoever registers it.
func (b *bot) info(withToken bool) BotInfo {
	i := BotInfo{
		ID: b.ID, Username: b.Username, Name: b.Name, ReadAll: b.ReadAll, WebAppURL: b.WebAppURL,
		Pending: len(b.Queue), Polling: b.poll != nil, Webhook: b.Webhook.URL,
	}
	if withToken {
		i.Token = b.Token
	}
	return i
}

const firstBotID = 7_000_000_000

// simBot is POST /sim/bots.
func (s *Server) simBot(r *http.Request) (any, error) {
	var in NewBot
	if err := readBody(r, &in); err != nil {
		return nil, err
	}
	in.Username = strings.TrimPrefix(in.Username, "@")
	if in.Username == "" {
		return nil, invalid("username", "is missing")
	}
	if in.Token != "" {
		if !IsLocalToken(in.Token) {
			return nil, invalid("token", "must look like 7000000001:LOCAL-…: real tokens stay outside")
		}
		number, _, _ := strings.Cut(in.Token, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil || (in.ID != 0 && in.ID != id) {
			return nil, invalid("token", "does not belong to the bot id")
		}
		in.ID = id
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.putBot(in)
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return b.info(true), nil
}

// putBot finds or makes the bot and applies what was given.
func (s *Server) putBot(in NewBot) *bot {
	var b *bot
	for _, known := range s.world.Bots {
		if known.ID == in.ID || (in.ID == 0 && strings.EqualFold(known.Username, in.Username)) {
			b = known
		}
	}
	if b == nil {
		if in.ID == 0 {
			in.ID = firstBotID + 1
			for s.world.user(in.ID) != nil {
				in.ID++
			}
		}
		b = &bot{ID: in.ID, Token: NewToken(in.ID), Commands: map[string][]Command{}}
		b.NextUpdate = 100_000_000 + int64(randomID()%800_000_000)
		s.world.Bots[b.ID] = b
	}
	b.Username, b.ReadAll, b.WebAppURL = in.Username, in.ReadAll, cmp.Or(in.WebAppURL, b.WebAppURL)
	b.Name = cmp.Or(in.Name, b.Name, in.Username)
	b.Token = cmp.Or(in.Token, b.Token)
	return b
}

// NewUser makes a person. ID, or else Username, says whether the person exists already.
type NewUser struct {
	ID           int64  `json:"id,omitempty"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// simUser is POST /sim/users.
func (s *Server) simUser(r *http.Request) (any, error) {
	var in NewUser
	if err := readBody(r, &in); err != nil {
		return nil, err
	}
	in.Username = strings.TrimPrefix(in.Username, "@")
	if in.FirstName == "" {
		return nil, invalid("first_name", "is missing")
	}
	if in.ID < 0 {
		return nil, invalid("id", "must be positive")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.Bots[in.ID] != nil {
		return nil, invalid("id", "belongs to a bot")
	}
	u := s.putUser(in)
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return *u, nil
}

// putUser finds or makes the person and applies what was given. A User is never changed in
// place: messages and events keep pointing at it.
func (s *Server) putUser(in NewUser) *User {
	u := s.world.Users[in.ID]
	if u == nil && in.ID == 0 && in.Username != "" {
		for _, known := range s.world.Users {
			if strings.EqualFold(known.Username, in.Username) {
				u = known
			}
		}
	}
	if u == nil {
		if in.ID == 0 {
			in.ID = s.world.nextID()
		}
		u = &User{ID: in.ID}
	}
	u = &User{
		ID: u.ID, FirstName: in.FirstName, LastName: in.LastName, Username: in.Username,
		LanguageCode: cmp.Or(in.LanguageCode, u.LanguageCode, "en"),
	}
	s.world.Users[u.ID] = u
	return u
}

// State is what exists: bots without tokens, people and groups.
type State struct {
	Boot   string     `json:"boot"` // changes when the server restarts
	Limits bool       `json:"limits"`
	Bots   []BotInfo  `json:"bots"`
	Users  []User     `json:"users"`
	Chats  []ChatInfo `json:"chats"`
}

// simState is GET /sim/state.
func (s *Server) simState(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{Boot: s.boot, Limits: s.world.Limits, Bots: []BotInfo{}, Users: []User{}, Chats: []ChatInfo{}}
	for _, id := range slices.Sorted(maps.Keys(s.world.Bots)) {
		out.Bots = append(out.Bots, s.world.Bots[id].info(false))
	}
	for _, id := range slices.Sorted(maps.Keys(s.world.Users)) {
		out.Users = append(out.Users, *s.world.Users[id])
	}
	for _, key := range slices.Sorted(maps.Keys(s.world.Rooms)) {
		if room := s.world.Rooms[key]; room.Type != chatPrivate {
			out.Chats = append(out.Chats, s.chatInfo(room, nil))
		}
	}
	return out, nil
}
