package cart_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func pricesOf(mug string) pricing.Config {
	entries := []pricing.Entry{
		{SKU: "cup", Unit: money.MustPrice("5", money.EUR)}, {SKU: "cup", Unit: money.MustPrice("4", money.EUR), MinQuantity: 10}, {SKU: "cup", Unit: money.MustPrice("6", money.USD)},
	}
	if mug != "" {
		entries = append(entries, pricing.Entry{SKU: "mug", Unit: money.MustPrice(mug, money.EUR)}, pricing.Entry{SKU: "mug", Unit: money.MustPrice("9", money.USD)})
	}
	return pricing.Config{Lists: []pricing.List{{ID: "shop", TaxIncluded: true, Entries: entries}}}
}

// A buyer comes back: what has become dearer is said, once.
func ExampleService_Look() {
	ctx := context.Background()
	prices, err := pricing.New(nil, &pricing.Options{Config: pricesOf("8.90")})
	if err != nil {
		fmt.Println(err)
		return
	}
	carts, err := cart.New(nil, &cart.Options{Prices: prices})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}}); err != nil {
		fmt.Println(err)
		return
	}
	if _, _, err := carts.Look(ctx, "c", cart.Terms{}); err != nil {
		fmt.Println(err)
		return
	}
	if prices, err = pricing.New(nil, &pricing.Options{Config: pricesOf("9.90")}); err != nil {
		fmt.Println(err)
		return
	}
	if err := carts.SetEngine(prices.Engine()); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		q, changes, err := carts.Look(ctx, "c", cart.Terms{Engine: prices.Engine()})
		fmt.Println(q.Total, err)
		for _, c := range changes {
			fmt.Println(c.SKU, c.Before, "is now", c.Now)
		}
	}
	// Output:
	// 19.80 EUR <nil>
	// mug 8.90 EUR is now 9.90 EUR
	// 19.80 EUR <nil>
}

func TestLook(t *testing.T) {
	ctx := t.Context()
	engine := func(mug string) *pricing.Engine {
		e, err := pricing.Compile(pricesOf(mug))
		require.NoError(t, err)
		return e
	}
	d := newDesk(t, cart.Options{Engine: engine("8.90")})
	c := d.create(t, cart.Cart{ID: "c", Lines: []cart.Line{{SKU: "mug", Quantity: 1, Seen: money.MustPrice("1", money.EUR)}, {SKU: "cup", Quantity: 1}, {SKU: "cup", Quantity: 1, Agreed: money.MustPrice("1", money.EUR)}}})
	look := func() []cart.PriceChange {
		t.Helper()
		q, changes, err := d.Look(ctx, c.ID, cart.Terms{})
		require.NoError(t, err)
		want, err := d.Quote(ctx, c.ID, cart.Terms{})
		require.NoError(t, err)
		require.Equal(t, want, q)
		return changes
	}
	told := len(d.events)
	require.Empty(t, look(), "the first look has nothing to compare with, whatever a request says was seen")
	got, err := d.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, c.UpdatedAt, got.UpdatedAt, "to look does not make the cart younger")
	require.Equal(t, c.Version+1, got.Version)
	require.Empty(t, look())
	again, err := d.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, got, again, "nothing new, nothing saved")
	require.Len(t, d.events, told)

	require.NoError(t, d.SetEngine(engine("7")))
	require.Equal(t, []cart.PriceChange{{Line: "1", SKU: "mug", Before: money.MustPrice("8.90", money.EUR), Now: money.MustPrice("7", money.EUR)}}, look())
	require.Empty(t, look())

	// Ten cups have another price: that is no change of the price.
	_, err = d.SetQuantity(ctx, c.ID, "2", 10)
	require.NoError(t, err)
	require.Empty(t, look())
	_, err = d.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1})
	require.NoError(t, err)
	require.NoError(t, d.SetEngine(engine("6.50")))
	require.Empty(t, look(), "two mugs were not shown before")

	// Without a price, and with one again; then in another currency, where nothing was seen.
	require.NoError(t, d.SetEngine(engine("")))
	require.Equal(t, []cart.PriceChange{{Line: "1", SKU: "mug", Before: money.MustPrice("6.50", money.EUR)}}, look())
	require.NoError(t, d.SetEngine(engine("6.50")))
	require.Empty(t, look())
	_, err = d.Remove(ctx, c.ID, "3")
	require.NoError(t, err)
	_, err = d.SetCurrency(ctx, c.ID, money.USD)
	require.NoError(t, err)
	require.Empty(t, look())

	// A cart that is held is looked at, and stays as it is.
	got, err = d.Get(ctx, c.ID)
	require.NoError(t, err)
	frozen, err := d.Freeze(ctx, c.ID, got.Version, "session")
	require.NoError(t, err)
	_, err = d.SetCurrency(ctx, c.ID, money.EUR)
	require.ErrorIs(t, err, cart.ErrFrozen)
	require.Empty(t, look())
	got, err = d.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, frozen, got)

	_, _, err = d.Look(ctx, "none", cart.Terms{})
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// contested is a store in which somebody else is a moment faster, once.
type contested struct {
	cart.Store
	lost bool
	by   func()
}

func (s *contested) Save(ctx context.Context, c cart.Cart) (cart.Cart, error) {
	if by := s.by; by != nil {
		s.by, s.lost = nil, true
		by()
	}
	return s.Store.Save(ctx, c)
}

// Two tabs look at once: the one that comes late begins again, and what the first was told is
// not told to it.
func TestLookBesideAnother(t *testing.T) {
	ctx := t.Context()
	memory := cart.NewMemory(nil)
	store := &contested{Store: memory}
	old, err := pricing.Compile(pricesOf("8.90"))
	require.NoError(t, err)
	dearer, err := pricing.Compile(pricesOf("9.90"))
	require.NoError(t, err)
	late, err := cart.New(store, &cart.Options{Engine: old})
	require.NoError(t, err)
	first, err := cart.New(memory, &cart.Options{Engine: dearer})
	require.NoError(t, err)
	_, err = late.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	require.NoError(t, err)
	_, _, err = late.Look(ctx, "c", cart.Terms{})
	require.NoError(t, err)
	require.NoError(t, late.SetEngine(dearer))
	store.by = func() {
		_, changes, err := first.Look(ctx, "c", cart.Terms{})
		require.NoError(t, err)
		require.Len(t, changes, 1)
	}
	_, changes, err := late.Look(ctx, "c", cart.Terms{})
	require.NoError(t, err)
	require.True(t, store.lost)
	require.Empty(t, changes)
}
