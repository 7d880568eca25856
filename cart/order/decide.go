package order

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Decision is what a [Command] does to an order.
type Decision struct {
	// After is the order afterwards. New documents have no number yet, and a new
	// authorization no id. It shares with the order what explains how lines were sold.
	After Order
	// Effects must have happened before the order is so.
	Effects Effects
	Answer  Answer
	// Replayed says that all of it was done before: After is the order as it is.
	Replayed bool
}

// Inputs are what a decision needs to know beside order and command.
type Inputs struct {
	At time.Time
	// Offer is what the shop offers for the items that the command adds, see
	// [Wanted].
	Offer *Offer
	// Sequence is the number of the operation, by default the next one of the order.
	Sequence int64
}

// Wanted returns the items that a command adds to the order, which need an [Offer],
// and whether they replace what arrived broken.
func Wanted(c Command) (items []Item, replace bool) {
	switch c := c.(type) {
	case *Edit:
		return c.Add, false
	case *Exchange:
		return c.items(), false
	case *Claim:
		return nil, c.Remedy == Replace
	}
	return nil, false
}

// Decide returns what a command does to the order at a time, or why it is refused.
// It changes nothing and does nothing. A decision is a function of the order, the
// command and the inputs: to repeat it gives the same.
func (o *Order) Decide(c Command, in Inputs) (Decision, error) {
	if err := c.check(); err != nil {
		return Decision{}, err
	}
	if o.Mode == "" {
		return Decision{}, &StatusError{Order: o.ID, Call: string(c.Kind()), Status: o.Status}
	}
	after := Order{}
	if _, takesMoney := c.(*capture); takesMoney { // no line or parcel
		parcels := o.Parcels
		after = *o
		after.Parcels = nil
		after = after.withLines()
		after.Parcels = parcels
	} else {
		after = o.work()
	}
	if in.Sequence == 0 {
		in.Sequence = o.Sequence + 1
	}
	after.Sequence = max(o.Sequence, in.Sequence)
	d := &decision{o: &after, at: normalTime(in.At), offer: in.Offer, sequence: in.Sequence}
	d.effects.Ref = eventid.Of("order", string(o.ID), strconv.FormatInt(in.Sequence, 10))
	if err := c.decide(d); err != nil {
		return Decision{}, fmt.Errorf("order %q: %s: %w", o.ID, c.Kind(), err)
	}
	if d.replayed {
		return Decision{After: o.Clone(), Answer: d.answer, Replayed: true}, nil
	}
	after.Status = after.moneyStatus()
	after.sumPayment()
	return Decision{After: after, Effects: d.effects, Answer: d.answer}, nil
}

// decision is a [Decision] under way.
type decision struct {
	o        *Order // as it becomes
	at       time.Time
	offer    *Offer
	sequence int64
	effects  Effects
	answer   Answer
	replayed bool
}

// moneyStatus returns where the money of an order with a mode stands.
func (o *Order) moneyStatus() Status {
	switch o.State() {
	case CalledOff:
		return Canceled
	case CameBack:
		return Returned
	}
	if o.PaidAt.IsZero() {
		return Placed
	}
	if slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Returned > 0 }) {
		return PartlyReturned
	}
	return Paid
}

// paid reports whether all money was taken.
func (o *Order) paid() bool { return !o.PaidAt.IsZero() }

// share returns the share of n units behind the first before ones of a line.
func (l *Line) share(before, n int64) (pricing.Refund, error) { return l.sold().Units(before, n) }

// goods is a line of a document for units of a line.
func (l *Line) goods(n int64) DocumentLine {
	return DocumentLine{Kind: GoodsLine, Line: l.ID, SKU: l.SKU, Title: l.Title, Quantity: n, Rate: l.TaxRate}
}

func (d *decision) paper() *document { return &document{sum: d.o.none()} }

// unshipped returns how many units have yet to be sent.
func (o *Order) unshipped() int64 {
	sum := int64(0)
	for i := range o.Lines {
		sum = add(sum, o.Lines[i].Unshipped())
	}
	return sum
}

