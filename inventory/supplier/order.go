package supplier

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MostQuantity bounds the units of a line, MostLines the lines of an order and
// MostDocuments what was applied to it.
const (
	MostQuantity  = 1_000_000_000_000
	MostLines     = 10_000
	MostDocuments = 100_000
)

// State is where an order is on its way.
type State uint8

// States. An order goes from Draft to Sent, is confirmed or not, is received in
// parts, and ends Closed or Canceled.
const (
	Draft State = iota
	Sent
	Confirmed
	PartlyReceived
	Received
	Closed
	Canceled
)

var stateNames = [...]string{"draft", "sent", "confirmed", "partly received", "received", "closed", "canceled"}

// String returns the lower-case name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Order is a purchase order with everything that happened to it: one object from
// the order to the score. It is a value: [Order.Apply] returns the next one and
// leaves the receiver as it was.
type Order struct {
	ID       string         `json:"id"`
	Supplier string         `json:"supplier"`
	Currency money.Currency `json:"currency"`
	Placed   time.Time      `json:"placed"`
	State    State          `json:"state"`
	// OverDelivery is the share of an ordered quantity that may come on top.
	OverDelivery float64 `json:"over_delivery,omitempty"`
	Lines        []Line  `json:"lines"`
	// Documents are those applied, in order.
	Documents []Document `json:"documents,omitempty"`
	// Posted is the number of documents whose effects reached inventory. [Service]
	// counts it.
	Posted int `json:"posted,omitempty"`
	// Version counts the saves of a [Store].
	Version int64 `json:"version,omitempty"`
}

// Line is a line of an order. The counters after Inspect follow from documents:
// Received = Stocked + Quarantined + Rejected at all times.
type Line struct {
	SKU      flywheel.SKU `json:"sku"`
	Place    string       `json:"place,omitempty"`
	Ordered  int64        `json:"ordered"`
	Price    money.Price  `json:"price"`
	Promised time.Time    `json:"promised"`
	// Confirmed is the date of the last confirmation, zero without one. It is what is
	// expected; what a supplier is scored by stays Promised.
	Confirmed time.Time `json:"confirmed,omitzero"`
	// SpreadDays is the standard deviation of the lead time, for the range of the
	// incoming date.
	SpreadDays float64 `json:"spread_days,omitempty"`
	// Inspect says that what is received goes to quarantine first.
	Inspect bool `json:"inspect,omitempty"`

	Canceled    int64 `json:"canceled,omitempty"`
	Received    int64 `json:"received,omitempty"`
	Quarantined int64 `json:"quarantined,omitempty"`
	Stocked     int64 `json:"stocked,omitempty"`
	Rejected    int64 `json:"rejected,omitempty"`
	// Returned is what of Rejected went back to the supplier, Withdrawn what of Stocked
	// did: it was taken from the shelf.
	Returned  int64 `json:"returned,omitempty"`
	Withdrawn int64 `json:"withdrawn,omitempty"`
	Invoiced  int64 `json:"invoiced,omitempty"`
	// InvoicedValue is the sum of the invoices' amounts.
	InvoicedValue money.Amount `json:"invoiced_value,omitzero"`
	// Landed units have a landed cost, which is LandedCost for all of them, in the
	// currency of the shop.
	Landed     int64        `json:"landed,omitempty"`
	LandedCost money.Amount `json:"landed_cost,omitzero"`
}

// Open returns the units that are still to come.
func (l Line) Open() int64 { return max(0, l.Ordered-l.Canceled-l.Received) }

// Kind is the kind of a [Document].
type Kind uint8

// Kinds.
const (
	// Send: the order goes to the supplier.
	Send Kind = iota + 1
	// Confirm: the supplier confirms, perhaps with other dates.
	Confirm
	// Receipt: goods arrive. Rejected units are found defective at once; the others
	// go to stock, or to quarantine if the line is inspected.
	Receipt
	// Inspect: Quantity units leave quarantine, Rejected of them as defective.
	Inspect
	// Return: units go back to the supplier, rejected ones and, from the shelf, stocked
	// ones.
	Return
	// Invoice: the supplier bills units at a price.
	Invoice
	// Cancel: open units are no longer wanted.
	Cancel
	// Close: nothing more is expected; what is open is canceled.
	Close
	// Land: what units cost on the shelf is known, with freight and duty.
	Land
)

