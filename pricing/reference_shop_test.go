package pricing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

func cents(minor int64) money.Amount { return money.New(minor, money.EUR) }

// percentOf reads a percentage such as 12.5.
func percentOf(t *testing.T, n number) money.Rate {
	t.Helper()
	r, err := money.NewRate(n.Coefficient(), n.Scale()+2)
	require.NoError(t, err)
	return r
}

// minorPrice is the price of n minor units of EUR, whole or not.
func minorPrice(t *testing.T, n number) money.Price {
	t.Helper()
	p, err := money.NewPrice(n.Coefficient(), n.Scale()+money.EUR.Digits(), money.EUR)
	require.NoError(t, err)
	return p
}

func runFormat(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Locale, Amount string
		Currency       money.Currency
	}](t, input)
	l, err := locale.Find(in.Locale)
	require.NoError(t, err)
	a, err := money.Parse(in.Amount, in.Currency)
	require.NoError(t, err)
	return object{"text": l.Format(a)}
}

func runParse(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Locale, Text string
		Currency     money.Currency
	}](t, input)
	l, err := locale.Find(in.Locale)
	require.NoError(t, err)
	a, err := l.Parse(in.Text, in.Currency)
	switch {
	case err == nil:
		return object{"minor": a.Minor()}
	case errors.Is(err, money.ErrDecimals):
		return object{"error": "too_many_decimals"}
	case errors.Is(err, money.ErrOutOfRange):
		return object{"error": "out_of_range"}
	}
	return object{"error": "not_a_number"}
}

func runLowestPrior(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Days    int
		Starts  time.Time `json:"reduction_starts"`
		History []struct {
			From   time.Time
			Amount int64
		}
	}](t, input)
	var history []pricing.PricePoint
	var c pricing.Config
	for i, h := range in.History {
		history = append(history, pricing.PricePoint{From: h.From, Price: eur(h.Amount)})
		list := pricing.List{ID: fmt.Sprint(i), Starts: h.From, Entries: []pricing.Entry{{SKU: "a", Unit: eur(h.Amount)}}}
		if i+1 < len(in.History) && h.From.Before(in.History[i+1].From) {
			list.Ends = in.History[i+1].From
		}
		c.Lists = append(c.Lists, list)
	}
	price, err := pricing.LowestPrior(history, in.Starts, in.Days)
	if errors.Is(err, pricing.ErrNoPrice) {
		return object{"prior_price": nil}
	}
	require.NoError(t, err)
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	same, err := e.LowestPrior(pricing.Basket{Currency: money.EUR, At: in.Starts}, "a", in.Days)
	require.NoError(t, err)
	require.Equal(t, price, same, "the windows of lists tell the same as their history")
	return object{"prior_price": price.Coefficient()}
}

func runTier(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Mode  string
		Qty   int64
		Tiers []struct {
			MinQty    int64  `json:"min_qty"`
			UnitPrice number `json:"unit_price"`
		}
	}](t, input)
	list := pricing.List{ID: "list", Graduated: in.Mode == "graduated"}
	require.Contains(t, []string{"graduated", "volume"}, in.Mode)
	for i, tier := range in.Tiers {
		e := pricing.Entry{SKU: "a", Unit: minorPrice(t, tier.UnitPrice), MinQuantity: tier.MinQty}
		if i+1 < len(in.Tiers) {
			e.MaxQuantity = in.Tiers[i+1].MinQty - 1
		}
		list.Entries = append(list.Entries, e)
	}
	q := quote(t, pricing.Config{Lists: []pricing.List{list}}, pricing.Basket{Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: in.Qty}}})
	return object{"total": q.Total.Minor()}
}

