package paper

import (
	"fmt"
	"html/template"
	"io"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Shop is what the papers say of the shop.
type Shop struct {
	Name    string
	Address []string // lines
	TaxID   string
	// Contact is how a buyer reaches the shop.
	Contact string
	// Footer is the small print.
	Footer []string
	// Words are the texts, by default [English].
	Words *Words
	// Format writes an amount, by default as in "12.50 EUR".
	Format func(money.Amount) string
	// Date is the layout of dates as of time.Format, by default "2006-01-02".
	Date string
	// Language is the language of the page as of BCP 47, by default "en".
	Language string
}

// Words are the texts of papers.
type Words struct {
	Invoice, CreditNote, PackingSlip          string
	Number, Date, Order, Ordered, TaxID       string
	BillTo, ShipTo                            string
	Item, Quantity, TaxRate, Net, Tax, Amount string
	Delivery, Fee, Label, Price, Received     string
	Total, TaxAt, Exempt                      string
	Parcel, Carrier, Tracking, From           string
}

// English are the words that are used where a shop gives no others.
var English = Words{
	Invoice: "Invoice", CreditNote: "Credit note", PackingSlip: "Packing slip",
	Number: "Number", Date: "Date", Order: "Order", Ordered: "Ordered on", TaxID: "Tax ID",
	BillTo: "Bill to", ShipTo: "Ship to",
	Item: "Item", Quantity: "Quantity", TaxRate: "Tax rate", Net: "Net", Tax: "Tax", Amount: "Amount",
	Delivery: "Delivery", Fee: "Restocking fee", Label: "Return label", Price: "Price reduction", Received: "Paid back before",
	Total: "Total", TaxAt: "Tax at", Exempt: "Exempt from tax.",
	Parcel: "Parcel", Carrier: "Carrier", Tracking: "Tracking", From: "From",
}

func (s *Shop) words() *Words {
	if s.Words != nil {
		return s.Words
	}
	return &English
}

func (s *Shop) amount(a money.Amount) string {
	if s.Format != nil {
		return s.Format(a)
	}
	return a.String()
}

// page is what the template sees.
type page struct {
	Shop     *Shop
	W        *Words
	Language string
	Title    string
	Facts    [][2]string
	BillTo   []string
	ShipTo   []string
	Priced   bool
	Rows     []row
	Taxes    [][4]string // rate, net, tax, total
	Sums     [][2]string
	Notes    []string
}

type row struct {
	Item, SKU, Quantity, Rate, Net, Tax, Amount string

	Asked flywheel.Details // of the line
}

// Document writes an invoice or a credit note of an order. Its lines and its sums are
// those of the document, which is not looked at again.
func Document(w io.Writer, s *Shop, o *order.Order, d *order.Document) error {
	p, zone, err := s.page(o)
	if err != nil {
		return err
	}
	switch d.Kind {
	case order.Invoice:
		p.Title = p.W.Invoice
	case order.CreditNote:
		p.Title = p.W.CreditNote
	default:
		return &flywheel.FieldError{Field: "kind", Err: fmt.Errorf("paper: %q: %w", d.Kind, flywheel.ErrInvalid)}
	}
	if d.Number == 0 {
		return &flywheel.FieldError{Field: "number", Err: fmt.Errorf("paper: the document has none yet: %w", flywheel.ErrInvalid)}
	}
	p.Priced = true
	p.Facts = append([][2]string{{p.W.Number, strconv.FormatInt(d.Number, 10)}, {p.W.Date, s.day(d.At, zone)}}, p.Facts...)
	for i := range d.Lines {
		l := &d.Lines[i]
		r := row{
			Item: s.item(l), SKU: string(l.SKU), Rate: percent(l.Rate),
			Net: s.amount(l.Net), Tax: s.amount(l.Tax), Amount: s.amount(l.Total),
		}
		if of := o.Line(l.Line); of != nil && l.Kind == order.GoodsLine {
			r.Asked = of.Personalization
		}
		if l.Quantity > 0 {
			r.Quantity = strconv.FormatInt(l.Quantity, 10)
		}
		p.Rows = append(p.Rows, r)
	}
	p.Taxes = s.taxes(o, d)
	p.Sums = [][2]string{{p.W.Net, s.amount(d.Net)}, {p.W.Tax, s.amount(d.Tax)}, {p.W.Total, s.amount(d.Total)}}
	if o.TaxExempt {
		p.Notes = append(p.Notes, p.W.Exempt)
	}
	return layout.Execute(w, p)
}

// PackingSlip writes what is in a parcel of an order, without prices.
func PackingSlip(w io.Writer, s *Shop, o *order.Order, parcel string) error {
	p, zone, err := s.page(o)
	if err != nil {
		return err
	}
	of := o.Parcel(parcel)
	if of == nil {
		return &flywheel.FieldError{Field: "parcel", Err: fmt.Errorf("paper: order %q has no parcel %q: %w", o.ID, parcel, flywheel.ErrNotFound)}
	}
	p.Title = p.W.PackingSlip
	p.Facts = append([][2]string{{p.W.Parcel, parcel}, {p.W.From, string(of.Location)}}, p.Facts...)
	if !of.ShippedAt.IsZero() {
		p.Facts = append(p.Facts, [2]string{p.W.Date, s.day(of.ShippedAt, zone)})
	}
	for _, fact := range [][2]string{{p.W.Carrier, of.Carrier}, {p.W.Tracking, of.Tracking}} {
		if fact[1] != "" {
			p.Facts = append(p.Facts, fact)
		}
	}
	units := of.Lines()
	for i := range o.Lines {
		l := &o.Lines[i]
		if n := units[l.ID]; n > 0 {
			p.Rows = append(p.Rows, row{Item: name(l.Title, string(l.SKU)), SKU: string(l.SKU), Quantity: strconv.FormatInt(n, 10), Asked: l.Personalization})
		}
	}
	return layout.Execute(w, p)
}

func (s *Shop) page(o *order.Order) (*page, *time.Location, error) {
	zone := time.UTC
	if o.Policy.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(o.Policy.Zone); err != nil {
			return nil, nil, &flywheel.FieldError{Field: "policy.zone", Err: fmt.Errorf("paper: %q: %w", o.Policy.Zone, flywheel.ErrInvalid)}
		}
	}
	p := &page{Shop: s, W: s.words(), Language: s.Language}
	if p.Language == "" {
		p.Language = "en"
	}
	number := o.Number
	if number == "" {
		number = string(o.ID)
	}
	p.Facts = [][2]string{{p.W.Order, number}, {p.W.Ordered, s.day(o.PlacedAt, zone)}}
	p.ShipTo = address(o.Shipping)
	if p.BillTo = address(o.Billing); p.BillTo == nil {
		p.BillTo = p.ShipTo
	}
	if o.Contact.Name != "" && (o.Billing == nil || o.Billing.Name == "") {
		p.BillTo = append([]string{o.Contact.Name}, p.BillTo...)
	}
	return p, zone, nil
}

