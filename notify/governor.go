package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"fairground/internal/clock"
	"fairground/internal/telegram"
)

const (
	maxWaiting  = 10_000      // jobs in memory
	maxSends    = 16          // calls at once
	maxAnswers  = 64          // callback answers at once
	maxAttempts = 6           // of one job, whatever the reason
	drainFor    = time.Second // for what is due when the bot stops
	firstPause  = 500 * time.Millisecond
	idleCheck   = time.Minute
)

// Sender calls one Bot API method, as telegram.Client.Call does.
type Sender func(ctx context.Context, method string, params, out any) error

// Governor sends one bot's calls within Telegram's limits. It is safe for concurrent use.
type Governor struct {
	send    Sender
	clock   clock.Clock
	logger  *slog.Logger
	wake    chan struct{}
	answers chan struct{}

	mu       sync.Mutex
	chats    map[int64]*chat
	bot      *rate.Limiter
	paused   time.Time // the whole bot
	seq      uint64
	count    int
	flying   int
	draining bool
	closed   bool
	swept    time.Time
}

// NewGovernor makes a governor. Run does the sending.
func NewGovernor(send Sender, clk clock.Clock, logger *slog.Logger) *Governor {
	return &Governor{
		send: send, clock: clk, logger: logger,
		wake: make(chan struct{}, 1), answers: make(chan struct{}, maxAnswers),
		chats: map[int64]*chat{}, bot: rate.NewLimiter(botRate, botBurst),
	}
}

// Submit queues a job. It returns ErrFull or ErrClosed, and then Done is not called.
func (g *Governor) Submit(j Job) error {
	switch j.Final = j.Final && j.Edit != 0; {
	case j.Final:
		j.Priority = PriorityMoney
	case j.Edit != 0:
		j.Priority = PriorityEdit
	}
	if j.Priority < 0 || j.Priority >= priorities {
		return fmt.Errorf("notify: priority %d does not exist", j.Priority)
	}
	g.mu.Lock()
	if g.closed || g.draining {
		g.mu.Unlock()
		return ErrClosed
	}
	if g.count >= maxWaiting {
		g.mu.Unlock()
		return ErrFull
	}
	g.seq++
	j.seq, j.since = g.seq, g.clock.Now()
	replaced := g.chat(j.Chat).add(&j)
	if replaced == nil {
		g.count++
	}
	g.mu.Unlock()
	g.nudge()
	if replaced != nil {
		go replaced.finish(nil, ErrSuperseded)
	}
	return nil
}

// Answer answers a callback query at once, past every queue.
func (g *Governor) Answer(ctx context.Context, answer telegram.AnswerCallback) error {
	select {
	case g.answers <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.answers }()
	return g.send(ctx, "answerCallbackQuery", answer, nil)
}

// Waiting is how many jobs are queued.
func (g *Governor) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}

// Run sends until ctx ends, then sends what is due at that moment, for one second at most, and
// fails the rest with ErrClosed.
func (g *Governor) Run(ctx context.Context) {
	life, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	var sends sync.WaitGroup
	defer sends.Wait()
	stop := ctx.Done()
	var deadline <-chan time.Time
	for {
		job, wait := g.next()
		if job != nil {
			sends.Go(func() { g.do(life, job) })
			continue
		}
		if deadline != nil && g.landed() {
			break
		}
		timer := g.clock.NewTimer(wait)
		select {
		case <-timer.C():
		case <-g.wake:
		case <-stop:
			stop = nil
			deadline = clock.After(g.clock, drainFor)
			g.drain()
		case <-deadline:
			timer.Stop()
			g.abandon()
			hangUp()
			return
		}
		timer.Stop()
	}
	g.abandon()
}

// next takes the best job that may be sent now, or says how long to wait for one.
func (g *Governor) next() (*Job, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	g.sweep(now)
	if g.flying >= maxSends {
		return nil, idleCheck
	}
	global := max(0, g.paused.Sub(now), bucketWait(g.bot, now))
	var best *Job
	wait := idleCheck
	for _, c := range g.chats {
		j, w := c.next(now, g.draining)
		if j == nil {
			continue
		}
		w = max(w, global)
		wait = min(wait, w)
		if w <= 0 && (best == nil || before(j, best)) {
			best = j
		}
	}
	if best == nil {
		return nil, wait
	}
	g.bot.AllowN(now, 1)
	g.chats[best.Chat].take(best, now)
	g.count--
	g.flying++
	return best, 0
}

// before orders two jobs of different chats.
func before(a, b *Job) bool {
	if a.Priority != b.Priority {
		return a.Priority < b.Priority
	}
	return a.seq < b.seq
}

// do makes one call and decides what its outcome means.
func (g *Governor) do(ctx context.Context, j *Job) {
	var result json.RawMessage
	err := g.send(ctx, j.Method, j.Params, &result)
	if errors.Is(err, telegram.ErrNotModified) {
		err = nil
	}
	g.mu.Lock()
	c := g.chat(j.Chat)
	c.inFlight = false
	g.flying--
	again := err != nil && g.retry(c, j, err)
	g.mu.Unlock()
	g.nudge()
	if again {
		return
	}
	if err != nil {
		g.logger.WarnContext(ctx, "a message was not delivered", slog.String("method", j.Method), slog.Any("error", err))
	}
	j.finish(result, err)
}

// retry pauses the chat and queues the job again when that can help; the governor is locked.
func (g *Governor) retry(c *chat, j *Job, err error) bool {
	j.attempts++
	now := g.clock.Now()
	pause := firstPause << j.attempts
	var refusal *telegram.Error
	switch {
	case errors.Is(err, telegram.ErrTooManyRequests) && errors.As(err, &refusal):
		pause = max(refusal.RetryAfter, time.Second)
		g.pauseBot(now, pause, c)
	case telegram.Refused(err), j.Once:
		return false
	}
	if until := now.Add(pause); until.After(c.pausedTo) {
		c.pausedTo = until
	}
	if j.attempts >= maxAttempts || g.closed || !c.back(j) {
		return false
	}
	g.count++
	return true
}

// pauseBot stops every chat when a second one is told to wait: then the limit is the bot's.
func (g *Governor) pauseBot(now time.Time, pause time.Duration, told *chat) {
	for _, c := range g.chats {
		if c != told && c.pausedTo.After(now) {
			g.paused = now.Add(pause)
			return
		}
	}
}

// chat finds or makes a chat's state; the governor is locked.
func (g *Governor) chat(id int64) *chat {
	c := g.chats[id]
	if c == nil {
		c = newChat(id)
		g.chats[id] = c
	}
	return c
}

// sweep forgets idle chats once a minute, so that memory is bounded by what is in use.
func (g *Governor) sweep(now time.Time) {
	if now.Sub(g.swept) < idleCheck {
		return
	}
	g.swept = now
	for id, c := range g.chats {
		if c.idle(now) {
			delete(g.chats, id)
		}
	}
}

func (g *Governor) nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *Governor) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
}

// landed says that no call is under way.
func (g *Governor) landed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flying == 0
}

// abandon fails everything that still waits.
func (g *Governor) abandon() {
	g.mu.Lock()
	g.closed = true
	var left []*Job
	for _, c := range g.chats {
		for _, queue := range c.queues {
			left = append(left, queue...)
		}
		for _, j := range c.edits {
			left = append(left, j)
		}
	}
	g.chats, g.count = map[int64]*chat{}, 0
	g.mu.Unlock()
	for _, j := range left {
		j.finish(nil, ErrClosed)
	}
}
