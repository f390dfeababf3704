package notify

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Telegram's limits, kept with a margin: about one message a second in a chat, 20 a minute in
// a group, 30 a second for a bot, edits included.
const (
	botRate      = 25
	botBurst     = 5
	chatBurst    = 3
	groupMinute  = 20
	groupWindow  = 61 * time.Second
	moneyReserve = 2 // of a group's minute that only money may use
	editReserve  = 6 // of a group's minute that edits leave to messages
	editShare    = 7 // edits a group's minute has room for, however many messages there are
	editInterval = 4 * time.Second
	editPatience = 8 * time.Second // an edit that waited longer goes before replies, and as rarely
	finalKept    = 10 * time.Minute
)

// chat is what waits for one chat and what was sent to it lately.
type chat struct {
	group    bool
	queues   [priorities][]*Job
	edits    map[int64]*Job      // waiting, by message
	edited   map[int64]time.Time // last edit, by message
	finals   map[int64]time.Time // messages that had their final edit queued, and when
	sent     []time.Time         // groups: the sends within the window, oldest first
	sentEdit []time.Time         // groups: those of them that were live edits
	rate     *rate.Limiter
	pausedTo time.Time
	inFlight bool
}

func newChat(id int64) *chat {
	return &chat{
		group: id < 0, edits: map[int64]*Job{}, edited: map[int64]time.Time{}, finals: map[int64]time.Time{},
		rate: rate.NewLimiter(1, chatBurst),
	}
}

// add queues a job. It returns the job that is not sent because of it: a waiting edit that the
// new one replaces, which leaves it its place so that a busy message cannot put itself off for
// ever, or the job itself when its message already had its final edit.
func (c *chat) add(j *Job) (replaced *Job) {
	switch {
	case j.Final:
		return c.addFinal(j)
	case j.Edit == 0:
		c.queues[j.Priority] = append(c.queues[j.Priority], j)
		return nil
	}
	if _, over := c.finals[j.Edit]; over {
		return j
	}
	replaced = c.edits[j.Edit]
	if replaced != nil {
		j.seq, j.since = replaced.seq, replaced.since
	}
	c.edits[j.Edit] = j
	return replaced
}

// addFinal queues the last edit of a message with the money.
func (c *chat) addFinal(j *Job) (replaced *Job) {
	c.finals[j.Edit] = j.since
	if at := c.final(j.Edit); at >= 0 {
		replaced = c.queues[PriorityMoney][at]
		c.queues[PriorityMoney][at] = j
		return replaced
	}
	replaced = c.edits[j.Edit]
	delete(c.edits, j.Edit)
	c.queues[PriorityMoney] = append(c.queues[PriorityMoney], j)
	return replaced
}

// final is where the final edit of a message waits, -1 when none does.
func (c *chat) final(message int64) int {
	return slices.IndexFunc(c.queues[PriorityMoney], func(j *Job) bool { return j.Final && j.Edit == message })
}

// back puts a job that must be tried again to the front, unless a newer edit took its place.
func (c *chat) back(j *Job) bool {
	if j.Edit == 0 || j.Final {
		if j.Final && c.final(j.Edit) >= 0 {
			return false
		}
		c.queues[j.Priority] = slices.Insert(c.queues[j.Priority], 0, j)
		return true
	}
	if _, over := c.finals[j.Edit]; over || c.edits[j.Edit] != nil {
		return false
	}
	delete(c.edited, j.Edit)
	c.edits[j.Edit] = j
	return true
}

// waiting is how many jobs the chat holds.
func (c *chat) waiting() int {
	n := len(c.edits)
	for _, q := range c.queues {
		n += len(q)
	}
	return n
}

