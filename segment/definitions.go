package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Defined are the live segments of some profiles as a store keeps them.
type Defined struct {
	// Version counts the changes, zero for none.
	Version int64 `json:"version"`
	// Definitions are in the order in which they were defined.
	Definitions []Definition `json:"definitions"`
	// Configured are the ProfileOptions.Segments that were applied last.
	Configured []Definition `json:"configured"`
}

// DefinitionStore keeps definitions. With a [ProfileStore] that implements it, what one
// process defines or retires holds in all of them from their next call on.
type DefinitionStore interface {
	// Definitions returns those of the profiles of a name. While the transaction of
	// ctx lasts, nobody else changes them. When their version is the known one,
	// nothing else need be returned.
	Definitions(ctx context.Context, profiles string, known int64) (Defined, error)
	// Define puts d in place of those whose version is one less; when the stored
	// version is another, the error matches flywheel.ErrStale.
	Define(ctx context.Context, profiles string, d Defined) error
}

// current returns the live segments as they are in the store, and remembers them when
// the transaction commits. A store without definitions has those of this process.
func (p *Profiles) current(ctx context.Context) (*engine, error) {
	known := p.engine.Load()
	store, ok := p.store.(DefinitionStore)
	if !ok {
		return known, nil
	}
	d, err := store.Definitions(ctx, p.name, known.version)
	if err != nil || d.Version == known.version || d.Version == 0 {
		return known, err
	}
	fresh, err := newEngine(p.attributes, d.Definitions)
	if err != nil {
		return nil, fmt.Errorf("segment: stored definitions of %q: %w", p.name, err)
	}
	fresh.version = d.Version
	flywheel.AfterCommit(ctx, func(context.Context) { p.swap(fresh) })
	return fresh, nil
}

// swap takes over live segments, unless there are newer ones.
func (p *Profiles) swap(fresh *engine) {
	for {
		known := p.engine.Load()
		if fresh.version > 0 && known.version >= fresh.version || p.engine.CompareAndSwap(known, fresh) {
			return
		}
	}
}

// apply brings the stored segments to what this process was configured with, once, if
// that differs from what was applied last. It reports whether it did something.
func (p *Profiles) apply(ctx context.Context, now time.Time) (did bool, err error) {
	store, ok := p.store.(DefinitionStore)
	if !ok || p.applied.Load() {
		return false, nil
	}
	d, err := store.Definitions(ctx, p.name, -1)
	if err != nil {
		return false, err
	}
	switch {
	case d.Version == 0, sameSet(d.Definitions, p.configured):
		if d.Version == 0 || !same(d.Configured, p.configured) {
			if d.Version == 0 {
				d.Definitions = p.configured
			}
			err = p.handle.InTx(ctx, func(ctx context.Context) error {
				return store.Define(ctx, p.name, Defined{d.Version + 1, d.Definitions, p.configured})
			})
		}
	case same(d.Configured, p.configured): // what was defined since holds
	default:
		did = true
		err = p.redefine(ctx, now, func(*engine) []Definition { return p.configured }, nil)
	}
	if errors.Is(err, flywheel.ErrStale) {
		return false, nil // another process was quicker, or has its turn: next time
	}
	if err == nil {
		flywheel.AfterCommit(ctx, func(context.Context) { p.applied.Store(true) })
	}
	return did && err == nil, err
}

// record stores definitions in the transaction of ctx.
func (p *Profiles) record(ctx context.Context, compiled *engine, before int64) error {
	store, ok := p.store.(DefinitionStore)
	if !ok {
		return nil
	}
	compiled.version = before + 1
	return store.Define(ctx, p.name, Defined{compiled.version, compiled.definitions(""), p.configured})
}

// definitions returns those of the segments but one.
func (e *engine) definitions(but string) (list []Definition) {
	for _, live := range e.order {
		if live.Name != but {
			list = append(list, live.Definition)
		}
	}
	return list
}

// same reports whether two lists of definitions say the same.
func same(x, y []Definition) bool {
	a, errA := json.Marshal(slices.Concat([]Definition{}, x))
	b, errB := json.Marshal(slices.Concat([]Definition{}, y))
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// sameSet is same for lists in any order.
func sameSet(x, y []Definition) bool {
	byName := func(a, b Definition) int { return compareText(a.Name, b.Name) }
	return same(slices.SortedFunc(slices.Values(x), byName), slices.SortedFunc(slices.Values(y), byName))
}
