package supplier

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Apply returns the order after a document, and what the document does to stock.
// The order that it is called on stays as it was, also after an error, which names
// the line. A document that was applied before, equal in all, changes nothing and
// moves nothing; one with its ID but another content matches [ErrReused].
//
// What may happen when: Send a draft; Confirm, Receipt and Cancel from Sent until
// Received; Inspect, Return and Invoice also on a closed order, since goods and
// bills outlive it. Quantities can never exceed what is there: receipts the
// ordered units plus the agreed over-delivery, inspections what is in quarantine,
// returns what was rejected, or stocked, and not yet returned, cancellations what is
// open, landed costs what was received and neither rejected nor landed yet.
// Invoices are taken as they come; [Order.Match] says what is wrong with them.
//
// O(lines + documents).
func (o Order) Apply(d Document) (Order, []Movement, error) {
	for _, was := range o.Documents {
		if was.ID == d.ID {
			if was.same(d) {
				return o, nil, nil
			}
			return o, nil, refuse("document "+d.ID, "applied with another content", ErrReused)
		}
	}
	switch {
	case d.ID == "":
		return o, nil, refuse("document id", d.ID, ErrInput)
	case d.At.IsZero():
		return o, nil, refuse("date of document "+d.ID, "missing", ErrInput)
	case len(o.Documents) >= MostDocuments:
		return o, nil, refuse("number of documents", len(o.Documents), ErrRange)
	}
	if err := o.allows(d); err != nil {
		return o, nil, err
	}
	next := o
	next.Lines = slices.Clone(o.Lines)
	next.Documents = append(slices.Clip(o.Documents), d)
	var moves []Movement
	seen := make(map[int]bool, len(d.Lines))
	for i, dl := range d.Lines {
		name := func(what string) string { return fmt.Sprintf("document %s line %d %s", d.ID, i, what) }
		if dl.Line < 0 || dl.Line >= len(o.Lines) {
			return o, nil, refuse(name("line"), dl.Line, ErrUnknown)
		}
		if seen[dl.Line] {
			return o, nil, refuse(name("line"), dl.Line, ErrInput)
		}
		seen[dl.Line] = true
		l := &next.Lines[dl.Line]
		move, err := o.applyLine(l, d.Kind, dl, name)
		if err != nil {
			return o, nil, err
		}
		for _, m := range move {
			m.SKU, m.Place, m.Line = l.SKU, l.Place, dl.Line
			moves = append(moves, m)
		}
	}
	switch d.Kind {
	case Send:
		next.State = Sent
	case Confirm:
		if next.State == Sent {
			next.State = Confirmed
		}
	case Close:
		for i := range next.Lines {
			next.Lines[i].Canceled += next.Lines[i].Open()
		}
		next.State = Closed
	case Receipt, Cancel:
		next.State = next.progress()
	}
	return next, moves, nil
}

// same reports whether two documents of one ID say the same.
func (d Document) same(other Document) bool {
	return d.Kind == other.Kind && d.At.Equal(other.At) && slices.EqualFunc(d.Lines, other.Lines, sameLine) && d.Sample.same(other.Sample)
}

func (s *Sample) same(other *Sample) bool {
	if s == nil || other == nil {
		return s == other
	}
	return s.Severity == other.Severity && s.Accepted == other.Accepted && slices.Equal(s.Found, other.Found)
}

// Movements returns what a document of the order does to stock, as [Order.Apply]
// returned it when it was applied. A document that the order does not have matches
// [ErrUnknown].
func (o Order) Movements(id string) ([]Movement, error) {
	for _, d := range o.Documents {
		if d.ID != id {
			continue
		}
		var moves []Movement
		for _, dl := range d.Lines {
			l := o.Lines[dl.Line]
			for _, m := range dl.movements(d.Kind, l.Inspect) {
				m.SKU, m.Place, m.Line = l.SKU, l.Place, dl.Line
				moves = append(moves, m)
			}
		}
		return moves, nil
	}
	return nil, refuse("document of order "+o.ID, id, ErrUnknown)
}

