package coupon

import (
	"sync"
	"time"
)

// Limiter counts failures by key, so that codes cannot be found by trying: when a
// key has failed so often within a span of time, [Limiter.Try] refuses it without
// trying. It keeps the last failures of up to 100,000 keys in memory, and forgets
// the key that failed longest ago for a new one. It is safe for concurrent use.
type Limiter struct {
	failures int
	per      time.Duration

	mu   sync.Mutex
	keys map[string]*attempts
}

// attempts are those of one key.
type attempts struct {
	failed []time.Time // within the span, oldest first
	open   int         // under way: they count as failed until they are not
}

const maxKeys = 100_000

// NewLimiter returns a limiter that allows a key so many failures within a span of
// time. Both must be positive.
func NewLimiter(failures int, per time.Duration) (*Limiter, error) {
	if failures <= 0 {
		return nil, field(invalid("%d is not positive", failures), "failures")
	}
	if per <= 0 {
		return nil, field(invalid("%s is not positive", per), "per")
	}
	return &Limiter{failures: failures, per: per, keys: map[string]*attempts{}}, nil
}

// Try calls fn, unless the key has failed too often in the span before now: then
// the error matches [ErrTooManyFailures]. fn reports whether it failed; what is
// under way counts as a failure for others of the key, so that many at once try no
// more than one after the other.
func (l *Limiter) Try(now time.Time, key string, fn func() (failed bool, err error)) error {
	if !l.begin(now, key) {
		return ErrTooManyFailures
	}
	failed := true // also when fn panics
	defer func() { l.end(now, key, failed) }()
	var err error
	failed, err = fn()
	return err
}

func (l *Limiter) begin(now time.Time, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.keys[key]
	if a == nil {
		if len(l.keys) >= maxKeys {
			l.forget(now)
		}
		a = &attempts{}
		l.keys[key] = a
	}
	for len(a.failed) > 0 && !a.failed[0].After(now.Add(-l.per)) {
		a.failed = a.failed[1:]
	}
	if len(a.failed)+a.open >= l.failures {
		return false
	}
	a.open++
	return true
}

func (l *Limiter) end(now time.Time, key string, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.keys[key]
	a.open--
	if failed {
		a.failed = append(a.failed, now)
	}
	if len(a.failed) == 0 && a.open == 0 {
		delete(l.keys, key)
	}
}

// forget makes room: it drops the keys whose failures are over, and else the one
// that failed longest ago.
func (l *Limiter) forget(now time.Time) {
	oldest := ""
	for key, a := range l.keys {
		switch {
		case a.open > 0:
		case !a.failed[len(a.failed)-1].After(now.Add(-l.per)):
			delete(l.keys, key)
		case oldest == "" || a.failed[len(a.failed)-1].Before(l.keys[oldest].failed[len(l.keys[oldest].failed)-1]):
			oldest = key
		}
	}
	if len(l.keys) >= maxKeys {
		delete(l.keys, oldest)
	}
}
