package inventorytest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

var listChecks = []testCase{
	{Name: "levels/order", Rule: "Levels are ordered by SKU and location, byte by byte, and narrowed by either.", Check: func(e *env) {
		for _, sku := range names {
			for _, location := range []string{"b", "B", "ä"} {
				m := move(inventory.KindReceive, "x", flywheel.SKU(sku), 1)
				m.Location = inventory.Location(location)
				e.post(m)
			}
		}
		list := func(sku flywheel.SKU, location inventory.Location) (all []string) {
			for l, err := range e.Levels(e.Context(), sku, location) {
				e.OK(err)
				all = append(all, string(l.SKU)+"\x00"+string(l.Location))
			}
			return all
		}
		all := list("", "")
		if len(all) != 3*len(names) || !slices.IsSorted(all) {
			e.Errorf("%d levels in the order %q", len(all), all)
		}
		if got := list("a", ""); !slices.Equal(got, []string{"a\x00B", "a\x00b", "a\x00ä"}) {
			e.Errorf("levels of a: %q", got)
		}
		if got := list("", "b"); len(got) != len(names) || !slices.IsSorted(got) {
			e.Errorf("levels at b: %q", got)
		}
		if got := list("ß", "B"); !slices.Equal(got, []string{"ß\x00B"}) {
			e.Errorf("levels of ß at B: %q", got)
		}
		if got := list("ß", "C"); len(got) != 0 {
			e.Errorf("levels of ß at C: %q", got)
		}
	}},
	{Name: "levels/untouched", Rule: "Items that nothing happened to are left out, also after a refused movement and a reservation that names them.", Check: func(e *env) {
		e.refuse(move(inventory.KindReserve, "x", "a", 1), inventory.ErrOutOfStock)
		_, err := e.SaveReservation(e.Context(), reservation("r", inventory.StatePending, noon))
		e.OK(err)
		for l, err := range e.Levels(e.Context(), "", "") {
			e.Errorf("level %+v, %v", l, err)
		}
		e.OK(e.SetBackorder(e.Context(), "a", main, 1))
		if l := e.level("a"); l.Backorder != 1 || l.Seq != 0 {
			e.Errorf("level %+v", l)
		}
	}},
	{Name: "ledger/after", Rule: "Ledger yields what has a greater Seq than after, and nothing for an item without movements.", Check: func(e *env) {
		for i := range int64(5) {
			e.post(move(inventory.KindReceive, fmt.Sprint(i), "a", i+1))
		}
		for _, after := range []int64{-1, 0, 2, 4, 5, 99} {
			want := max(after, 0)
			for m, err := range e.Ledger(e.Context(), "a", main, after) {
				e.OK(err)
				want++
				if m.Seq != want {
					e.Errorf("after %d: Seq %d, want %d", after, m.Seq, want)
				}
			}
			if want != max(after, 5) {
				e.Errorf("after %d: the last Seq is %d", after, want)
			}
		}
		for m, err := range e.Ledger(e.Context(), "b", main, 0) {
			e.Errorf("movement %+v, %v", m, err)
		}
	}},
	{Name: "list/stop-early", Rule: "A sequence may be left early and the store called while it is ranged over.", Check: func(e *env) {
		for i := range 3 {
			e.post(move(inventory.KindReceive, fmt.Sprint(i), "a", 1))
			e.post(move(inventory.KindReceive, fmt.Sprint(i), "b", 1))
		}
		for range 20 { // more often than there are connections
			for _, err := range e.Ledger(e.Context(), "a", main, 0) {
				e.OK(err)
				break
			}
			for _, err := range e.Levels(e.Context(), "", "") {
				e.OK(err)
				break
			}
		}
		for m, err := range e.Ledger(e.Context(), "a", main, 0) {
			e.OK(err)
			if m.Seq <= 3 {
				e.post(move(inventory.KindReceive, fmt.Sprintf("while %d", m.Seq), "a", 1))
			}
		}
		e.wantLevel("a", 6, 0)
	}},
	{Name: "list/while-others-post", Rule: "A ledger read while others post has no gap and adds up at every instant; a listing misses no level that was there.", Check: func(e *env) {
		const rounds, batch = 6, 200
		for i := range 40 {
			e.post(move(inventory.KindReceive, "x", flywheel.SKU(fmt.Sprintf("old-%02d", i)), 1))
		}
		var writers sync.WaitGroup
		defer writers.Wait()
		writers.Go(func() {
			for i := range rounds {
				var ms []inventory.Movement
				for j := range batch {
					ms = append(ms, move(inventory.KindReceive, fmt.Sprintf("%d.%d", i, j), "a", 1))
				}
				ms = append(ms, move(inventory.KindReceive, "x", flywheel.SKU(fmt.Sprintf("new-%02d", i)), 1))
				if err := e.postAll(ms); err != nil {
					e.Errorf("post: %v", err)
				}
			}
		})
		for range 10 {
			e.addsUp("a")
			old := 0
			for l, err := range e.Levels(e.Context(), "", "") {
				if err != nil {
					e.Errorf("levels: %v", err)
				}
				if l.SKU >= "old-" {
					old++
				}
			}
			if old != 40 {
				e.Errorf("%d of 40 levels", old)
			}
		}
		writers.Wait()
		if n := len(e.addsUp("a")); n != rounds*batch {
			e.Errorf("%d movements, want %d", n, rounds*batch)
		}
	}},
	{Name: "context/cancelled", Rule: "A call whose context is over must report it and change nothing.", Check: func(e *env) {
		e.post(move(inventory.KindReceive, "x", "a", 5))
		saved, err := e.SaveReservation(e.Context(), reservation("r", inventory.StateOpen, noon))
		e.OK(err)
		ctx, cancel := context.WithCancel(e.Context())
		cancel()
		var errs []error
		_, err = e.Post(ctx, move(inventory.KindReceive, "y", "a", 1))
		errs = append(errs, err, e.SetBackorder(ctx, "a", main, 9))
		saved.State = inventory.StateReleased
		_, err = e.SaveReservation(ctx, saved)
		errs = append(errs, err)
		_, err = e.Reservation(ctx, "r")
		errs = append(errs, err)
		_, err = e.Due(ctx, noon, 1)
		errs = append(errs, err)
		for _, err := range e.Levels(ctx, "", "") {
			errs = append(errs, err)
		}
		for _, err := range e.Ledger(ctx, "a", main, 0) {
			errs = append(errs, err)
		}
		if len(errs) != 7 {
			e.Errorf("%d of 7 calls told that the context is over", len(errs))
		}
		for i, err := range errs {
			if err == nil {
				e.Errorf("call %d did not tell that the context is over", i)
			}
		}
		if l := e.level("a"); l.OnHand != 5 || l.Backorder != 0 {
			e.Errorf("level %+v", l)
		}
		if r, err := e.Reservation(e.Context(), "r"); err != nil || r.State != inventory.StateOpen {
			e.Errorf("reservation %+v, %v", r, err)
		}
	}},
}

