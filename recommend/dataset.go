package recommend

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Dataset holds interactions in memory, compactly: every SKU and actor once,
// then four bytes for each item of a basket and 40 for the basket. It is what
// [Train] learns from. The zero value is empty and ready. It does not keep the
// IDs: telling repeated facts apart is the [Store]'s work.
//
// A Dataset is not safe for concurrent use while it grows.
type Dataset struct {
	items   table[flywheel.SKU]
	actors  table[Actor]
	baskets []basket
	lines   []int32 // item numbers, basket after basket
}

// basket is one interaction; its items are lines[start:end].
type basket struct {
	at         int64 // microseconds since 1970
	start, end int
	actor      int32 // -1 for nobody
	kind       Kind
}

// Add appends in, whose ID is not looked at and may be empty. It reports an
// [*InteractionError] and adds nothing when something is wrong with in.
func (d *Dataset) Add(in Interaction) error {
	in, err := in.normal()
	if err != nil {
		return err
	}
	d.add(in)
	return nil
}

// add appends in, which is in normal form.
func (d *Dataset) add(in Interaction) {
	b := basket{at: in.At.UnixMicro(), start: len(d.lines), actor: -1, kind: in.Kind}
	for _, sku := range in.Items {
		d.lines = append(d.lines, d.items.number(sku))
	}
	b.end = len(d.lines)
	if in.Actor != (Actor{}) {
		b.actor = d.actors.number(in.Actor)
	}
	d.baskets = append(d.baskets, b)
}

// Len returns the number of interactions.
func (d *Dataset) Len() int { return len(d.baskets) }

// Until returns the interactions before the instant t, as a Dataset of its own.
func (d *Dataset) Until(t time.Time) *Dataset {
	limit := t.UnixMicro()
	return d.where(func(_ int, b *basket) bool { return b.at < limit })
}

// where returns the interactions for which keep holds. The result shares its
// lines with d; both may grow.
func (d *Dataset) where(keep func(n int, b *basket) bool) *Dataset {
	out := &Dataset{items: d.items.clone(), actors: d.actors.clone(), lines: slices.Clip(d.lines)}
	for n := range d.baskets {
		if keep(n, &d.baskets[n]) {
			out.baskets = append(out.baskets, d.baskets[n])
		}
	}
	return out
}

// All yields the interactions in the order of Add, without their IDs. Items is
// a slice of its own each time.
func (d *Dataset) All() iter.Seq[Interaction] {
	return func(yield func(Interaction) bool) {
		for n := range d.baskets {
			if !yield(d.interaction(n)) {
				return
			}
		}
	}
}

func (d *Dataset) interaction(n int) Interaction {
	b := &d.baskets[n]
	in := Interaction{Kind: b.kind, At: time.UnixMicro(b.at).UTC(), Items: make([]flywheel.SKU, b.end-b.start)}
	if b.actor >= 0 {
		in.Actor = d.actors.names[b.actor]
	}
	for i, item := range d.lines[b.start:b.end] {
		in.Items[i] = d.items.names[item]
	}
	return in
}

// table numbers names 0, 1, 2, … in the order of their first mention.
type table[T comparable] struct {
	names   []T
	numbers map[T]int32
}

func (t *table[T]) number(name T) int32 {
	n, ok := t.numbers[name]
	if !ok {
		if t.numbers == nil {
			t.numbers = make(map[T]int32)
		}
		n = int32(len(t.names))
		t.names = append(t.names, name)
		t.numbers[name] = n
	}
	return n
}

// clone returns a copy that shares the names which are there; both may grow.
func (t *table[T]) clone() table[T] {
	return table[T]{names: slices.Clip(t.names), numbers: maps.Clone(t.numbers)}
}