func (s *Shop) day(t time.Time, zone *time.Location) string {
	layout := s.Date
	if layout == "" {
		layout = time.DateOnly
	}
	return t.In(zone).Format(layout)
}

func (s *Shop) item(l *order.DocumentLine) string {
	w := s.words()
	switch l.Kind {
	case order.DeliveryLine:
		return name(l.Title, w.Delivery)
	case order.FeeLine:
		return w.Fee + ": " + name(l.Title, string(l.SKU))
	case order.LabelLine:
		return w.Label
	case order.PriceLine:
		return w.Price
	case order.PaidLine:
		return w.Received
	}
	return name(l.Title, string(l.SKU))
}

func name(title, otherwise string) string {
	if title != "" {
		return title
	}
	return otherwise
}

// taxes sums a document by the rates of its lines. A delivery charge at several rates
// is shown by them where the document has all of it.
func (s *Shop) taxes(o *order.Order, d *order.Document) (rows [][4]string) {
	type sum struct{ net, tax, total int64 }
	var rates []money.Rate
	sums := map[money.Rate]sum{}
	add := func(r money.Rate, net, tax, total money.Amount) {
		if _, there := sums[r]; !there {
			rates = append(rates, r)
		}
		of := sums[r]
		sums[r] = sum{of.net + net.Minor(), of.tax + tax.Minor(), of.total + total.Minor()}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		if l.Kind == order.DeliveryLine && l.Rate.IsZero() && !l.Tax.IsZero() {
			of := o.Delivery
			if n := l.Delivery; n > 0 && n <= len(o.Deliveries) {
				of = &o.Deliveries[n-1]
			}
			if of == nil || l.Total != of.Total || len(of.Taxes) == 0 {
				return nil
			}
			for _, t := range of.Taxes {
				add(t.Rate, t.Net, t.Tax, t.Total)
			}
			continue
		}
		if l.Rate.IsZero() && !l.Tax.IsZero() {
			return nil // what a part is cut to has the rates of the whole
		}
		add(l.Rate, l.Net, l.Tax, l.Total)
	}
	for _, r := range rates {
		of := sums[r]
		amount := func(n int64) string { return s.amount(money.New(n, d.Total.Currency())) }
		rows = append(rows, [4]string{percent(r), amount(of.net), amount(of.tax), amount(of.total)})
	}
	return rows
}

