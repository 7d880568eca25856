package catalogtest

import (
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "save/whole", Rule: "heads and variants come back as they were saved", Check: func(w *world) error {
		if err := w.Save(ctx, created("a", "b")); err != nil {
			return err
		}
		return suite.First(
			w.has([]catalog.ID{"b", "a", "missing"}, head("a", 1), head("b", 1)),
			w.sells(catalog.VariantQuery{Products: []catalog.ID{"a"}}, row("a", "a-S", 0, "s"), row("a", "a-M", 1, "m")),
			w.sells(catalog.VariantQuery{SKUs: []flywheel.SKU{"b-M"}}, row("b", "b-M", 1, "m")),
			w.sells(catalog.VariantQuery{Product: "a", Combination: "m"}, row("a", "a-M", 1, "m")),
			w.sells(catalog.VariantQuery{Product: "a", Combination: "l"}),
			w.sells(catalog.VariantQuery{SKUs: []flywheel.SKU{"missing"}}))
	}},
	{Name: "save/many-options", Rule: "a combination of any length is found", Check: func(w *world) error {
		options := make([]string, 60)
		for i := range options {
			options[i] = fmt.Sprintf("a-rather-long-value-%d", i)
		}
		b := &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", 1)}}, Variants: []*catalog.VariantRow{row("a", "long", 0, options...)}}
		joined := options[0]
		for _, o := range options[1:] {
			joined += "\x1f" + o
		}
		return suite.First(w.Save(ctx, b), w.sells(catalog.VariantQuery{Product: "a", Combination: joined}, row("a", "long", 0, options...)))
	}},
	{Name: "save/stale", Rule: "Save refuses a head that is not stored with Before, and then writes nothing", Check: func(w *world) error {
		if err := w.Save(ctx, created("a")); err != nil {
			return err
		}
		again := w.Save(ctx, created("b", "a"))
		changed := func(edits, before int64) error {
			return w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", edits), Before: before}}, Removed: []flywheel.SKU{"a-S"}})
		}
		missing := w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("c", 2), Before: 1}}})
		touched := w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", 8), Before: 7, Touched: true}}})
		return suite.First(
			suite.Wrong("Save of a product that exists as new", again, flywheel.ErrStale), suite.Wrong("Save of a later edit", changed(6, 5), flywheel.ErrStale),
			suite.Wrong("Save of a product that does not exist", missing, flywheel.ErrStale), suite.Wrong("Save of a counter", touched, flywheel.ErrStale),
			w.has([]catalog.ID{"a", "b", "c"}, head("a", 1)),
			w.sells(catalog.VariantQuery{Products: []catalog.ID{"a", "b"}}, row("a", "a-S", 0, "s"), row("a", "a-M", 1, "m")),
			changed(2, 1), w.has([]catalog.ID{"a"}, head("a", 2)), w.sells(catalog.VariantQuery{Products: []catalog.ID{"a"}}, row("a", "a-M", 1, "m")))
	}},
	{Name: "save/touched", Rule: "a touched head keeps its product and gets its counters", Check: func(w *world) error {
		if err := w.Save(ctx, created("a")); err != nil {
			return err
		}
		next := head("a", 1)
		next.Edits, next.Variants = 2, 1
		want := *next
		return suite.First(w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: next, Before: 1, Touched: true}}, Removed: []flywheel.SKU{"a-M"}}), w.has([]catalog.ID{"a"}, &want))
	}},
	{Name: "save/race", Rule: "of parallel saves of one edit one succeeds", Check: func(w *world) error {
		for before := range int64(2) { // as new, then as a change
			if _, err := suite.Race(20, flywheel.ErrStale, func(int) error {
				return w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", before+1), Before: before}}})
			}); err != nil {
				return err
			}
		}
		return w.has([]catalog.ID{"a"}, head("a", 2))
	}},
	{Name: "save/owner", Rule: "an SKU is not taken from a product that the batch does not change", Check: func(w *world) error {
		if err := w.Save(ctx, created("a", "b")); err != nil {
			return err
		}
		moved := row("b", "a-S", 2, "l")
		taken := w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("b", 2), Before: 1}}, Variants: []*catalog.VariantRow{moved}})
		if err := suite.First(suite.Wrong("Save", taken, flywheel.ErrStale), w.has([]catalog.ID{"b"}, head("b", 1)),
			w.sells(catalog.VariantQuery{SKUs: []flywheel.SKU{"a-S"}}, row("a", "a-S", 0, "s"))); err != nil {
			return err
		}
		both := &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", 2), Before: 1}, {Head: head("b", 2), Before: 1}}, Variants: []*catalog.VariantRow{moved}}
		return suite.First(w.Save(ctx, both), w.sells(catalog.VariantQuery{Products: []catalog.ID{"a"}}, row("a", "a-M", 1, "m")),
			w.sells(catalog.VariantQuery{Products: []catalog.ID{"b"}}, row("b", "b-S", 0, "s"), row("b", "b-M", 1, "m"), moved))
	}},
	{Name: "save/places", Rule: "variants come by place, which may change", Check: func(w *world) error {
		if err := w.Save(ctx, created("a")); err != nil {
			return err
		}
		b := &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", 2), Before: 1}}, Variants: []*catalog.VariantRow{row("a", "a-M", 0, "m"), row("a", "a-S", 7, "s"), row("a", "a-L", 4, "l")}}
		return suite.First(w.Save(ctx, b), w.sells(catalog.VariantQuery{Products: []catalog.ID{"a"}}, row("a", "a-M", 0, "m"), row("a", "a-L", 4, "l"), row("a", "a-S", 7, "s")))
	}},
	{Name: "save/removed-first", Rule: "a removed SKU may be written again by the same batch, for another product", Check: func(w *world) error {
		if err := w.Save(ctx, created("a")); err != nil {
			return err
		}
		b := created("b")
		b.Heads = append(b.Heads, catalog.HeadChange{Head: head("a", 2), Before: 1})
		b.Removed = []flywheel.SKU{"a-S"}
		b.Variants = append(b.Variants, row("b", "a-S", 2, "l"))
		return suite.First(w.Save(ctx, b), w.sells(catalog.VariantQuery{SKUs: []flywheel.SKU{"a-S"}}, row("b", "a-S", 2, "l")))
	}},
	{Name: "slugs", Rule: "a slug belongs to one product, becomes a redirect and back, and is free when it is freed", Check: func(w *world) error {
		key := catalog.SlugKey{Channel: "web", Locale: "en", Slug: "mug"}
		other := catalog.SlugKey{Channel: "web", Locale: "de", Slug: "mug"}
		mine := catalog.SlugRow{SlugKey: key, Product: "a"}
		redirect := catalog.SlugRow{SlugKey: key, Product: "a", Redirect: true}
		save := func(freed []catalog.SlugKey, rows ...catalog.SlugRow) error {
			return w.Save(ctx, &catalog.Batch{Freed: freed, Slugs: rows})
		}
		is := func(want ...catalog.SlugRow) error {
			got, err := w.Slugs(ctx, key, catalog.SlugKey{Channel: "web", Locale: "en", Slug: "none"})
			if want == nil {
				want = []catalog.SlugRow{}
			}
			return suite.First(err, suite.Same("Slugs", append([]catalog.SlugRow{}, got...), want))
		}
		if err := suite.First(save(nil, mine, catalog.SlugRow{SlugKey: other, Product: "b"}), is(mine), save(nil, redirect), is(redirect), save(nil, mine), is(mine)); err != nil {
			return err
		}
		taken := save(nil, catalog.SlugRow{SlugKey: key, Product: "b"})
		return suite.First(suite.Wrong("Save of a slug of another product", taken, flywheel.ErrStale), is(mine),
			save([]catalog.SlugKey{key}, catalog.SlugRow{SlugKey: key, Product: "b"}), is(catalog.SlugRow{SlugKey: key, Product: "b"}), save([]catalog.SlugKey{key}), is())
	}},
	{Name: "definitions", Rule: "definitions come by revision, removed ones without a body, and a batch of another revision is refused", Check: func(w *world) error {
		size := catalog.Definition{Kind: "options", Code: "size", Body: []byte(`{"code":"size"}`)}
		tea := catalog.Definition{Kind: "type", Code: "tea", Body: []byte(`{"code":"tea"}`)}
		gone := catalog.Definition{Kind: "options", Code: "size"}
		are := func(after, revision int64, want ...catalog.Definition) error {
			got, now, err := w.Definitions(ctx, after)
			slices.SortFunc(got, func(a, b catalog.Definition) int { return compare(a.Kind, b.Kind) })
			if want == nil {
				want = []catalog.Definition{}
			}
			return suite.First(err, suite.Same(fmt.Sprintf("Definitions(%d)", after), append([]catalog.Definition{}, got...), want), suite.Same("revision", now, revision))
		}
		if err := suite.First(are(0, 0), w.Save(ctx, &catalog.Batch{Definitions: []catalog.Definition{size, tea}}), are(0, 1, size, tea), are(1, 1)); err != nil {
			return err
		}
		old := w.Save(ctx, &catalog.Batch{Definitions: []catalog.Definition{gone}})
		product := w.Save(ctx, created("a"))
		if err := suite.First(suite.Wrong("Save of definitions by an old revision", old, flywheel.ErrStale), suite.Wrong("Save of a product by an old revision", product, flywheel.ErrStale),
			w.has([]catalog.ID{"a"}), are(0, 1, size, tea)); err != nil {
			return err
		}
		b := created("a")
		b.Revision = 3
		return suite.First(w.Save(ctx, &catalog.Batch{Revision: 1, Bump: true}), are(0, 2, size, tea), are(1, 2),
			w.Save(ctx, &catalog.Batch{Revision: 2, Definitions: []catalog.Definition{gone}}), are(2, 3, gone), are(0, 3, gone, tea), w.Save(ctx, b), w.has([]catalog.ID{"a"}, head("a", 1)))
	}},
	{Name: "text/odd", Rule: "texts are kept and compared byte by byte", Check: func(w *world) error {
		for _, text := range suite.OddTexts {
			id := catalog.ID(text)
			h := head(id, 1)
			h.Product.Vendor = text
			b := &catalog.Batch{Heads: []catalog.HeadChange{{Head: h}}, Variants: []*catalog.VariantRow{row(id, flywheel.SKU(text), 0, text)},
				Slugs: []catalog.SlugRow{{SlugKey: catalog.SlugKey{Channel: "web", Locale: "en", Slug: text}, Product: id}},
				Add:   []catalog.Entry{{Space: "odd\x1f" + text, Key: text, ID: id, From: 0, Until: 10}}}
			if err := w.Save(ctx, b); err != nil {
				return err
			}
		}
		for _, text := range suite.OddTexts {
			id := catalog.ID(text)
			h := head(id, 1)
			h.Product.Vendor = text
			slugs, err := w.Slugs(ctx, catalog.SlugKey{Channel: "web", Locale: "en", Slug: text})
			if err != nil || len(slugs) != 1 || slugs[0].Product != id {
				return fmt.Errorf("Slugs of %q: %v, %w", text, slugs, err)
			}
			if err := suite.First(w.has([]catalog.ID{id}, h), w.sells(catalog.VariantQuery{SKUs: []flywheel.SKU{flywheel.SKU(text)}}, row(id, flywheel.SKU(text), 0, text)),
				w.sells(catalog.VariantQuery{Product: id, Combination: text}, row(id, flywheel.SKU(text), 0, text)),
				w.finds(catalog.Scan{Spaces: []string{"odd\x1f" + text}, At: 5}, id)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "context/canceled", Rule: "a call with a canceled context has no effect and reports the context's error", Check: func(w *world) error {
		over, cancel := context.WithCancel(ctx)
		cancel()
		saved := w.Save(over, created("a"))
		_, heads := w.Heads(over, "a")
		_, variants := w.Variants(over, catalog.VariantQuery{Products: []catalog.ID{"a"}})
		_, slugs := w.Slugs(over, catalog.SlugKey{})
		_, scan := w.Scan(over, catalog.Scan{Spaces: []string{"x"}})
		_, count := w.Count(over, catalog.Scan{Spaces: []string{"x"}})
		_, _, definitions := w.Definitions(over, 0)
		var wrong []error
		for name, err := range map[string]error{"Save": saved, "Heads": heads, "Variants": variants, "Slugs": slugs, "Scan": scan, "Count": count, "Definitions": definitions} {
			wrong = append(wrong, suite.Wrong(name, err, context.Canceled))
		}
		return suite.First(append(wrong, w.has([]catalog.ID{"a"}))...)
	}},
}