// left returns how many units the buyer has or will get, and whether any was ever
// sent.
func (o *Order) units() (left int64, sent bool) {
	for i := range o.Lines {
		left = add(left, o.Lines[i].Left())
		sent = sent || o.Lines[i].Shipped > 0
	}
	return left, sent
}

// refundable returns what was paid and not paid back.
func (o *Order) refundable() money.Amount { return o.amount(o.taken() - o.givenBack()) }

// remove calls units off: from the back of their lines, and from the last parcels
// first. Their shares are added to doc.
func (d *decision) remove(lines map[string]int64, doc *document) error {
	for _, id := range sortedLines(lines) {
		l, n := d.o.Line(id), lines[id]
		switch {
		case l == nil:
			return refuse("lines."+id, flywheel.ErrNotFound, "no line %q", id)
		case n < 1:
			return refuse("lines."+id, flywheel.ErrOutOfRange, "%d units", n)
		case n > l.Unshipped():
			return &UnitsError{Line: id, Want: n, Have: l.Unshipped()}
		}
		share, err := l.share(l.Quantity-l.Canceled-n, n)
		if err != nil {
			return err
		}
		if err := doc.add(l.goods(n), share); err != nil {
			return err
		}
		l.Canceled += n
		for i := len(d.o.Parcels) - 1; i >= 0 && n > 0; i-- {
			p := &d.o.Parcels[i]
			if p.Status != ParcelOpen || p.Replacement {
				continue
			}
			taken := p.takeOut(id, n)
			for _, piece := range taken {
				n -= piece.Quantity
			}
			if err := d.deallocate(p.Ref, taken); err != nil {
				return err
			}
			if len(p.Pieces) == 0 {
				p.Status = ParcelCanceled
			}
		}
	}
	return nil
}

func (d *decision) deallocate(ref string, pieces []fulfillment.Piece) error {
	counted, err := units(pieces)
	if err != nil || len(counted) == 0 {
		return err
	}
	for i := range d.effects.Deallocate {
		if c := &d.effects.Deallocate[i]; c.Ref == ref {
			c.Units, err = fulfillment.MergeUnits(append(c.Units, counted...))
			return err
		}
	}
	d.effects.Deallocate = append(d.effects.Deallocate, StockChange{Ref: ref, Units: counted})
	return nil
}

// release gives up at most an amount of what cards have set aside, the last
// authorization first, and returns how much.
func (d *decision) release(most int64) (released int64) {
	for i := len(d.o.Tenders) - 1; i >= 0; i-- {
		t := &d.o.Tenders[i]
		for j := len(t.Authorizations) - 1; j >= 0; j-- {
			a := &t.Authorizations[j]
			n := min(a.open(), most-released)
			if n <= 0 {
				continue
			}
			a.Released = d.o.amount(a.Released.Minor() + n)
			d.effects.Releases = append(d.effects.Releases, Movement{Tender: i, Authorization: a.ID, Amount: d.o.amount(n)})
			released += n
		}
	}
	return released
}

// giveUp lets go of a value that will not be sent, of an order that is not paid: first
// of what cards have set aside, and what is more was paid before.
func (d *decision) giveUp(value pricing.Refund) error {
	released := d.release(value.Total.Minor())
	d.answer.Released = d.o.amount(released)
	rest := value.Total.Minor() - released
	d.o.Prepaid = d.o.amount(max(0, d.o.Prepaid.Minor()-rest))
	back, err := value.AtMost(d.o.amount(min(rest, d.o.refundable().Minor())))
	if err != nil {
		return err
	}
	return d.giveBack(back, "", nil)
}

// spend takes a value that leaves: first of what was paid before, the rest from what
// cards have set aside.
func (d *decision) spend(value int64) error {
	used := min(value, d.o.Prepaid.Minor())
	d.o.Prepaid = d.o.amount(d.o.Prepaid.Minor() - used)
	return d.charge(value - used)
}

