package local

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
)

// The statuses of a chat member.
const (
	statusCreator       = "creator"
	statusAdministrator = "administrator"
	statusMember        = "member"
	statusRestricted    = "restricted"
	statusLeft          = "left"
	statusKicked        = "kicked"
)

// The kinds of chat.
const (
	chatPrivate    = "private"
	chatGroup      = "group"
	chatSupergroup = "supergroup"
)

// world is everything that is saved. Every use of it holds Server.mu.
type world struct {
	Bots      map[int64]*bot      `json:"bots"`
	Users     map[int64]*User     `json:"users"`
	Rooms     map[string]*room    `json:"rooms"`
	Charges   map[string]*charge  `json:"charges"`
	Invoices  map[string]*invoice `json:"invoices"` // by room key and message id
	Limits    bool                `json:"limits"`
	DiceSeed  string              `json:"dice_seed"`
	DiceRolls uint64              `json:"dice_rolls"`
	LastID    int64               `json:"last_id"`
	LastQuery uint64              `json:"last_query"`
}

// bot is a registered bot and what Telegram keeps for it.
type bot struct {
	ID         int64                `json:"id"`
	Username   string               `json:"username"`
	Name       string               `json:"name"`
	Token      string               `json:"token"`
	ReadAll    bool                 `json:"read_all,omitempty"` // privacy mode off
	WebAppURL  string               `json:"web_app_url,omitempty"`
	NextUpdate int64                `json:"next_update"`
	Queue      []queued             `json:"queue"`
	Allowed    []string             `json:"allowed"` // nil for the default kinds
	Commands   map[string][]Command `json:"commands"`
	Webhook    webhook              `json:"webhook"`

	poll    *poll    // the long poll in progress
	courier *courier // delivers to the webhook
}

// queued is one update that the bot has not confirmed.
type queued struct {
	ID    int64           `json:"id"`
	Kind  string          `json:"kind"`
	Order string          `json:"order"` // updates of one order are pushed one after another
	Body  json.RawMessage `json:"body"`
}

// room is a chat: a group, or the private chat of one person and one bot.
type room struct {
	ID          int64            `json:"id"` // as the bot sees it: a person's id in a private chat
	Bot         int64            `json:"bot,omitempty"`
	Type        string           `json:"type"`
	Title       string           `json:"title,omitempty"`
	Username    string           `json:"username,omitempty"`
	Forum       bool             `json:"forum,omitempty"`
	Instance    string           `json:"instance"`
	LastMessage int64            `json:"last_message"`
	Messages    []*Message       `json:"messages"`
	Members     map[int64]string `json:"members"`
	Pinned      []int64          `json:"pinned,omitempty"`
	Topics      map[int64]string `json:"topics,omitempty"`
	MigratedTo  int64            `json:"migrated_to,omitempty"`
	Started     bool             `json:"started,omitempty"` // the person has written to the bot
	Blocked     bool             `json:"blocked,omitempty"` // by the person
}

func newWorld() *world {
	w := &world{Limits: true, LastID: firstID, LastQuery: randomID() >> 4}
	w.fill()
	return w
}

// firstID is where ids of people and chats start: ten digits, like today's.
const firstID = 5_000_000_000

// fill makes the maps that an empty or older state file lacks.
func (w *world) fill() {
	if w.Bots == nil {
		w.Bots = map[int64]*bot{}
	}
	if w.Users == nil {
		w.Users = map[int64]*User{}
	}
	if w.Rooms == nil {
		w.Rooms = map[string]*room{}
	}
	if w.Charges == nil {
		w.Charges = map[string]*charge{}
	}
	if w.Invoices == nil {
		w.Invoices = map[string]*invoice{}
	}
	for _, b := range w.Bots {
		if b.Commands == nil {
			b.Commands = map[string][]Command{}
		}
	}
}

// user is the person or the bot with this id, nil when there is none.
func (w *world) user(id int64) *User {
	if b, ok := w.Bots[id]; ok {
		u := b.user()
		return &u
	}
	return w.Users[id]
}

// user is the bot as it appears in messages.
func (b *bot) user() User {
	return User{ID: b.ID, IsBot: true, FirstName: b.Name, Username: b.Username}
}

// key names a room: a group by its id, a private chat by both parties.
func (r *room) key() string {
	if r.Type == chatPrivate {
		return privateKey(r.Bot, r.ID)
	}
	return strconv.FormatInt(r.ID, 10)
}

func privateKey(bot, user int64) string {
	return strconv.FormatInt(bot, 10) + ":" + strconv.FormatInt(user, 10)
}

// chat is the room as messages carry it.
func (w *world) chat(r *room) Chat {
	c := Chat{ID: r.ID, Type: r.Type, Title: r.Title, Username: r.Username, IsForum: r.Forum}
	if r.Type == chatPrivate {
		if u := w.Users[r.ID]; u != nil {
			c.FirstName, c.LastName, c.Username = u.FirstName, u.LastName, u.Username
		}
	}
	return c
}

// status is somebody's standing in the room.
func (r *room) status(id int64) string {
	if s, ok := r.Members[id]; ok {
		return s
	}
	return statusLeft
}

// present says whether a status means being in the chat.
func present(status string) bool {
	switch status {
	case statusCreator, statusAdministrator, statusMember, statusRestricted:
		return true
	}
	return false
}

func isAdmin(status string) bool {
	return status == statusCreator || status == statusAdministrator
}

// message finds one of the kept messages.
func (r *room) message(id int64) *Message {
	for _, m := range slices.Backward(r.Messages) {
		if m.MessageID == id {
			return m
		}
	}
	return nil
}

// nextID gives a new id to a person or a group.
func (w *world) nextID() int64 {
	for {
		w.LastID++
		if w.user(w.LastID) == nil {
			return w.LastID
		}
	}
}

// nextQuery gives an id to a callback or a payment question.
func (w *world) nextQuery() string {
	w.LastQuery += 1 + randomID()%1_000_000
	return strconv.FormatUint(w.LastQuery, 10)
}

// randomID is a random 63-bit number.
func randomID() uint64 {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails
	return binary.BigEndian.Uint64(raw[:]) >> 1
}

// marshal writes JSON without turning < and > into escapes.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
