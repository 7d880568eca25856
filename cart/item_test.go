package cart_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// boxes are items that come in boxes of six, between 6 and 24 of them, tea that is sold
// no more, and a mug without a rule.
func boxes(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
	all := map[flywheel.SKU]flywheel.Item{
		"box": {SKU: "box", MinQuantity: 6, MaxQuantity: 24, Multiple: 6}, "tea": {SKU: "tea", Withdrawn: true}, "mug": {SKU: "mug", TaxClass: "standard"},
	}
	known := map[flywheel.SKU]flywheel.Item{}
	for _, sku := range skus {
		if item, there := all[sku]; there {
			known[sku] = item
		}
	}
	return known, nil
}

func TestItemRules(t *testing.T) {
	ctx := t.Context()
	s, err := cart.New(nil, &cart.Options{Catalog: flywheel.CatalogFunc(boxes)})
	require.NoError(t, err)
	_, err = s.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "box", Quantity: 6}}})
	require.NoError(t, err)
	add := func(sku flywheel.SKU, n int64) error {
		_, err := s.Add(ctx, "c", cart.Line{SKU: sku, Quantity: n})
		return err
	}
	require.ErrorIs(t, add("tea", 1), flywheel.ErrNotFound)
	require.ErrorIs(t, add("unknown", 1), flywheel.ErrNotFound)
	require.ErrorIs(t, add("box", 3), flywheel.ErrOutOfRange, "no multiple")
	require.ErrorIs(t, add("box", 24), flywheel.ErrOutOfRange, "too many")
	require.NoError(t, add("mug", 1))
	require.NoError(t, add("box", 18))
	_, err = s.SetQuantity(ctx, "c", "1", 3)
	var line *cart.LineError
	require.True(t, errors.As(err, &line))
	require.Equal(t, "1", line.Line)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	c, err := s.Get(ctx, "c")
	require.NoError(t, err)
	require.EqualValues(t, 24, c.Lines[0].Quantity, "a refusal changes nothing")
	c, err = s.SetQuantity(ctx, "c", "1", 0)
	require.NoError(t, err)
	require.Len(t, c.Lines, 1, "whatever the rules are, a line can go")
	_, err = s.Create(ctx, cart.Cart{ID: "d", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "box", Quantity: 1}}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = s.Get(ctx, "d")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

func TestFreeze(t *testing.T) {
	ctx := t.Context()
	s, err := cart.New(nil, nil)
	require.NoError(t, err)
	c, err := s.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	require.NoError(t, err)
	_, err = s.Freeze(ctx, "c", c.Version+1, "session")
	require.ErrorIs(t, err, cart.ErrStale)
	frozen, err := s.Freeze(ctx, "c", c.Version, "session")
	require.NoError(t, err)
	again, err := s.Freeze(ctx, "c", c.Version, "session")
	require.NoError(t, err)
	require.Equal(t, frozen, again)
	_, err = s.Freeze(ctx, "c", frozen.Version, "another")
	require.ErrorIs(t, err, cart.ErrFrozen)
	_, err = s.Add(ctx, "c", cart.Line{SKU: "mug", Quantity: 1})
	require.ErrorIs(t, err, cart.ErrFrozen)
	_, err = s.Login(ctx, "c", "anna")
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = s.Create(ctx, cart.Cart{ID: "home", Customer: "anna", Currency: money.EUR})
	require.NoError(t, err)
	_, err = s.Merge(ctx, "c", "home")
	require.ErrorIs(t, err, cart.ErrFrozen)
	_, err = s.Merge(ctx, "home", "c")
	require.ErrorIs(t, err, cart.ErrFrozen)
	require.NoError(t, s.Thaw(ctx, "c", "another"), "which holds nothing")
	_, err = s.AddCoupons(ctx, "c", "TEN")
	require.ErrorIs(t, err, cart.ErrFrozen)
	require.NoError(t, s.Thaw(ctx, "c", "session"))
	require.NoError(t, s.Thaw(ctx, "nowhere", "session"))
	_, err = s.AddCoupons(ctx, "c", "TEN")
	require.NoError(t, err)
}

// A price that is saved is charged by the next quote.
func TestPricesOfTheMoment(t *testing.T) {
	ctx := t.Context()
	prices, err := pricing.New(nil, nil)
	require.NoError(t, err)
	s, err := cart.New(nil, &cart.Options{Prices: prices})
	require.NoError(t, err)
	_, err = s.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}})
	require.NoError(t, err)
	list := pricing.List{ID: "l", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("5", money.EUR)}}}
	for _, price := range []string{"5", "6"} {
		list.Entries[0].Unit = money.MustPrice(price, money.EUR)
		list, err = prices.SaveList(ctx, list)
		require.NoError(t, err)
		q, err := s.Quote(ctx, "c", cart.Terms{})
		require.NoError(t, err)
		require.Equal(t, money.MustPrice(price, money.EUR), q.Lines[0].Unit)
	}
}

func TestActorsOfCarts(t *testing.T) {
	shop := t.Context()
	s, err := cart.New(nil, nil)
	require.NoError(t, err)
	_, err = s.Create(shop, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR})
	require.NoError(t, err)
	anna := flywheel.WithActor(shop, flywheel.Actor{Customer: "anna"})
	ben := flywheel.WithActor(shop, flywheel.Actor{Customer: "ben"})
	_, err = s.Get(anna, "c")
	require.NoError(t, err)
	_, there := s.Get(ben, "c")
	_, missing := s.Get(shop, "x")
	require.ErrorIs(t, there, flywheel.ErrNotFound)
	require.Equal(t, "cart \"c\": not found", there.Error())
	require.Equal(t, "cart \"x\": not found", missing.Error())
	_, err = s.Add(ben, "c", cart.Line{SKU: "mug", Quantity: 1})
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.ErrorIs(t, s.Delete(ben, "c"), flywheel.ErrNotFound)
	_, err = s.Login(ben, "c", "anna")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = s.Create(ben, cart.Cart{ID: "d", Customer: "anna", Currency: money.EUR})
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	for _, err := range s.List(ben, cart.Filter{}) {
		require.NoError(t, err)
		t.Fatal("a cart of another is listed")
	}
}
