package games

import "sync"

// cache keeps immutable values by key. When it is full it starts over: everything in it can
// be read again.
type cache[K comparable, V any] struct {
	mu    sync.RWMutex
	items map[K]V
	limit int
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{items: make(map[K]V), limit: limit}
}

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.items[k]
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) >= c.limit {
		clear(c.items)
	}
	c.items[k] = v
}

// take removes a value and returns it.
func (c *cache[K, V]) take(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.items[k]
	delete(c.items, k)
	return v, ok
}