// next is the chat's best job and how long it has to wait; nil when nothing waits. Money goes
// first and with the whole minute, then replies, live edits and broadcasts; an edit that waited
// long takes its turn before replies. Draining sends waiting edits without their interval.
func (c *chat) next(now time.Time, draining bool) (best *Job, wait time.Duration) {
	if c.inFlight {
		return nil, 0
	}
	base := max(c.pausedTo.Sub(now), bucketWait(c.rate, now), 0)
	if queue := c.queues[PriorityMoney]; len(queue) > 0 {
		return queue[0], max(base, c.windowWait(now, groupMinute))
	}
	consider := func(j *Job, w time.Duration) {
		if w = max(w, base); best == nil || w < wait {
			best, wait = j, w
		}
	}
	plain := c.windowWait(now, groupMinute-moneyReserve)
	edit, editWait := c.nextEdit(now, draining)
	overdue := edit != nil && now.Sub(edit.since) >= editPatience && c.shareWait(now) <= 0
	if overdue {
		consider(edit, editWait)
	}
	if queue := c.queues[PriorityReply]; len(queue) > 0 {
		consider(queue[0], plain)
	}
	if edit != nil && !overdue {
		consider(edit, editWait)
	}
	if queue := c.queues[PriorityBroadcast]; len(queue) > 0 {
		consider(queue[0], plain)
	}
	return best, wait
}

// nextEdit is the edit that is due first and how long it waits.
func (c *chat) nextEdit(now time.Time, draining bool) (best *Job, wait time.Duration) {
	for message, j := range c.edits {
		w := max(0, c.edited[message].Add(editInterval).Sub(now))
		if draining {
			w = 0
		}
		if best == nil || w < wait || (w == wait && j.seq < best.seq) {
			best, wait = j, w
		}
	}
	switch {
	case best == nil:
		return nil, 0
	case draining:
		return best, c.windowWait(now, groupMinute)
	}
	// What is left of the minute, or the share that messages must not take from edits.
	return best, max(wait, min(c.windowWait(now, groupMinute-editReserve), c.shareWait(now)))
}

// shareWait is how long until the chat's edits may have their share of the minute: one in
// eight seconds, however many messages were sent.
func (c *chat) shareWait(now time.Time) time.Duration {
	wait := c.windowWait(now, groupMinute-moneyReserve)
	if n := len(c.sentEdit); n > 0 {
		wait = max(wait, c.sentEdit[n-1].Add(editPatience).Sub(now))
	}
	if n := len(c.sentEdit); n >= editShare {
		wait = max(wait, c.sentEdit[n-editShare].Add(groupWindow).Sub(now))
	}
	return wait
}

// windowWait is how long until fewer than limit sends lie within the group's window.
func (c *chat) windowWait(now time.Time, limit int) time.Duration {
	if !c.group {
		return 0
	}
	c.forget(now)
	if len(c.sent) < limit {
		return 0
	}
	return c.sent[len(c.sent)-limit].Add(groupWindow).Sub(now)
}

// take removes the job and books its send.
func (c *chat) take(j *Job, now time.Time) {
	c.inFlight = true
	c.rate.AllowN(now, 1)
	if c.group {
		c.sent = append(c.sent, now)
	}
	if j.Edit == 0 || j.Final {
		c.queues[j.Priority] = slices.Delete(c.queues[j.Priority], 0, 1)
		return
	}
	if c.group {
		c.sentEdit = append(c.sentEdit, now)
	}
	delete(c.edits, j.Edit)
	c.edited[j.Edit] = now
}

// forget drops what no longer counts.
func (c *chat) forget(now time.Time) {
	outdated := func(at time.Time) bool { return now.Sub(at) >= groupWindow }
	c.sent = slices.DeleteFunc(c.sent, outdated)
	c.sentEdit = slices.DeleteFunc(c.sentEdit, outdated)
	for message, at := range c.edited {
		if now.Sub(at) >= editInterval {
			delete(c.edited, message)
		}
	}
	for message, at := range c.finals {
		if now.Sub(at) >= finalKept && c.final(message) < 0 {
			delete(c.finals, message)
		}
	}
}

// idle says whether the chat can be forgotten without changing any later decision.
func (c *chat) idle(now time.Time) bool {
	c.forget(now)
	return !c.inFlight && c.waiting() == 0 && len(c.sent) == 0 && len(c.edited) == 0 && len(c.finals) == 0 &&
		!c.pausedTo.After(now) && c.rate.TokensAt(now) >= chatBurst
}

// bucketWait is how long until the bucket holds a whole token.
func bucketWait(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(l.Limit()) * float64(time.Second))
}