// postAll posts ms at once where the store can.
func (e *env) postAll(ms []inventory.Movement) error {
	if batch, ok := e.Store.(inventory.BatchStore); ok {
		return batch.PostBatch(e.Context(), nil, ms)
	}
	for _, m := range ms {
		if _, err := e.Post(e.Context(), m); err != nil {
			return err
		}
	}
	return nil
}

var reservationChecks = []testCase{
	{Name: "reservation/round-trip", Rule: "A reservation comes back as it was saved, in UTC to the microsecond, with its next version; a missing one is flywheel.ErrNotFound.", Check: func(e *env) {
		for _, ref := range names {
			_, err := e.Reservation(e.Context(), ref)
			e.Matches(err, flywheel.ErrNotFound)
			r := reservation(ref, inventory.StateOpen, time.Date(2024, 3, 31, 2, 30, 0, 123456789, time.FixedZone("", 2*3600)))
			r.Lines = []flywheel.Line{{SKU: flywheel.SKU(ref), Quantity: inventory.MaxQuantity}}
			saved, err := e.SaveReservation(e.Context(), r)
			e.OK(err)
			got, err := e.Reservation(e.Context(), ref)
			e.OK(err)
			r.Version, r.Expires = 1, time.Date(2024, 3, 31, 0, 30, 0, 123456000, time.UTC)
			if !equal(got, r) || !equal(saved, r) {
				e.Errorf("saved %+v, read %+v, want %+v", saved, got, r)
			}
		}
	}},
	{Name: "reservation/version", Rule: "SaveReservation must refuse a version other than the stored one as ErrStale, and change nothing.", Check: func(e *env) {
		r := reservation("r", inventory.StateOpen, noon)
		r.Version = 1
		_, err := e.SaveReservation(e.Context(), r)
		e.Matches(err, inventory.ErrStale)
		r.Version = 0
		first, err := e.SaveReservation(e.Context(), r)
		e.OK(err)
		_, err = e.SaveReservation(e.Context(), r)
		e.Matches(err, inventory.ErrStale)
		first.State = inventory.StateCommitted
		second, err := e.SaveReservation(e.Context(), first)
		e.OK(err)
		first.State = inventory.StateExpired
		_, err = e.SaveReservation(e.Context(), first)
		e.Matches(err, inventory.ErrStale)
		got, err := e.Reservation(e.Context(), "r")
		e.OK(err)
		if !equal(got, second) || got.Version != 2 || got.State != inventory.StateCommitted {
			e.Errorf("stored %+v, want %+v", got, second)
		}
	}},
	{Name: "reservation/race", Rule: "Of N saves of one version exactly one wins.", Check: func(e *env) {
		r, err := e.SaveReservation(e.Context(), reservation("r", inventory.StateOpen, noon))
		e.OK(err)
		won, err := suite.Race(16, inventory.ErrStale, func(i int) error {
			mine := r
			mine.Attempt = int64(i)
			_, err := e.SaveReservation(e.Context(), mine)
			return err
		})
		e.OK(err)
		if got, err := e.Reservation(e.Context(), "r"); err != nil || got.Attempt != int64(won) || got.Version != 2 {
			e.Errorf("stored %+v, %v; the winner is %d", got, err, won)
		}
	}},
	{Name: "reservation/copy", Rule: "What a caller passes in or gets back is not what is stored.", Check: func(e *env) {
		in := reservation("r", inventory.StateOpen, noon)
		saved, err := e.SaveReservation(e.Context(), in)
		e.OK(err)
		in.Lines[0].Quantity = 99
		saved.Lines[0].Quantity = 98
		got, err := e.Reservation(e.Context(), "r")
		e.OK(err)
		got.Lines[0].Quantity = 97
		due, err := e.Due(e.Context(), noon, 1)
		e.OK(err)
		if len(due) != 1 {
			e.Fatalf("%d due", len(due))
		}
		due[0].Lines[1].SKU = "changed"
		got, err = e.Reservation(e.Context(), "r")
		e.OK(err)
		if want := reservation("r", inventory.StateOpen, noon); !slices.Equal(got.Lines, want.Lines) {
			e.Errorf("stored lines %+v, want %+v", got.Lines, want.Lines)
		}
	}},
	{Name: "reservation/lines", Rule: "Lines, location, state, end and attempt can all change with a save.", Check: func(e *env) {
		r, err := e.SaveReservation(e.Context(), reservation("r", inventory.StateReleased, noon))
		e.OK(err)
		r.Lines = []flywheel.Line{{SKU: "c", Quantity: 7}}
		r.Location, r.State, r.Expires, r.Attempt = "north", inventory.StatePending, noon.Add(time.Hour), 2
		_, err = e.SaveReservation(e.Context(), r)
		e.OK(err)
		r.Version = 2
		if got, err := e.Reservation(e.Context(), "r"); err != nil || !equal(got, r) {
			e.Errorf("stored %+v, %v; want %+v", got, err, r)
		}
	}},
	{Name: "due/order", Rule: "Due returns what is not final and ends at or before now, by Expires and Ref, at most limit.", Check: func(e *env) {
		save := func(ref string, state inventory.State, minutes int) {
			_, err := e.SaveReservation(e.Context(), reservation(ref, state, noon.Add(time.Duration(minutes)*time.Minute)))
			e.OK(err)
		}
		for i, state := range []inventory.State{inventory.StatePending, inventory.StateOpen, inventory.StateCommitting, inventory.StateReleasing, inventory.StateExpiring} {
			save(string(state), state, -i)
		}
		for _, state := range []inventory.State{inventory.StateCommitted, inventory.StateReleased, inventory.StateExpired} {
			save(string(state), state, -1)
		}
		save("b", inventory.StateOpen, -9)
		save("B", inventory.StateOpen, -9)
		save("later", inventory.StateOpen, 1)
		want := []string{"B", "b", "expiring", "releasing", "committing", "open", "pending"}
		for limit := range len(want) + 2 {
			due, err := e.Due(e.Context(), noon, limit)
			e.OK(err)
			var refs []string
			for _, r := range due {
				refs = append(refs, r.Ref)
			}
			if !slices.Equal(refs, want[:min(limit, len(want))]) {
				e.Errorf("limit %d: due %q, want the first of %q", limit, refs, want)
			}
		}
		r, err := e.Reservation(e.Context(), "B")
		e.OK(err)
		r.State = inventory.StateExpired
		_, err = e.SaveReservation(e.Context(), r)
		e.OK(err)
		if due, err := e.Due(e.Context(), noon.Add(-9*time.Minute), 9); err != nil || len(due) != 1 || due[0].Ref != "b" {
			e.Errorf("due %+v, %v", due, err)
		}
	}},
}

func equal(a, b inventory.Reservation) bool {
	return a.Ref == b.Ref && a.Location == b.Location && slices.Equal(a.Lines, b.Lines) && a.State == b.State &&
		a.Expires == b.Expires && a.Attempt == b.Attempt && a.Version == b.Version
}
