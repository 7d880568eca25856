package order

import (
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// The events of an order's goods. Ref is the order, property "number" its number,
// property "parcel" the parcel.
const (
	EventShipped   = "shipped"   // value is what was charged for the parcel, lines what is in it
	EventDelivered = "delivered" // lines are what arrived
)

// Ship sends a parcel, or a part of it: then the rest becomes the next parcel. Of an
// order that is paid on shipment the parcel's value is charged first, with the
// delivery for its first parcel, and an invoice is written: nothing leaves that is
// not paid. A parcel that has left is answered and not sent again.
type Ship struct {
	Parcel string `json:"parcel"`
	// Lines are the units that leave, by line; nil is all.
	Lines    map[string]int64 `json:"lines,omitempty"`
	Carrier  string           `json:"carrier,omitempty"`
	Tracking string           `json:"tracking,omitempty"`
}

// Kind implements [Command].
func (c *Ship) Kind() Kind { return KindShip }

func (c *Ship) key() string { return "" }

func (c *Ship) buyers() bool { return false }

func (c *Ship) check() error {
	if err := checkText("carrier", c.Carrier); err != nil {
		return err
	}
	return checkText("tracking", c.Tracking)
}

func (c *Ship) decide(d *decision) error {
	p := d.o.Parcel(c.Parcel)
	if p == nil {
		return refuse("parcel", flywheel.ErrNotFound, "no parcel %q", c.Parcel)
	}
	switch p.Status {
	case ParcelShipped, ParcelDelivered:
		d.answer.Captured = d.o.amount(0)
		d.replayed = true
		return nil
	case ParcelCanceled:
		return refuse("parcel", flywheel.ErrConflict, "parcel %q is called off", c.Parcel)
	}
	if d.o.Mode == OnPlace && !d.o.paid() {
		return &StatusError{Order: d.o.ID, Call: string(KindShip), Status: d.o.Status}
	}
	taken, rest, err := p.Split(c.Lines, d.o.nextParcel())
	if err != nil {
		return err
	}
	if len(taken.Pieces) == 0 {
		return refuse("lines", flywheel.ErrInvalid, "nothing to send")
	}
	counted, err := units(taken.Pieces)
	if err != nil {
		return err
	}
	left := *p
	p.Parcel, p.Status, p.ShippedAt, p.Carrier, p.Tracking = taken, ParcelShipped, d.at, c.Carrier, c.Tracking
	replacement, settled, ref, location := p.Replacement, p.Settled, p.Ref, p.Location
	if len(rest.Pieces) > 0 {
		left.Parcel = rest
		d.o.Parcels = append(d.o.Parcels, left)
	}
	if len(counted) > 0 {
		d.effects.Ship = []StockChange{{Ref: ref, Units: counted}}
	}
	d.answer.Captured = d.o.amount(0)
	doc := d.paper()
	for _, id := range piecesLines(taken.Pieces) {
		l, n := d.o.Line(id), taken.Lines()[id]
		if replacement {
			share := d.o.none()
			if err := doc.add(l.goods(n), share); err != nil {
				return err
			}
			continue
		}
		share, err := l.share(l.Shipped, n)
		if err != nil {
			return err
		}
		if err := doc.add(l.goods(n), share); err != nil {
			return err
		}
		l.Shipped += n
	}
	if d.o.Mode == OnShipment && !settled && !replacement {
		if err := d.invoiceSent(doc, &taken); err != nil {
			return err
		}
	}
	d.settle()
	d.event(EventShipped, doc.sum.Total, doc.items(), map[string]any{
		"parcel": c.Parcel, "location": string(location), "captured": float64(d.answer.Captured.Minor()),
	})
	return nil
}

// invoiceSent charges and invoices what is sent, with its delivery if that has not been
// charged.
func (d *decision) invoiceSent(doc *document, sent *fulfillment.Parcel) error {
	for _, dv := range d.o.deliveries() {
		if slices.ContainsFunc(sent.Pieces, func(p fulfillment.Piece) bool { return dv.of(p.Line) }) {
			if err := d.invoiceDelivery(dv, doc); err != nil {
				return err
			}
		}
	}
	d.write(Invoice, doc)
	return d.spend(doc.sum.Total.Minor())
}

// invoiceDelivery charges a delivery, once.
func (d *decision) invoiceDelivery(dv *Delivery, doc *document) error {
	if dv.Invoiced || dv.givenUp() {
		return nil
	}
	dv.Invoiced = true
	return doc.add(d.o.deliveryLine(dv), dv.paid())
}

// settle notes that an order which is paid on shipment is paid, when all of it has
// left.
func (d *decision) settle() {
	if d.o.Mode == OnShipment && !d.o.paid() && d.o.unshipped() == 0 && d.o.uncaptured() == 0 {
		d.o.PaidAt = d.at
	}
}

// piecesLines returns the lines of pieces, each once.
func piecesLines(pieces []fulfillment.Piece) []string {
	var ids []string
	for i := range pieces {
		if !slices.Contains(ids, pieces[i].Line) {
			ids = append(ids, pieces[i].Line)
		}
	}
	return ids
}

// Deliver notes that a parcel has arrived. Again it does nothing.
type Deliver struct {
	Parcel string `json:"parcel"`
}

// Kind implements [Command].
func (c *Deliver) Kind() Kind { return KindDeliver }

func (c *Deliver) key() string { return "" }

func (c *Deliver) buyers() bool { return false }

func (c *Deliver) check() error { return nil }

func (c *Deliver) decide(d *decision) error {
	p := d.o.Parcel(c.Parcel)
	if p == nil {
		return refuse("parcel", flywheel.ErrNotFound, "no parcel %q", c.Parcel)
	}
	switch p.Status {
	case ParcelDelivered:
		d.replayed = true
		return nil
	case ParcelShipped:
	default:
		return refuse("parcel", flywheel.ErrConflict, "parcel %q is %s", c.Parcel, p.Status)
	}
	p.Status, p.DeliveredAt = ParcelDelivered, d.at
	var items []flywheel.Line
	for _, id := range piecesLines(p.Pieces) {
		l := d.o.Line(id)
		l.DeliveredAt = d.at
		items = append(items, flywheel.Line{SKU: l.SKU, Quantity: p.Lines()[id], Amount: d.o.amount(0)})
	}
	d.event(EventDelivered, d.o.amount(0), items, map[string]any{"parcel": c.Parcel})
	return nil
}

// capture takes the money of an order that has been placed: all of it, or of an order
// that is paid on shipment what is sent without a parcel.
type capture struct{}

// Kind implements [Command].
func (c *capture) Kind() Kind { return KindCapture }

func (c *capture) key() string { return "" }

func (c *capture) buyers() bool { return false }

func (c *capture) check() error { return nil }

func (c *capture) decide(d *decision) error {
	left, _ := d.o.units()
	if d.o.paid() || left == 0 {
		d.replayed = true
		return nil
	}
	doc := d.paper()
	doc.lines = make([]DocumentLine, 0, len(d.o.Lines)+1)
	for i := range d.o.Lines {
		l := &d.o.Lines[i]
		n := l.Left()
		if n == 0 || d.o.Mode == OnShipment && (!l.Download || l.Added != "") {
			continue
		}
		share, err := l.share(l.Returned, n)
		if err != nil {
			return err
		}
		if err := doc.add(l.goods(n), share); err != nil {
			return err
		}
	}
	if d.o.Mode == OnShipment {
		d.write(Invoice, doc)
		if err := d.spend(doc.sum.Total.Minor()); err != nil {
			return err
		}
		d.settle()
		return nil
	}
	for _, dv := range d.o.deliveries() {
		if err := d.invoiceDelivery(dv, doc); err != nil {
			return err
		}
	}
	d.write(Invoice, doc)
	d.o.PaidAt, d.o.Prepaid = d.at, d.o.amount(0)
	return d.charge(d.o.uncaptured())
}

// firstCapture returns the operation that takes the money of an order which is being
// placed, nil where nothing is to be taken or invoiced yet.
func (o *Order) firstCapture() *Operation {
	if o.Mode == OnShipment && !slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Download }) {
		return nil
	}
	return &Operation{Sequence: 1, Kind: KindCapture, Command: []byte("{}"), At: o.PlacedAt, Asked: true}
}
