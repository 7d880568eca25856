package searchtest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func doc(id, title string) search.Document {
	return search.Document{ID: id, Text: map[string]string{"title": title}}
}

var changeCases = []testCase{
	{Name: "change/put", Rule: "What is put is found by its words, in any field, whatever their case", Check: func(w *world) error {
		return suite.First(w.finds(search.Query{Text: "linen"}), w.filled(), w.finds(search.Query{Text: "LINEN"}, "shirt"), w.finds(search.Query{Text: "collar"}, "tee"))
	}},
	{Name: "change/replace", Rule: "A document of the same ID replaces the stored one, texts and variants", Check: func(w *world) error {
		next := assortment()[0]
		next.Text["title"], next.Variants = "Wool sweater", next.Variants[:1]
		return suite.First(w.filled(), w.change([]search.Document{next}), w.finds(search.Query{Text: "linen"}), w.finds(search.Query{Text: "wool"}, "shirt"),
			w.finds(search.Query{Filter: []byte(`{"size": "M"}`)}, "tee"))
	}},
	{Name: "change/delete", Rule: "What is deleted is not found; ids that are not there do no harm", Check: func(w *world) error {
		return suite.First(w.filled(), w.change(nil, "tee", "nothing"), w.finds(search.Query{}, "mug", "shirt"))
	}},
	{Name: "change/deletions-first", Rule: "Deletions come before what is put", Check: func(w *world) error {
		return suite.First(w.filled(), w.change([]search.Document{doc("tee", "Round neck")}, "tee"), w.finds(search.Query{Text: "neck"}, "tee"))
	}},
	{Name: "change/repeated", Rule: "The same change again changes nothing", Check: func(w *world) error {
		for range 3 {
			if err := w.change(assortment(), "old"); err != nil {
				return err
			}
		}
		return w.finds(search.Query{}, "mug", "shirt", "tee")
	}},
	{Name: "change/all-or-nothing", Rule: "A change with a document that is refused changes nothing", Check: func(w *world) error {
		err := w.Change(w.ctx, []search.Document{doc("good", "Good"), doc("", "No id")}, []string{"tee"})
		if err == nil {
			return fmt.Errorf("a document without an id was taken")
		}
		return suite.First(w.filled(), w.finds(search.Query{Text: "good"}), suite.Wrong("Change", err, flywheel.ErrInvalid))
	}},
	{Name: "change/together", Rule: "Searches beside changes answer with what was there before or after", Check: func(w *world) error {
		if err := w.filled(); err != nil {
			return err
		}
		for _, err := range suite.Parallel(8, func(i int) error {
			if i%2 == 0 {
				return w.Change(w.ctx, assortment(), nil)
			}
			r, err := w.Search(w.ctx, search.Query{Text: "mug"})
			if err == nil && r.Total != 1 {
				err = fmt.Errorf("%d products, want the one that is always there", r.Total)
			}
			return err
		}) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "change/canceled", Rule: "A context that has ended ends calls", Check: func(w *world) error {
		ended, cancel := context.WithCancel(w.ctx)
		cancel()
		_, err := w.Search(ended, search.Query{})
		return suite.First(suite.Wrong("Search", err, context.Canceled), suite.Wrong("Change", w.Change(ended, assortment(), nil), context.Canceled))
	}},
}
