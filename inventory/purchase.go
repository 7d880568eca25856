package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// MaxScheduled bounds the rows of a purchase order.
const MaxScheduled = 10_000

// Schedule replaces what is expected of a purchase order by rows, one for each line
// with units still to come; no rows close it. Ref names the order, version grows with
// each of its changes: rows of the version that is stored, or of an earlier one, change
// nothing, so that calls may be repeated and overtake each other. Ref and From of the
// rows are not read.
//
// What arrives is posted by [Service.Supply]; [Service.Arrive] is for the goods of
// [Service.Expect].
func (s *Service) Schedule(ctx context.Context, ref string, version int64, rows []fulfillment.Incoming) error {
	if s.papers == nil {
		return errNoPapers
	}
	if err := checkID("ref", ref); err != nil {
		return err
	}
	if version < 1 {
		return refused(flywheel.ErrOutOfRange, "version %d of purchase order %q", version, ref)
	}
	lines, err := scheduled(rows)
	if err != nil {
		return err
	}
	for range maxRounds {
		err = s.tx.InTx(ctx, func(ctx context.Context) error {
			p, err := s.papers.Paper(ctx, PaperPurchase, ref)
			switch {
			case errors.Is(err, flywheel.ErrNotFound):
				p = Paper{Kind: PaperPurchase, Ref: ref}
			case err != nil:
				return err
			case p.Source >= version:
				return nil
			}
			p.Open, p.Source, p.Lines = len(lines) > 0, version, slices.Clone(lines)
			_, err = s.papers.SavePaper(ctx, p)
			return err
		})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
	return refused(ErrStale, "purchase order %q keeps changing", ref)
}

// scheduled returns checked rows as lines of a paper.
func scheduled(rows []fulfillment.Incoming) ([]PaperLine, error) {
	if len(rows) > MaxScheduled {
		return nil, refused(flywheel.ErrLimit, "%d rows are more than %d", len(rows), MaxScheduled)
	}
	lines := make([]PaperLine, len(rows))
	for i, r := range rows {
		if err := checkID(fmt.Sprintf("sku of row %d", i+1), string(r.SKU)); err != nil {
			return nil, err
		}
		if err := checkLocation(r.Location); err != nil {
			return nil, err
		}
		if err := checkQuantity(r.SKU, r.Quantity); err != nil {
			return nil, err
		}
		if r.Line != "" {
			if err := checkID(fmt.Sprintf("line of row %d", i+1), r.Line); err != nil {
				return nil, err
			}
		}
		if !r.Earliest.IsZero() && r.Earliest.Compare(r.Due) > 0 || !r.Latest.IsZero() && r.Latest.Compare(r.Due) < 0 {
			return nil, refused(flywheel.ErrInvalid, "row %d: %v is not between %v and %v", i+1, r.Due, r.Earliest, r.Latest)
		}
		lines[i] = PaperLine{SKU: r.SKU, Quantity: r.Quantity, Line: r.Line, To: r.Location, Due: r.Due, Earliest: r.Earliest, Latest: r.Latest}
	}
	slices.SortFunc(lines, func(a, b PaperLine) int { return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Line, b.Line)) })
	for i := 1; i < len(lines); i++ {
		if lines[i].SKU == lines[i-1].SKU && lines[i].Line == lines[i-1].Line {
			return nil, refused(flywheel.ErrInvalid, "line %q of %s is there twice", lines[i].Line, lines[i].SKU)
		}
	}
	return lines, nil
}

