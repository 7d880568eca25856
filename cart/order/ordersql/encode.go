package ordersql

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// storedLine is a line as it is written: amounts in minor units of the order's
// currency, without the counts, which change later and stand in the body.
type storedLine struct {
	ID          string            `json:"id"`
	SKU         flywheel.SKU      `json:"sku"`
	Quantity    int64             `json:"quantity"`
	Unit        money.Price       `json:"unit"`
	TaxIncluded bool              `json:"tax_included,omitempty"`
	TaxRate     money.Rate        `json:"tax_rate"`
	Subtotal    int64             `json:"subtotal"`
	Discount    int64             `json:"discount,omitempty"`
	Net         int64             `json:"net"`
	Tax         int64             `json:"tax"`
	Total       int64             `json:"total"`
	Title       string            `json:"title,omitempty"`
	Categories  []string          `json:"categories,omitempty"`
	Brand       string            `json:"brand,omitempty"`
	Cost        money.Amount      `json:"cost,omitzero"`
	TaxClass    string            `json:"tax_class,omitempty"`
	Taxes       []pricing.TaxPart `json:"taxes,omitempty"`
	Trace       []pricing.Step    `json:"trace,omitempty"`
	FinalSale   bool              `json:"final_sale,omitempty"`
	Download    bool              `json:"download,omitempty"`
	Added       string            `json:"added,omitempty"`

	NetContent flywheel.NetContent `json:"net_content,omitzero"`
}

// details are what is a buyer's own of a line and goes when the buyer is forgotten; so
// they stand in the body, too.
type details struct {
	Personalization flywheel.Details `json:"p,omitzero"`
	Metadata        flywheel.Details `json:"m,omitzero"`
}

// counts are what changes of a line.
type counts struct {
	Returned    int64     `json:"r,omitempty"`
	Canceled    int64     `json:"c,omitempty"`
	Shipped     int64     `json:"s,omitempty"`
	DeliveredAt time.Time `json:"d,omitzero"`
}

func storeLines(lines []order.Line) []storedLine {
	stored := make([]storedLine, len(lines))
	for i := range lines {
		l := &lines[i]
		stored[i] = storedLine{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, TaxIncluded: l.TaxIncluded, TaxRate: l.TaxRate,
			Subtotal: l.Subtotal.Minor(), Discount: l.Discount.Minor(), Net: l.Net.Minor(), Tax: l.Tax.Minor(), Total: l.Total.Minor(),
			Title: l.Title, Categories: l.Categories, Brand: l.Brand, Cost: l.Cost, TaxClass: l.TaxClass, Taxes: l.Taxes, Trace: l.Trace,
			FinalSale: l.FinalSale, Download: l.Download, Added: l.Added, NetContent: l.NetContent,
		}
	}
	return stored
}

// placed returns how many lines were there when the order was placed: they stand in a
// column that never changes, those added later in the body.
func placed(lines []order.Line) int {
	n := slices.IndexFunc(lines, func(l order.Line) bool { return l.Added != "" })
	if n < 0 {
		return len(lines)
	}
	return n
}

func encodeLines(lines []order.Line) (string, error) {
	text, err := json.Marshal(storeLines(lines[:placed(lines)]))
	return string(text), err
}

// storedBody is an order without what has a column of its own.
type storedBody struct {
	order.Order
	Lines []struct{} `json:"lines,omitempty"` // hides those of Order
	// Added are the lines that were added after the order was placed.
	Added []storedLine `json:"added,omitempty"`
	// Returned counts what came back, by the line's place, of orders without a mode;
	// Counts are those of the others.
	Returned map[int]int64  `json:"returned,omitempty"`
	Counts   map[int]counts `json:"counts,omitempty"`
	// Details are those of lines that have any, by the line's place.
	Details map[int]details `json:"details,omitempty"`
}

func encodeBody(o *order.Order) (string, error) {
	b := storedBody{Order: *o, Added: storeLines(o.Lines[placed(o.Lines):])}
	for i := range o.Lines {
		l := &o.Lines[i]
		if d := (details{l.Personalization, l.Metadata}); d != (details{}) {
			if b.Details == nil {
				b.Details = map[int]details{}
			}
			b.Details[i] = d
		}
		c := counts{l.Returned, l.Canceled, l.Shipped, l.DeliveredAt}
		switch {
		case c == counts{}:
		case o.Mode == "":
			if b.Returned == nil {
				b.Returned = map[int]int64{}
			}
			b.Returned[i] = c.Returned
		default:
			if b.Counts == nil {
				b.Counts = map[int]counts{}
			}
			b.Counts[i] = c
		}
	}
	text, err := json.Marshal(&b)
	return string(text), err
}

// decode fills in o from the two texts; what has a column is there already and
// stays.
func decode(o *order.Order, lines, body string) error {
	b := storedBody{}
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return err
	}
	var stored []storedLine
	if err := json.Unmarshal([]byte(lines), &stored); err != nil {
		return err
	}
	stored = append(stored, b.Added...)
	b.Order.ID, b.Order.Customer, b.Order.Visitor = o.ID, o.Customer, o.Visitor
	b.Order.Key, b.Order.Fingerprint, b.Order.Cart, b.Order.PlacedAt = o.Key, o.Fingerprint, o.Cart, o.PlacedAt
	*o = b.Order
	o.Lines = make([]order.Line, len(stored))
	amount := func(minor int64) money.Amount { return money.New(minor, o.Currency) }
	for i := range stored {
		l := &stored[i]
		o.Lines[i] = order.Line{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, TaxIncluded: l.TaxIncluded, TaxRate: l.TaxRate,
			Subtotal: amount(l.Subtotal), Discount: amount(l.Discount), Net: amount(l.Net), Tax: amount(l.Tax),
			Total: amount(l.Total), Title: l.Title, Categories: l.Categories, Brand: l.Brand, Cost: l.Cost, TaxClass: l.TaxClass,
			Taxes: l.Taxes, Trace: l.Trace, FinalSale: l.FinalSale, Download: l.Download, Added: l.Added, NetContent: l.NetContent,
			Returned: b.Returned[i], Personalization: b.Details[i].Personalization, Metadata: b.Details[i].Metadata,
		}
		if c, ok := b.Counts[i]; ok {
			line := &o.Lines[i]
			line.Returned, line.Canceled, line.Shipped, line.DeliveredAt = c.Returned, c.Canceled, c.Shipped, c.DeliveredAt
		}
	}
	*o = o.Normal()
	return nil
}