func sameLine(a, b DocumentLine) bool {
	return a.Line == b.Line && a.Quantity == b.Quantity && a.Rejected == b.Rejected && a.Price == b.Price && a.Promised.Equal(b.Promised) &&
		a.Shelf == b.Shelf && a.Cost == b.Cost && slices.Equal(a.Lots, b.Lots)
}

// allows checks kind and state.
func (o Order) allows(d Document) error {
	active := o.State == Sent || o.State == Confirmed || o.State == PartlyReceived
	ok := false
	switch d.Kind {
	case Send:
		ok = o.State == Draft
	case Confirm:
		ok = active
	case Receipt:
		ok = active || o.State == Received
	case Cancel:
		ok = active || o.State == Draft
	case Close:
		ok = active || o.State == Received
	case Inspect, Return, Invoice, Land:
		ok = o.State != Draft
	default:
		return refuse("kind of document "+d.ID, uint8(d.Kind), ErrInput)
	}
	if !ok {
		return refuse("state of order "+o.ID, o.State, ErrState)
	}
	if len(d.Lines) == 0 && d.Kind != Send && d.Kind != Confirm && d.Kind != Close {
		return refuse("lines of document "+d.ID, 0, ErrInput)
	}
	if len(d.Lines) > 0 && (d.Kind == Send || d.Kind == Close) {
		return refuse("lines of document "+d.ID, len(d.Lines), ErrInput)
	}
	return nil
}

