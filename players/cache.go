package players

import (
	"crypto/sha256"
	"sync"
	"time"

	"fairground/internal/clock"
)

const (
	sessionCacheLife = 5 * time.Second
	sessionCacheSize = 20_000
)

// tokenHash names a session without its token.
type tokenHash [sha256.Size]byte

// sessionCache remembers who a token speaks for, so that a burst of requests asks the
// database once. A revoked token lives on for at most sessionCacheLife.
type sessionCache struct {
	clock   clock.Clock
	mu      sync.RWMutex
	entries map[tokenHash]cachedIdentity
}

type cachedIdentity struct {
	identity Identity
	until    time.Time
}

func newSessionCache(clk clock.Clock) *sessionCache {
	return &sessionCache{clock: clk, entries: map[tokenHash]cachedIdentity{}}
}

func (c *sessionCache) get(hash tokenHash) (Identity, bool) {
	c.mu.RLock()
	e, ok := c.entries[hash]
	c.mu.RUnlock()
	if !ok || !c.clock.Now().Before(e.until) {
		return Identity{}, false
	}
	return e.identity, true
}

// put keeps the identity until the cache's life or the session ends, whichever is first.
func (c *sessionCache) put(hash tokenHash, id Identity, expires time.Time) {
	now := c.clock.Now()
	until := now.Add(sessionCacheLife)
	if expires.Before(until) {
		until = expires
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= sessionCacheSize {
		c.shrink(now)
	}
	c.entries[hash] = cachedIdentity{identity: id, until: until}
}

// shrink drops what has expired, and everything when that is not enough.
func (c *sessionCache) shrink(now time.Time) {
	for hash, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, hash)
		}
	}
	if len(c.entries) >= sessionCacheSize {
		clear(c.entries)
	}
}

func (c *sessionCache) drop(hash tokenHash) {
	c.mu.Lock()
	delete(c.entries, hash)
	c.mu.Unlock()
}

// tenantCache maps public tenant ids to ids. Only tenants that exist get in, and they stay.
type tenantCache struct {
	mu  sync.RWMutex
	ids map[string]int64
}

func newTenantCache() *tenantCache { return &tenantCache{ids: map[string]int64{}} }

func (c *tenantCache) get(publicID string) (int64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	id, ok := c.ids[publicID]
	return id, ok
}

func (c *tenantCache) put(publicID string, id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids[publicID] = id
}
