package coupon

import (
	"container/list"
	"sync"
	"time"
)

// Limiter counts failures by key, so that codes cannot be found by trying: when a
// key has failed so often within a span of time, [Limiter.Try] refuses it without
// trying. It keeps the last failures of up to 1,000,000 keys in memory, and forgets
// the key that failed longest ago for a new one. A try costs the same at any number
// of keys. It is safe for concurrent use.
type Limiter struct {
	failures int
	per      time.Duration
	most     int // keys

	mu     sync.Mutex
	keys   map[string]*attempts
	failed *list.List // of *attempts with failures, the longest ago first
}

// attempts are those of one key.
type attempts struct {
	key    string
	failed []time.Time   // within the span, oldest first
	open   int           // under way: they count as failed until they are not
	place  *list.Element // in Limiter.failed, nil without failures
}

const maxKeys = 1_000_000

// NewLimiter returns a limiter that allows a key so many failures within a span of
// time. Both must be positive.
func NewLimiter(failures int, per time.Duration) (*Limiter, error) {
	if failures <= 0 {
		return nil, field(invalid("%d is not positive", failures), "failures")
	}
	if per <= 0 {
		return nil, field(invalid("%s is not positive", per), "per")
	}
	return &Limiter{failures: failures, per: per, most: maxKeys, keys: map[string]*attempts{}, failed: list.New()}, nil
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
		if len(l.keys) >= l.most {
			l.forget()
		}
		a = &attempts{key: key}
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
		if a.place == nil {
			a.place = l.failed.PushBack(a)
		} else {
			l.failed.MoveToBack(a.place)
		}
	}
	if len(a.failed) == 0 && a.open == 0 {
		l.drop(a)
	}
	// What is over goes, a few at a time.
	for range 2 {
		first := l.failed.Front()
		if first == nil || first.Value.(*attempts).last().After(now.Add(-l.per)) || first.Value.(*attempts).open > 0 {
			break
		}
		l.drop(first.Value.(*attempts))
	}
}

// last is when the key failed last, the zero time for never.
func (a *attempts) last() time.Time {
	if len(a.failed) == 0 {
		return time.Time{}
	}
	return a.failed[len(a.failed)-1]
}

func (l *Limiter) drop(a *attempts) {
	delete(l.keys, a.key)
	if a.place != nil {
		l.failed.Remove(a.place)
	}
}

// forget makes room: it drops the key that failed longest ago of those that nobody
// tries now.
func (l *Limiter) forget() {
	for e := l.failed.Front(); e != nil; e = e.Next() {
		if a := e.Value.(*attempts); a.open == 0 {
			l.drop(a)
			return
		}
	}
}
