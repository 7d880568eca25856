package inventorytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// papered is a check of a store that keeps papers.
func papered(run func(e *env, papers inventory.PaperStore, svc *inventory.Service, now *time.Time)) check {
	return tracked(func(e *env, _ inventory.LotStore, svc *inventory.Service, now *time.Time) {
		papers, ok := e.Store.(inventory.PaperStore)
		if !ok {
			e.Skip("the store offers no inventory.PaperStore")
		}
		run(e, papers, svc, now)
	})
}

// wantIncoming wants what is expected of SKUs.
func (e *env) wantIncoming(svc *inventory.Service, skus []flywheel.SKU, want ...string) {
	e.Helper()
	list, err := svc.Incoming(e.Context(), skus)
	e.OK(err)
	var got []string
	for _, in := range list {
		got = append(got, fmt.Sprint(in.SKU, " ", in.Quantity, " ", in.Ref, " ", in.From, ">", in.Location, " ", in.Due))
	}
	if !slices.Equal(got, want) {
		e.Errorf("incoming %q, want %q", got, want)
	}
}

var paperChecks = []testCase{
	{Name: "papers/version", Rule: "SavePaper must refuse a version other than the stored one as ErrStale; a paper comes back as it was saved.", Check: papered(func(e *env, papers inventory.PaperStore, _ *inventory.Service, _ *time.Time) {
		p := inventory.Paper{
			Kind: inventory.PaperIncoming, Ref: "p", Open: true, From: "west", To: "east", Due: day(3),
			Lines: []inventory.PaperLine{{SKU: "a", Quantity: 5, Done: 1}, {SKU: "b", Quantity: 2, Done: 2}},
		}
		_, err := papers.Paper(e.Context(), p.Kind, p.Ref)
		e.Matches(err, flywheel.ErrNotFound)
		early := p
		early.Version = 1
		_, err = papers.SavePaper(e.Context(), early)
		e.Matches(err, inventory.ErrStale)
		first, err := papers.SavePaper(e.Context(), p)
		e.OK(err)
		_, err = papers.SavePaper(e.Context(), p)
		e.Matches(err, inventory.ErrStale)
		got, err := papers.Paper(e.Context(), p.Kind, p.Ref)
		p.Version = 1
		if e.OK(err); fmt.Sprint(got) != fmt.Sprint(p) || fmt.Sprint(first) != fmt.Sprint(p) {
			e.Errorf("read %+v, saved %+v, want %+v", got, first, p)
		}
		_, err = papers.Paper(e.Context(), inventory.PaperCount, p.Ref)
		e.Matches(err, flywheel.ErrNotFound)
		won, err := suite.Race(8, inventory.ErrStale, func(i int) error {
			mine := first
			mine.By = fmt.Sprint(i)
			_, err := papers.SavePaper(e.Context(), mine)
			return err
		})
		e.OK(err)
		got, err = papers.Paper(e.Context(), p.Kind, p.Ref)
		if e.OK(err); got.Version != 2 || got.By != fmt.Sprint(won) {
			e.Errorf("read %+v, the winner is %d", got, won)
		}
		list, err := papers.Incoming(e.Context(), []flywheel.SKU{"b", "a"})
		if e.OK(err); len(list) != 1 || list[0] != (inventory.Incoming{SKU: "a", Location: "east", Ref: "p", From: "west", Due: day(3), Quantity: 4}) {
			e.Errorf("incoming %+v", list)
		}
	})},
	{Name: "papers/open", Rule: "OpenPapers yields the open papers of a kind behind a ref, in order, byte by byte.", Check: papered(func(e *env, papers inventory.PaperStore, _ *inventory.Service, _ *time.Time) {
		var want []string
		for i, name := range names {
			_, err := papers.SavePaper(e.Context(), inventory.Paper{Kind: inventory.PaperCount, Ref: name, To: main, Open: i%3 > 0})
			e.OK(err)
			_, err = papers.SavePaper(e.Context(), inventory.Paper{Kind: inventory.PaperIncoming, Ref: name, To: main, Open: true})
			e.OK(err)
			if i%3 > 0 {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			list, err := papers.OpenPapers(e.Context(), inventory.PaperCount, after, 4)
			e.OK(err)
			for _, p := range list {
				got = append(got, p.Ref)
			}
			if len(list) == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			e.Errorf("open %q, want %q", got, want)
		}
	})},
	{Name: "papers/incoming", Rule: "What is expected is known by day until it has come; arrivals count once, and a closed paper takes no more.", Check: papered(func(e *env, _ inventory.PaperStore, svc *inventory.Service, _ *time.Time) {
		skus := []flywheel.SKU{"milk", "a"}
		for range 2 {
			e.OK(svc.Expect(e.Context(), "po-1", day(20), lines("a", 5, "milk", 4)))
		}
		e.OK(svc.At("west").Expect(e.Context(), "po-2", day(9), lines("a", 2)))
		e.OK(svc.At("west").Expect(e.Context(), "po-3", fulfillment.Date{}, lines("a", 1)))
		e.Matches(svc.Expect(e.Context(), "po-1", day(20), lines("a", 6)), flywheel.ErrKeyReused)
		e.wantIncoming(svc, skus, "a 2 po-2 >west 2024-03-09", "a 5 po-1 >main 2024-03-20", "a 1 po-3 >west ", "milk 4 po-1 >main 2024-03-20")
		e.OK(svc.Reschedule(e.Context(), "po-2", day(21)))
		for range 2 {
			e.OK(svc.Arrive(e.Context(), "po-1", "1", lines("a", 3), []inventory.LotLine{lot("milk", "L", 30, 4)}))
			e.standing("a", main, 3, 0, 0, 0)
			e.wantLots(svc, "milk", "L 4")
		}
		e.Matches(svc.Arrive(e.Context(), "po-1", "1", lines("a", 4), nil), flywheel.ErrKeyReused)
		e.wantIncoming(svc, skus, "a 2 po-1 >main 2024-03-20", "a 2 po-2 >west 2024-03-21", "a 1 po-3 >west ")
		e.OK(svc.Arrive(e.Context(), "po-1", "2", lines("a", 3, "extra", 1), nil)) // more than expected
		e.standing("a", main, 6, 0, 0, 0)
		e.Matches(svc.Arrive(e.Context(), "po-1", "3", lines("a", 1), nil), flywheel.ErrConflict)
		e.OK(svc.CloseIncoming(e.Context(), "po-2"))
		e.OK(svc.CloseIncoming(e.Context(), "po-2"))
		e.wantIncoming(svc, skus, "a 1 po-3 >west ")
		e.Matches(svc.Arrive(e.Context(), "po-9", "1", lines("a", 1), nil), flywheel.ErrNotFound)
	})},
	{Name: "papers/transfer", Rule: "A transfer leaves with the lots that expire first, is in transit, and brings these lots; what never arrives is lost.", Check: papered(func(e *env, _ inventory.PaperStore, svc *inventory.Service, _ *time.Time) {
		west := svc.At("west")
		e.OK(svc.ReceiveLots(e.Context(), "d1", []inventory.LotLine{lot("milk", "early", 10, 2), lot("milk", "late", 20, 5)}))
		e.OK(svc.Receive(e.Context(), "d1", lines("a", 5)))
		e.OK(svc.Reserve(e.Context(), "o1", lines("a", 2)))
		_, isShort := asShort(svc.Transfer(e.Context(), "t0", "west", day(5), lines("a", 4)))
		if !isShort {
			e.Errorf("what is promised is transferred")
		}
		e.wantIncoming(svc, []flywheel.SKU{"a"})
		for range 2 {
			e.OK(svc.Transfer(e.Context(), "t1", "west", day(5), lines("a", 3, "milk", 4)))
			e.standing("a", main, 2, 2, 0, 0)
			e.wantLots(svc, "milk", "late 3")
		}
		e.Matches(svc.Transfer(e.Context(), "t2", main, day(5), lines("a", 1)), flywheel.ErrInvalid)
		e.wantIncoming(svc, []flywheel.SKU{"a", "milk"}, "a 3 t1 main>west 2024-03-05", "milk 4 t1 main>west 2024-03-05")
		e.OK(svc.Arrive(e.Context(), "t1", "1", lines("a", 1, "milk", 3), nil))
		e.wantLots(west, "milk", "early 2", "late 1")
		_, isShort = asShort(svc.Arrive(e.Context(), "t1", "2", lines("milk", 2), nil))
		if !isShort {
			e.Errorf("more arrived than left")
		}
		e.OK(svc.Arrive(e.Context(), "t1", "3", lines("milk", 1), nil))
		e.wantLots(west, "milk", "early 2", "late 2")
		e.OK(svc.CloseIncoming(e.Context(), "t1"))
		e.wantIncoming(svc, []flywheel.SKU{"a", "milk"})
		e.standing("a", "west", 1, 0, 0, 0)
	})},
	{Name: "papers/count", Rule: "A count within tolerance is applied at once, another when it is approved, and a rejected one never.", Check: papered(func(e *env, _ inventory.PaperStore, svc *inventory.Service, _ *time.Time) {
		e.OK(svc.Receive(e.Context(), "d1", lines("a", 5, "b", 5, "c", 5)))
		for range 2 {
			p, err := svc.ProposeCount(e.Context(), "c1", "week 9", lines("a", 4, "b", 5), 1)
			e.OK(err)
			if p.Open || p.Lines[0].Variance != -1 || p.Lines[1].Variance != 0 {
				e.Errorf("count %+v", p)
			}
			e.standing("a", main, 4, 0, 0, 0)
		}
		_, err := svc.ProposeCount(e.Context(), "c1", "week 9", lines("a", 3, "b", 5), 1)
		e.Matches(err, flywheel.ErrKeyReused)
		p, err := svc.ProposeCount(e.Context(), "c2", "week 10", lines("a", 0, "b", 6), 1)
		if e.OK(err); !p.Open {
			e.Errorf("count %+v", p)
		}
		e.standing("a", main, 4, 0, 0, 0)
		e.OK(svc.Receive(e.Context(), "d2", lines("a", 3)))
		for range 2 {
			e.OK(svc.ApproveCount(e.Context(), "c2", "ann"))
			e.standing("a", main, 3, 0, 0, 0)
			e.standing("b", main, 6, 0, 0, 0)
		}
		e.Matches(svc.RejectCount(e.Context(), "c2", "bob"), flywheel.ErrConflict)
		_, err = svc.ProposeCount(e.Context(), "c3", "week 11", lines("c", 0), 0)
		e.OK(err)
		for range 2 {
			e.OK(svc.RejectCount(e.Context(), "c3", "ann"))
			e.standing("c", main, 5, 0, 0, 0)
		}
		e.Matches(svc.ApproveCount(e.Context(), "c3", "bob"), flywheel.ErrConflict)
		list, err := svc.OpenPapers(e.Context(), inventory.PaperCount, "", 9)
		if e.OK(err); len(list) > 0 {
			e.Errorf("open %+v", list)
		}
	})},
	{Name: "history/at", Rule: "LevelAt sums what was posted up to an instant, that included.", Check: func(e *env) {
		now := noon
		for way, store := range e.ways() {
			now = noon
			svc := e.service(store, &now)
			sku := flywheel.SKU("of " + way)
			e.OK(svc.Receive(e.Context(), way, lines(string(sku), 5)))
			now = now.Add(time.Hour)
			e.OK(svc.Hold(e.Context(), way, []fulfillment.Unit{unit(sku, main, 3, false)}, now.Add(time.Hour)))
			e.OK(svc.Allocate(e.Context(), way))
			now = now.Add(-time.Minute) // a clock that goes back
			e.OK(svc.Ship(e.Context(), way, "p", []fulfillment.Unit{unit(sku, main, 1, false)}))
			for _, c := range []struct {
				after    time.Duration
				onHand   int64
				reserved int64
				allotted int64
			}{{-time.Microsecond, 0, 0, 0}, {0, 5, 0, 0}, {59 * time.Minute, 4, 0, -1}, {time.Hour, 4, 0, 2}, {48 * time.Hour, 4, 0, 2}} {
				l, err := svc.LevelAt(e.Context(), sku, noon.Add(c.after))
				e.OK(err)
				if l.OnHand != c.onHand || l.Reserved != c.reserved || l.Allocated != c.allotted {
					e.Errorf("%s after %v: %+v", way, c.after, l)
				}
			}
		}
	}},
}
