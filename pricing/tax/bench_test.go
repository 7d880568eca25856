package tax_test

import (
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{1, 100} {
		for _, scope := range []tax.Scope{tax.PerLine, tax.PerRate} {
			b.Run(fmt.Sprintf("lines=%d/scope=%s", n, scope), func(b *testing.B) {
				lines := make([]tax.Line, n)
				for i := range lines {
					lines[i] = tax.Line{Unit: money.PriceOf(money.New(int64(500+i), money.EUR)), Quantity: 3, Taxes: []tax.Tax{{Code: "VAT", Rate: money.Percent(int64(7 + i%2*12))}}}
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := (tax.Rule{Scope: scope}).Compute(lines...); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParseVATID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tax.ParseVATID("DE 136 695 976"); err != nil {
			b.Fatal(err)
		}
	}
}
