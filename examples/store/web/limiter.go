package web

import (
	"sync"
	"time"
)

// Limiter counts what a key did within a window and refuses what is too much. It forgets
// keys when their window is over, and is safe for concurrent use.
type Limiter struct {
	most   int
	window time.Duration
	mu     sync.Mutex
	seen   map[string]count
}

type count struct {
	n     int
	until time.Time
}

const mostKeys = 100_000

// NewLimiter allows most within a window that begins with the first.
func NewLimiter(most int, window time.Duration) *Limiter {
	return &Limiter{most: most, window: window, seen: map[string]count{}}
}

// Allow counts one more of a key, and reports whether that was within the limit.
func (l *Limiter) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.seen[key]
	if !now.Before(c.until) {
		if len(l.seen) >= mostKeys {
			for k, old := range l.seen {
				if !now.Before(old.until) {
					delete(l.seen, k)
				}
			}
			if len(l.seen) >= mostKeys {
				clear(l.seen)
			}
		}
		c = count{until: now.Add(l.window)}
	}
	c.n++
	l.seen[key] = c
	return c.n <= l.most
}

// Full reports whether one more of a key would be too much, without counting.
func (l *Limiter) Full(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.seen[key]
	return now.Before(c.until) && c.n >= l.most
}