// percent writes a rate as in "8.875 %".
func percent(r money.Rate) string {
	hundred, err := r.Mul(money.MustRate("100"))
	if err != nil {
		return r.String()
	}
	return hundred.String() + " %"
}

func address(a *order.Address) (lines []string) {
	if a == nil {
		return nil
	}
	lines = append(lines, a.Name)
	lines = append(lines, a.Street...)
	lines = append(lines, a.Postcode+" "+a.City, a.Region, a.Country)
	kept := lines[:0]
	for _, l := range lines {
		if l != "" && l != " " {
			kept = append(kept, l)
		}
	}
	return kept
}

var layout = template.Must(template.New("paper").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<title>{{.Title}}</title>
<style>
body { font: 11pt/1.4 sans-serif; max-width: 18cm; margin: 1cm auto; }
header, .to { display: flex; justify-content: space-between; gap: 1cm; margin-bottom: .8cm; }
table { border-collapse: collapse; width: 100%; margin-bottom: .8cm; }
th, td { text-align: left; padding: .15cm .2cm; border-bottom: 1px solid #999; vertical-align: top; }
.n { text-align: right; white-space: nowrap; }
tfoot td { border: 0; font-weight: bold; }
small { color: #555; }
bdi { white-space: pre-line; }
@media print { body { margin: 0; } }
</style>
</head>
<body>
<header>
<div><strong>{{.Shop.Name}}</strong>{{range .Shop.Address}}<br>{{.}}{{end}}</div>
<div>{{with .Shop.TaxID}}{{$.W.TaxID}} {{.}}<br>{{end}}{{.Shop.Contact}}</div>
</header>
<h1>{{.Title}}</h1>
<table>{{range .Facts}}
<tr><th scope="row">{{index . 0}}</th><td>{{index . 1}}</td></tr>{{end}}
</table>
<div class="to">
<div><strong>{{.W.BillTo}}</strong>{{range .BillTo}}<br>{{.}}{{end}}</div>
<div><strong>{{.W.ShipTo}}</strong>{{range .ShipTo}}<br>{{.}}{{end}}</div>
</div>
<table>
<thead><tr><th>{{.W.Item}}</th><th class="n">{{.W.Quantity}}</th>{{if .Priced}}<th class="n">{{.W.TaxRate}}</th><th class="n">{{.W.Net}}</th><th class="n">{{.W.Tax}}</th><th class="n">{{.W.Amount}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}
<tr><td>{{.Item}}{{if and .SKU (ne .SKU .Item)}} <small>{{.SKU}}</small>{{end}}{{range $name, $text := .Asked.All}}<br><small><bdi>{{$name}}</bdi>: <bdi>{{$text}}</bdi></small>{{end}}</td><td class="n">{{.Quantity}}</td>{{if $.Priced}}<td class="n">{{.Rate}}</td><td class="n">{{.Net}}</td><td class="n">{{.Tax}}</td><td class="n">{{.Amount}}</td>{{end}}</tr>{{end}}
</tbody>
{{if .Priced}}<tfoot>{{range .Sums}}
<tr><td colspan="5" class="n">{{index . 0}}</td><td class="n">{{index . 1}}</td></tr>{{end}}
</tfoot>{{end}}
</table>
{{with .Taxes}}<table>
<tbody>{{range .}}
<tr><td>{{$.W.TaxAt}} {{index . 0}}</td><td class="n">{{index . 1}}</td><td class="n">{{index . 2}}</td><td class="n">{{index . 3}}</td></tr>{{end}}
</tbody>
</table>{{end}}
{{range .Notes}}<p>{{.}}</p>
{{end}}<footer><small>{{range .Shop.Footer}}{{.}}<br>{{end}}</small></footer>
</body>
</html>
`))
