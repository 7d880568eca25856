package pricing_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// workload builds the cart and the promotions that the README of the reference
// data describes: lines of 500 + (137 i mod 9500), quantity i mod 5 + 1;
// promotions by p mod 5, classes 0-2 first.
func workload(lines, promotions int) (pricing.Config, pricing.Basket) {
	c := pricing.Config{
		Lists: []pricing.List{{ID: "list"}},
		Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}},
	}
	b := pricing.Basket{Currency: money.EUR, At: noon}
	sku := func(i int) flywheel.SKU { return flywheel.SKU(fmt.Sprintf("sku-%04d", i)) }
	for i := range lines {
		unit := money.PriceOf(money.New(int64(500+137*i%9500), money.EUR))
		c.Lists[0].Entries = append(c.Lists[0].Entries, pricing.Entry{SKU: sku(i), Unit: unit})
		b.Lines = append(b.Lines, pricing.Line{
			ID: fmt.Sprintf("line-%04d", i), SKU: sku(i), Quantity: int64(i%5 + 1), TaxClass: "standard",
		})
	}
	for p := range promotions {
		promotion := pricing.Promotion{ID: fmt.Sprintf("promotion-%02d", p), Minimum: money.New(100, money.EUR)}
		if class := p % 5; class < 3 {
			promotion.Priority = 1
			promotion.Percent = money.Percent(5)
			for k := range max(1, lines/20) {
				promotion.SKUs = append(promotion.SKUs, sku((20*k+p)%lines))
			}
		} else {
			promotion.Level = pricing.OrderLevel
			promotion.Percent = money.Percent(1)
			if class == 4 {
				promotion.Minimum = money.New(999_999_999, money.EUR)
			}
		}
		c.Promotions = append(c.Promotions, promotion)
	}
	return c, b
}

// TestReferenceWorkload compares with the golden totals of the workload.
func TestReferenceWorkload(t *testing.T) {
	var golden struct {
		Rows []struct {
			Lines, Promotions, Adjustments      int
			Subtotal, Discount, Net, Tax, Total int64
		}
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "pricing", "workload.json"), &golden))
	require.NotEmpty(t, golden.Rows)
	for _, row := range golden.Rows {
		t.Run(fmt.Sprintf("lines=%d/promos=%d", row.Lines, row.Promotions), func(t *testing.T) {
			c, b := workload(row.Lines, row.Promotions)
			e, err := pricing.Compile(c)
			require.NoError(t, err)
			q, err := e.Quote(b)
			require.NoError(t, err)
			checkLaws(t, &q)
			adjustments := 0
			for _, l := range q.Lines {
				for _, s := range l.Trace {
					if s.Kind == pricing.StepLine || s.Kind == pricing.StepShare {
						adjustments++
					}
				}
			}
			require.Equal(t, row.Adjustments, adjustments)
			for name, pair := range map[string][2]int64{
				"subtotal": {row.Subtotal, q.Subtotal.Minor()},
				"discount": {row.Discount, q.Discount.Minor()},
				"net":      {row.Net, q.Net.Minor()},
				"tax":      {row.Tax, q.Tax.Minor()},
				"total":    {row.Total, q.Total.Minor()},
			} {
				require.Equal(t, pair[0], pair[1], name)
			}
		})
	}
}

func BenchmarkQuote(b *testing.B) {
	for _, lines := range []int{10, 100, 1000} {
		for _, promotions := range []int{5, 50} {
			b.Run(fmt.Sprintf("lines=%d/promos=%d", lines, promotions), func(b *testing.B) {
				b.ReportAllocs()
				config, basket := workload(lines, promotions)
				e, err := pricing.Compile(config)
				if err != nil {
					b.Fatal(err)
				}
				var q pricing.Quote
				for b.Loop() {
					if err := e.QuoteInto(&q, &basket); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
