package bot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

const (
	liveTick    = 500 * time.Millisecond
	liveEvery   = 4 * time.Second // between two edits of one message
	adoptEvery  = 3 * time.Second // looking for rounds that were opened elsewhere
	adoptAfter  = 3 * time.Second // a younger round is being shown by whoever opened it
	forgetAfter = 10 * time.Minute
)

// live keeps the message of every running round up to date: one message a round, the last
// content wins, at most one edit in four seconds.
type live struct {
	bot *tenantBot

	mu     sync.Mutex
	rounds map[string]*shown
}

// errCardComing means that a round's message is still being sent: its end can't be shown yet.
var errCardComing = errors.New("bot: the round's message is still being sent")

// shown is one round's message.
type shown struct {
	message int64 // 0 while it is being sent
	topic   int64
	changed bool   // a bet came in since the last look
	running bool   // its outcome runs: every look shows something new
	content string // what was last sent
	looked  time.Time
	closes  time.Time
	coarse  time.Duration
	ended   bool                  // its last content is queued; waits to be forgotten
	done    bool                  // and Telegram has it
	second  bool                  // sent again, because the first message was gone
	asking  []func(message int64) // wait for the message to be sent

	next     time.Time // a run changes then, whenever it was looked at last
	slot     int       // what its slot's own message shows
	slotText string    // without the count; empty for no such message
	slotActs int
}

func newLive(t *tenantBot) *live { return &live{bot: t, rounds: map[string]*shown{}} }

// show sends the message of a round, once.
func (l *live) show(ctx context.Context, view games.RoundView, topic int64) {
	l.mu.Lock()
	if l.rounds[view.ID] != nil || view.MessageID != nil {
		l.mu.Unlock()
		return
	}
	now := l.bot.deps.Clock.Now()
	if view.TopicID != nil {
		topic = *view.TopicID
	}
	s := &shown{topic: topic, looked: now, closes: view.ClosesAt, coarse: coarse(view.ClosesAt.Sub(now)), running: runs(view)}
	l.rounds[view.ID] = s
	l.mu.Unlock()

	text, kb, err := l.render(ctx, view)
	if err != nil {
		l.bot.log.WarnContext(ctx, "a round could not be shown", slog.String("round", view.ID), slog.Any("error", err))
		l.forget(view.ID)
		return
	}
	after := context.WithoutCancel(ctx)
	msg := telegram.SendMessage{ChatID: view.ChatID, ThreadID: topic, Text: text, Keyboard: kb}
	l.bot.send(ctx, notify.PriorityMoney, msg, func(sent telegram.Sent, err error) {
		if err != nil {
			l.forget(view.ID)
			return
		}
		l.sent(after, view.ID, sent.MessageID, content(text, kb))
	})
}

// sent remembers where the message is, so that a restarted bot goes on editing it.
func (l *live) sent(ctx context.Context, round string, message int64, content string) {
	l.mu.Lock()
	var asking []func(message int64)
	if s := l.rounds[round]; s != nil {
		asking, s.asking = s.asking, nil
		s.message, s.content = message, content
		if s.ended { // the round was over before its message was there
			s.ended, s.changed = false, true
		}
	}
	l.mu.Unlock()
	if err := l.bot.deps.Engine.SetMessage(ctx, l.bot.tenant.ID, round, message); err != nil {
		l.bot.log.WarnContext(ctx, "a round's message was not remembered", slog.String("round", round), slog.Any("error", err))
	}
	for _, tell := range asking {
		tell(message)
	}
}

