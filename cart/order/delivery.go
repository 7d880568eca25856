package order

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Delivery is how the goods of an order, or a group of its lines, travel, and what
// that cost. It is charged once, however many parcels there are.
type Delivery struct {
	// Lines are the IDs of the lines that travel so, where an order has several
	// deliveries; nil is all.
	Lines  []string `json:"lines,omitempty"`
	Option string   `json:"option"`
	Title  string   `json:"title,omitempty"`
	Type   string   `json:"type,omitempty"` // "shipping" or "pickup"
	// Location is where a pickup waits.
	Location fulfillment.Location `json:"location,omitempty"`
	// Charge is what the option costs, Discount what promotions took off it. Net,
	// Tax and Total are those of the difference.
	Charge   money.Amount `json:"charge"`
	Discount money.Amount `json:"discount"`
	Net      money.Amount `json:"net"`
	Tax      money.Amount `json:"tax"`
	Total    money.Amount `json:"total"`
	// Taxes are the parts of Tax, one for each rate.
	Taxes []pricing.RateTotal `json:"taxes,omitempty"`
	// Cheapest is what the cheapest shipping option that was offered cost, tax
	// included and before promotions.
	Cheapest money.Amount `json:"cheapest"`
	// Invoiced says that an invoice has charged the delivery.
	Invoiced bool `json:"invoiced,omitempty"`
	// Back is what of Total was given back, tax included.
	Back money.Amount `json:"back,omitzero"`
}

// paid returns what was charged.
func (d *Delivery) paid() pricing.Refund {
	return pricing.Refund{Net: d.Net, Tax: d.Tax, Total: d.Total}
}

// of reports whether a line travels so.
func (d *Delivery) of(line string) bool { return d.Lines == nil || slices.Contains(d.Lines, line) }

// givenUp reports whether the delivery was called off before it was charged.
func (d *Delivery) givenUp() bool { return !d.Back.IsZero() && d.Back == d.Total }

// deliveries returns the ways in which the goods travel: none, one for all lines, or
// one for each group of them.
func (o *Order) deliveries() []*Delivery {
	if o.Delivery != nil {
		return []*Delivery{o.Delivery}
	}
	ways := make([]*Delivery, len(o.Deliveries))
	for i := range o.Deliveries {
		ways[i] = &o.Deliveries[i]
	}
	return ways
}

// DeliveryFor returns how something travels that is added to the order: with the line
// that it names, else with the first group of lines that is shipped, else with the
// first; one that was called off counts last, and is not charged again. It is nil where
// nothing is delivered.
func (o *Order) DeliveryFor(item Item) *Delivery {
	ways := o.deliveries()
	if item.Line != "" {
		for _, d := range ways {
			if d.of(item.Line) {
				return d
			}
		}
	}
	var best *Delivery
	rank := func(d *Delivery) (r int) {
		if d.Type == string(fulfillment.Shipping) {
			r++
		}
		if !d.givenUp() {
			r += 2
		}
		return r
	}
	for _, d := range ways {
		if best == nil || rank(d) > rank(best) {
			best = d
		}
	}
	return best
}

// unitsBy returns how many units of the lines that travel so the buyer has or will
// get, and whether any was ever sent.
func (o *Order) unitsBy(d *Delivery) (left int64, sent bool) {
	for i := range o.Lines {
		if l := &o.Lines[i]; d.of(l.ID) {
			left = add(left, l.Left())
			sent = sent || l.Shipped > 0
		}
	}
	return left, sent
}

// callOff gives up a delivery of which nothing was sent and nothing is left to send,
// and adds it to doc.
func (d *decision) callOff(dv *Delivery, doc *document) error {
	if left, sent := d.o.unitsBy(dv); left > 0 || sent {
		return nil
	}
	back, err := dv.paid().Part(d.o.amount(dv.Total.Minor() - dv.Back.Minor()))
	if err != nil {
		return err
	}
	dv.Back = dv.Total
	if back.Total.IsZero() {
		return nil
	}
	return doc.add(d.o.deliveryLine(dv), back)
}

// deliveryLine is a line of a document for a delivery.
func (o *Order) deliveryLine(d *Delivery) DocumentLine {
	l := DocumentLine{Kind: DeliveryLine, Title: d.Title}
	for i := range o.Deliveries {
		if d == &o.Deliveries[i] {
			l.Delivery = i + 1
		}
	}
	if len(d.Taxes) == 1 {
		l.Rate = d.Taxes[0].Rate
	}
	return l
}

func (d *Delivery) clone() *Delivery {
	if d == nil {
		return nil
	}
	c := *d
	c.Lines, c.Taxes = slices.Clone(d.Lines), slices.Clone(d.Taxes)
	return &c
}

// checkDeliveries validates the deliveries and adds their amounts to sums.
func (o *Order) checkDeliveries(sums *[5]int64) (field string, err error) {
	if d := o.Delivery; d != nil {
		if len(o.Deliveries) > 0 {
			return "deliveries", fmt.Errorf("beside one for all lines: %w", flywheel.ErrInvalid)
		}
		if d.Lines != nil {
			return "delivery.lines", fmt.Errorf("one delivery is for all lines: %w", flywheel.ErrInvalid)
		}
		field, err = d.check(o.Currency, sums)
		return "delivery." + field, err
	}
	if len(o.Deliveries) == 0 {
		return "", nil
	}
	by := map[string]int{}
	for i := range o.Deliveries {
		d, place := &o.Deliveries[i], fmt.Sprintf("deliveries[%d].", i)
		if len(d.Lines) == 0 {
			return place + "lines", fmt.Errorf("none: %w", flywheel.ErrInvalid)
		}
		for _, id := range d.Lines {
			switch l := o.Line(id); {
			case l == nil || l.Download:
				return place + "lines", fmt.Errorf("%q is no line that is sent: %w", id, flywheel.ErrInvalid)
			case by[id] != 0:
				return place + "lines", fmt.Errorf("%q is in two deliveries: %w", id, flywheel.ErrInvalid)
			}
			by[id] = i + 1
		}
		if field, err = d.check(o.Currency, sums); err != nil {
			return place + field, err
		}
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; !l.Download && by[l.ID] == 0 {
			return fmt.Sprintf("lines[%d].id", i), fmt.Errorf("%q is in no delivery: %w", l.ID, flywheel.ErrInvalid)
		}
	}
	for i := range o.Parcels {
		for j, p := range o.Parcels[i].Pieces {
			if by[p.Line] != by[o.Parcels[i].Pieces[0].Line] {
				return fmt.Sprintf("parcels[%d].pieces[%d]", i, j), fmt.Errorf("line %q travels otherwise: %w", p.Line, flywheel.ErrInvalid)
			}
		}
	}
	return "", nil
}

// check validates the amounts of the delivery and adds them to sums, see [Line].
func (d *Delivery) check(c money.Currency, sums *[5]int64) (field string, err error) {
	l := Line{
		ID: "delivery", SKU: "delivery", Quantity: 1,
		Subtotal: d.Charge, Discount: d.Discount, Net: d.Net, Tax: d.Tax, Total: d.Total,
	}
	if field, err := l.check(c, sums); err != nil {
		return field, err
	}
	if d.Cheapest.Currency() != c || d.Cheapest.Sign() < 0 {
		return "cheapest", fmt.Errorf("%v: %w", d.Cheapest, flywheel.ErrInvalid)
	}
	return "", nil
}
