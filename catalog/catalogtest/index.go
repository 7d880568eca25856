package catalogtest

import (
	"fmt"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// entry is one that always counts.
func entry(space, key string, id catalog.ID) catalog.Entry {
	return catalog.Entry{Space: space, Key: key, ID: id, From: -1 << 62, Until: 1 << 62}
}

func (w *world) enter(entries ...catalog.Entry) error {
	return w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head(catalog.ID(fmt.Sprint("p", len(entries), entries[0].Space, entries[0].ID)), 1)}}, Add: entries})
}

func (w *world) counts(q catalog.Scan, want int) error {
	n, err := w.Count(ctx, q)
	return suite.First(err, suite.Same(fmt.Sprintf("Count(%+v)", q), n, want))
}

var indexCases = []testCase{
	{Name: "index/order", Rule: "entries come by key and ID, behind a position, up to a limit", Check: func(w *world) error {
		if err := w.enter(entry("s", "b", "2"), entry("s", "a", "3"), entry("s", "b", "1"), entry("s", "B", "4"), entry("s", "", "5"), entry("t", "a", "6")); err != nil {
			return err
		}
		return suite.First(
			w.finds(catalog.Scan{Spaces: []string{"s"}}, "5", "4", "3", "1", "2"),
			w.finds(catalog.Scan{Spaces: []string{"s"}, Limit: 2}, "5", "4"),
			w.finds(catalog.Scan{Spaces: []string{"s"}, AfterKey: "b", AfterID: "1"}, "2"),
			w.finds(catalog.Scan{Spaces: []string{"s"}, AfterKey: "b", AfterID: "0"}, "1", "2"),
			w.finds(catalog.Scan{Spaces: []string{"s"}, AfterID: "5", Limit: 1}, "4"),
			w.finds(catalog.Scan{Spaces: []string{"s"}, AfterKey: "b", AfterID: "2"}),
			w.finds(catalog.Scan{Spaces: []string{"none"}}), w.finds(catalog.Scan{}))
	}},
	{Name: "index/spaces", Rule: "entries of several spaces come in one order, equal ones once", Check: func(w *world) error {
		if err := w.enter(entry("s", "a", "1"), entry("s", "c", "3"), entry("t", "a", "1"), entry("t", "b", "2"), entry("u", "d", "4")); err != nil {
			return err
		}
		both := []string{"s", "t"}
		var many []string
		for i := range 150 {
			many = append(many, fmt.Sprint("none", i))
		}
		many = append(many, "u", "s")
		return suite.First(w.finds(catalog.Scan{Spaces: both}, "1", "2", "3"), w.finds(catalog.Scan{Spaces: both, Limit: 2}, "1", "2"),
			w.finds(catalog.Scan{Spaces: both, AfterKey: "a", AfterID: "1", Limit: 5}, "2", "3"), w.counts(catalog.Scan{Spaces: both}, 3),
			w.finds(catalog.Scan{Spaces: many}, "1", "3", "4"), w.counts(catalog.Scan{Spaces: many}, 3))
	}},
	{Name: "index/time", Rule: "an entry counts from From on and before Until, unless time is not asked for", Check: func(w *world) error {
		timed := func(id catalog.ID, from, until int64) catalog.Entry {
			return catalog.Entry{Space: "s", Key: "k", ID: id, From: from, Until: until}
		}
		if err := w.enter(timed("always", -1<<62, 1<<62), timed("later", 100, 200), timed("never", 1<<62, -1<<62)); err != nil {
			return err
		}
		at := func(t int64, want ...catalog.ID) error {
			q := catalog.Scan{Spaces: []string{"s"}, At: t}
			return suite.First(w.finds(q, want...), w.counts(q, len(want)))
		}
		all := catalog.Scan{Spaces: []string{"s"}, Timeless: true}
		return suite.First(at(99, "always"), at(100, "always", "later"), at(199, "always", "later"), at(200, "always"), w.finds(all, "always", "later", "never"), w.counts(all, 3))
	}},
	{Name: "index/change", Rule: "an entry of the same space, key and ID is replaced, and dropped ones are gone", Check: func(w *world) error {
		if err := w.enter(entry("s", "a", "1"), entry("s", "b", "2"), entry("s", "b", "3")); err != nil {
			return err
		}
		ended := entry("s", "a", "1")
		ended.Until = 10
		b := &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("x", 1)}}, Drop: []catalog.Entry{entry("s", "b", "2"), entry("s", "none", "9"), entry("none", "b", "2")}, Add: []catalog.Entry{ended, entry("s", "c", "2")}}
		if err := w.Save(ctx, b); err != nil {
			return err
		}
		return suite.First(w.finds(catalog.Scan{Spaces: []string{"s"}, At: 5}, "1", "3", "2"), w.finds(catalog.Scan{Spaces: []string{"s"}, At: 10}, "3", "2"),
			w.counts(catalog.Scan{Spaces: []string{"s"}, At: 10}, 2))
	}},
	{Name: "index/count", Rule: "a product with several entries is counted once", Check: func(w *world) error {
		return suite.First(w.enter(entry("s", "a", "1"), entry("s", "b", "1"), entry("s", "c", "2"), entry("t", "", "1"), entry("t", "", "2"), entry("t", "", "3")),
			w.counts(catalog.Scan{Spaces: []string{"s"}}, 2), w.counts(catalog.Scan{Spaces: []string{"t"}, Single: true}, 3), w.counts(catalog.Scan{Spaces: []string{"s", "t"}}, 3))
	}},
	{Name: "index/prefix", Rule: "with Prefix a space stands for all that begin with it", Check: func(w *world) error {
		if err := w.enter(entry("t\x1fa\x1fx", "", "1"), entry("t\x1fab\x1fx", "", "2")); err != nil {
			return err
		}
		under := func(prefix string) catalog.Scan {
			return catalog.Scan{Spaces: []string{prefix}, Prefix: true, Limit: 1, Timeless: true}
		}
		return suite.First(w.finds(under("t\x1fa\x1f"), "1"), w.finds(under("t\x1fab\x1f"), "2"), w.finds(under("t\x1fb\x1f")), w.finds(under("a\x1f")))
	}},
	{Name: "index/many", Rule: "thousands of entries in any order come back in order, page by page", Check: func(w *world) error {
		const n = 3000
		entries := make([]catalog.Entry, n)
		for i := range entries {
			entries[i] = entry("s", fmt.Sprintf("%04d", i*7919%n), catalog.ID(fmt.Sprint(i)))
		}
		if err := w.enter(entries...); err != nil {
			return err
		}
		drop := &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("x", 1)}}}
		for i := 0; i < n; i += 3 {
			drop.Drop = append(drop.Drop, entry("s", fmt.Sprintf("%04d", i*7919%n), catalog.ID(fmt.Sprint(i))))
		}
		if err := w.Save(ctx, drop); err != nil {
			return err
		}
		seen, q := 0, catalog.Scan{Spaces: []string{"s"}, Limit: 700}
		for {
			page, err := w.Scan(ctx, q)
			if err != nil {
				return err
			}
			for _, e := range page {
				if e.Key <= q.AfterKey && seen > 0 {
					return fmt.Errorf("%q comes behind %q", e.Key, q.AfterKey)
				}
				q.AfterKey, q.AfterID = e.Key, e.ID
				seen++
			}
			if len(page) < q.Limit {
				break
			}
		}
		return suite.First(suite.Same("entries", seen, 2*n/3), w.counts(catalog.Scan{Spaces: []string{"s"}}, 2*n/3))
	}},
}
