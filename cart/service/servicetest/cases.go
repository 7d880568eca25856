package servicetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "save/round-trip", Rule: "A ticket and its entries come back as they were written, times in UTC to the microsecond.", Check: func(w *world) {
		_, err := w.Get(w.Context(), "t")
		w.Matches(err, flywheel.ErrNotFound)
		t := with("t", func(t *service.Ticket) { t.Opened = start.Add(777).In(time.FixedZone("", 3600)) })
		e := entry("t", 1, "k")
		e.At = start.Add(777).In(time.FixedZone("", 3600))
		saved, err := w.Save(w.Context(), t, e, entry("t", 2, ""), entry("t", 3, ""))
		w.OK(err)
		t.Version = 1
		w.same("the answer", saved, t.Normal())
		w.has(t)
		e.At = start
		w.same("the entries", w.entries("t"), []service.Entry{e, entry("t", 2, ""), entry("t", 3, "")})
		w.same("the entries of another", len(w.entries("T")), 0)
		w.save(service.Ticket{ID: "bare"})
		w.has(service.Ticket{ID: "bare", Version: 1})
	}},
	{Name: "save/version", Rule: "Save refuses a version that is not the stored one, with its entries.", Check: func(w *world) {
		w.save(sample("t"))
		_, err := w.Save(w.Context(), sample("t"), entry("t", 1, ""))
		w.Matches(err, service.ErrStale)
		missing := with("none", func(t *service.Ticket) { t.Version = 1 })
		_, err = w.Save(w.Context(), missing)
		w.Matches(err, service.ErrStale)
		next := with("t", func(t *service.Ticket) { t.Version, t.Status = 1, service.Solved })
		_, err = w.Save(w.Context(), next, entry("t", 1, ""))
		w.OK(err)
		_, err = w.Save(w.Context(), next)
		w.Matches(err, flywheel.ErrConflict)
		next.Version = 2
		w.has(next)
		w.same("the number of entries", len(w.entries("t")), 1)
	}},
	{Name: "save/repeated", Rule: "An entry whose key its ticket has is refused, with the ticket; other tickets have keys of their own, and no key is never repeated.", Check: func(w *world) {
		saved, err := w.Save(w.Context(), sample("t"), entry("t", 1, "k"))
		w.OK(err)
		saved.Status = service.Solved
		_, err = w.Save(w.Context(), saved, entry("t", 2, ""), entry("t", 3, "k"))
		w.Matches(err, service.ErrRepeated)
		w.has(with("t", func(t *service.Ticket) { t.Version = 1 }))
		w.same("the number of entries", len(w.entries("t")), 1)
		_, err = w.Save(w.Context(), saved, entry("t", 2, "K"), entry("t", 3, ""), entry("t", 4, ""))
		w.OK(err)
		_, err = w.Save(w.Context(), sample("u"), entry("u", 1, "k"))
		w.OK(err)
	}},
	{Name: "save/race", Rule: "Of many that save one version at once, one succeeds.", Check: func(w *world) {
		w.save(sample("t"))
		winner, err := suite.Race(12, service.ErrStale, func(i int) error {
			t := with("t", func(t *service.Ticket) { t.Version, t.Subject = 1, fmt.Sprint(i) })
			_, err := w.Save(w.Context(), t, entry("t", 1, fmt.Sprint(i)))
			return err
		})
		w.OK(err)
		w.has(with("t", func(t *service.Ticket) { t.Version, t.Subject = 2, fmt.Sprint(winner) }))
		w.same("the entries", w.entries("t"), []service.Entry{entry("t", 1, fmt.Sprint(winner))})
	}},
	{Name: "save/copy", Rule: "Changing what was saved or returned changes nothing that is stored.", Check: func(w *world) {
		t := sample("t")
		saved, err := w.Save(w.Context(), t)
		w.OK(err)
		got, err := w.Get(w.Context(), "t")
		w.OK(err)
		for _, c := range []service.Ticket{t, saved, got} {
			c.Metadata["channel"], c.Breached[0] = "changed", service.Resolve
		}
		w.has(with("t", func(t *service.Ticket) { t.Version = 1 }))
	}},
	{Name: "text/odd", Rule: "Identifiers and texts are kept byte by byte.", Check: func(w *world) {
		for _, text := range suite.OddTexts {
			t := sample(text)
			t.Customer, t.Order, t.Subject, t.Priority, t.Assignee = flywheel.CustomerID(text), text, text, service.Priority(text), text
			_, err := w.Save(w.Context(), t, entry(text, 1, text))
			w.OK(err)
		}
		for _, text := range suite.OddTexts {
			got, err := w.Get(w.Context(), service.ID(text))
			w.OK(err)
			w.same("the subject", got.Subject, text)
			w.lists(service.Filter{Customer: flywheel.CustomerID(text), Order: text, Priority: service.Priority(text), Assignee: text}, service.ID(text))
			w.same("the key", w.entries(service.ID(text))[0].Key, text)
		}
	}},
}

