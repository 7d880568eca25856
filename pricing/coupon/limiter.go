package coupon

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Failures remembers when keys failed, so that processes share limiters. Package
// couponsql has one. Implementations are safe for concurrent use.
type Failures interface {
	// Fail records that a key failed at an instant; from until on it need not be known.
	Fail(ctx context.Context, key string, at, until time.Time) error
	// Failed returns how often a key failed after an instant, or most if that is less.
	Failed(ctx context.Context, key string, after time.Time, most int) (int, error)
}

// InProcess, as [Options.Failures], has each process count its own failures, in memory.
var InProcess Failures = inProcess{}

type inProcess struct{ Failures }

// Limiter counts failures by key, so that codes cannot be found by trying: when a
// key has failed so often within a span of time, [Limiter.Try] refuses it without
// trying. Only what has failed counts; as many tries as may still fail are under way
// at once, further ones wait for them.
//
// It keeps the last failures of up to 1,000,000 keys in memory, and forgets the key
// that failed longest ago for a new one, unless it shares them with other processes:
// see [Limiter.Shared]. A try costs the same at any number of keys. It is safe for
// concurrent use.
type Limiter struct {
	failures int
	per      time.Duration
	most     int      // keys
	shared   Failures // nil in memory

	mu     sync.Mutex
	ended  sync.Cond // on mu: a try has ended
	keys   map[string]*attempts
	failed *list.List // of *attempts with failures, the longest ago first
}

// attempts are those of one key.
type attempts struct {
	key     string
	failed  []time.Time   // within the span, oldest first
	open    int           // under way
	waiting int           // for one of them to end
	place   *list.Element // in Limiter.failed, nil without failures
}

const maxKeys = 1_000_000

// NewLimiter returns a limiter that allows a key a number of failures within a span of
// time. Both must be positive.
func NewLimiter(failures int, per time.Duration) (*Limiter, error) {
	if failures <= 0 {
		return nil, field(invalid("%d is not positive", failures), "failures")
	}
	if per <= 0 {
		return nil, field(invalid("%s is not positive", per), "per")
	}
	return newLimiter(failures, per, nil), nil
}

func newLimiter(failures int, per time.Duration, shared Failures) *Limiter {
	l := &Limiter{failures: failures, per: per, most: maxKeys, shared: shared, keys: map[string]*attempts{}, failed: list.New()}
	l.ended.L = &l.mu
	return l
}

// Shared returns a limiter of the same numbers whose failures f keeps. Processes that
// try one key at the same moment may together exceed the number by what each has
// under way.
func (l *Limiter) Shared(f Failures) *Limiter { return newLimiter(l.failures, l.per, f) }

// Try calls fn, unless the key has failed too often in the span before now: then
// the error matches [ErrTooManyFailures]. fn reports whether it failed.
func (l *Limiter) Try(ctx context.Context, now time.Time, key string, fn func() (failed bool, err error)) error {
	if _, err := l.begin(ctx, now, key); err != nil {
		return err
	}
	return l.tried(ctx, now, key, fn)
}

// tried runs fn and ends the try that was begun. A failure that could not be counted
// gives no answer.
func (l *Limiter) tried(ctx context.Context, now time.Time, key string, fn func() (failed bool, err error)) (err error) {
	failed := true // also when fn panics
	defer func() {
		if lost := l.end(ctx, now, key, failed); lost != nil {
			err = lost
		}
	}()
	failed, err = fn()
	return err
}

// begin waits until a try of the key may be under way, and returns how often it has
// failed.
func (l *Limiter) begin(ctx context.Context, now time.Time, key string) (failed int, err error) {
	for {
		known := 0
		if l.shared != nil {
			if known, err = l.shared.Failed(ctx, key, now.Add(-l.per), l.failures); err != nil {
				return 0, err
			}
		}
		failed, entered := l.enter(now, key, known)
		switch {
		case failed >= l.failures:
			return failed, ErrTooManyFailures
		case entered:
			return failed, nil
		}
		if err := l.wait(ctx, key); err != nil {
			return failed, err
		}
	}
}

// enter counts a try as under way if it may be.
func (l *Limiter) enter(now time.Time, key string, known int) (failed int, entered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.keys[key]
	if a != nil {
		for len(a.failed) > 0 && !a.failed[0].After(now.Add(-l.per)) {
			a.failed = a.failed[1:]
		}
		failed = len(a.failed)
	}
	failed += known // one of them is 0
	if failed >= l.failures || a != nil && a.open >= l.failures-failed {
		return failed, false
	}
	if a == nil {
		if len(l.keys) >= l.most {
			l.forget()
		}
		a = &attempts{key: key}
		l.keys[key] = a
	}
	a.open++
	return failed, true
}

// wait waits for a try of the key to end.
func (l *Limiter) wait(ctx context.Context, key string) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ended.Broadcast()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.keys[key]
	if a == nil || a.open == 0 {
		return ctx.Err() // it has ended meanwhile
	}
	a.waiting++
	l.ended.Wait()
	a.waiting--
	return ctx.Err()
}

// end counts a try that is over.
func (l *Limiter) end(ctx context.Context, now time.Time, key string, failed bool) error {
	var err error
	if failed && l.shared != nil {
		err = l.shared.Fail(context.WithoutCancel(ctx), key, now, now.Add(l.per))
		failed = false // here
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.keys[key]
	a.open--
	if failed {
		l.fail(a, now)
	}
	if a.waiting > 0 {
		l.ended.Broadcast()
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
	return err
}

// note counts a failure of a key that has no try under way.
func (l *Limiter) note(ctx context.Context, now time.Time, key string) error {
	if l.shared != nil {
		return l.shared.Fail(context.WithoutCancel(ctx), key, now, now.Add(l.per))
	}
	return nil // it is full: one more changes nothing
}

// fail records a failure in memory, at most as many as are allowed.
func (l *Limiter) fail(a *attempts, now time.Time) {
	if a.failed = append(a.failed, now); len(a.failed) > l.failures {
		a.failed = a.failed[1:]
	}
	if a.place == nil {
		a.place = l.failed.PushBack(a)
	} else {
		l.failed.MoveToBack(a.place)
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
	if l.keys[a.key] == a {
		delete(l.keys, a.key)
	}
	if a.place != nil {
		l.failed.Remove(a.place)
		a.place = nil
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
