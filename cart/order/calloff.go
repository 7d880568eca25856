package order

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
)

// The events of changes before goods are sent. Lines are what was called off, value
// is what it was worth, or for an edit the difference.
const (
	EventOrderCanceled = "order_canceled"
	EventOrderEdited   = "order_edited"
)

// CallOff cancels units that have not been sent: the last ones of their lines, which
// leave the last parcels first. With the last unit of a delivery of which nothing was
// ever sent goes the delivery, and with the last unit of such an order its codes are
// given back. What was paid is paid back; before that, what a card has set aside is
// given up.
//
// Without Key the same again is another cancellation, except while the first is
// under way.
type CallOff struct {
	Key string `json:"key,omitempty"`
	// Lines are the units, by line; nil is all that have not been sent.
	Lines  map[string]int64 `json:"lines,omitempty"`
	Reason string           `json:"reason,omitempty"`
}

// Kind implements [Command].
func (c *CallOff) Kind() Kind { return KindCallOff }

func (c *CallOff) key() string { return c.Key }

func (c *CallOff) buyers() bool { return true }

func (c *CallOff) check() error {
	if c.Key != "" {
		if err := checkKey("key", c.Key); err != nil {
			return err
		}
	}
	return checkText("reason", c.Reason)
}

func (c *CallOff) decide(d *decision) error {
	lines := c.Lines
	if lines == nil {
		lines = map[string]int64{}
		for i := range d.o.Lines {
			if l := &d.o.Lines[i]; l.Unshipped() > 0 {
				lines[l.ID] = l.Unshipped()
			}
		}
	}
	if len(lines) == 0 {
		return refuse("lines", flywheel.ErrConflict, "nothing that could be called off")
	}
	doc := d.paper()
	if err := d.remove(lines, doc); err != nil {
		return err
	}
	items := doc.items()
	for _, dv := range d.o.deliveries() {
		if err := d.callOff(dv, doc); err != nil {
			return err
		}
	}
	if left, sent := d.o.units(); left == 0 && !sent {
		d.effects.Uses = d.o.Uses
	}
	value := doc.sum
	d.answer.Released = d.o.amount(0)
	var err error
	if d.o.paid() {
		err = d.credit(doc, "", items)
	} else {
		err = d.giveUp(value)
	}
	if err != nil {
		return err
	}
	d.settle()
	d.event(EventOrderCanceled, value.Total, items, map[string]any{"reason": c.Reason, "released": float64(d.answer.Released.Minor())})
	return nil
}

// Edit changes what has not been sent: it calls units off and adds items. What was
// bought keeps its price; what is added has that of today, without promotions, and
// lines of its own. The delivery stays, unless it is one of several and nothing is left
// for it. More is set aside by the card, and taken at
// once if the order is paid; less is paid back, or given up.
type Edit struct {
	Key    string           `json:"key"`
	Add    []Item           `json:"add,omitempty"`
	Remove map[string]int64 `json:"remove,omitempty"`
}

// Kind implements [Command].
func (c *Edit) Kind() Kind { return KindEdit }

func (c *Edit) key() string { return c.Key }

func (c *Edit) buyers() bool { return false }

func (c *Edit) check() error {
	if err := checkKey("key", c.Key); err != nil {
		return err
	}
	if len(c.Add) == 0 && len(c.Remove) == 0 {
		return refuse("add", flywheel.ErrInvalid, "nothing to change")
	}
	return checkItems("add", c.Add)
}

func (c *Edit) decide(d *decision) error {
	if d.o.unshipped() == 0 {
		return refuse("order", flywheel.ErrConflict, "all has been sent")
	}
	gone, came := d.paper(), d.paper()
	if err := d.remove(c.Remove, gone); err != nil {
		return err
	}
	if len(c.Add) == 0 && d.o.unshipped() == 0 {
		return refuse("remove", flywheel.ErrConflict, "nothing would be left to send")
	}
	value, err := d.added(c.Add, came, d.o.paid())
	if err != nil {
		return err
	}
	for i := range d.o.Deliveries {
		if err := d.callOff(&d.o.Deliveries[i], gone); err != nil {
			return err
		}
	}
	difference := value - gone.sum.Total.Minor()
	d.answer.Difference = d.o.amount(difference)
	items := append(came.items(), gone.items()...)
	if difference > 0 {
		if err := d.authorize(difference); err != nil {
			return err
		}
	}
	if d.o.paid() {
		err = d.editPaid(difference, gone, came)
	} else {
		err = d.editUnpaid(difference, gone, came)
	}
	if err != nil {
		return err
	}
	d.settle()
	d.event(EventOrderEdited, d.answer.Difference, items, nil)
	return nil
}

// editPaid writes a credit note of what went and an invoice of what came, and moves
// the difference.
func (d *decision) editPaid(difference int64, gone, came *document) error {
	back := d.o.none()
	if difference < 0 {
		// What came is paid by what went; only the rest is money.
		most, err := plus(came.sum.Total.Minor(), d.o.refundable().Minor())
		if err != nil {
			return err
		}
		if err := gone.cut(d.o.amount(most)); err != nil {
			return err
		}
		if back, err = gone.sum.Part(d.o.amount(gone.sum.Total.Minor() - came.sum.Total.Minor())); err != nil {
			return err
		}
	}
	if !gone.sum.Total.IsZero() {
		d.write(CreditNote, gone)
	}
	if len(came.lines) > 0 {
		d.write(Invoice, came)
	}
	if difference > 0 {
		return d.charge(difference)
	}
	return d.giveBack(back, "", gone.items())
}

// editUnpaid gives up what is less. What is added and needs no parcel is sent, and so
// charged, at once where the order is paid on shipment.
func (d *decision) editUnpaid(difference int64, gone, came *document) error {
	if difference < 0 {
		less, err := gone.sum.Part(d.o.amount(-difference))
		if err != nil {
			return err
		}
		if err := d.giveUp(less); err != nil {
			return err
		}
	}
	if d.o.Mode != OnShipment {
		return nil
	}
	sent := d.paper()
	for _, l := range came.lines {
		if d.o.Line(l.Line).Download {
			if err := sent.add(l, pricing.Refund{Net: l.Net, Tax: l.Tax, Total: l.Total}); err != nil {
				return err
			}
		}
	}
	if len(sent.lines) == 0 {
		return nil
	}
	d.write(Invoice, sent)
	return d.spend(sent.sum.Total.Minor())
}
