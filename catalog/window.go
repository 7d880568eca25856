package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// windowSpace is where the windows that begin or end are found, by the instant, then
// the channel. An entry is gone when it was told.
const windowSpace = "w"

// The last part of a key of windowSpace.
const (
	windowBegins = "b"
	windowEnds   = "e"
)

// windowEntries returns the entries of a listing's window.
func windowEntries(id ID, ch Channel, start, end time.Time) (list []Entry) {
	if !start.IsZero() {
		list = append(list, Entry{windowSpace, space(dueKey(start), string(ch), windowBegins), id, minTime, maxTime})
	}
	if !end.IsZero() {
		list = append(list, Entry{windowSpace, space(dueKey(end), string(ch), windowEnds), id, minTime, maxTime})
	}
	return list
}

// ahead leaves out windows that began or ended before they were entered: the change
// that enters them tells so.
func ahead(list []Entry, now time.Time) []Entry {
	return slices.DeleteFunc(list, func(e Entry) bool { return e.Space == windowSpace && e.Key[:len(dueKey(now))] <= dueKey(now) })
}

// turn tells the beginning or the end of a window, of an active product that the
// channel shows, and takes its entry away. It reports false where another worker did.
func (s *Service) turn(ctx context.Context, e Entry) (took bool, err error) {
	parts := strings.Split(e.Key, separator)
	if len(parts) != 3 {
		return false, fmt.Errorf("catalog: index entry %q of product %q is none of a window", e.Key, e.ID)
	}
	micros, err := strconv.ParseUint(parts[0], 16, 64)
	if err != nil {
		return false, fmt.Errorf("catalog: index entry of product %q: %w", e.ID, err)
	}
	instant, ch := time.UnixMicro(int64(micros)).UTC(), Channel(parts[1])
	err = s.change(ctx, func(ctx context.Context) error {
		took = false
		w, err := s.write(ctx)
		if err != nil {
			return err
		}
		// First the head, then the entry: who tells it at the same moment changes both.
		if err := w.load(ctx, e.ID); err != nil {
			return err
		}
		k := w.work[e.ID]
		there, err := s.entered(ctx, e)
		if err != nil || !there || k.head == nil {
			return err
		}
		took = true
		shown := shelved{k.head, k.rows}
		var rows []*VariantRow
		if def := w.schema.channels[ch]; def != nil {
			rows = shown.visible(def)
		}
		next := *k.head
		next.Edits++
		change := Change{Event: EventProductPublished, Product: e.ID, Version: next.Product.Version}
		before, after := StateScheduled, StateLive
		live := instant
		if parts[2] == windowEnds {
			change.Event, before, after = EventProductUnpublished, StateLive, StateEnded
			live = instant.Add(-time.Microsecond)
		}
		slot := "listings." + string(ch) + ".state"
		change.Old, change.New = map[string]any{slot: string(before)}, map[string]any{slot: string(after)}
		for _, row := range rows {
			change.skus = append(change.skus, row.Variant.SKU)
		}
		h := HeadChange{Head: &next, Before: k.head.Edits, Touched: true}
		if src := k.head.Source; src != nil && src.Edits == k.head.Edits { // the content is that of the import
			next.Source, h.Touched = &Source{src.Hash, next.Edits}, false
		}
		w.batch.Heads = append(w.batch.Heads, h)
		w.batch.Drop = append(w.batch.Drop, e)
		if next.Product.state(ch, len(rows) > 0, live) == StateLive {
			w.tell(next.Edits, []Change{change})
		}
		return w.commit(ctx)
	})
	return took, err
}

// entered reports whether the index has an entry.
func (s *Service) entered(ctx context.Context, e Entry) (bool, error) {
	const at = 100
	_, size := utf8.DecodeLastRuneInString(string(e.ID))
	q := Scan{Spaces: []string{e.Space}, AfterKey: e.Key, AfterID: e.ID[:len(e.ID)-size], Limit: at, Timeless: true}
	for {
		list, err := s.store.Scan(ctx, q)
		if err != nil {
			return false, err
		}
		for _, have := range list {
			switch c := compareEntries(have, e); {
			case c == 0:
				return true, nil
			case c > 0:
				return false, nil
			}
		}
		if len(list) < at {
			return false, nil
		}
		q.AfterKey, q.AfterID = list[at-1].Key, list[at-1].ID
	}
}
