package local

import (
	"slices"
	"time"
)

// maxToast is how many characters an answer to a tap may have.
const maxToast = 200

// query is a question to the bot that can be answered once.
type query struct {
	bot    int64
	user   int64
	asked  time.Time
	answer chan queryAnswer // holds one
}

// queryAnswer is what the bot said.
type queryAnswer struct {
	text  string
	alert bool
	url   string
	ok    bool
	at    time.Time
}

// ask registers a question of a person to a bot.
func (s *Server) ask(open map[string]*query, b *bot, user int64) (string, *query) {
	now := s.clock.Now()
	for id, q := range open {
		if now.Sub(q.asked) > s.cfg.QueryTTL {
			delete(open, id)
		}
	}
	id := s.world.nextQuery()
	q := &query{bot: b.ID, user: user, asked: now, answer: make(chan queryAnswer, 1)}
	open[id] = q
	return id, q
}

// tapOn gives the bot a callback query. Wake the bot afterwards.
func (s *Server) tapOn(b *bot, r *room, m *Message, from *User, data string) (string, *query) {
	id, q := s.ask(s.queries, b, from.ID)
	body := CallbackQuery{ID: id, From: *from, Message: m, Instance: r.Instance, Data: data}
	s.enqueue(b, kindCallback, userOrder(from.ID), body)
	return id, q
}

// answerCallbackQuery ends a tap with a toast, an alert or nothing. It works once.
func (s *Server) answerCallbackQuery(c *call) (any, error) {
	if len([]rune(c.params["text"])) > maxToast {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	q, err := s.takeQuery(s.queries, c.bot, c.params["callback_query_id"])
	if err != nil {
		return nil, err
	}
	q.answer <- queryAnswer{
		text: c.params["text"], alert: c.params.flag("show_alert"), url: c.params["url"], ok: true, at: s.clock.Now(),
	}
	return true, nil
}

// takeQuery finds an open question and closes it.
func (s *Server) takeQuery(open map[string]*query, b *bot, id string) (*query, error) {
	q := open[id]
	if q == nil || q.bot != b.ID || s.clock.Now().Sub(q.asked) > s.cfg.QueryTTL {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	delete(open, id)
	return q, nil
}

// findButton is the button of a message with this data, or with this text.
func findButton(m *Message, data, text string) (Button, bool) {
	if m.ReplyMarkup == nil {
		return Button{}, false
	}
	all := slices.Concat(m.ReplyMarkup.Rows...)
	match := func(b Button) bool { return b.Text == text }
	if data != "" {
		match = func(b Button) bool { return b.CallbackData == data }
	}
	if at := slices.IndexFunc(all, match); at >= 0 {
		return all[at], true
	}
	return Button{}, false
}