func runTax(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		PricesIncludeTax bool      `json:"prices_include_tax"`
		RoundScope       tax.Scope `json:"round_scope"`
		Rounding         money.Rounding
		Exempt           bool
		Lines            []struct {
			ID        string
			UnitPrice number `json:"unit_price"`
			Qty       int64
			Discount  int64
			Taxes     []struct {
				Code, Rate string
				Compound   bool
			}
		}
	}](t, input)
	c := pricing.Config{Rounding: in.Rounding, TaxScope: in.RoundScope}
	b := pricing.Basket{TaxExempt: in.Exempt}
	written := map[money.Rate]string{} // a rate as the case writes it
	for i, l := range in.Lines {
		sku := flywheel.SKU(l.ID)
		class := pricing.Tax{Class: l.ID}
		for _, x := range l.Taxes {
			rate := money.MustRate(x.Rate)
			written[rate] = x.Rate
			class.Components = append(class.Components, tax.Tax{Code: x.Code, Rate: rate, Compound: x.Compound})
		}
		c.Taxes = append(c.Taxes, class)
		if l.Discount > 0 {
			c.Promotions = append(c.Promotions, pricing.Promotion{
				ID: fmt.Sprint(i), Level: pricing.OrderLevel, Amount: cents(l.Discount), SKUs: []flywheel.SKU{sku},
			})
		}
		b.Lines = append(b.Lines, pricing.Line{
			ID: l.ID, SKU: sku, Quantity: l.Qty, TaxClass: l.ID,
			Agreed: minorPrice(t, l.UnitPrice), TaxIncluded: in.PricesIncludeTax,
		})
	}
	q := quote(t, c, b)
	lines := []any{}
	for _, l := range q.Lines {
		line := object{"id": l.ID, "net": l.Net.Minor(), "tax": l.Tax.Minor(), "gross": l.Total.Minor()}
		if len(l.Taxes) > 1 {
			parts := object{}
			for _, p := range l.Taxes {
				parts[p.Code] = p.Tax.Minor()
			}
			line["components"] = parts
		}
		lines = append(lines, line)
	}
	rates := object{}
	for _, r := range q.Taxes {
		name := written[r.Rate]
		if name == "" {
			name = r.Rate.String()
		}
		rates[name] = object{"net": r.Net.Minor(), "tax": r.Tax.Minor(), "gross": r.Total.Minor()}
	}
	return object{"lines": lines, "by_rate": rates, "net": q.Net.Minor(), "tax": q.Tax.Minor(), "gross": q.Total.Minor()}
}

func runDistanceSale(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Seller      string `json:"seller_country"`
		Buyer       string `json:"buyer_country"`
		Origin      string `json:"origin_rate"`
		Destination string `json:"destination_rate"`
		Threshold   int64
		OptedIn     bool  `json:"opted_in"`
		Business    bool  `json:"buyer_vat_id_valid"`
		Before      int64 `json:"cross_border_net_before"`
		Net         int64 `json:"order_net"`
	}](t, input)
	treatment, err := tax.DistanceSale{
		Seller: in.Seller, Buyer: in.Buyer, OptedIn: in.OptedIn, Business: in.Business,
		Before: cents(in.Before), Net: cents(in.Net), Threshold: cents(in.Threshold),
	}.Treatment()
	require.NoError(t, err)
	rate := map[tax.Treatment]string{tax.TaxedAtOrigin: in.Origin, tax.TaxedAtDestination: in.Destination}[treatment]
	if rate == "" {
		rate = "0"
	}
	return object{"rate": rate, "treatment": treatment}
}

func runProrate(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Amounts, Floors []int64
		Eligible        []bool
		Discount        int64
	}](t, input)
	p := pricing.Promotion{ID: "p", Level: pricing.OrderLevel, Amount: cents(in.Discount)}
	var b pricing.Basket
	for i, amount := range in.Amounts {
		l := pricing.Line{ID: fmt.Sprint(i), SKU: flywheel.SKU(fmt.Sprint(i)), Quantity: 1, Agreed: eur(amount)}
		if in.Floors != nil && in.Floors[i] > 0 {
			l.Floor = eur(in.Floors[i])
		}
		b.Lines = append(b.Lines, l)
		if in.Eligible == nil || in.Eligible[i] {
			p.SKUs = append(p.SKUs, l.SKU)
		}
	}
	var c pricing.Config
	if in.Discount > 0 && (in.Eligible == nil || len(p.SKUs) > 0) {
		c.Promotions = []pricing.Promotion{p}
	}
	q := quote(t, c, b)
	var parts, net []int64
	for _, l := range q.Lines {
		parts, net = append(parts, l.Discount.Minor()), append(net, l.Net.Minor())
	}
	return object{"parts": parts, "net": net, "unused": in.Discount - q.Discount.Minor()}
}

// unitLine is a line of the cases about single units.
type unitLine struct {
	ID        string
	UnitPrice number `json:"unit_price"`
	Qty       int64
}

