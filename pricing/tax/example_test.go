package tax_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// An invoice of Quebec: the taxes of the federation and of the province.
func Example() {
	table, err := tax.NewTable([]tax.Entry{
		{Place: tax.Place{Country: "CA"}, Tax: tax.Tax{Code: "GST", Rate: money.MustRate("0.05")}},
		{Place: tax.Place{Country: "CA", Region: "QC"}, Tax: tax.Tax{Code: "QST", Rate: money.MustRate("0.09975")}},
		{Place: tax.Place{Country: "CA", Region: "QC"}, Class: "books", Tax: tax.Tax{Code: "QST", Rate: money.MustRate("0")}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	taxes := func(class string) []tax.Tax {
		decision, err := table.Taxes(context.Background(), tax.Query{
			Place: tax.Place{Country: "CA", Region: "QC"}, Class: class, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		})
		if err != nil {
			fmt.Println(err)
		}
		return decision.Taxes
	}
	s, err := tax.Rule{}.Compute(
		tax.Line{ID: "mug", Unit: money.MustPrice("12.49", money.CAD), Quantity: 3, Taxes: taxes("")},
		tax.Line{ID: "novel", Unit: money.MustPrice("20", money.CAD), Quantity: 1, Taxes: taxes("books")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(l tax.LineTax) { fmt.Println(l.ID, l.Net, l.Tax, l.Gross) }
	for _, l := range s.Lines {
		show(l)
	}
	for _, r := range s.Rates {
		fmt.Println(r.Rate, r.Net, r.Tax)
		for _, c := range r.Components {
			fmt.Println("  ", c.Tax.Code, c.Amount)
		}
	}
	fmt.Println(s.Net, s.Tax, s.Gross)
	// Output:
	// mug 37.47 CAD 5.61 CAD 43.08 CAD
	// novel 20.00 CAD 1.00 CAD 21.00 CAD
	// 0.14975 37.47 CAD 5.61 CAD
	//    GST 1.87 CAD
	//    QST 3.74 CAD
	// 0.05 20.00 CAD 1.00 CAD
	//    GST 1.00 CAD
	//    QST 0.00 CAD
	// 57.47 CAD 6.61 CAD 64.08 CAD
}

// The same three lines come to 15 or 16 cents of tax.
func ExampleRule_Compute() {
	line := tax.Line{Unit: money.MustPrice("1.05", money.EUR), Quantity: 1, Taxes: []tax.Tax{{Code: "VAT", Rate: money.Percent(5)}}}
	for _, scope := range []tax.Scope{tax.PerLine, tax.PerRate} {
		s, err := tax.Rule{Scope: scope, Rounding: money.HalfUp}.Compute(line, line, line)
		fmt.Println(scope, s.Tax, err)
	}
	line.Quantity = 0
	_, err := tax.Rule{}.Compute(line)
	refused, _ := errors.AsType[*tax.FieldError](err)
	fmt.Println(refused.Field)
	// Output:
	// line 0.15 EUR <nil>
	// rate_total 0.16 EUR <nil>
	// lines[0].quantity
}

// Shipping of goods of two rates is taxed at both.
func ExampleRule_Shipping() {
	goods := []tax.RateTax{
		{Taxes: []tax.Tax{{Code: "VAT", Rate: money.Percent(20)}}, Sums: tax.Sums{Net: money.New(6000, money.EUR)}},
		{Taxes: []tax.Tax{{Code: "VAT", Rate: money.Percent(10)}}, Sums: tax.Sums{Net: money.New(4000, money.EUR)}},
	}
	s, err := tax.Rule{}.Shipping(money.New(1000, money.EUR), true, goods)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, part := range s.Rates {
		fmt.Println(part.Rate, part.Gross, part.Tax)
	}
	// Output:
	// 0.2 6.00 EUR 1.00 EUR
	// 0.1 4.00 EUR 0.36 EUR
}

// The sale that takes the year above 10,000 EUR is taxed where it goes.
func ExampleDistanceSale() {
	sale := tax.DistanceSale{Seller: "DE", Buyer: "FR", Before: money.New(9_950_00, money.EUR), Net: money.New(50_00, money.EUR)}
	fmt.Println(sale.Treatment())
	sale.Net = money.New(50_01, money.EUR)
	fmt.Println(sale.Treatment())
	sale.Business = true
	fmt.Println(sale.Treatment())
	// Output:
	// origin <nil>
	// destination <nil>
	// reverse_charge <nil>
}

func ExampleParseVATID() {
	id, err := tax.ParseVATID("el 094-259-216")
	fmt.Println(id, id.Country(), err)
	_, err = tax.ParseVATID("DE 136 695 967")
	wrong, _ := errors.AsType[*tax.VATIDError](err)
	fmt.Println(wrong, errors.Is(err, tax.ErrVATCheckDigit))
	// Output:
	// EL094259216 GR <nil>
	// tax: "DE 136 695 967": wrong check digit of a VAT number: invalid true
}

// A table of exemptions, and a Provider of one's own that asks it first.
func ExampleTable() {
	table, err := tax.NewTable(
		[]tax.Entry{{Place: tax.Place{Country: "US", Region: "CA"}, Tax: tax.Tax{Code: "STATE", Rate: money.MustRate("0.0725")}}},
		[]tax.Exemption{{Customer: "charity", Country: "US", Reason: "certificate 12"}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	var provider tax.Provider = table
	decision, err := provider.Taxes(context.Background(), tax.Query{
		Place: tax.Place{Country: "US", Region: "CA"}, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Customer: "charity",
	})
	fmt.Println(decision.Exempt, decision.Reason, err)
	// Output: true certificate 12 <nil>
}

// The goods go to Tenerife, which is Spanish and outside of the VAT area.
func ExampleVATState() {
	fmt.Println(tax.VATState(tax.Place{Country: "MC"}, true))
	fmt.Printf("%q\n", tax.VATState(tax.Place{Country: "ES", Postal: "38001"}, true))
	// Output:
	// FR
	// ""
}
