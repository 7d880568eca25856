package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The events of goods that come back. Property "return" is the id of the [RMA],
// "reason" why. Value is what was credited.
const (
	EventReturnRequested = "return_requested"
	EventReturnCanceled  = "return_canceled"
	EventReturnReceived  = "return_received"
	EventExchanged       = "exchanged"
	EventClaimed         = "claimed"
)

// RMA is a return merchandise authorization: a return or exchange that the shop has
// agreed to.
type RMA struct {
	ID     string    `json:"id"`
	Lines  []RMALine `json:"lines"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	// Exchange says that other goods are on their way in exchange. Covered is what
	// they cost as far as the goods that come back pay it.
	Exchange bool         `json:"exchange,omitempty"`
	Covered  money.Amount `json:"covered,omitzero"`
	// ReceivedAt is when the goods were inspected, zero while they are on their way.
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// CanceledAt is when the buyer kept the goods after all.
	CanceledAt time.Time `json:"canceled_at,omitzero"`
}

// open reports whether the goods are on their way back.
func (r *RMA) open() bool { return r.ReceivedAt.IsZero() && r.CanceledAt.IsZero() }

// RMALine is a number of units of a line that come back.
type RMALine struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
	Received
}

// Received is what inspection found of the units of a line.
type Received struct {
	// Accepted units are credited, Rejected ones stay the buyer's.
	Accepted int64 `json:"accepted"`
	Rejected int64 `json:"rejected,omitempty"`
	// Condition decides the restocking fee, see [Policy].
	Condition string `json:"condition,omitempty"`
	// Restock is where accepted units go, empty for nowhere.
	Restock fulfillment.Location `json:"restock,omitempty"`
}

func cloneRMAs(rmas []RMA) []RMA {
	c := slices.Clone(rmas)
	for i := range c {
		c[i].Lines = slices.Clone(c[i].Lines)
	}
	return c
}

// RMA returns the return or exchange with the given id, or nil.
func (o *Order) RMA(id string) *RMA {
	for i := range o.RMAs {
		if o.RMAs[i].ID == id {
			return &o.RMAs[i]
		}
	}
	return nil
}

// onWay returns how many units of a line are on their way back.
func (o *Order) onWay(line string) int64 {
	n := int64(0)
	for i := range o.RMAs {
		if !o.RMAs[i].open() {
			continue
		}
		for _, l := range o.RMAs[i].Lines {
			if l.Line == line {
				n += l.Quantity
			}
		}
	}
	return n
}

// mayReturn refuses units that cannot come back for a reason: each line in turn.
func (d *decision) mayReturn(lines map[string]int64, reason string) error {
	if len(lines) == 0 {
		return refuse("lines", flywheel.ErrInvalid, "no line")
	}
	for _, id := range sortedLines(lines) {
		if err := d.mayReturnLine(id, lines[id], reason); err != nil {
			return err
		}
	}
	return nil
}

func (d *decision) mayReturnLine(id string, n int64, reason string) error {
	field := "lines." + id
	l := d.o.Line(id)
	if l == nil {
		return refuse(field, flywheel.ErrNotFound, "no line %q", id)
	}
	if n < 1 {
		return refuse(field, flywheel.ErrOutOfRange, "%d units", n)
	}
	if free := l.Fulfilled() - d.o.onWay(id); n > free {
		return &UnitsError{Line: id, Want: n, Have: free}
	}
	if l.DeliveredAt.IsZero() {
		return refuse(field, flywheel.ErrConflict, "nothing of line %q is delivered", id)
	}
	days := d.o.Policy.ClaimDays
	if reason == ChangedMind {
		days = d.o.Policy.WindowDays
	}
	over, err := d.o.Policy.over(d.at, l.DeliveredAt, days)
	if err != nil {
		return err
	}
	if over {
		return refuse(field, flywheel.ErrExpired, "line %q was delivered at %s, %d days are over", id, l.DeliveredAt.Format(time.RFC3339), days)
	}
	if reason == ChangedMind && l.FinalSale {
		return refuse(field, flywheel.ErrForbidden, "line %q is sold for good", id)
	}
	return nil
}

// RequestReturn agrees to a return of units that were sent, on the terms of the
// order's [Policy].
type RequestReturn struct {
	// ID names the return within the order.
	ID    string           `json:"id"`
	Lines map[string]int64 `json:"lines"`
	// Reason is [ChangedMind] or what is the shop's fault, such as "defective".
	Reason string `json:"reason"`
}

// Kind implements [Command].
func (c *RequestReturn) Kind() Kind { return KindRequest }

func (c *RequestReturn) key() string { return c.ID }

func (c *RequestReturn) buyers() bool { return true }

func (c *RequestReturn) check() error {
	if err := checkKey("id", c.ID); err != nil {
		return err
	}
	return checkKey("reason", c.Reason)
}

func (c *RequestReturn) decide(d *decision) error {
	if d.o.RMA(c.ID) != nil {
		return refuse("id", flywheel.ErrKeyReused, "return %q is there", c.ID)
	}
	if err := d.mayReturn(c.Lines, c.Reason); err != nil {
		return err
	}
	d.comeBack(RMA{ID: c.ID, Reason: c.Reason, At: d.at}, c.Lines)
	d.event(EventReturnRequested, d.o.amount(0), d.itemsOf(c.Lines), map[string]any{"return": c.ID, "reason": c.Reason})
	return nil
}

// CancelReturn gives up a return that has not been received: the buyer keeps the goods.
// Again it does nothing. An exchange, for which other goods are on their way, cannot
// be given up.
type CancelReturn struct {
	ID string `json:"id"`
}

// Kind implements [Command].
func (c *CancelReturn) Kind() Kind { return KindCancelReturn }

func (c *CancelReturn) key() string { return "" }

func (c *CancelReturn) buyers() bool { return true }

func (c *CancelReturn) check() error { return checkKey("id", c.ID) }

func (c *CancelReturn) decide(d *decision) error {
	r := d.o.RMA(c.ID)
	switch {
	case r == nil:
		return refuse("id", flywheel.ErrNotFound, "no return %q", c.ID)
	case !r.CanceledAt.IsZero():
		d.replayed = true
		return nil
	case r.Exchange || !r.ReceivedAt.IsZero():
		return refuse("id", flywheel.ErrConflict, "return %q is an exchange or has been received", c.ID)
	}
	r.CanceledAt = d.at
	d.event(EventReturnCanceled, d.o.amount(0), nil, map[string]any{"return": c.ID})
	return nil
}

func (d *decision) comeBack(r RMA, lines map[string]int64) {
	for _, id := range sortedLines(lines) {
		r.Lines = append(r.Lines, RMALine{Line: id, Quantity: lines[id]})
	}
	d.o.RMAs = append(d.o.RMAs, r)
}

// itemsOf returns units of lines as items of an event.
func (d *decision) itemsOf(lines map[string]int64) []flywheel.Line {
	var items []flywheel.Line
	for _, id := range sortedLines(lines) {
		items = append(items, flywheel.Line{SKU: d.o.Line(id).SKU, Quantity: lines[id], Amount: d.o.amount(0)})
	}
	return items
}

// Receive notes what came back of a return or an exchange, once: accepted units are
// credited and go to stock, rejected ones stay the buyer's. Of a return for a change
// of mind fees and label are kept; when no unit of the order is left the delivery is
// given back as the policy says, all of it if the shop is at fault.
type Receive struct {
	ID    string              `json:"id"`
	Lines map[string]Received `json:"lines"`
	// To is [StoreCredit] where the buyer takes credit in place of money.
	To TenderType `json:"to,omitempty"`
}

// Kind implements [Command].
func (c *Receive) Kind() Kind { return KindReceive }

func (c *Receive) key() string { return c.ID }

func (c *Receive) buyers() bool { return false }

func (c *Receive) check() error { return checkKey("id", c.ID) }

func (c *Receive) decide(d *decision) error {
	r := d.o.RMA(c.ID)
	if r == nil {
		return refuse("id", flywheel.ErrNotFound, "no return %q", c.ID)
	}
	if !r.open() {
		return refuse("id", flywheel.ErrConflict, "return %q has been received or canceled", c.ID)
	}
	fees := r.Reason == ChangedMind && !r.Exchange
	doc, fee := d.paper(), d.o.none()
	stock := map[fulfillment.Location][]flywheel.Line{}
	accepted := int64(0)
	var kept []func() error
	for _, id := range sortedLines(c.Lines) {
		got, field := c.Lines[id], "lines."+id
		at := slices.IndexFunc(r.Lines, func(l RMALine) bool { return l.Line == id })
		switch {
		case at < 0:
			return refuse(field, flywheel.ErrNotFound, "line %q is not in return %q", id, c.ID)
		case got.Accepted < 0 || got.Rejected < 0:
			return refuse(field, flywheel.ErrOutOfRange, "%d accepted, %d rejected", got.Accepted, got.Rejected)
		case got.Accepted > r.Lines[at].Quantity || got.Rejected > r.Lines[at].Quantity-got.Accepted:
			return &UnitsError{Line: id, Want: add(got.Accepted, got.Rejected), Have: r.Lines[at].Quantity}
		}
		r.Lines[at].Received = got
		if got.Accepted == 0 {
			continue
		}
		l := d.o.Line(id)
		if got.Accepted > l.Fulfilled() {
			return &UnitsError{Line: id, Want: got.Accepted, Have: l.Fulfilled()}
		}
		share, err := l.share(l.Returned, got.Accepted)
		if err != nil {
			return err
		}
		if err := doc.add(l.goods(got.Accepted), share); err != nil {
			return err
		}
		l.Returned += got.Accepted
		accepted += got.Accepted
		if fees {
			of, err := share.Fee(d.o.Policy.Restocking[got.Condition])
			if err != nil {
				return err
			}
			if fee, err = fee.Plus(of); err != nil {
				return err
			}
			line := l.goods(got.Accepted)
			line.Kind = FeeLine
			kept = append(kept, func() error { return doc.less(line, of) })
		}
		d.restock(stock, l, got)
	}
	r.ReceivedAt = d.at
	if err := d.keep(doc, kept, fee, fees && accepted > 0); err != nil {
		return err
	}
	if err := d.withDelivery(doc, accepted > 0, r.Reason != ChangedMind); err != nil {
		return err
	}
	for _, place := range sortedPlaces(stock) {
		d.effects.Restock = append(d.effects.Restock, Restock{Location: place, Lines: stock[place]})
	}
	items, credited := doc.items(), doc.sum.Total
	var err error
	if r.Exchange {
		err = d.creditExchange(doc, r, c.To, items)
	} else {
		err = d.credit(doc, c.To, items)
	}
	if err != nil {
		return err
	}
	d.event(EventReturnReceived, credited, items, map[string]any{"return": c.ID, "reason": r.Reason, "fee": float64(d.answer.Fee.Minor()), "label": float64(d.answer.Label.Minor())})
	return nil
}

// keep takes fees and then the label off what is credited.
func (d *decision) keep(doc *document, kept []func() error, fee pricing.Refund, label bool) error {
	for _, off := range kept {
		if err := off(); err != nil {
			return err
		}
	}
	d.answer.Fee, d.answer.Label = fee.Total, d.o.amount(0)
	if !label || d.o.Policy.Label.IsZero() {
		return nil
	}
	most := min(d.o.Policy.Label.Minor(), doc.sum.Total.Minor())
	of, err := doc.sum.Part(d.o.amount(most))
	if err != nil {
		return err
	}
	d.answer.Label = of.Total
	if of.Total.IsZero() {
		return nil
	}
	return doc.less(DocumentLine{Kind: LabelLine}, of)
}

// withDelivery adds what is given back of the deliveries of the goods in doc.
func (d *decision) withDelivery(doc *document, any, fault bool) error {
	d.answer.Delivery = d.o.amount(0)
	if !any {
		return nil
	}
	goods := doc.lines
	for _, dv := range d.o.deliveries() {
		if !slices.ContainsFunc(goods, func(l DocumentLine) bool { return l.Kind == GoodsLine && dv.of(l.Line) }) {
			continue
		}
		back, err := d.deliveryBack(dv, fault)
		if err != nil {
			return err
		}
		if back.Total.IsZero() {
			continue
		}
		d.answer.Delivery = d.o.amount(d.answer.Delivery.Minor() + back.Total.Minor())
		if err := doc.add(d.o.deliveryLine(dv), back); err != nil {
			return err
		}
	}
	return nil
}

// restock notes where accepted units go: a kit as its parts.
func (d *decision) restock(stock map[fulfillment.Location][]flywheel.Line, l *Line, got Received) {
	parts, tracked := d.o.parts(l.ID)
	if got.Restock == "" || !tracked {
		return
	}
	if len(parts) == 0 {
		parts = []flywheel.Line{{SKU: l.SKU, Quantity: 1}}
	}
	for _, p := range parts {
		n := p.Quantity * got.Accepted
		at := slices.IndexFunc(stock[got.Restock], func(s flywheel.Line) bool { return s.SKU == p.SKU })
		if at >= 0 {
			stock[got.Restock][at].Quantity += n
			continue
		}
		stock[got.Restock] = append(stock[got.Restock], flywheel.Line{SKU: p.SKU, Quantity: n})
	}
}

func sortedPlaces[V any](m map[fulfillment.Location]V) []fulfillment.Location {
	places := make([]fulfillment.Location, 0, len(m))
	for p := range m {
		places = append(places, p)
	}
	slices.Sort(places)
	return places
}

// creditExchange credits goods that came back in exchange: what covers the new goods
// is no money.
func (d *decision) creditExchange(doc *document, r *RMA, to TenderType, items []flywheel.Line) error {
	covered := r.Covered.Minor()
	most, err := plus(covered, d.o.refundable().Minor())
	if err != nil {
		return err
	}
	if err := doc.cut(d.o.amount(most)); err != nil {
		return err
	}
	if !doc.sum.Total.IsZero() {
		d.write(CreditNote, doc)
	}
	over := doc.sum.Total.Minor() - covered
	if over < 0 {
		d.o.Due = d.o.amount(d.o.Due.Minor() - over)
		over = 0
	}
	back, err := doc.sum.Part(d.o.amount(over))
	if err != nil {
		return err
	}
	return d.giveBack(back, to, items)
}

// Exchange agrees that units come back and sends other goods for them, at today's
// price or an agreed one. What these cost more is charged at once; what they cost
// less is paid back when the goods are received. The order must be paid.
type Exchange struct {
	// ID names the exchange among the returns of the order.
	ID    string           `json:"id"`
	Lines map[string]int64 `json:"lines"`
	For   []Item           `json:"for"`
}

// Kind implements [Command].
func (c *Exchange) Kind() Kind { return KindTrade }

func (c *Exchange) key() string { return c.ID }

// buyers: prices are agreed by the shop.
func (c *Exchange) buyers() bool {
	return !slices.ContainsFunc(c.For, func(i Item) bool { return i.Agreed != nil })
}

func (c *Exchange) check() error {
	if err := checkKey("id", c.ID); err != nil {
		return err
	}
	if len(c.For) == 0 {
		return refuse("for", flywheel.ErrInvalid, "nothing to exchange for")
	}
	return checkItems("for", c.For)
}

// items are what is sent, which travels like what comes back unless it says otherwise.
func (c *Exchange) items() []Item {
	lines := sortedLines(c.Lines)
	if len(lines) == 0 {
		return c.For
	}
	items := slices.Clone(c.For)
	for i := range items {
		if items[i].Line == "" {
			items[i].Line = lines[0]
		}
	}
	return items
}

func (c *Exchange) decide(d *decision) error {
	if d.o.RMA(c.ID) != nil {
		return refuse("id", flywheel.ErrKeyReused, "return %q is there", c.ID)
	}
	if !d.o.paid() {
		return &StatusError{Order: d.o.ID, Call: string(KindTrade), Status: d.o.Status}
	}
	if err := d.mayReturn(c.Lines, ChangedMind); err != nil {
		return err
	}
	back := d.o.none()
	for _, id := range sortedLines(c.Lines) {
		l := d.o.Line(id)
		share, err := l.share(l.Returned+d.o.onWay(id), c.Lines[id])
		if err != nil {
			return err
		}
		if back, err = back.Plus(share); err != nil {
			return err
		}
	}
	came := d.paper()
	value, err := d.added(c.items(), came, true)
	if err != nil {
		return err
	}
	d.write(Invoice, came)
	difference := value - back.Total.Minor()
	d.answer.Difference = d.o.amount(difference)
	if difference > 0 {
		if err := d.authorize(difference); err != nil {
			return err
		}
		if err := d.charge(difference); err != nil {
			return err
		}
	}
	d.comeBack(RMA{ID: c.ID, Reason: ChangedMind, At: d.at, Exchange: true, Covered: d.o.amount(min(value, back.Total.Minor()))}, c.Lines)
	d.event(EventExchanged, d.answer.Difference, came.items(), map[string]any{"return": c.ID})
	return nil
}

// Remedy is what a buyer gets for goods that arrived broken.
type Remedy string

// The remedies of a [Claim].
const (
	Replace     Remedy = "replace"
	RefundUnits Remedy = "refund"
)

// Claim settles that units arrived broken, or not at all; nothing comes back. The
// remedy is a parcel with others in their place, without price, or their money, with
// the delivery where no unit of it is left.
//
// Without Key the same again is another claim, except while the first is under way.
type Claim struct {
	Key   string           `json:"key,omitempty"`
	Lines map[string]int64 `json:"lines"`
	// Fault says what was wrong, such as "damaged".
	Fault  string `json:"fault,omitempty"`
	Remedy Remedy `json:"remedy"`
	// To is [StoreCredit] where the buyer takes credit in place of money.
	To TenderType `json:"to,omitempty"`
}

// Kind implements [Command].
func (c *Claim) Kind() Kind { return KindClaim }

func (c *Claim) key() string { return c.Key }

func (c *Claim) buyers() bool { return false }

func (c *Claim) check() error {
	if c.Key != "" {
		if err := checkKey("key", c.Key); err != nil {
			return err
		}
	}
	if c.Remedy != Replace && c.Remedy != RefundUnits {
		return refuse("remedy", flywheel.ErrInvalid, "%q", c.Remedy)
	}
	return checkText("fault", c.Fault)
}

func (c *Claim) decide(d *decision) error {
	if err := d.mayReturn(c.Lines, "claim"); err != nil {
		return err
	}
	doc := d.paper()
	if c.Remedy == Replace {
		ids := sortedLines(c.Lines)
		if d.offer == nil {
			return refuse("lines", flywheel.ErrInvalid, "no offer")
		}
		names := map[string]string{}
		for i, id := range ids {
			names[fmt.Sprint(i)] = id
		}
		if err := d.pack(names, true, true); err != nil {
			return err
		}
		d.event(EventClaimed, d.o.amount(0), d.itemsOf(c.Lines), map[string]any{"fault": c.Fault, "remedy": string(c.Remedy)})
		return nil
	}
	for _, id := range sortedLines(c.Lines) {
		l, n := d.o.Line(id), c.Lines[id]
		share, err := l.share(l.Returned, n)
		if err != nil {
			return err
		}
		if err := doc.add(l.goods(n), share); err != nil {
			return err
		}
		l.Returned += n
	}
	if err := d.withDelivery(doc, true, true); err != nil {
		return err
	}
	items, value := doc.items(), doc.sum.Total
	if err := d.credit(doc, c.To, items); err != nil {
		return err
	}
	d.event(EventClaimed, value, items, map[string]any{"fault": c.Fault, "remedy": string(c.Remedy)})
	return nil
}