func basketOf(t *testing.T, lines []unitLine) (b pricing.Basket) {
	t.Helper()
	for _, l := range lines {
		b.Lines = append(b.Lines, pricing.Line{ID: l.ID, SKU: flywheel.SKU(l.ID), Quantity: l.Qty, Agreed: minorPrice(t, l.UnitPrice)})
	}
	return b
}

func byLine(q *pricing.Quote) object {
	lines := object{}
	for _, l := range q.Lines {
		if !l.Discount.IsZero() {
			lines[l.ID] = l.Discount.Minor()
		}
	}
	return lines
}

func runBuyGet(t *testing.T, input json.RawMessage) any {
	type side struct {
		IDs        []flywheel.SKU
		Qty        int64
		PercentOff number `json:"percent_off"`
	}
	in := read[struct {
		Lines           []unitLine
		Buy, Get        side
		Selection       pricing.Selection
		MaxApplications int64 `json:"max_applications"`
	}](t, input)
	q := quote(t, pricing.Config{Promotions: []pricing.Promotion{{
		ID: "p", SKUs: in.Buy.IDs, Percent: percentOf(t, in.Get.PercentOff), Limit: in.MaxApplications,
		BuyGet: &pricing.BuyGet{Buy: in.Buy.Qty, Get: in.Get.Qty, Of: pricing.Of{SKUs: in.Get.IDs}, Selection: in.Selection},
	}}}, basketOf(t, in.Lines))
	return object{"discount": q.Discount.Minor(), "by_line": byLine(&q)}
}

func runBundle(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Lines       []unitLine
		BundleQty   int64 `json:"bundle_qty"`
		BundlePrice int64 `json:"bundle_price"`
	}](t, input)
	q := quote(t, pricing.Config{Promotions: []pricing.Promotion{{
		ID: "p", Price: eur(in.BundlePrice), Bundle: &pricing.Bundle{Quantity: in.BundleQty},
	}}}, basketOf(t, in.Lines))
	return object{"discount": q.Discount.Minor(), "by_line": byLine(&q)}
}

func runStack(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Subtotal    int64
		Strategy    string
		PercentBase pricing.Basis `json:"percent_base"`
		MinBasis    pricing.Basis `json:"min_basis"`
		Promotions  []struct {
			ID, Type, Group string
			Value           number
			Priority        int
			Exclusive       bool
			MinSubtotal     int64 `json:"min_subtotal"`
			MaxDiscount     int64 `json:"max_discount"`
		}
	}](t, input)
	var c pricing.Config
	switch in.Strategy {
	case "all_in_order", "priority_exclusive":
	case "best_of":
		c.Strategy = pricing.BestOf
	default:
		t.Fatalf("unknown strategy %q", in.Strategy)
	}
	for _, p := range in.Promotions {
		promotion := pricing.Promotion{
			ID: p.ID, Level: pricing.OrderLevel, Priority: p.Priority, PercentBase: in.PercentBase, MinimumBase: in.MinBasis,
			Exclusive: p.Exclusive && in.Strategy != "all_in_order",
		}
		if in.Strategy == "best_of" && !p.Exclusive {
			promotion.Group = p.Group
		}
		switch p.Type {
		case "percent":
			promotion.Percent = percentOf(t, p.Value)
		case "fixed":
			require.Zero(t, p.Value.Scale())
			promotion.Amount = cents(p.Value.Coefficient())
		default:
			t.Fatalf("unknown type %q", p.Type)
		}
		if p.MinSubtotal > 0 {
			promotion.Minimum = cents(p.MinSubtotal)
		}
		if p.MaxDiscount > 0 {
			promotion.Maximum = cents(p.MaxDiscount)
		}
		c.Promotions = append(c.Promotions, promotion)
	}
	q := quote(t, c, pricing.Basket{Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: 1, Agreed: eur(in.Subtotal)}}})
	applied := object{}
	for _, a := range q.Applied {
		applied[a.Promotion] = a.Discount.Minor()
	}
	return object{"discount": q.Discount.Minor(), "applied": applied, "total": q.Total.Minor()}
}

