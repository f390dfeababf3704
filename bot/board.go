package bot

import (
	"context"
	"errors"
	"html"
	"strings"
	"sync"

	"fairground/internal/telegram"
	"fairground/notify"
)

// board keeps cards: one message shows one subject in one chat, and one change of it is under way at a time. What is asked
// for meanwhile is shown once more afterwards, from what the subject is then.
type board struct {
	mu   sync.Mutex
	jobs map[string]*boardJob // by subject and chat; a job that exists is running
}

// boardJob is a change under way and who waits for the next one.
type boardJob struct {
	show    func(done func(error))
	waiting []func(error)
}

func newBoard() *board { return &board{jobs: map[string]*boardJob{}} }

// refresh runs show, which reads the subject anew, and tells done how it went. It never waits.
func (b *board) refresh(key string, show func(done func(error)), done func(error)) {
	b.mu.Lock()
	if job := b.jobs[key]; job != nil {
		job.show, job.waiting = show, append(job.waiting, done)
		b.mu.Unlock()
		return
	}
	job := &boardJob{show: show}
	b.jobs[key] = job
	b.mu.Unlock()
	b.run(key, job, show, []func(error){done})
}

// run shows, tells everybody who asked before it began, and goes on with whoever asked since.
func (b *board) run(key string, job *boardJob, show func(done func(error)), asked []func(error)) {
	var once sync.Once
	show(func(err error) { once.Do(func() { b.shown(key, job, asked, err) }) })
}

// shown ends a change.
func (b *board) shown(key string, job *boardJob, asked []func(error), err error) {
	for _, done := range asked {
		done(err)
	}
	b.mu.Lock()
	next, waiting := job.show, job.waiting
	job.waiting = nil
	if len(waiting) == 0 {
		delete(b.jobs, key)
	}
	b.mu.Unlock()
	if len(waiting) > 0 {
		b.run(key, job, next, waiting)
	}
}

// cardShown is what a card shows now and where.
type cardShown struct {
	chat, topic int64
	message     int64 // 0: there is none yet
	text        string
	kb          *telegram.Keyboard
	final       bool // nothing follows
	silent      bool
	reply       int64 // the message that a new one answers; 0 for none
	keep        func(ctx context.Context, message int64) error
}

// put edits a card, or sends it when there is none or it is gone.
func (t *tenantBot) put(ctx context.Context, card cardShown, done func(error)) {
	if card.message == 0 {
		t.sendCard(ctx, card, done)
		return
	}
	kb := card.kb
	if kb == nil {
		kb = telegram.EmptyKeyboard()
	}
	edit := telegram.EditMessage{ChatID: card.chat, MessageID: card.message, Text: card.text, Keyboard: kb}
	t.edit(ctx, edit, card.final, func(err error) {
		switch {
		case errors.Is(err, telegram.ErrMessageGone), errors.Is(err, telegram.ErrChatMigrated):
			t.sendCard(ctx, card, done)
		case urlRefused(err) && card.kb != nil:
			t.put(ctx, card.withoutLinks(), done)
		case errors.Is(err, notify.ErrSuperseded):
			done(nil)
		default:
			done(err)
		}
	})
}

// sendCard sends a card and remembers where it is.
func (t *tenantBot) sendCard(ctx context.Context, card cardShown, done func(error)) {
	msg := telegram.SendMessage{ChatID: card.chat, ThreadID: card.topic, Text: card.text, Keyboard: card.kb, Silent: card.silent}
	if card.reply != 0 {
		msg.Reply = &telegram.Reply{MessageID: card.reply, AllowMissing: true}
	}
	t.send(ctx, notify.PriorityMoney, msg, func(sent telegram.Sent, err error) {
		if urlRefused(err) && card.kb != nil {
			t.sendCard(ctx, card.withoutLinks(), done)
			return
		}
		if err == nil {
			err = t.surely(ctx, false, func(bool) error { return card.keep(ctx, sent.MessageID) })
		}
		done(err)
	})
}

// withoutLinks puts the addresses of link buttons into the text: Telegram refuses buttons to some addresses, such as a
// machine's own.
func (c cardShown) withoutLinks() cardShown {
	var rows [][]telegram.Button
	for _, row := range c.kb.Rows {
		var rest []telegram.Button
		for _, b := range row {
			if b.URL != "" {
				c.text += "\n" + html.EscapeString(b.URL)
				continue
			}
			rest = append(rest, b)
		}
		if len(rest) > 0 {
			rows = append(rows, rest)
		}
	}
	c.kb = nil
	if len(rows) > 0 {
		c.kb = &telegram.Keyboard{Rows: rows}
	}
	return c
}

// urlRefused says whether Telegram refused the address of a button.
func urlRefused(err error) bool {
	return telegram.Refused(err) && strings.Contains(strings.ToLower(err.Error()), "url")
}