// Document is something that happened to an order. Its ID makes it idempotent:
// the same document again changes nothing, another one of that ID is refused.
type Document struct {
	ID    string         `json:"id"`
	Kind  Kind           `json:"kind"`
	At    time.Time      `json:"at"`
	Lines []DocumentLine `json:"lines,omitempty"`
	// Sample is what was inspected by a plan, see [Service.Inspect].
	Sample *Sample `json:"sample,omitempty"`
}

// Sample is what an inspection by a sampling plan found. It says why a lot was
// accepted or not, and changes nothing by itself.
type Sample struct {
	Severity Severity `json:"severity"`
	// Found are the defectives of each stage.
	Found    []int `json:"found"`
	Accepted bool  `json:"accepted"`
}

// DocumentLine is what a document says of one line.
type DocumentLine struct {
	// Line is the index in the order.
	Line     int   `json:"line"`
	Quantity int64 `json:"quantity,omitempty"`
	// Rejected of a receipt or an inspection are included in Quantity. Of a return they
	// are the units from the shelf that were found defective.
	Rejected int64 `json:"rejected,omitempty"`
	// Shelf of a return are the units of Quantity that are taken from the shelf.
	Shelf int64 `json:"shelf,omitempty"`
	// Lots name units of a receipt, an inspection or a return from the shelf by lot or
	// serial number. They may be fewer than the units of the line.
	Lots []LotUnits `json:"lots,omitempty"`
	// Cost of a Land document is what Quantity units cost on the shelf.
	Cost money.Amount `json:"cost,omitzero"`
	// Price is the one of an invoice.
	Price money.Price `json:"price,omitzero"`
	// Promised is the date of a confirmation.
	Promised time.Time `json:"promised,omitzero"`
}

// LotUnits are units of a lot, or one unit with its serial number.
type LotUnits struct {
	Lot string `json:"lot"`
	// Quantity are the units of the lot, Rejected those of them that are not to be
	// sold.
	Quantity int64 `json:"quantity"`
	Rejected int64 `json:"rejected,omitempty"`
	// Expires is the last day on which they can be used; zero is never.
	Expires fulfillment.Date `json:"expires,omitzero"`
}

// Movement is what a document does to stock: units of a SKU at a place that
// become available, or with Quarantine are there but not to be sold. Units of a lot
// that is known are a movement of their own. Inventory posts it under the document's
// ID.
type Movement struct {
	SKU        flywheel.SKU
	Place      string
	Quantity   int64
	Quarantine bool
	Line       int
	// Lot and Expires are those of [LotUnits], empty for units that name none.
	Lot     string
	Expires fulfillment.Date
}

// Incoming is a row of what is to come, as inventory keeps it for the delivery
// promise.
type Incoming struct {
	Order    string
	Line     int
	SKU      flywheel.SKU
	Place    string
	Quantity int64
	// Expected is the day, Earliest and Latest what two standard deviations of the
	// lead time make of it.
	Expected, Earliest, Latest time.Time
}

// Check reports what is wrong with an order, such as one read from a file.
func (o Order) Check() error {
	switch {
	case o.ID == "":
		return refuse("order id", o.ID, ErrInput)
	case o.Supplier == "":
		return refuse("supplier of order "+o.ID, o.Supplier, ErrInput)
	case o.Placed.IsZero():
		return refuse("date of order "+o.ID, "missing", ErrInput)
	case len(o.Lines) == 0 || len(o.Lines) > MostLines:
		return refuse("number of lines of order "+o.ID, len(o.Lines), ErrRange)
	case int(o.State) >= len(stateNames):
		return refuse("state of order "+o.ID, uint8(o.State), ErrInput)
	case o.Posted < 0 || o.Posted > len(o.Documents):
		return refuse("posted documents of order "+o.ID, o.Posted, ErrRange)
	case !(o.OverDelivery >= 0 && o.OverDelivery <= 10):
		return refuse("over-delivery of order "+o.ID, o.OverDelivery, ErrRange)
	}
	for i, l := range o.Lines {
		name := func(what string) string { return fmt.Sprintf("order %s line %d %s", o.ID, i, what) }
		switch {
		case l.SKU == "":
			return refuse(name("SKU"), l.SKU, ErrInput)
		case l.Ordered < 1 || l.Ordered > MostQuantity:
			return refuse(name("ordered"), l.Ordered, ErrRange)
		case l.Price.Currency() != o.Currency:
			return refuse(name("currency"), l.Price.Currency(), ErrInput)
		case l.Price.Sign() < 0:
			return refuse(name("price"), l.Price, ErrRange)
		case l.Promised.IsZero():
			return refuse(name("promised date"), "missing", ErrInput)
		case !(l.SpreadDays >= 0 && l.SpreadDays <= 36500):
			return refuse(name("spread"), l.SpreadDays, ErrRange)
		case min(l.Canceled, l.Received, l.Quarantined, l.Stocked, l.Rejected, l.Returned, l.Invoiced) < 0,
			l.Received != l.Stocked+l.Quarantined+l.Rejected, l.Returned > l.Rejected, l.Withdrawn < 0, l.Withdrawn > l.Stocked, l.Landed < 0:
			return refuse(name("counters"), fmt.Sprintf("%+v", l), ErrInput)
		}
	}
	return nil
}