func runLineBest(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Lines      []unitLine
		Promotions []struct {
			ID, Type string
			Value    number
			Lines    []flywheel.SKU
		}
	}](t, input)
	c := pricing.Config{Groups: []pricing.Group{{ID: "best", Pick: pricing.LineBest}}}
	for _, p := range in.Promotions {
		promotion := pricing.Promotion{ID: p.ID, Group: "best", SKUs: p.Lines}
		switch p.Type {
		case "percent":
			promotion.Percent = percentOf(t, p.Value)
		case "fixed":
			require.Zero(t, p.Value.Scale())
			promotion.Amount = cents(p.Value.Coefficient())
		default:
			t.Fatalf("unknown type %q", p.Type)
		}
		c.Promotions = append(c.Promotions, promotion)
	}
	q := quote(t, c, basketOf(t, in.Lines))
	lines := object{}
	for _, l := range q.Lines {
		for _, s := range l.Trace {
			if s.Kind == pricing.StepLine || s.Kind == pricing.StepShare {
				lines[l.ID] = object{"promotion": s.Source, "discount": -s.Amount.Minor()}
			}
		}
	}
	return object{"lines": lines, "discount": q.Discount.Minor()}
}

func runShippingDiscount(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Shipping, Threshold int64
		PercentOff          number `json:"percent_off"`
		ThresholdBasis      string `json:"threshold_basis"`
		Before              int64  `json:"goods_before_discounts"`
		After               int64  `json:"goods_after_discounts"`
	}](t, input)
	p := pricing.Promotion{ID: "shipping", Level: pricing.ShippingLevel, Percent: percentOf(t, in.PercentOff), Priority: 9}
	switch in.ThresholdBasis {
	case "after_discounts":
	case "before_discounts":
		p.MinimumBase = pricing.Original
	default:
		t.Fatalf("unknown basis %q", in.ThresholdBasis)
	}
	if in.Threshold > 0 {
		p.Minimum = cents(in.Threshold)
	}
	c := pricing.Config{Promotions: []pricing.Promotion{p}}
	if in.After < in.Before {
		c.Promotions = append(c.Promotions, pricing.Promotion{ID: "goods", Level: pricing.OrderLevel, Amount: cents(in.Before - in.After)})
	}
	q := quote(t, c, pricing.Basket{
		Lines:    []pricing.Line{{ID: "1", SKU: "a", Quantity: 1, Agreed: eur(in.Before)}},
		Shipping: []pricing.Shipping{{ID: "ship", Amount: cents(in.Shipping)}},
	})
	return object{"shipping_discount": q.Shipping[0].Discount.Minor(), "shipping_charged": q.Shipping[0].Total.Minor()}
}

func runShippingTax(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		ShippingGross int64 `json:"shipping_gross"`
		Lines         []struct {
			Net  int64
			Rate string
		}
	}](t, input)
	var c pricing.Config
	b := pricing.Basket{Shipping: []pricing.Shipping{{ID: "ship", Amount: cents(in.ShippingGross), TaxIncluded: true}}}
	written := map[money.Rate]string{}
	for i, l := range in.Lines {
		rate := money.MustRate(l.Rate)
		if _, there := written[rate]; !there {
			c.Taxes = append(c.Taxes, pricing.Tax{Class: rate.String(), Rate: rate})
			written[rate] = l.Rate
		}
		b.Lines = append(b.Lines, pricing.Line{ID: fmt.Sprint(i), SKU: "a", Quantity: 1, Agreed: eur(l.Net), TaxClass: rate.String()})
	}
	q := quote(t, c, b)
	parts := []any{}
	for _, p := range q.Shipping[0].Taxes {
		parts = append(parts, object{
			"rate": written[p.Rate], "gross": p.Net.Minor() + p.Tax.Minor(), "tax": p.Tax.Minor(), "net": p.Net.Minor(),
		})
	}
	return object{"parts": parts, "tax": q.Shipping[0].Tax.Minor()}
}

func runTender(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Total, Tax int64
		Tenders    []struct {
			ID         string
			Balance    *int64
			MaxPercent number `json:"max_percent"`
		}
	}](t, input)
	var tenders []pricing.Tender
	for _, from := range in.Tenders {
		tender := pricing.Tender{ID: from.ID, MaxPercent: percentOf(t, from.MaxPercent)}
		if from.Balance != nil {
			tender.Balance = cents(*from.Balance)
		}
		tenders = append(tenders, tender)
	}
	payments, due, err := pricing.Pay(cents(in.Total), tenders)
	require.NoError(t, err)
	return object{"tenders": paid(payments), "due": due.Minor(), "tax": in.Tax}
}

