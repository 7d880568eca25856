package order

// State is where the goods of an order or of one of its lines stand, see
// [Order.State] and [Line.State]. Where the money stands is [Status].
type State string

// The states of goods.
const (
	Processing State = "processing" // nothing of what is left has been sent
	Partial    State = "partial"    // some of it has been sent
	Fulfilled  State = "fulfilled"  // all of it has been sent
	Removed    State = "removed"    // of a line: no unit is left
	CalledOff  State = "canceled"   // of an order: all was called off before anything was sent
	CameBack   State = "returned"   // of an order: no unit is left
)

// Left returns how many units were neither called off nor came back.
func (l *Line) Left() int64 { return l.Quantity - l.Canceled - l.Returned }

// Unshipped returns how many units have yet to be sent.
func (l *Line) Unshipped() int64 { return l.Quantity - l.Canceled - l.Shipped }

// Fulfilled returns how many units were sent and did not come back.
func (l *Line) Fulfilled() int64 { return l.Shipped - l.Returned }

// Original returns how many units were ordered when the order was placed: none of
// a line that was added later.
func (l *Line) Original() int64 {
	if l.Added != "" {
		return 0
	}
	return l.Quantity
}

// State returns where the units of the line stand.
func (l *Line) State() State {
	switch {
	case l.Left() == 0:
		return Removed
	case l.Unshipped() == 0:
		return Fulfilled
	case l.Fulfilled() > 0:
		return Partial
	}
	return Processing
}

// State returns where the goods of the order stand.
func (o *Order) State() State {
	left, sent, whole, some := int64(0), int64(0), true, false
	for i := range o.Lines {
		l := &o.Lines[i]
		sent += l.Shipped
		if l.Left() == 0 {
			continue
		}
		left += l.Left()
		whole = whole && l.Unshipped() == 0
		some = some || l.Fulfilled() > 0
	}
	switch {
	case left == 0 && sent == 0:
		return CalledOff
	case left == 0:
		return CameBack
	case whole:
		return Fulfilled
	case some:
		return Partial
	}
	return Processing
}
