package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Return is goods, money, or both coming back: units of some lines, a sum
// without goods, or all that is left when an order is cancelled.
type Return struct {
	// Key is the idempotency key of the request, unique within the order.
	Key string `json:"key"`
	// Lines are the units; none when only money goes back.
	Lines []ReturnLine `json:"lines,omitempty"`
	// Net and Tax are the shares of the units, zero where there are none.
	// Amount is the value that goes back: Net + Tax, less what went back
	// before without goods. Of a cancelled order that was not captured it is
	// what the authorization let go.
	Net    money.Amount `json:"net"`
	Tax    money.Amount `json:"tax"`
	Amount money.Amount `json:"amount"`
	Reason string       `json:"reason,omitempty"`
	// Discard says that the goods do not go back to stock.
	Discard bool `json:"discard,omitempty"`
	// Cancel says that this is the cancellation of the order.
	Cancel bool      `json:"cancel,omitempty"`
	At     time.Time `json:"at"`
	// Done says that the money went back, the goods are in stock and the event
	// is published. Until then [Service.Resume] or the same request goes on.
	Done bool `json:"done,omitempty"`
}

// ReturnLine is a number of units of one line of an order.
type ReturnLine struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
	// Net and Tax are the shares of these units; set by the service.
	Net money.Amount `json:"net"`
	Tax money.Amount `json:"tax"`
}

// MaxReason is the longest reason of a return, in bytes.
const MaxReason = 1000

// Request asks for a return, a refund or a cancellation.
type Request struct {
	// Key makes the request idempotent: the same key with the same body has one
	// effect and answers as the first time, with another body it is refused.
	Key string
	// Lines are the units that come back, for [Service.Return] only.
	Lines []ReturnLine
	// Amount is the money that goes back, for [Service.Refund] only.
	Amount money.Amount
	Reason string // at most MaxReason bytes
	// Discard keeps the goods out of stock, as when they are broken.
	Discard bool
	// At is when it happened, by default the service's clock.
	At time.Time
}

// same reports whether the request of r is that of other; At does not count,
// since a repeated request comes later.
func (r *Return) same(other *Return) bool {
	if r.Cancel || other.Cancel {
		return r.Cancel == other.Cancel // what is left differs from call to call
	}
	return r.Reason == other.Reason && r.Discard == other.Discard &&
		(len(r.Lines) > 0 || r.Amount == other.Amount) &&
		slices.EqualFunc(r.Lines, other.Lines, func(a, b ReturnLine) bool {
			return a.Line == b.Line && a.Quantity == b.Quantity
		})
}

// returned returns the return with this key, or nil.
func (o *Order) returned(key string) *Return {
	for i := range o.Returns {
		if o.Returns[i].Key == key {
			return &o.Returns[i]
		}
	}
	return nil
}

// Refundable returns what was captured and is neither given back nor promised to
// a return that is under way.
func (o *Order) Refundable() money.Amount {
	left := o.Payment.Captured.Minor() - o.Payment.Refunded.Minor()
	for i := range o.Returns {
		if r := &o.Returns[i]; !r.Done {
			left -= r.Amount.Minor()
		}
	}
	return money.New(max(left, 0), o.Currency)
}

// take counts the units of r.Lines as returned and fills in their shares and
// sums. On an error o is as before.
func (o *Order) take(r *Return) error {
	net, tax := int64(0), int64(0)
	for i := range r.Lines {
		l := &r.Lines[i]
		line := o.Line(l.Line)
		var err error
		switch {
		case line == nil:
			err = &FieldError{o.ID, fmt.Sprintf("lines[%d].line", i), fmt.Errorf("%q: %w", l.Line, flywheel.ErrNotFound)}
		case l.Quantity <= 0:
			err = &FieldError{o.ID, fmt.Sprintf("lines[%d].quantity", i), fmt.Errorf("%d is not positive: %w", l.Quantity, flywheel.ErrOutOfRange)}
		case l.Quantity > line.Quantity-line.Returned:
			err = &ReturnError{Order: o.ID, Line: l.Line, Want: l.Quantity, Left: line.Quantity - line.Returned}
		}
		if err != nil {
			o.untake(r.Lines[:i])
			return err
		}
		share, err := line.sold().Units(line.Returned, l.Quantity)
		if err != nil {
			o.untake(r.Lines[:i])
			return &FieldError{o.ID, fmt.Sprintf("lines[%d].quantity", i), err}
		}
		l.Net, l.Tax = share.Net, share.Tax
		line.Returned += l.Quantity
		net, tax = net+l.Net.Minor(), tax+l.Tax.Minor()
	}
	r.Net, r.Tax = money.New(net, o.Currency), money.New(tax, o.Currency)
	r.Amount = money.New(net+tax, o.Currency)
	return nil
}