func paid(payments []pricing.Payment) []any {
	list := []any{}
	for _, p := range payments {
		list = append(list, object{"id": p.Tender, "amount": p.Amount.Minor()})
	}
	return list
}

func runRefundUnits(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		LineNet int64 `json:"line_net"`
		LineTax int64 `json:"line_tax"`
		Qty     int64
		Returns []int64
	}](t, input)
	line := pricing.QuoteLine{Quantity: in.Qty, Net: cents(in.LineNet), Tax: cents(in.LineTax)}
	refunds := []any{}
	var before, sum int64
	for _, n := range in.Returns {
		r, err := line.Units(before, n)
		require.NoError(t, err)
		refunds = append(refunds, object{"net": r.Net.Minor(), "tax": r.Tax.Minor(), "gross": r.Total.Minor()})
		before += n
		sum += r.Total.Minor()
	}
	return object{"refunds": refunds, "sum": sum}
}

func runRefundTender(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Refund  int64
		Tenders []struct {
			ID                 string
			Captured, Refunded int64
		}
	}](t, input)
	var tenders []pricing.Captured
	for _, from := range in.Tenders {
		tenders = append(tenders, pricing.Captured{Tender: from.ID, Captured: cents(from.Captured), Refunded: cents(from.Refunded)})
	}
	payments, left, err := pricing.PayBack(cents(in.Refund), tenders)
	require.NoError(t, err)
	return object{"refunds": paid(payments), "unrefundable": left.Minor()}
}

func runReturnPolicy(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Policy    string
		Lines     []unitLine
		ByLine    map[string]int64 `json:"order_discount_by_line"`
		Order     int64            `json:"order_discount"`
		Remaining int64            `json:"discount_on_remaining"`
		Returned  []string
		Promotion struct {
			Fixed, Percent number
			MinSubtotal    int64 `json:"min_subtotal"`
		}
	}](t, input)
	b := basketOf(t, in.Lines)
	b.Currency, b.At = money.EUR, noon
	var units int64
	for _, l := range b.Lines {
		units += l.Quantity
	}
	// What the order got holds for all its units, what stays gets another.
	whole := json.RawMessage(fmt.Sprintf(`{"quantity":%d}`, units))
	part := json.RawMessage(fmt.Sprintf(`{"quantity":{"$lt":%d}}`, units))
	var c pricing.Config
	add := func(p pricing.Promotion) {
		p.ID, p.Level = fmt.Sprint(len(c.Promotions)), pricing.OrderLevel
		c.Promotions = append(c.Promotions, p)
	}
	for _, l := range in.Lines {
		if d := in.ByLine[l.ID]; d > 0 {
			add(pricing.Promotion{Amount: cents(d), SKUs: []flywheel.SKU{flywheel.SKU(l.ID)}, When: whole})
		}
	}
	if in.Order > 0 {
		add(pricing.Promotion{Amount: cents(in.Order), When: whole})
	}
	if in.Remaining > 0 {
		add(pricing.Promotion{Amount: cents(in.Remaining), When: part})
	}
	if !in.Promotion.Fixed.IsZero() || !in.Promotion.Percent.IsZero() {
		p := pricing.Promotion{Percent: percentOf(t, in.Promotion.Percent)}
		if !in.Promotion.Fixed.IsZero() {
			p.Amount = cents(in.Promotion.Fixed.Coefficient())
		}
		if in.Promotion.MinSubtotal > 0 {
			p.Minimum = cents(in.Promotion.MinSubtotal)
		}
		add(p)
	}
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	q, err := e.Quote(b)
	require.NoError(t, err)
	var returns []pricing.Return
	for _, l := range in.Lines {
		if slices.Contains(in.Returned, l.ID) {
			returns = append(returns, pricing.Return{Line: l.ID, Quantity: l.Qty})
		}
	}
	switch in.Policy {
	case "prorated_at_order":
		r, err := q.Refund(returns...)
		require.NoError(t, err)
		return object{"refund": r.Total.Minor(), "kept_value": q.Total.Minor() - r.Total.Minor()}
	case "reprice_remaining":
		r, stays, err := e.Reprice(b, &q, returns...)
		require.NoError(t, err)
		return object{"refund": r.Total.Minor(), "kept_value": stays.Total.Minor()}
	}
	t.Fatalf("unknown policy %q", in.Policy)
	return nil
}
