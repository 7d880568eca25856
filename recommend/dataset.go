package recommend

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Dataset holds interactions in memory, compactly: every SKU and actor once,
// then four bytes for each item of a basket and 48 for the basket, and 40 for each
// item with a quantity, a value or a place in a list. It is what
// [Train] learns from. The zero value is empty and ready. It does not keep the
// IDs: telling repeated facts apart is the [Store]'s work.
//
// A Dataset is not safe for concurrent use while it grows.
type Dataset struct {
	items   table[flywheel.SKU]
	actors  table[Actor]
	texts   table[string] // sessions, devices and policies
	baskets []basket
	lines   []int32  // item numbers, basket after basket
	details []Detail // of the baskets that have some, one for each of their items
}

// basket is one interaction; its items are lines[start:end].
type basket struct {
	at         int64 // microseconds since 1970
	start, end int
	actor      int32 // -1 for nobody
	// Numbers of texts, 0 for none.
	session, device, policy int32
	details                 int32 // 1 + place of the first in Dataset.details; 0 for none
	kind                    Kind
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
	b.session, b.device, b.policy = d.text(in.Session), d.text(string(in.Device)), d.text(in.Policy)
	if in.Details != nil {
		b.details = int32(len(d.details) + 1)
		d.details = append(d.details, in.Details...)
	}
	if in.Actor != (Actor{}) {
		b.actor = d.actors.number(in.Actor)
	}
	d.baskets = append(d.baskets, b)
}

// text returns the number of a text, 0 for none.
func (d *Dataset) text(s string) int32 {
	if s == "" {
		return 0
	}
	return d.texts.number(s) + 1
}

// textOf returns the text with a number.
func (d *Dataset) textOf(n int32) string {
	if n == 0 {
		return ""
	}
	return d.texts.names[n-1]
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
	out := &Dataset{items: d.items.clone(), actors: d.actors.clone(), texts: d.texts.clone(), lines: slices.Clip(d.lines), details: slices.Clip(d.details)}
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
	in.Session, in.Device, in.Policy = d.textOf(b.session), flywheel.VisitorID(d.textOf(b.device)), d.textOf(b.policy)
	if b.details > 0 {
		in.Details = slices.Clone(d.details[b.details-1 : int(b.details)-1+b.end-b.start])
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