// sold returns the line as it was quoted; its units' shares are computed there.
func (l *Line) sold() *pricing.QuoteLine {
	return &pricing.QuoteLine{Quantity: l.Quantity, TaxIncluded: l.TaxIncluded, Net: l.Net, Tax: l.Tax}
}

func (o *Order) untake(lines []ReturnLine) {
	for _, l := range lines {
		o.Line(l.Line).Returned -= l.Quantity
	}
}

// left returns all units that have not come back.
func (o *Order) left() []ReturnLine {
	var lines []ReturnLine
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Returned < l.Quantity {
			lines = append(lines, ReturnLine{Line: l.ID, Quantity: l.Quantity - l.Returned})
		}
	}
	return lines
}

// settle marks r as done. The money is refunded, or was never taken.
func (o *Order) settle(r *Return) {
	r.Done = true
	if !o.Payment.Captured.IsZero() {
		o.Payment.Refunded = money.New(o.Payment.Refunded.Minor()+r.Amount.Minor(), o.Currency)
	}
	o.Status = o.standing()
}

// withdraw removes the return with this key as if it had never been asked for.
func (o *Order) withdraw(key string) {
	i := slices.IndexFunc(o.Returns, func(r Return) bool { return r.Key == key })
	o.untake(o.Returns[i].Lines)
	o.Returns = slices.Delete(o.Returns, i, i+1)
	o.Status = o.standing()
}

// readmit puts back what withdraw removed, or returns nil when the units have
// come back in another return.
func (o *Order) readmit(r Return) *Return {
	for i, l := range r.Lines {
		if line := o.Line(l.Line); l.Quantity > line.Quantity-line.Returned {
			o.untake(r.Lines[:i])
			return nil
		}
		o.Line(l.Line).Returned += l.Quantity
	}
	o.Returns = append(o.Returns, r)
	return &o.Returns[len(o.Returns)-1]
}

// standing returns the status that follows from the payment and the returns.
func (o *Order) standing() Status {
	status, all := Paid, true
	if o.Payment.Authorization != "" && o.Payment.Captured.IsZero() {
		status = Placed
	}
	for i := range o.Returns {
		if r := &o.Returns[i]; r.Cancel {
			return Canceled
		} else if r.Done && len(r.Lines) > 0 {
			status = PartlyReturned
		} else if !r.Done {
			all = false
		}
	}
	if all && status == PartlyReturned && len(o.left()) == 0 {
		return Returned
	}
	return status
}

// event returns the refund as the world learns of it.
func (o *Order) event(r *Return) flywheel.Event {
	e := flywheel.Event{
		ID: eventid.Of("refund", string(o.ID), r.Key), Name: flywheel.EventRefund, Time: r.At,
		Customer: o.Customer, Visitor: o.Visitor, Session: o.Session, Ref: string(o.ID),
		Lines: o.items(r), Value: r.Amount,
	}
	if r.Reason != "" {
		e.Properties = map[string]any{"reason": r.Reason}
	}
	return e
}

// items returns the units of r as items of an event or of a stock movement.
func (o *Order) items(r *Return) []flywheel.Line {
	items := make([]flywheel.Line, len(r.Lines))
	for i, l := range r.Lines {
		items[i] = flywheel.Line{
			SKU: o.Line(l.Line).SKU, Quantity: l.Quantity,
			Amount: money.New(l.Net.Minor()+l.Tax.Minor(), o.Currency),
		}
	}
	return items
}
