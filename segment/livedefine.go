package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/segment/live"
)

// Define adds segments, or puts them in the place of those of their names, all or none. It
// first does what is due by time, then reads the log, as far as this consumer has come,
// for leaves that are new, and tells who enters and who leaves with the cause
// "definition": only differences are told. It needs LiveOptions.Log and waits for the turn
// of the consumer; other processes have it from their next call on. Cost: the state of
// everybody is in memory meanwhile, and the log is read when a leaf is new.
func (l *Live) Define(ctx context.Context, definitions ...live.Definition) error {
	if l.log == nil {
		return errNoLog
	}
	return l.redefine(ctx, l.log.clock(), func(old []live.Definition) []live.Definition {
		list := slices.DeleteFunc(slices.Clone(old), func(d live.Definition) bool {
			return slices.ContainsFunc(definitions, func(of live.Definition) bool { return of.Name == d.Name })
		})
		return append(list, definitions...)
	}, nil)
}

// Retire removes a segment and tells the exit of all its members with the cause
// "definition". One that another segment asks for is refused with flywheel.ErrConflict.
func (l *Live) Retire(ctx context.Context, segment string) error {
	if l.log == nil {
		return errNoLog
	}
	if err := l.find(ctx, segment); err != nil {
		return err
	}
	return l.redefine(ctx, l.log.clock(), func(old []live.Definition) []live.Definition {
		return slices.DeleteFunc(slices.Clone(old), func(d live.Definition) bool { return d.Name == segment })
	}, nil)
}

// Try tells what [Live.Define] would do with a definition, and does it not: size, who would
// come and go, examples with their reasons, what it would keep. What is due by time is
// done, as by Define, and it needs and costs the same.
func (l *Live) Try(ctx context.Context, d live.Definition) (live.Report, error) {
	if l.log == nil {
		return live.Report{}, errNoLog
	}
	var report live.Report
	err := l.redefine(ctx, l.log.clock(), nil, func(w *liveWork, history iter.Seq[live.Entry], now time.Time) (err error) {
		report, err = w.engine.Try(now, history, d)
		return err
	})
	return report, err
}

// Definitions returns the segments as they are defined, in the order in which they were.
func (l *Live) Definitions(ctx context.Context) ([]live.Definition, error) {
	of, err := l.look(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(of.list), nil
}

// redefine puts other definitions in place of those that hold; or with tried shows all
// states to it and saves nothing.
func (l *Live) redefine(ctx context.Context, now time.Time, change func(old []live.Definition) []live.Definition,
	tried func(*liveWork, iter.Seq[live.Entry], time.Time) error,
) error {
	if tried == nil { // refused before time passes
		if _, err := l.compile(&liveDefinitions{list: change(l.current.Load().list)}); err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, err = l.advance(ctx, now); err != nil {
			return err
		}
	}
	home := l.Handle()
	if home == nil {
		return fmt.Errorf("segment: a store of live segments without a handle: %w", flywheel.ErrInvalid)
	}
	cursors, err := cursor.For(home)
	if err != nil {
		return err
	}
	return home.InTx(ctx, func(ctx context.Context) error {
		place, mine, err := cursors.Lock(ctx, l.name)
		if err != nil {
			return err
		}
		if !mine {
			return fmt.Errorf("segment: live segments are having their turn: %w", flywheel.ErrStale)
		}
		parked, err := cursors.Parked(ctx, l.name)
		if err != nil {
			return err
		}
		of, err := l.look(ctx)
		if err != nil {
			return err
		}
		w := &liveWork{ctx: ctx, l: l, of: of, loaded: map[flywheel.Person]*LiveState{}}
		if w.engine, err = l.compile(of); err != nil { // not kept: it has grown to hold everybody
			return err
		}
		if err := w.loadAll(); err != nil {
			return err
		}
		standing := cursor.StandingOf(parked)
		var failed error
		history := func(yield func(live.Entry) bool) {
			if place.Position == 0 {
				return
			}
			for e, err := range l.log.Entries(ctx, Query{To: place.Position}) {
				if failed = err; err != nil {
					return
				}
				if e.Event.Name == EventUnlinked || e.Event.Name == EventErased || !standing.Takes(&e) {
					continue
				}
				if !yield(l.entry(&e)) {
					return
				}
			}
		}
		if tried != nil {
			if err := tried(w, history, now); err != nil {
				return err
			}
			return failed
		}
		fresh := &liveDefinitions{of.version + 1, change(of.list)}
		if err := w.change(fresh.list, history, now); err != nil || failed != nil {
			return firstError(failed, err)
		}
		w.tell("")
		if err := l.store.Define(ctx, l.name, LiveDefined{fresh.version, fresh.list, l.configured}); err != nil {
			return err
		}
		flywheel.AfterCommit(ctx, func(context.Context) { l.swap(fresh) })
		return w.finish()
	})
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// loadAll puts all there is into the engine.
func (w *liveWork) loadAll() error {
	var aliases []flywheel.Person
	add := func() error {
		_, err := w.load(aliases)
		aliases = aliases[:0]
		return err
	}
	for s, err := range w.l.store.List(w.ctx, "") {
		if err != nil {
			return err
		}
		if aliases = append(aliases, s.Alias); len(aliases) == readBatch {
			if err := add(); err != nil {
				return err
			}
		}
	}
	return add()
}

// change brings the engine to other definitions.
func (w *liveWork) change(list []live.Definition, history iter.Seq[live.Entry], now time.Time) error {
	var fresh []live.Definition
	for _, d := range list {
		i := slices.IndexFunc(w.of.list, func(old live.Definition) bool { return old.Name == d.Name })
		if i < 0 || !sameDefinitions(w.of.list[i:i+1], []live.Definition{d}) {
			fresh = append(fresh, d)
		}
	}
	var gone []string
	for _, old := range w.of.list {
		if !slices.ContainsFunc(list, func(d live.Definition) bool { return d.Name == old.Name }) {
			gone = append(gone, old.Name)
		}
	}
	if len(fresh) > 0 {
		if err := w.engine.Define(now, history, fresh...); err != nil {
			return err
		}
	}
	for len(gone) > 0 { // those that nobody asks for first
		left, last := gone[:0:0], error(nil)
		for _, name := range gone {
			if err := w.engine.Retire(name, now); err != nil {
				left, last = append(left, name), err
			}
		}
		if len(left) == len(gone) {
			return last
		}
		gone = left
	}
	return nil
}

// sameDefinitions reports whether two lists say the same, in whatever order.
func sameDefinitions(x, y []live.Definition) bool {
	text := func(list []live.Definition) []byte {
		sorted := slices.SortedFunc(slices.Values(list), func(a, b live.Definition) int { return strings.Compare(a.Name, b.Name) })
		data, err := json.Marshal(slices.Concat([]live.Definition{}, sorted))
		if err != nil {
			return nil
		}
		return data
	}
	a, b := text(x), text(y)
	return a != nil && bytes.Equal(a, b)
}