// Supply posts what a document of a purchase order does to stock: units come to the
// places of those with a positive quantity and leave those of the others, as an
// inspection takes them out of quarantine (see Location.Quarantine). All of it happens,
// or nothing. Ref names the order and key the document: the same units under it again
// change nothing, others match flywheel.ErrConflict. More than is there and not promised
// cannot leave; that is a [*ShortageError].
//
// Units of an item that is tracked may name their Lot, or serial number. Where units
// that leave name none, those that expire first go; where units that come name none and
// others of the item leave with the same document, as in an inspection, they are of the
// lots that left, and else of an unknown lot. O(units + lots at the places).
func (s *Service) Supply(ctx context.Context, ref, key string, units []fulfillment.Unit) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	if err := checkID("key", key); err != nil {
		return err
	}
	in, out, err := supplied(units)
	if err != nil {
		return err
	}
	named, err := s.namedLots(units)
	if err != nil {
		return err
	}
	at := s.now()
	for i := range in {
		in[i].Kind, in[i].Ref, in[i].Key, in[i].At = KindReceive, ref, key, at
	}
	for i := range out {
		out[i].Kind, out[i].Ref, out[i].Key, out[i].At, out[i].Reason = KindAdjust, ref, key, at, "purchase order"
	}
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		for _, ms := range [][]Movement{in, out} {
			if len(ms) == 0 {
				continue
			}
			if _, err := s.knows(ctx, ms); err != nil {
				return err
			}
		}
		posted := slices.Concat(in, out) // a transaction may be run again
		slices.SortStableFunc(posted, compareItems)
		if err := s.post(ctx, posted); err != nil {
			return err
		}
		if err := s.trackSupply(ctx, posted, named); err != nil {
			return err
		}
		received := slices.DeleteFunc(slices.Clone(posted), func(m Movement) bool { return m.Kind != KindReceive })
		if err := s.tellByPlace(ctx, KindReceive, ref, received, map[string]any{"key": key}); err != nil {
			return err
		}
		for _, m := range posted {
			if m.Kind != KindAdjust {
				continue
			}
			if err := s.tell(ctx, m.Kind, m.Location, ref, []Movement{m}, []flywheel.Line{{SKU: m.SKU, Quantity: -m.OnHand}},
				map[string]any{"reason": m.Reason, "direction": "out", "sku": string(m.SKU), "key": key}); err != nil {
				return err
			}
		}
		return nil
	})
}

// stay is an item at a place.
type stay struct {
	sku   flywheel.SKU
	place Location
	out   bool
}

// namedLots returns the lots that units name, by item, place and direction.
func (s *Service) namedLots(units []fulfillment.Unit) (map[stay][]LotLine, error) {
	named := map[stay][]LotLine{}
	for i, u := range units {
		if u.Lot == "" {
			if !u.Expires.IsZero() {
				return nil, refused(flywheel.ErrInvalid, "unit %d (%s) expires and names no lot", i+1, u.SKU)
			}
			continue
		}
		if s.lots == nil {
			return nil, refused(flywheel.ErrInvalid, "this service tracks no lots")
		}
		if err := checkID(fmt.Sprintf("lot of unit %d", i+1), u.Lot); err != nil {
			return nil, err
		}
		at := stay{u.SKU, u.Location, u.Quantity < 0}
		named[at] = append(named[at], LotLine{SKU: u.SKU, Lot: u.Lot, Expires: u.Expires, Quantity: max(u.Quantity, -u.Quantity)})
	}
	return named, nil
}

// trackSupply says which lots the movements of a purchase order's document took and
// brought: first those that left, so that what comes in exchange can be of them.
func (s *Service) trackSupply(ctx context.Context, posted []Movement, named map[stay][]LotLine) error {
	if s.lots == nil {
		return nil
	}
	left := map[flywheel.SKU][]LotLine{}
	for _, out := range []bool{true, false} {
		for _, m := range posted {
			if m.OnHand < 0 != out {
				continue
			}
			lots := named[stay{m.SKU, m.Location, out}]
			if !out && len(lots) == 0 {
				lots = takeLots(left, m.SKU, m.OnHand)
			}
			if err := s.trackOnce(ctx, m, lots); err != nil {
				return err
			}
			if !out {
				continue
			}
			moves, err := s.lots.LotMovesOf(ctx, m.Ref)
			if err != nil {
				return err
			}
			for _, l := range moves {
				if l.Key == m.Key && l.SKU == m.SKU && l.Location == m.Location && l.OnHand < 0 && l.Lot != "" {
					left[m.SKU] = append(left[m.SKU], LotLine{SKU: l.SKU, Lot: l.Lot, Expires: l.Expires, Quantity: -l.OnHand})
				}
			}
		}
	}
	return nil
}

// trackOnce is track for one movement. A repeated one that names other lots is refused.
func (s *Service) trackOnce(ctx context.Context, m Movement, lots []LotLine) error {
	if len(lots) > 0 {
		moves, err := s.lots.LotMovesOf(ctx, m.Ref)
		if err != nil {
			return err
		}
		known, had := false, map[string]int64{}
		for _, l := range moves {
			if l.SKU == m.SKU && l.Location == m.Location && l.Kind == m.Kind && l.Key == m.Key {
				known = true
				had[l.Lot] += max(l.OnHand, -l.OnHand)
			}
		}
		for _, l := range lots {
			if had[l.Lot] -= l.Quantity; known && had[l.Lot] < 0 {
				return refused(flywheel.ErrKeyReused, "document %q named other lots of %s before", m.Key, m.SKU)
			}
		}
	}
	return s.track(ctx, []Movement{m}, lots)
}