// charge takes an amount of what cards have set aside, the first authorization first.
func (d *decision) charge(amount int64) error {
	d.answer.Captured = d.o.amount(d.answer.Captured.Minor() + amount)
	for i := range d.o.Tenders {
		t := &d.o.Tenders[i]
		for j := range t.Authorizations {
			a := &t.Authorizations[j]
			n := min(a.open(), amount)
			if n <= 0 {
				continue
			}
			a.Captured = d.o.amount(a.Captured.Minor() + n)
			d.effects.Captures = append(d.effects.Captures, Movement{Tender: i, Authorization: a.ID, Amount: d.o.amount(n)})
			amount -= n
		}
	}
	if amount > 0 {
		return &AmountError{What: "charge", Want: d.answer.Captured, Have: d.o.amount(d.answer.Captured.Minor() - amount)}
	}
	return nil
}

// authorize asks the card for more than it was asked for when the order was placed.
func (d *decision) authorize(amount int64) error {
	card := d.o.card()
	if card == nil {
		return ErrNoCard
	}
	d.effects.Authorize, d.effects.Method = d.o.amount(amount), card.Account
	card.Authorizations = append(card.Authorizations, Authorization{
		Amount: d.o.amount(amount), Captured: d.o.amount(0), Released: d.o.amount(0), Refunded: d.o.amount(0),
	})
	return nil
}

// giveBack pays back, to the tenders in their sequence or as store credit. Lines are
// the goods concerned.
func (d *decision) giveBack(r pricing.Refund, to TenderType, lines []flywheel.Line) error {
	refund := &Refunded{Net: r.Net, Tax: r.Tax, Total: r.Total}
	d.answer.Refund = refund
	if r.Total.IsZero() {
		return nil
	}
	switch to {
	case "":
	case StoreCredit:
		if d.o.Customer == "" {
			return refuse("to", flywheel.ErrConflict, "%v has no store credit", errNoCustomer)
		}
		d.o.Credited = d.o.amount(d.o.Credited.Minor() + r.Total.Minor())
		d.effects.Credit = d.o.amount(d.effects.Credit.Minor() + r.Total.Minor())
		refund.To = []Back{{Tender: string(StoreCredit), Type: StoreCredit, Account: string(d.o.Customer), Amount: r.Total}}
		d.refundEvent(refund, lines)
		return nil
	default:
		return refuse("to", flywheel.ErrInvalid, "%q", to)
	}
	order := d.o.backOrder()
	captured := make([]pricing.Captured, len(order))
	for i, at := range order {
		t := &d.o.Tenders[at]
		captured[i] = pricing.Captured{Tender: t.Name(), Captured: t.Captured(), Refunded: d.o.amount(t.back())}
	}
	payments, left, err := pricing.PayBack(r.Total, captured)
	if err != nil {
		return err
	}
	if !left.IsZero() {
		return &AmountError{What: "refund", Want: r.Total, Have: d.o.amount(r.Total.Minor() - left.Minor())}
	}
	for i, p := range payments {
		if p.Amount.IsZero() {
			continue
		}
		t := &d.o.Tenders[order[i]]
		back := Back{Tender: t.Name(), Type: t.Type, Account: t.Account, Ref: t.Ref, Amount: p.Amount}
		t.Refunded = d.o.amount(t.Refunded.Minor() + p.Amount.Minor())
		switch t.Type {
		case Card:
			d.refundCard(order[i], p.Amount.Minor())
		case Points:
			all, err := pricing.PointsBack(t.Points, d.o.amount(t.back()), t.Captured())
			if err != nil {
				return err
			}
			back.Points = all - t.PointsBack
			t.PointsBack = all
			d.effects.Backs = append(d.effects.Backs, back)
		default:
			d.effects.Backs = append(d.effects.Backs, back)
		}
		refund.To = append(refund.To, back)
	}
	d.refundEvent(refund, lines)
	return nil
}