// Value returns the exact value of the ordered units, Σ quantity × price, with as
// many decimals as the prices have.
func (o Order) Value() decimal.Decimal {
	sum := decimal.Decimal{}
	for _, l := range o.Lines {
		sum = sum.Add(l.Price.Decimal().Mul(decimal.NewFromInt(l.Ordered)))
	}
	return sum
}

// Totals are sums over orders, in units, and their exact value.
type Totals struct {
	Orders, Lines                                           int
	Ordered, Received, Rejected, Stocked, Quarantined, Open int64
	Value                                                   decimal.Decimal
}

// Add returns the totals with one more order.
func (t Totals) Add(o Order) Totals {
	t.Orders++
	for _, l := range o.Lines {
		t.Lines++
		t.Ordered += l.Ordered
		t.Received += l.Received
		t.Rejected += l.Rejected
		t.Stocked += l.Stocked
		t.Quarantined += l.Quarantined
		t.Open += l.Open()
	}
	t.Value = t.Value.Add(o.Value())
	return t
}

// Incoming returns a row for each line with open units. A draft, and an order that
// is closed or canceled, has none.
func (o Order) Incoming() []Incoming {
	if o.State == Draft || o.State == Closed || o.State == Canceled {
		return nil
	}
	var rows []Incoming
	for i, l := range o.Lines {
		if l.Open() == 0 {
			continue
		}
		reach := time.Duration(2 * l.SpreadDays * 24 * float64(time.Hour))
		expected := l.Promised
		if !l.Confirmed.IsZero() {
			expected = l.Confirmed
		}
		row := Incoming{
			Order: o.ID, Line: i, SKU: l.SKU, Place: l.Place, Quantity: l.Open(),
			Expected: expected, Earliest: expected.Add(-reach), Latest: expected.Add(reach),
		}
		if row.Earliest.Before(o.Placed) {
			row.Earliest = o.Placed
		}
		rows = append(rows, row)
	}
	return rows
}

// Scored returns the lines as a [Scorecard] reads them: receipts by document,
// units rejected at receipt, inspection or later from the shelf, and the mean invoiced price. Canceled
// units are not held against the supplier; a line that was canceled in full and
// never received is left out. The days are those of the documents' times.
func (o Order) Scored() []ScoredLine {
	if o.State == Draft {
		return nil
	}
	lines := make([]ScoredLine, len(o.Lines))
	rejected := make([]float64, len(o.Lines)) // by inspection, to be placed on receipts
	for i, l := range o.Lines {
		lines[i] = ScoredLine{SKU: l.SKU, Ordered: float64(l.Ordered - l.Canceled), OrderedOn: o.Placed, Promised: l.Promised}
		lines[i].Agreed, _ = l.Price.Decimal().Float64()
		if l.Invoiced > 0 {
			value, _ := l.InvoicedValue.Decimal().Float64()
			lines[i].Invoiced = value / float64(l.Invoiced)
		} else {
			lines[i].Agreed = 0
		}
	}
	for _, d := range o.Documents {
		for _, l := range d.Lines {
			switch d.Kind {
			case Receipt:
				lines[l.Line].Receipts = append(lines[l.Line].Receipts, Delivery{d.At, float64(l.Quantity), float64(l.Rejected)})
			case Inspect, Return:
				rejected[l.Line] += float64(l.Rejected)
			}
		}
	}
	kept := lines[:0]
	for i, s := range lines {
		for j := range s.Receipts {
			take := min(rejected[i], s.Receipts[j].Quantity-s.Receipts[j].Rejected)
			s.Receipts[j].Rejected += take
			rejected[i] -= take
		}
		if s.Ordered > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}