// takeLots takes n units from the first lots of an item that left.
func takeLots(left map[flywheel.SKU][]LotLine, sku flywheel.SKU, n int64) (taken []LotLine) {
	for i := range left[sku] {
		l := &left[sku][i]
		part := *l
		if part.Quantity = min(n, l.Quantity); part.Quantity > 0 {
			taken = append(taken, part)
			l.Quantity -= part.Quantity
			n -= part.Quantity
		}
	}
	return taken
}

// supplied returns units as movements in and out, sorted and summed by item.
func supplied(units []fulfillment.Unit) (in, out []Movement, err error) {
	if len(units) == 0 {
		return nil, nil, refused(flywheel.ErrInvalid, "no units")
	}
	for i, u := range units {
		if err := checkID(fmt.Sprintf("sku of unit %d", i+1), string(u.SKU)); err != nil {
			return nil, nil, err
		}
		if err := checkLocation(u.Location); err != nil {
			return nil, nil, err
		}
		if u.Backordered || u.Kit != "" || !u.Date.IsZero() {
			return nil, nil, refused(flywheel.ErrInvalid, "unit %d (%s) is promised", i+1, u.SKU)
		}
		size, list := u.Quantity, &in
		if size < 0 && size >= -MaxQuantity {
			size, list = -size, &out
		}
		if err := checkQuantity(u.SKU, size); err != nil {
			return nil, nil, err
		}
		m := Movement{SKU: u.SKU, Location: u.Location, OnHand: u.Quantity}
		at, there := slices.BinarySearchFunc(*list, m, compareItems)
		if !there {
			*list = slices.Insert(*list, at, m)
			continue
		}
		sum := (*list)[at].OnHand + u.Quantity
		if err := checkQuantity(u.SKU, max(sum, -sum)); err != nil {
			return nil, nil, err
		}
		(*list)[at].OnHand = sum
	}
	return in, out, nil
}

// Positions returns what a plan needs to know of SKUs: a position for each SKU and
// place with stock or with something expected, ordered by both, places of quarantine
// left out; a SKU that nothing happened to has one at the service's location.
func (s *Service) Positions(ctx context.Context, skus []flywheel.SKU) ([]fulfillment.Position, error) {
	expected, err := s.Incoming(ctx, skus)
	if err != nil {
		return nil, err
	}
	levels, err := s.levelsOf(ctx, skus)
	if err != nil {
		return nil, err
	}
	var list []fulfillment.Position
	at := func(sku flywheel.SKU, place Location) *fulfillment.Position {
		i, there := slices.BinarySearchFunc(list, fulfillment.Position{SKU: sku, Location: place}, comparePositions)
		if !there {
			list = slices.Insert(list, i, fulfillment.Position{SKU: sku, Location: place})
		}
		return &list[i]
	}
	waiting := map[flywheel.SKU]int64{}
	for _, l := range levels {
		switch {
		case l.Location == EveryPlace:
			waiting[l.SKU] = l.Backordered
		case !l.Location.Quarantined():
			p := at(l.SKU, l.Location)
			p.OnHand, p.Promised = l.OnHand, l.Reserved+l.Allocated
		}
	}
	for _, in := range expected {
		at(in.SKU, in.Location).OnOrder += in.Quantity
	}
	for _, sku := range skus {
		first, _ := slices.BinarySearchFunc(list, fulfillment.Position{SKU: sku}, comparePositions)
		if first == len(list) || list[first].SKU != sku {
			at(sku, s.location)
		}
		list[first].Backordered = waiting[sku]
	}
	return list, nil
}

func comparePositions(a, b fulfillment.Position) int {
	return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Location, b.Location))
}

// coming returns what is expected of SKUs and not promised yet, by day: promises take
// the first units to come.
func (s *Service) coming(ctx context.Context, skus []flywheel.SKU, promised map[flywheel.SKU]int64) (map[flywheel.SKU][]fulfillment.Arrival, error) {
	expected, err := s.papers.Incoming(ctx, skus)
	if err != nil {
		return nil, err
	}
	coming := map[flywheel.SKU][]fulfillment.Arrival{}
	slices.SortStableFunc(expected, func(a, b Incoming) int {
		return cmp.Or(cmp.Compare(a.SKU, b.SKU), compareExpiry(a.Promise(), b.Promise()))
	})
	for _, in := range expected {
		taken := min(promised[in.SKU], in.Quantity)
		promised[in.SKU] -= taken
		if left := in.Quantity - taken; left > 0 {
			coming[in.SKU] = append(coming[in.SKU], fulfillment.Arrival{Date: in.Promise(), Quantity: left})
		}
	}
	return coming, nil
}