// locate tells where a round's message is: at once, or as soon as it is sent; 0 when there is none.
func (l *live) locate(view games.RoundView, tell func(message int64)) {
	var message int64
	if view.MessageID != nil {
		message = *view.MessageID
	}
	l.mu.Lock()
	if s := l.rounds[view.ID]; s != nil && s.message != 0 {
		message = s.message // newer than what was read, when it had to be sent again
	} else if s != nil && message == 0 {
		s.asking = append(s.asking, tell)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	tell(message)
}

// touch says that a round has changed. It never waits.
func (l *live) touch(round string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.rounds[round]; s != nil {
		s.changed = true
	}
}

// forget lets go of a round whose message could not be sent.
func (l *live) forget(round string) {
	l.mu.Lock()
	var asking []func(message int64)
	if s := l.rounds[round]; s != nil {
		asking = s.asking
	}
	delete(l.rounds, round)
	l.mu.Unlock()
	for _, tell := range asking {
		tell(0)
	}
}

// run refreshes what changed until ctx ends.
func (l *live) run(ctx context.Context) {
	var adopted time.Time
	for {
		now := l.bot.deps.Clock.Now()
		if now.Sub(adopted) >= adoptEvery {
			l.adopt(ctx, now)
			adopted = now
		}
		for _, round := range l.due(now) {
			l.refresh(ctx, round)
		}
		if clock.Sleep(ctx, l.bot.deps.Clock, liveTick) != nil {
			return
		}
	}
}

// adopt takes over rounds of an earlier process and shows those that were opened elsewhere.
func (l *live) adopt(ctx context.Context, now time.Time) {
	views, err := l.bot.deps.Engine.OpenRounds(ctx, l.bot.tenant.ID)
	if err != nil {
		if ctx.Err() == nil {
			l.bot.log.WarnContext(ctx, "running rounds can't be read", slog.Any("error", err))
		}
		return
	}
	for _, view := range views {
		l.mu.Lock()
		known := l.rounds[view.ID] != nil
		if !known && view.MessageID != nil {
			l.rounds[view.ID] = &shown{message: *view.MessageID, changed: true, closes: view.ClosesAt}
		}
		l.mu.Unlock()
		if !known && view.MessageID == nil && now.Sub(view.OpensAt) >= adoptAfter && (view.Status == models.RoundOpen || runs(view)) {
			l.show(ctx, view, 0)
		}
	}
}

// open is a round of a game that takes bets in a group, as far as it is shown; empty for none.
func (l *live) open(ctx context.Context, group int64, name string) string {
	now := l.bot.deps.Clock.Now()
	var ids []string
	l.mu.Lock()
	for id, s := range l.rounds {
		if !s.ended && !s.running && now.Before(s.closes) {
			ids = append(ids, id)
		}
	}
	l.mu.Unlock()
	slices.Sort(ids)
	for _, id := range ids {
		if f, err := l.bot.facts(ctx, id); err == nil && f.group == group && f.game == name {
			return id
		}
	}
	return ""
}

// due lists the rounds to look at: changed ones, and those whose countdown took a step.
func (l *live) due(now time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for id, s := range l.rounds {
		switch {
		case s.ended:
			if s.message != 0 && now.Sub(s.looked) > forgetAfter {
				delete(l.rounds, id)
			}
			continue
		case s.message == 0 || (now.Sub(s.looked) < liveEvery && (s.next.IsZero() || now.Before(s.next))):
			continue
		}
		if left := coarse(s.closes.Sub(now)); s.changed || s.running || left != s.coarse || !now.Before(s.closes) {
			s.changed, s.looked, s.coarse, s.next = false, now, left, time.Time{}
			ids = append(ids, id)
		}
	}
	return ids
}

// refresh edits a round's message to what the round is now.
func (l *live) refresh(ctx context.Context, round string) {
	view, err := l.bot.deps.Engine.Round(ctx, l.bot.tenant.ID, round)
	if err != nil {
		l.touch(round)
		if ctx.Err() == nil {
			l.bot.log.WarnContext(ctx, "a live round can't be read", slog.String("round", round), slog.Any("error", err))
		}
		return
	}
	if runs(view) {
		l.moment(ctx, view)
		return
	}
	l.update(ctx, view)
}

// update queues the edit when there is anything new to show. A round that has ended is shown
// once more, without buttons.
func (l *live) update(ctx context.Context, view games.RoundView) {
	l.put(ctx, view, func(error) {})
}

// finish shows the end of a round and tells done when Telegram has it: at once when there is
// nothing left to do, and with an error when it must be tried again.
func (l *live) finish(ctx context.Context, view games.RoundView, done func(error)) {
	l.put(ctx, view, done)
}

func (l *live) put(ctx context.Context, view games.RoundView, done func(error)) {
	if view.Status.Final() {
		l.closeSlots(ctx, view)
	}
	text, kb, err := l.render(ctx, view)
	if err != nil {
		l.touch(view.ID)
		done(err)
		return
	}
	l.putText(ctx, view, text, kb, done)
}

// putText queues the edit of a round's message.
func (l *live) putText(ctx context.Context, view games.RoundView, text string, kb *telegram.Keyboard, done func(error)) {
	message, err := l.note(view, content(text, kb))
	if err != nil || message == 0 {
		done(err)
		return
	}
	after := context.WithoutCancel(ctx)
	edit := telegram.EditMessage{ChatID: view.ChatID, MessageID: message, Text: text, Keyboard: kb}
	l.bot.edit(ctx, edit, view.Status.Final(), func(err error) {
		done(l.edited(after, view, err))
	})
}

// note books what a round's message is about to show. It returns 0 when there is nothing to
// edit, and errCardComing when there will be.
func (l *live) note(view games.RoundView, now string) (message int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	final := view.Status.Final()
	s := l.rounds[view.ID]
	if s == nil {
		if view.MessageID == nil {
			return 0, nil
		}
		s = &shown{}
		l.rounds[view.ID] = s
	}
	if s.message == 0 && view.MessageID != nil {
		s.message = *view.MessageID
	}
	if s.done || (s.ended && !final) { // what was read before the end comes too late
		return 0, nil
	}
	same := s.content == now
	s.closes, s.looked, s.ended = view.ClosesAt, l.bot.deps.Clock.Now(), final
	switch {
	case s.message == 0:
		return 0, errCardComing
	case same && !final:
		return 0, nil
	}
	s.content = now
	return s.message, nil
}

// edited books how an edit went. It returns an error when the message still has to be edited.
func (l *live) edited(ctx context.Context, view games.RoundView, err error) error {
	final := view.Status.Final()
	switch {
	case errors.Is(err, telegram.ErrMessageGone) && !final:
		l.again(ctx, view)
		return nil
	case errors.Is(err, notify.ErrSuperseded):
		return nil // by something newer, which books its own end
	case errors.Is(err, notify.ErrClosed):
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.rounds[view.ID]
	switch {
	case err == nil || telegram.Refused(err):
		if s != nil && final {
			s.done = true
		}
		return nil
	case s != nil: // look again in a while
		s.content, s.ended, s.changed = "", false, true
	}
	return err
}

// again shows a running round whose message is gone, once: it was deleted, or stayed behind
// in the chat that became a supergroup.
func (l *live) again(ctx context.Context, view games.RoundView) {
	l.mu.Lock()
	s := l.rounds[view.ID]
	if s == nil || s.second || view.Status != models.RoundOpen {
		l.mu.Unlock()
		return
	}
	topic := s.topic
	delete(l.rounds, view.ID)
	l.mu.Unlock()
	view.MessageID = nil
	l.show(ctx, view, topic)
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.rounds[view.ID]; s != nil {
		s.second = true
	}
}

// render is the round's card in the group's language.
func (l *live) render(ctx context.Context, view games.RoundView) (string, *telegram.Keyboard, error) {
	g, err := l.bot.group(ctx, view.ChatID)
	if err != nil {
		return "", nil, err
	}
	text, kb := card(l.bot.texts.in(g.Language), view, l.bot.deps.Clock.Now())
	return text, kb, nil
}

// content identifies what a message shows.
func content(text string, kb *telegram.Keyboard) string {
	raw, err := json.Marshal(kb)
	if err != nil {
		return text
	}
	return text + string(raw)
}
