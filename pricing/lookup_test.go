package pricing_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// wholesale makes lists × items prices: a base list, sales of one day each, and
// a list for each group of customers.
func wholesale(lists, items int) pricing.Config {
	var c pricing.Config
	for i := range lists {
		l := pricing.List{ID: fmt.Sprintf("list-%04d", i)}
		switch {
		case i == 0:
		case i%10 == 0:
			l.Kind, l.Starts = pricing.Sale, noon.AddDate(0, 0, i-lists/2)
			l.Ends = l.Starts.AddDate(0, 0, 1)
		default:
			l.Kind, l.Groups = pricing.Override, []string{fmt.Sprint("group-", i)}
		}
		for k := range items {
			unit := money.PriceOf(money.New(int64(1000+(i*7919+k*104729)%9000), money.EUR))
			l.Entries = append(l.Entries, pricing.Entry{SKU: flywheel.SKU(fmt.Sprintf("sku-%04d", k)), Unit: unit})
		}
		c.Lists = append(c.Lists, l)
	}
	return c
}

func BenchmarkPrice(b *testing.B) {
	e, err := pricing.Compile(wholesale(1000, 1000))
	if err != nil {
		b.Fatal(err)
	}
	skus := make([]flywheel.SKU, 1000)
	for i := range skus {
		skus[i] = flywheel.SKU(fmt.Sprintf("sku-%04d", i*617%1000))
	}
	for name, groups := range map[string][]string{"public": nil, "member": {"group-77", "group-501", "group-999"}} {
		b.Run("prices=1000000/lists=1000/buyer="+name, func(b *testing.B) {
			b.ReportAllocs()
			basket := pricing.Basket{Currency: money.EUR, At: noon, Groups: groups}
			for i := 0; b.Loop(); i++ {
				if _, err := e.Price(&basket, skus[i%1000], 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A look-up by the index tells what looking at every entry tells.
func TestPriceAgainstAllEntries(t *testing.T) {
	c := wholesale(40, 5)
	for i := range c.Lists {
		if i%7 == 3 {
			c.Lists[i].Channels = []string{"web"}
		}
		if i%5 == 4 {
			c.Lists[i].Groups = append(c.Lists[i].Groups, "group-1")
		}
	}
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := pricing.Basket{Currency: money.EUR, At: noon.Add(time.Duration(r.IntN(600)-300) * time.Hour), Channel: []string{"", "web", "shop"}[r.IntN(3)]}
		for range r.IntN(3) {
			b.Groups = append(b.Groups, fmt.Sprint("group-", r.IntN(40)))
		}
		l := pricing.Line{ID: "1", SKU: flywheel.SKU(fmt.Sprintf("sku-%04d", r.IntN(5))), Quantity: 1}
		price, gross, list := slowPrice(t, c, b, l)
		got, err := e.Price(&b, l.SKU, 1)
		require.NoError(t, err)
		require.Equal(t, pricing.Price{Unit: price, Exact: price, List: list, TaxIncluded: gross}, got)
	}
}

func TestReadEntries(t *testing.T) {
	file := "unit,sku,currency,max_quantity,floor\n0.0125,screw,EUR,,\n1200,\"mug, blue\",JPY,9,1000\n"
	var entries []pricing.Entry
	for e, err := range pricing.ReadEntries(strings.NewReader(file)) {
		require.NoError(t, err)
		entries = append(entries, e)
	}
	require.Equal(t, []pricing.Entry{
		{SKU: "screw", Unit: money.MustPrice("0.0125", money.EUR)},
		{SKU: "mug, blue", Unit: money.MustPrice("1200", money.JPY), MaxQuantity: 9, Floor: money.MustPrice("1000", money.JPY)},
	}, entries)

	for text, field := range map[string]string{
		"":                                            "line 1",
		"sku,unit\n":                                  "line 1",
		"sku,currency,unit,unit\n":                    "line 1",
		"sku,currency,unit,price\n":                   "line 1",
		"sku,currency,unit\na,EUR\n":                  "csv",
		"sku,currency,unit\na,EUR,\"1\n":              "csv",
		"sku,currency,unit\n,EUR,1\n":                 "line 2, sku",
		"sku,currency,unit\na,EUR,1\nb,,1\n":          "line 3, currency",
		"sku,currency,unit\na,EUR,1e9\n":              "line 2, unit",
		"sku,currency,unit\na,EUR,-1\n":               "line 2, unit",
		"sku,currency,unit,min_quantity\na,EUR,1,x\n": "line 2, min_quantity",
		"sku,currency,unit,floor\na,EUR,1,NaN\n":      "line 2, floor",
	} {
		var last error
		for _, err := range pricing.ReadEntries(strings.NewReader(text)) {
			last = err
		}
		var at *pricing.FieldError
		require.ErrorAs(t, last, &at, text)
		require.Equal(t, field, at.Field)
		known(t, last)
	}
}

func FuzzReadEntries(f *testing.F) {
	f.Add("sku,currency,unit,min_quantity,max_quantity,floor\na,EUR,1.25,1,2,0.5\n")
	f.Add("sku,currency,unit\n0\"0")
	f.Fuzz(func(t *testing.T, text string) {
		l := pricing.List{ID: "l"}
		for e, err := range pricing.ReadEntries(strings.NewReader(text)) {
			if err != nil {
				known(t, err)
				return
			}
			require.NoError(t, flywheel.CheckID(string(e.SKU)))
			l.Entries = append(l.Entries, e)
		}
		for i := range l.Entries {
			l.Entries[i].MinQuantity, l.Entries[i].MaxQuantity = 0, 0 // their order is checked by the list
		}
		require.NoError(t, l.Validate())
	})
}