func (o Order) applyLine(l *Line, kind Kind, d DocumentLine, name func(string) string) ([]Movement, error) {
	if kind == Confirm {
		if d.Promised.IsZero() || d.Quantity != 0 || d.Rejected != 0 {
			return nil, refuse(name("promised date"), d.Promised, ErrInput)
		}
		l.Confirmed = d.Promised
		return nil, nil
	}
	if d.Quantity < 1 || d.Quantity > MostQuantity {
		return nil, refuse(name("quantity"), d.Quantity, ErrRange)
	}
	if d.Shelf < 0 || d.Shelf > d.Quantity || d.Shelf > 0 && kind != Return {
		return nil, refuse(name("shelf"), d.Shelf, ErrRange)
	}
	if d.Rejected < 0 || d.Rejected > d.Quantity || d.Rejected > 0 && kind != Receipt && kind != Inspect && d.Rejected > d.Shelf {
		return nil, refuse(name("rejected"), d.Rejected, ErrRange)
	}
	if err := d.checkLots(kind, name); err != nil {
		return nil, err
	}
	if kind != Land && d.Cost != (money.Amount{}) {
		return nil, refuse(name("cost"), d.Cost, ErrInput)
	}
	good := d.Quantity - d.Rejected
	switch kind {
	case Receipt:
		most := l.Ordered - l.Canceled + int64(o.OverDelivery*float64(l.Ordered))
		if l.Received+d.Quantity > most {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		l.Received += d.Quantity
		l.Rejected += d.Rejected
		if l.Inspect {
			l.Quarantined += good
		} else {
			l.Stocked += good
		}
	case Inspect:
		if d.Quantity > l.Quarantined {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		l.Quarantined -= d.Quantity
		l.Rejected += d.Rejected
		l.Stocked += good
	case Return:
		if d.Quantity-d.Shelf > l.Rejected-l.Returned {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		if d.Shelf > l.Stocked-l.Withdrawn {
			return nil, refuse(name("shelf"), d.Shelf, ErrRange)
		}
		l.Returned += d.Quantity - d.Shelf
		l.Withdrawn += d.Shelf
	case Land:
		if d.Quantity > l.Stocked+l.Quarantined-l.Landed {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		if d.Cost.Currency() == (money.Currency{}) || d.Cost.Sign() < 0 {
			return nil, refuse(name("cost"), d.Cost, ErrInput)
		}
		sum, err := d.Cost, error(nil)
		if l.Landed > 0 {
			if sum, err = l.LandedCost.Add(d.Cost); err != nil {
				return nil, fmt.Errorf("%s: %w", name("cost"), err)
			}
		}
		l.LandedCost = sum
		l.Landed += d.Quantity
	case Invoice:
		if d.Price.Currency() != o.Currency {
			return nil, refuse(name("currency"), d.Price.Currency(), ErrInput)
		}
		if d.Price.Sign() < 0 {
			return nil, refuse(name("price"), d.Price, ErrRange)
		}
		amount, err := d.Price.Times(d.Quantity, money.HalfEven)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name("amount"), err)
		}
		sum, err := l.InvoicedValue.Add(amount)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name("amount"), err)
		}
		if l.Invoiced > MostQuantity-d.Quantity {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		l.InvoicedValue = sum
		l.Invoiced += d.Quantity
	case Cancel:
		if d.Quantity > l.Open() {
			return nil, refuse(name("quantity"), d.Quantity, ErrRange)
		}
		l.Canceled += d.Quantity
	}
	return d.movements(kind, l.Inspect), nil
}

// checkLots checks the lots that a line of a document names.
func (d DocumentLine) checkLots(kind Kind, name func(string) string) error {
	if len(d.Lots) == 0 {
		return nil
	}
	if kind != Receipt && kind != Inspect && kind != Return {
		return refuse(name("lots"), len(d.Lots), ErrInput)
	}
	units, rejected := int64(0), int64(0)
	seen := make(map[string]bool, len(d.Lots))
	for _, l := range d.Lots {
		switch {
		case flywheel.CheckID(l.Lot) != nil || seen[l.Lot]:
			return refuse(name("lot"), l.Lot, ErrInput)
		case l.Quantity < 1 || l.Quantity > d.Quantity || l.Rejected < 0 || l.Rejected > l.Quantity || l.Rejected > 0 && kind == Return:
			return refuse(name("units of lot "+l.Lot), l.Quantity, ErrRange)
		}
		seen[l.Lot] = true
		units += l.Quantity
		rejected += l.Rejected
		if units > d.Quantity { // also bounds the sum
			break
		}
	}
	most := d.Quantity
	if kind == Return {
		most = d.Shelf
	}
	if units > most || kind != Return && (rejected > d.Rejected || units-rejected > d.Quantity-d.Rejected) {
		return refuse(name("units of its lots"), units, ErrRange)
	}
	return nil
}

// movements returns what the line of a document does to stock: what its lots name, then
// the rest.
func (d DocumentLine) movements(kind Kind, inspected bool) (moves []Movement) {
	// move adds sign times n units, of which each lot has of(lot).
	move := func(n int64, sign int64, quarantine bool, of func(l LotUnits) int64) {
		for _, l := range d.Lots {
			if q := of(l); q > 0 {
				moves = append(moves, Movement{Quantity: sign * q, Quarantine: quarantine, Lot: l.Lot, Expires: l.Expires})
				n -= q
			}
		}
		if n > 0 {
			moves = append(moves, Movement{Quantity: sign * n, Quarantine: quarantine})
		}
	}
	all := func(l LotUnits) int64 { return l.Quantity }
	good := func(l LotUnits) int64 { return l.Quantity - l.Rejected }
	switch kind {
	case Receipt:
		move(d.Quantity-d.Rejected, 1, inspected, good)
	case Inspect:
		move(d.Quantity, -1, true, all)
		move(d.Quantity-d.Rejected, 1, false, good)
	case Return:
		move(d.Shelf, -1, false, all)
	}
	return moves
}

// progress is the state that the lines say.
func (o Order) progress() State {
	open, received := false, false
	for _, l := range o.Lines {
		open = open || l.Open() > 0
		received = received || l.Received > 0
	}
	switch {
	case !open && received:
		return Received
	case !open:
		return Canceled
	case received:
		return PartlyReceived
	}
	return o.State
}
