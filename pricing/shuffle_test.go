package pricing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The order in which a configuration lists things does not matter, as long as
// priorities differ: neither that of lists and their entries, nor of promotions,
// groups and taxes, nor of a customer's groups and coupons.
func TestOrderOfConfigurationDoesNotMatter(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		c, b := gamble(r)
		for i := range c.Promotions {
			c.Promotions[i].Priority = i
		}
		for i := range c.Lists { // equal prices go by the order of lists
			c.Lists[i].Kind = pricing.Base
			c.Lists[i].Groups, c.Lists[i].Channels = []string{fmt.Sprint("list-", i)}, nil
		}
		b.Groups = []string{"list-0", "vip"}
		before := quoted(t, c, b)
		r.Shuffle(len(c.Lists), func(i, j int) { c.Lists[i], c.Lists[j] = c.Lists[j], c.Lists[i] })
		for _, l := range c.Lists {
			r.Shuffle(len(l.Entries), func(i, j int) { l.Entries[i], l.Entries[j] = l.Entries[j], l.Entries[i] })
		}
		r.Shuffle(len(c.Promotions), func(i, j int) { c.Promotions[i], c.Promotions[j] = c.Promotions[j], c.Promotions[i] })
		r.Shuffle(len(c.Groups), func(i, j int) { c.Groups[i], c.Groups[j] = c.Groups[j], c.Groups[i] })
		r.Shuffle(len(c.Taxes), func(i, j int) { c.Taxes[i], c.Taxes[j] = c.Taxes[j], c.Taxes[i] })
		r.Shuffle(len(b.Groups), func(i, j int) { b.Groups[i], b.Groups[j] = b.Groups[j], b.Groups[i] })
		require.Equal(t, before, quoted(t, c, b), "seed %d", seed)
	}
}

func quoted(t *testing.T, c pricing.Config, b pricing.Basket) string {
	t.Helper()
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	q, err := e.Quote(b)
	require.NoError(t, err)
	text, err := json.Marshal(q)
	require.NoError(t, err)
	return string(text)
}

// The order of lines changes nothing about lines that are computed each by
// itself, and nothing about the sums of the others but who gets a left-over cent.
func TestOrderOfLinesDoesNotMatter(t *testing.T) {
	for seed := range 200 {
		r := rand.New(rand.NewPCG(uint64(seed), 4))
		c, b := contest(r, 1, 2+r.IntN(8), false)
		c.Promotions[0].MaximumPerLine = money.Amount{} // what a cap or a floor refuses may depend on it
		for i := range b.Lines {
			b.Lines[i].Floor = money.Price{}
		}
		before := quote(t, c, b)
		byID := map[string]pricing.QuoteLine{}
		for _, l := range before.Lines {
			byID[l.ID] = l
		}
		r.Shuffle(len(b.Lines), func(i, j int) { b.Lines[i], b.Lines[j] = b.Lines[j], b.Lines[i] })
		after := quote(t, c, b)
		require.Equal(t, before.Discount, after.Discount, "seed %d", seed)
		require.Equal(t, before.Refused, after.Refused)
		alone := c.Promotions[0].Level == pricing.LineLevel && c.Promotions[0].Maximum.IsZero() &&
			c.Promotions[0].BuyGet == nil && c.Promotions[0].Bundle == nil && c.Promotions[0].Gift == nil
		for _, l := range after.Lines {
			if alone {
				require.Equal(t, byID[l.ID], l)
			}
		}
	}
}

// FuzzReadPromotion reads promotions and requests from outside: an answer is
// valid and survives being written, or is an error of a kind.
func FuzzReadPromotion(f *testing.F) {
	f.Add([]byte(`{"id":"p","percent":"0.1","when":{"channel":"web"}}`))
	f.Add([]byte(`{"id":"p","price":"0 EUR","bundle":{"quantity":3},"not_with":["q"]}`))
	f.Add([]byte(`{"currency":"EUR","lines":[{"sku":"a","quantity":1}],"coupons":["x"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := pricing.ReadRequest(data); err != nil {
			known(t, err)
		} else {
			require.LessOrEqual(t, len(r.Basket().Lines), pricing.MaxLines)
		}
		p, err := pricing.ReadPromotion(data)
		if err != nil {
			known(t, err)
			return
		}
		text, err := json.Marshal(p)
		require.NoError(t, err)
		again, err := pricing.ReadPromotion(text)
		require.NoError(t, err, "%s", text)
		second, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(second))
		if _, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{p}}); err != nil {
			known(t, err)
		}
	})
}