var listCases = []testCase{
	{Name: "list/filter", Rule: "List yields what passes all of the filter, by (Opened, ID).", Check: func(w *world) {
		w.save(at("b", 2), at("a", 2), at("c", 1),
			with("d", func(t *service.Ticket) {
				t.Customer, t.Order, t.Status, t.Priority, t.Assignee = "", "o-2", service.Closed, "low", ""
			}))
		w.lists(service.Filter{}, "d", "c", "a", "b")
		w.lists(service.Filter{Customer: "ann"}, "c", "a", "b")
		w.lists(service.Filter{Customer: "Ann"})
		w.lists(service.Filter{Order: "o-2"}, "d")
		w.lists(service.Filter{Status: service.Open, Priority: "high", Assignee: "eve"}, "c", "a", "b")
		w.lists(service.Filter{Status: service.Open, Priority: "low"})
		w.lists(service.Filter{Limit: 2}, "d", "c")
		after := at("c", 1)
		w.lists(service.Filter{After: after.Position()}, "a", "b")
		after = at("a", 2)
		w.lists(service.Filter{After: after.Position(), Limit: 1}, "b")
		for t, err := range w.List(w.Context(), service.Filter{}) { // may call the store, and stop
			w.OK(err)
			_, err := w.Get(w.Context(), t.ID)
			w.OK(err)
			break
		}
	}},
	{Name: "due/order", Rule: "Due returns at most limit tickets that are due at an instant, that included, those due first first.", Check: func(w *world) {
		due := func(id string, seconds int) service.Ticket {
			return with(id, func(t *service.Ticket) { t.Due = start.Add(time.Duration(seconds) * time.Second) })
		}
		w.save(due("c", 3), due("a", 1), due("b", 1), due("d", 9), with("never", func(t *service.Ticket) { t.Due = time.Time{} }))
		is := func(seconds, limit int, want ...service.ID) {
			w.Helper()
			list, err := w.Due(w.Context(), start.Add(time.Duration(seconds)*time.Second), limit)
			w.OK(err)
			var got []service.ID
			for _, t := range list {
				got = append(got, t.ID)
			}
			w.same("what is due", got, want)
		}
		is(0, 9)
		is(1, 9, "a", "b")
		is(5, 2, "a", "b")
		is(5, 9, "a", "b", "c")
		moved := due("a", 8)
		moved.Version = 1
		w.save(moved)
		is(5, 9, "b", "c")
		w.save(with("b", func(t *service.Ticket) { t.Version, t.Due = 1, time.Time{} }))
		is(99, 9, "c", "a", "d")
	}},
}

