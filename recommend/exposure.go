package recommend

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Exposures counts how often each item was shown of late, from the impressions that a
// [Service] records: what a cap of exposure needs. It is exact to a 24th of its window,
// counts a fact once however often it is delivered, and is safe for concurrent use. It
// counts what this process recorded, and what was there when it was made. Memory: some
// 30 bytes for each item and 24th in which it was shown, and the IDs of the impressions
// of the window.
type Exposures struct {
	window, bucket time.Duration

	mu     sync.Mutex
	counts map[flywheel.SKU][]shown
	seen   map[string]int64 // buckets of impressions, by ID
	newest int64            // bucket of the newest question
}

// shown is how often an item was shown in a bucket.
type shown struct{ bucket, n int64 }

// Exposures returns a count of the impressions of a window, which goes on with each one
// that s records. A window below a second is a [*ConfigError]. O(facts).
func (s *Service) Exposures(ctx context.Context, window time.Duration) (*Exposures, error) {
	if window < time.Second {
		return nil, &ConfigError{Field: "Window", Value: window}
	}
	e := &Exposures{window: window, bucket: window / 24, counts: make(map[flywheel.SKU][]shown), seen: make(map[string]int64)}
	s.follow(e) // before reading: what comes in between is there twice, and counted once
	for in, err := range s.store.All(ctx) {
		if err != nil {
			return nil, err
		}
		e.add(&in)
	}
	return e, nil
}

// of returns the bucket of an instant.
func (e *Exposures) of(at time.Time) int64 {
	micros, size := at.UnixMicro(), e.bucket.Microseconds()
	n := micros / size
	if micros < 0 && micros%size != 0 {
		n--
	}
	return n
}

func (e *Exposures) add(in *Interaction) {
	if in.Kind != Impression {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.seen[in.ID]; ok {
		return
	}
	b := e.of(in.At)
	e.seen[in.ID] = b
	for _, sku := range in.Items {
		list := e.counts[sku]
		at := len(list)
		for at > 0 && list[at-1].bucket > b {
			at--
		}
		if at > 0 && list[at-1].bucket == b {
			list[at-1].n++
			continue
		}
		list = append(list, shown{})
		copy(list[at+1:], list[at:])
		list[at] = shown{b, 1}
		e.counts[sku] = list
	}
}

// drop forgets what is older than two windows before the newest question. Times of
// impressions are claims and drop nothing.
func (e *Exposures) drop() {
	for id, b := range e.seen {
		if b <= e.newest-48 {
			delete(e.seen, id)
		}
	}
	for sku, list := range e.counts {
		from := 0
		for from < len(list) && list[from].bucket <= e.newest-48 {
			from++
		}
		if from == len(list) {
			delete(e.counts, sku)
		} else {
			e.counts[sku] = list[from:]
		}
	}
}

// Count returns how often an item was shown in the window that ends with an instant.
func (e *Exposures) Count(sku flywheel.SKU, at time.Time) (n int64) {
	last := e.of(at)
	e.mu.Lock()
	defer e.mu.Unlock()
	if last > e.newest || e.newest == 0 {
		e.newest = last
		e.drop()
	}
	for _, s := range e.counts[sku] {
		if s.bucket > last-24 && s.bucket <= last {
			n += s.n
		}
	}
	return n
}

// At returns Count as of an instant, for rerank's Plan.Exposure.
func (e *Exposures) At(at time.Time) func(flywheel.SKU) int64 {
	return func(sku flywheel.SKU) int64 { return e.Count(sku, at) }
}

func (e *Exposures) recorded(_ context.Context, facts []Interaction) {
	for n := range facts {
		e.add(&facts[n])
	}
}

// forgotten leaves counts as they are: they name nobody.
func (e *Exposures) forgotten(context.Context, ...Actor) {}

func (e *Exposures) cleared() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.counts)
	clear(e.seen)
}

// CapExposure makes s count by itself: an item that was shown most times of late comes
// only when nothing else is left, in every answer whose Plan has no cap of its own and
// whose Query has a time At. A nil e takes the cap away. A cap below 1 is a
// [*ConfigError].
func (s *Server) CapExposure(e *Exposures, most int64) error {
	if e == nil {
		s.cap.Store(nil)
		return nil
	}
	if most < 1 {
		return fmt.Errorf("recommend: cap of exposure: %w", &ConfigError{Field: "most", Value: most})
	}
	s.cap.Store(&exposureCap{e, most})
	return nil
}

type exposureCap struct {
	exposures *Exposures
	most      int64
}
