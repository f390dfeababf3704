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
	editReserve  = 6 // of a group's minute that edits leave to messages
	editInterval = 4 * time.Second
	editPatience = 8 * time.Second // an edit that waited longer goes before replies
)

// chat is what waits for one chat and what was sent to it lately.
type chat struct {
	group    bool
	queues   [priorities][]*Job
	edits    map[int64]*Job      // waiting, by message
	edited   map[int64]time.Time // last edit, by message
	sent     []time.Time         // groups: the sends within the window, oldest first
	rate     *rate.Limiter
	pausedTo time.Time
	inFlight bool
}

func newChat(id int64) *chat {
	return &chat{
		group: id < 0, edits: map[int64]*Job{}, edited: map[int64]time.Time{},
		rate: rate.NewLimiter(1, chatBurst),
	}
}

// add queues a job. It returns the waiting edit that the new one replaces; the new one keeps
// its place, so that a busy message cannot put itself off for ever.
func (c *chat) add(j *Job) (replaced *Job) {
	if j.Edit == 0 {
		c.queues[j.Priority] = append(c.queues[j.Priority], j)
		return nil
	}
	replaced = c.edits[j.Edit]
	if replaced != nil {
		j.seq, j.since = replaced.seq, replaced.since
	}
	c.edits[j.Edit] = j
	return replaced
}

// back puts a job that must be tried again to the front, unless a newer edit took its place.
func (c *chat) back(j *Job) bool {
	if j.Edit == 0 {
		c.queues[j.Priority] = slices.Insert(c.queues[j.Priority], 0, j)
		return true
	}
	if c.edits[j.Edit] != nil {
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

// next is the chat's best job and how long it has to wait; nil when nothing waits.
// Draining sends waiting edits without their interval.
func (c *chat) next(now time.Time, draining bool) (best *Job, wait time.Duration) {
	if c.inFlight {
		return nil, 0
	}
	base := max(c.pausedTo.Sub(now), bucketWait(c.rate, now), 0)
	edit, editWait := c.nextEdit(now, draining)
	overdue := edit != nil && (draining || now.Sub(edit.since) >= editPatience)
	for p, queue := range c.queues {
		if p := Priority(p); (p == PriorityReply && overdue) || p > PriorityReply {
			break
		}
		if len(queue) > 0 {
			return queue[0], max(base, c.windowWait(now, groupMinute))
		}
	}
	if queue := c.queues[PriorityBroadcast]; len(queue) > 0 {
		best, wait = queue[0], max(base, c.windowWait(now, groupMinute))
	}
	if edit == nil {
		return best, wait
	}
	limit := groupMinute - editReserve
	if draining || (overdue && len(c.queues[PriorityReply]) > 0) {
		limit = groupMinute // replies would take every send that the reserve leaves free
	}
	editWait = max(base, editWait, c.windowWait(now, limit))
	if best == nil || editWait <= wait {
		return edit, editWait
	}
	return best, wait
}

// nextEdit is the edit that is due first.
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
	return best, wait
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
	if j.Edit == 0 {
		c.queues[j.Priority] = slices.Delete(c.queues[j.Priority], 0, 1)
		return
	}
	delete(c.edits, j.Edit)
	c.edited[j.Edit] = now
}

// forget drops what no longer counts.
func (c *chat) forget(now time.Time) {
	old := 0
	for old < len(c.sent) && now.Sub(c.sent[old]) >= groupWindow {
		old++
	}
	c.sent = slices.Delete(c.sent, 0, old)
	for message, at := range c.edited {
		if now.Sub(at) >= editInterval {
			delete(c.edited, message)
		}
	}
}

// idle says whether the chat can be forgotten without changing any later decision.
func (c *chat) idle(now time.Time) bool {
	c.forget(now)
	return !c.inFlight && c.waiting() == 0 && len(c.sent) == 0 && len(c.edited) == 0 &&
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