// refundCard spreads a refund over the authorizations of a card, the last first.
func (d *decision) refundCard(tender int, amount int64) {
	t := &d.o.Tenders[tender]
	for j := len(t.Authorizations) - 1; j >= 0 && amount > 0; j-- {
		a := &t.Authorizations[j]
		n := min(a.Captured.Minor()-a.Refunded.Minor(), amount)
		if n <= 0 {
			continue
		}
		a.Refunded = d.o.amount(a.Refunded.Minor() + n)
		d.effects.Refunds = append(d.effects.Refunds, Movement{Tender: tender, Authorization: a.ID, Amount: d.o.amount(n)})
		amount -= n
	}
}

// credit writes a document of goods that are credited, cut to what is left, and pays
// back what the buyer does not owe.
func (d *decision) credit(doc *document, to TenderType, lines []flywheel.Line) error {
	most, err := plus(d.o.refundable().Minor(), d.o.Due.Minor())
	if err != nil {
		return err
	}
	if err := doc.cut(d.o.amount(most)); err != nil {
		return err
	}
	if !doc.sum.Total.IsZero() {
		d.write(CreditNote, doc)
	}
	owed := min(d.o.Due.Minor(), doc.sum.Total.Minor())
	d.o.Due = d.o.amount(d.o.Due.Minor() - owed)
	back, err := doc.sum.Part(d.o.amount(doc.sum.Total.Minor() - owed))
	if err != nil {
		return err
	}
	return d.giveBack(back, to, lines)
}

// added puts what was offered into the order: lines and parcels. It returns their
// value and adds them to doc.
func (d *decision) added(items []Item, doc *document, settled bool) (value int64, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	if d.offer == nil || len(d.offer.Lines) != len(items) {
		return 0, refuse("add", flywheel.ErrInvalid, "no offer for %d items", len(items))
	}
	names := map[string]string{}
	for i := range d.offer.Lines {
		l := d.offer.Lines[i]
		l.ID, l.Added = d.o.nextLine(), strconv.FormatInt(d.sequence, 10)
		l.Canceled, l.Shipped, l.Returned, l.DeliveredAt = 0, 0, 0, time.Time{}
		sums := [5]int64{}
		if field, err := l.check(d.o.Currency, &sums); err != nil {
			return 0, refuse(fmt.Sprintf("add[%d].%s", i, field), err, "%q", l.SKU)
		}
		if l.SKU != items[i].SKU || l.Quantity != items[i].Quantity {
			return 0, refuse(fmt.Sprintf("add[%d]", i), flywheel.ErrInvalid, "offered %d of %q", l.Quantity, l.SKU)
		}
		if l.Download {
			l.Shipped = l.Quantity
		}
		if err := doc.add(l.goods(l.Quantity), pricing.Refund{Net: l.Net, Tax: l.Tax, Total: l.Total}); err != nil {
			return 0, err
		}
		if value, err = plus(value, l.Total.Minor()); err != nil {
			return 0, err
		}
		names[strconv.Itoa(i)] = l.ID
		if with := items[i].Line; with != "" && d.o.Line(with) == nil {
			return 0, refuse(fmt.Sprintf("add[%d].line", i), flywheel.ErrNotFound, "no line %q", with)
		}
		if len(d.o.Deliveries) > 0 && !l.Download {
			dv := d.o.DeliveryFor(items[i])
			dv.Lines = append(dv.Lines, l.ID)
		}
		d.o.Lines = append(d.o.Lines, l)
	}
	return value, d.pack(names, settled, false)
}

// pack adds the offered parcels; names gives the lines of their pieces.
func (d *decision) pack(names map[string]string, settled, replacement bool) error {
	var all []fulfillment.Piece
	for _, p := range cloneParcels(d.offer.Parcels) {
		p.ID, p.Ref, p.Status = d.o.nextParcel(), d.effects.Ref, ParcelOpen
		p.Settled, p.Replacement = settled, replacement
		for j := range p.Pieces {
			id, known := names[p.Pieces[j].Line]
			if !known {
				return refuse("offer", flywheel.ErrInvalid, "parcel with %q", p.Pieces[j].Line)
			}
			p.Pieces[j].Line = id
		}
		all = append(all, p.Pieces...)
		d.o.Parcels = append(d.o.Parcels, p)
		d.answer.Parcels = append(d.answer.Parcels, p.ID)
	}
	held, err := units(all)
	d.effects.Hold = held
	return err
}

