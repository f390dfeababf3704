package local

import (
	"slices"
	"time"
)

// Telegram's limits: about one message a second in a chat with short bursts, 20 a minute in a
// group, 30 a second for a bot. Edits count like messages.
const (
	chatRate    = 1.0
	chatBurst   = 5.0
	botRate     = 30.0
	botBurst    = 30.0
	groupBudget = 20
	groupWindow = time.Minute
)

// limiter counts what every bot sends. It is not saved: limits start afresh.
type limiter struct {
	chats  map[string]*bucket
	bots   map[int64]*bucket
	groups map[string][]time.Time
}

// bucket holds tokens that come back at a rate.
type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter() *limiter {
	return &limiter{chats: map[string]*bucket{}, bots: map[int64]*bucket{}, groups: map[string][]time.Time{}}
}

// take books one message of the bot into the room, or says how long to wait and books none.
func (l *limiter) take(now time.Time, b *bot, r *room) time.Duration {
	key := privateKey(b.ID, r.ID)
	chat := refill(l.chats, key, now, chatRate, chatBurst)
	whole := refill(l.bots, b.ID, now, botRate, botBurst)
	wait := max(chat.wait(chatRate), whole.wait(botRate))
	if r.Type != chatPrivate {
		sent := slices.DeleteFunc(l.groups[key], func(at time.Time) bool { return now.Sub(at) >= groupWindow })
		l.groups[key] = sent
		if len(sent) >= groupBudget {
			wait = max(wait, groupWindow-now.Sub(sent[0]))
		}
	}
	if wait > 0 {
		return wait
	}
	chat.tokens--
	whole.tokens--
	if r.Type != chatPrivate {
		l.groups[key] = append(l.groups[key], now)
	}
	return 0
}

// refill finds or makes a bucket and gives it what has come back since.
func refill[K comparable](buckets map[K]*bucket, key K, now time.Time, rate, burst float64) *bucket {
	b, ok := buckets[key]
	if !ok {
		b = &bucket{tokens: burst, at: now}
		buckets[key] = b
	}
	b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds()*rate)
	b.at = now
	return b
}

// wait is how long until one token is there.
func (b *bucket) wait(rate float64) time.Duration {
	if b.tokens >= 1 {
		return 0
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second))
}

// spend applies the limits to one message or edit of the bot.
func (s *Server) spend(c *call, r *room) error {
	if !s.world.Limits {
		return nil
	}
	if wait := s.limits.take(s.clock.Now(), c.bot, r); wait > 0 {
		return tooMany(wait)
	}
	return nil
}
