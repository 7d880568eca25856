package collect

import (
	"sync"
	"time"
)

// limiter counts the events of clients in the minute that runs. It holds a bounded
// number of clients: beyond it, unknown ones are refused until the minute is over.
type limiter struct {
	perMinute, most int

	mu     sync.Mutex
	minute int64
	counts map[string]int
}

// allow counts n events of a client at an instant and reports whether they are within
// its limit.
func (l *limiter) allow(client string, n int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := now.Unix() / 60; minute != l.minute || l.counts == nil {
		l.minute, l.counts = minute, make(map[string]int)
	}
	before, known := l.counts[client]
	if !known && len(l.counts) >= l.most || before+n > l.perMinute {
		return false
	}
	l.counts[client] = before + n
	return true
}