// deliveryBack returns what of a delivery is given back when no unit of it is left.
func (d *decision) deliveryBack(dv *Delivery, fault bool) (pricing.Refund, error) {
	if left, _ := d.o.unitsBy(dv); left > 0 || !dv.Invoiced {
		return d.o.none(), nil
	}
	most := dv.Total.Minor()
	if !fault {
		switch d.o.Policy.DeliveryRefund {
		case DeliveryFull:
		case DeliveryCheapest:
			most = min(most, dv.Cheapest.Minor())
		default:
			most = 0
		}
	}
	most = max(0, most-dv.Back.Minor())
	back, err := dv.paid().Part(d.o.amount(most))
	if err != nil {
		return back, err
	}
	dv.Back = d.o.amount(dv.Back.Minor() + most)
	return back, nil
}

// ratesLeft sums the totals of the units that are left by their rate, of all units
// where none is left.
func (o *Order) ratesLeft() ([]pricing.RateTotal, error) {
	left, _ := o.units()
	var rates []pricing.RateTotal
	for i := range o.Lines {
		l := &o.Lines[i]
		before, n := l.Returned, l.Left()
		if left == 0 {
			before, n = 0, l.Quantity
		}
		if n == 0 {
			continue
		}
		share, err := l.share(before, n)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(rates, func(r pricing.RateTotal) bool { return r.Rate == l.TaxRate })
		if at < 0 {
			at, rates = len(rates), append(rates, pricing.RateTotal{Rate: l.TaxRate, Net: o.amount(0), Tax: o.amount(0), Total: o.amount(0)})
		}
		r := &rates[at]
		r.Net = o.amount(r.Net.Minor() + share.Net.Minor())
		r.Tax = o.amount(r.Tax.Minor() + share.Tax.Minor())
		r.Total = o.amount(r.Total.Minor() + share.Total.Minor())
	}
	return rates, nil
}

// parts returns what one unit of a line is packed from, and whether stock of it is
// kept.
func (o *Order) parts(line string) (parts []flywheel.Line, tracked bool) {
	for i := range o.Parcels {
		for _, p := range o.Parcels[i].Pieces {
			if p.Line == line {
				return p.Parts, !p.Untracked
			}
		}
	}
	return nil, false
}

func plus(a, b int64) (int64, error) {
	if b > 0 && a > math.MaxInt64-b {
		return 0, fmt.Errorf("%d + %d overflows: %w", a, b, flywheel.ErrOutOfRange)
	}
	return a + b, nil
}

// event reports what was done.
func (d *decision) event(name string, value money.Amount, lines []flywheel.Line, properties map[string]any) {
	all := map[string]any{}
	if d.o.Number != "" {
		all["number"] = d.o.Number
	}
	maps.Copy(all, properties)
	d.effects.Events = append(d.effects.Events, flywheel.Event{
		ID: eventid.Of(name, string(d.o.ID), strconv.FormatInt(d.sequence, 10)), Name: name, Time: d.at,
		Customer: d.o.Customer, Visitor: d.o.Visitor, Session: d.o.Session, Ref: string(d.o.ID),
		Lines: lines, Value: value, Properties: all,
	})
}

func (d *decision) refundEvent(r *Refunded, lines []flywheel.Line) {
	to := make([]any, len(r.To))
	for i, b := range r.To {
		to[i] = map[string]any{"tender": b.Tender, "amount": float64(b.Amount.Minor())}
	}
	d.event(flywheel.EventRefund, r.Total, lines, map[string]any{"tax": float64(r.Tax.Minor()), "tenders": to})
}

// items returns the goods of a document as items of an event.
func (doc *document) items() []flywheel.Line {
	var items []flywheel.Line
	for _, l := range doc.lines {
		if l.Kind == GoodsLine {
			items = append(items, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity, Amount: l.Total})
		}
	}
	return items
}