var keepCases = []testCase{
	{Name: "forget", Rule: "Of a forgotten customer's tickets states and times stay, and the texts are blank; whose they were is a hash, the same for all.", Check: func(w *world) {
		_, err := w.Save(w.Context(), sample("t"), entry("t", 1, "k"))
		w.OK(err)
		w.save(sample("u"), with("other", func(t *service.Ticket) { t.Customer = "Ann" }), with("guest", func(t *service.Ticket) { t.Customer = "" }))
		for range 2 {
			w.OK(w.Forget(w.Context(), "ann"))
		}
		w.OK(w.Forget(w.Context(), ""))
		w.lists(service.Filter{Customer: "ann"})
		got, err := w.Get(w.Context(), "t")
		w.OK(err)
		if got.Customer == "" || got.Customer == "ann" {
			w.Errorf("it is of %q", got.Customer)
		}
		want := with("t", func(t *service.Ticket) {
			t.Version, t.Customer, t.Visitor, t.Contact, t.Subject, t.Metadata = 2, got.Customer, "", "", "", nil
		})
		w.same("the ticket", got, want)
		w.lists(service.Filter{Customer: got.Customer}, "t", "u")
		blank := entry("t", 1, "k")
		blank.Text = ""
		w.same("the entries", w.entries("t"), []service.Entry{blank})
		w.has(with("other", func(t *service.Ticket) { t.Version, t.Customer = 1, "Ann" }))
		w.has(with("guest", func(t *service.Ticket) { t.Version, t.Customer = 1, "" }))
	}},
	{Name: "context/canceled", Rule: "A call whose context is over does nothing.", Check: func(w *world) {
		w.save(sample("t"))
		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, got := w.Get(over, "t")
		_, saved := w.Save(over, sample("u"))
		_, listed := suite.Collect(w.List(over, service.Filter{}))
		_, entries := suite.Collect(w.Entries(over, "t"))
		_, due := w.Due(over, start, 1)
		for _, err := range []error{got, saved, listed, entries, due, w.Forget(over, "ann")} {
			w.Matches(err, context.Canceled)
		}
		w.lists(service.Filter{}, "t")
	}},
	{Name: "transaction/commit", Transactions: true, Rule: "Calls in one transaction see each other and are kept together; a refusal leaves the rest.", Check: func(w *world) {
		w.OK(w.tx.InTx(w.Context(), func(ctx context.Context) error {
			saved, err := w.Save(ctx, sample("t"), entry("t", 1, "k"))
			if err != nil {
				return err
			}
			if _, err := w.Save(ctx, saved, entry("t", 2, "k")); !errors.Is(err, service.ErrRepeated) {
				return fmt.Errorf("a repeated key: %w", err)
			}
			if _, err := w.Save(ctx, sample("t")); !errors.Is(err, service.ErrStale) {
				return fmt.Errorf("a stale save: %w", err)
			}
			_, err = w.Save(ctx, saved, entry("t", 2, "l"))
			return err
		}))
		w.has(with("t", func(t *service.Ticket) { t.Version = 2 }))
		w.same("the number of entries", len(w.entries("t")), 2)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "An error or a panic of the transaction takes back every call in it.", Check: func(w *world) {
		w.save(sample("t"))
		for _, panics := range []bool{false, true} {
			w.OK(suite.RollBack(w.Context(), w.tx, panics, func(ctx context.Context) error {
				t, err := w.Get(ctx, "t")
				if err != nil {
					return err
				}
				t.Due = start
				_, saved := w.Save(ctx, t, entry("t", 1, "k"))
				_, added := w.Save(ctx, sample("u"))
				return errors.Join(saved, added, w.Forget(ctx, "ann"))
			}))
			w.has(with("t", func(t *service.Ticket) { t.Version = 1 }))
			w.lists(service.Filter{}, "t")
			w.same("the number of entries", len(w.entries("t")), 0)
			due, err := w.Due(w.Context(), start, 9)
			w.OK(err)
			w.same("the number of those due", len(due), 0)
		}
	}},
}
