package tax_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// runners answer the kinds of reference case that are about tax.
var runners = map[string]func(t *testing.T, input json.RawMessage) any{
	"tax":              runTax,
	"eu_distance_sale": runDistanceSale,
	"shipping_tax":     runShipping,
}

// TestReference runs the cases of package pricing, whose folder is above, or
// those that replace them.
func TestReference(t *testing.T) {
	var file struct {
		Cases []struct {
			ID, Kind, Title string
			Input, Expect   json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, "..", "pricing", "cases.json"), &file))
	ran := 0
	for _, c := range file.Cases {
		run, mine := runners[c.Kind]
		if !mine {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			got, err := json.Marshal(run(t, c.Input))
			require.NoError(t, err)
			require.JSONEq(t, string(c.Expect), string(got), c.Title)
		})
	}
	require.NotZero(t, ran)
}

type object = map[string]any

func read[T any](t *testing.T, input json.RawMessage) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(input, &v))
	return v
}

// minorPrice reads a unit price in cents, written as a number or as a string.
func minorPrice(t *testing.T, raw json.RawMessage) money.Price {
	t.Helper()
	r, err := money.ParseRate(strings.Trim(string(raw), `"`))
	require.NoError(t, err)
	p, err := money.NewPrice(r.Coefficient(), r.Scale()+money.EUR.Digits(), money.EUR)
	require.NoError(t, err)
	return p
}

func runTax(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		PricesIncludeTax bool      `json:"prices_include_tax"`
		RoundScope       tax.Scope `json:"round_scope"`
		Rounding         money.Rounding
		Exempt           bool
		Lines            []struct {
			ID        string
			UnitPrice json.RawMessage `json:"unit_price"`
			Qty       int64
			Discount  int64
			Taxes     []struct {
				Code, Rate string
				Compound   bool
			}
		}
	}](t, input)
	var lines []tax.Line
	written := map[money.Rate]string{} // a rate as the case writes it
	for _, l := range in.Lines {
		line := tax.Line{
			ID: l.ID, Unit: minorPrice(t, l.UnitPrice), Quantity: l.Qty, Discount: money.New(l.Discount, money.EUR),
			Included: in.PricesIncludeTax, Exempt: in.Exempt,
		}
		for _, x := range l.Taxes {
			rate, err := money.ParseRate(x.Rate)
			require.NoError(t, err)
			written[rate] = x.Rate
			line.Taxes = append(line.Taxes, tax.Tax{Code: x.Code, Rate: rate, Compound: x.Compound})
		}
		lines = append(lines, line)
	}
	s, err := tax.Rule{Scope: in.RoundScope, Rounding: in.Rounding}.Compute(lines...)
	require.NoError(t, err)
	checkLaws(t, &s)
	answer := sums(&s.Sums)
	if in.RoundScope == tax.PerRate {
		rates := object{}
		for _, r := range s.Rates {
			name := written[r.Rate]
			if name == "" {
				name = r.Rate.String()
			}
			rates[name] = sums(&r.Sums)
		}
		answer["by_rate"] = rates
		return answer
	}
	list := []any{}
	for _, l := range s.Lines {
		one := sums(&l.Sums)
		one["id"] = l.ID
		if len(l.Components) > 1 {
			parts := object{}
			for _, c := range l.Components {
				parts[c.Tax.Code] = c.Amount.Minor()
			}
			one["components"] = parts
		}
		list = append(list, one)
	}
	answer["lines"] = list
	return answer
}

func sums(s *tax.Sums) object {
	return object{"net": s.Net.Minor(), "tax": s.Tax.Minor(), "gross": s.Gross.Minor()}
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
		Before: money.New(in.Before, money.EUR), Net: money.New(in.Net, money.EUR), Threshold: money.New(in.Threshold, money.EUR),
	}.Treatment()
	require.NoError(t, err)
	rate := map[tax.Treatment]string{tax.TaxedAtOrigin: in.Origin, tax.TaxedAtDestination: in.Destination}[treatment]
	if rate == "" {
		rate = "0"
	}
	return object{"rate": rate, "treatment": treatment}
}

func runShipping(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Gross int64 `json:"shipping_gross"`
		Lines []struct {
			Net  int64
			Rate string
		}
	}](t, input)
	var names []string
	var goods []tax.RateTax
	for _, l := range in.Lines {
		at := -1
		for i, name := range names {
			if name == l.Rate {
				at = i
			}
		}
		if at < 0 {
			at = len(goods)
			names = append(names, l.Rate)
			goods = append(goods, tax.RateTax{Taxes: []tax.Tax{{Code: "T", Rate: money.MustRate(l.Rate)}}})
		}
		net, err := goods[at].Net.Add(money.New(l.Net, money.EUR))
		require.NoError(t, err)
		goods[at].Net = net
	}
	s, err := tax.Rule{}.Shipping(money.New(in.Gross, money.EUR), true, goods)
	require.NoError(t, err)
	checkLaws(t, &s)
	parts := []any{}
	for i, l := range s.Lines {
		part := sums(&l.Sums)
		part["rate"] = names[i]
		parts = append(parts, part)
	}
	return object{"parts": parts, "tax": s.Tax.Minor()}
}
