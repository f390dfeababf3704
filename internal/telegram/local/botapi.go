package local

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one Bot API call in progress.
type call struct {
	bot      *bot
	params   params
	note     string // the description of an answer with ok=true
	warnings []string
}

// warn puts a line into the API log for something that differs from Telegram or is ignored.
func (c *call) warn(text string) { c.warnings = append(c.warnings, text) }

// method is one Bot API method. It runs under the lock.
type method func(c *call) (any, error)

// botMethods are the methods that never wait. getUpdates is beside them: it waits.
func (s *Server) botMethods() map[string]method {
	byName := map[string]method{
		"getMe": s.getMe, "setWebhook": s.setWebhook, "deleteWebhook": s.deleteWebhook, "getWebhookInfo": s.getWebhookInfo,
		"sendMessage": s.sendMessage, "editMessageText": s.editMessageText, "editMessageReplyMarkup": s.editMessageReplyMarkup,
		"deleteMessage": s.deleteMessage, "pinChatMessage": s.pinChatMessage, "unpinChatMessage": s.unpinChatMessage,
		"answerCallbackQuery": s.answerCallbackQuery, "sendDice": s.sendDice, "sendChatAction": s.sendChatAction,
		"getChat": s.getChat, "getChatMember": s.getChatMember, "getChatAdministrators": s.getChatAdministrators,
		"getChatMemberCount": s.getChatMemberCount, "leaveChat": s.leaveChat,
		"setMyCommands": s.setMyCommands, "getMyCommands": s.getMyCommands, "deleteMyCommands": s.deleteMyCommands,
		"sendInvoice": s.sendInvoice, "answerPreCheckoutQuery": s.answerPreCheckoutQuery, "refundStarPayment": s.refundStarPayment,
	}
	byLower := make(map[string]method, len(byName))
	for name, m := range byName {
		byLower[strings.ToLower(name)] = m // Telegram's method names are case-insensitive
	}
	return byLower
}

// serveBot answers /bot<token>/<method>.
func (s *Server) serveBot(w http.ResponseWriter, r *http.Request) {
	start := s.clock.Now()
	token, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	if !ok || name == "" || strings.Contains(name, "/") {
		writeJSON(w, http.StatusNotFound, (&fault{Code: http.StatusNotFound, Description: "Not Found"}).envelope())
		return
	}
	entry := CallEntry{Method: name}
	result, note, err := s.handleBot(r, token, name, &entry)
	if err != nil {
		refusal := asFault(err)
		entry.Code, entry.Error = refusal.Code, refusal.Description
		s.logCall(entry, start)
		writeJSON(w, refusal.Code, refusal.envelope())
		return
	}
	entry.Code = http.StatusOK
	if updates, isPoll := result.([]rawUpdate); !isPoll || len(updates) > 0 {
		s.logCall(entry, start)
	}
	writeJSON(w, http.StatusOK, answer{OK: true, Result: result, Description: note})
}

// handleBot finds the bot and the method and runs it.
func (s *Server) handleBot(r *http.Request, token, name string, entry *CallEntry) (any, string, error) {
	p, files, err := readParams(r)
	if err != nil {
		return nil, "", badRequest(err.Error())
	}
	s.mu.Lock()
	b := s.botByToken(token)
	if b != nil {
		entry.Bot = b.Username
	}
	s.mu.Unlock()
	if b == nil {
		entry.Warning = "no bot with this token is registered here"
		return nil, "", &fault{Code: http.StatusUnauthorized, Description: "Unauthorized"}
	}
	entry.Params = loggedParams(p)
	if strings.EqualFold(name, "getUpdates") {
		entry.Params = nil
		updates, err := s.getUpdates(r.Context(), b, p)
		entry.Result = strconv.Itoa(len(updates)) + " updates"
		return updates, "", err
	}
	c := &call{bot: b, params: p}
	if files {
		c.warn("files are ignored")
	}
	result, err := s.runMethod(c, name)
	entry.Warning = strings.Join(c.warnings, "; ")
	return result, c.note, err
}

// runMethod runs one method under the lock.
func (s *Server) runMethod(c *call, name string) (any, error) {
	m, ok := s.methods[strings.ToLower(name)]
	if !ok {
		c.warn("unknown method: a real Telegram may have it, this one has not")
		return nil, &fault{Code: http.StatusNotFound, Description: "Not Found: method not found"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := m(c)
	if message, isMessage := result.(*Message); isMessage && message != nil {
		kept := *message // it may be edited while this answer is written
		result = &kept
	}
	return result, err
}

// asFault turns any error into a refusal; one that is not a fault is this server's mistake.
func asFault(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if errors.Is(err, context.Canceled) {
		return &fault{Code: http.StatusBadGateway, Description: "Bad Gateway"}
	}
	return &fault{Code: http.StatusInternalServerError, Description: "Internal Server Error: " + err.Error()}
}

// botByToken finds a registered bot.
func (s *Server) botByToken(token string) *bot {
	for _, b := range s.world.Bots {
		if b.Token == token {
			return b
		}
	}
	return nil
}

// loggedParams are the parameters fit for the API log: no secret, no long text.
func loggedParams(p params) map[string]string {
	out := make(map[string]string, len(p))
	for name, value := range p {
		switch {
		case name == "secret_token" || name == "provider_token":
			value = "(secret)"
		case len([]rune(value)) > 400:
			value = string([]rune(value)[:400]) + "…"
		}
		out[name] = value
	}
	return out
}

// logCall adds a line to the API log and shows it on the page.
func (s *Server) logCall(entry CallEntry, start time.Time) {
	now := s.clock.Now()
	entry.At, entry.Millis = now, float64(now.Sub(start).Microseconds())/1000
	s.mu.Lock()
	entry = s.calls.add(entry)
	s.hub.publish(event{Type: "log", Log: &entry})
	s.mu.Unlock()
}

// callHistory is how many calls the API log keeps.
const callHistory = 1000

// CallEntry is one line of the API log. Code is the HTTP status.
type CallEntry struct {
	Seq     int64             `json:"seq"`
	At      time.Time         `json:"at"`
	Bot     string            `json:"bot,omitempty"`
	Method  string            `json:"method"`
	Params  map[string]string `json:"params,omitempty"`
	Code    int               `json:"code"`
	Result  string            `json:"result,omitempty"`
	Error   string            `json:"error,omitempty"`
	Warning string            `json:"warning,omitempty"`
	Millis  float64           `json:"ms"`
}

// callLog keeps the last calls in memory.
type callLog struct {
	entries []CallEntry
	last    int64
}

func (l *callLog) add(e CallEntry) CallEntry {
	l.last++
	e.Seq = l.last
	l.entries = append(l.entries, e)
	if len(l.entries) > callHistory {
		l.entries = slices.Delete(l.entries, 0, len(l.entries)-callHistory)
	}
	return e
}

// getMe describes the bot.
func (s *Server) getMe(c *call) (any, error) {
	return struct {
		User
		CanJoin  bool `json:"can_join_groups"`
		ReadAll  bool `json:"can_read_all_group_messages"`
		Inline   bool `json:"supports_inline_queries"`
		Business bool `json:"can_connect_to_business"`
		MainApp  bool `json:"has_main_web_app"`
	}{User: c.bot.user(), CanJoin: true, ReadAll: c.bot.ReadAll, MainApp: c.bot.WebAppURL != ""}, nil
}
