package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The neighbors fit as they are.
var (
	_ catalog.ListedPrices = (*pricing.Service)(nil)
	_ catalog.Shelves      = (*inventory.Service)(nil)
	_ catalog.Offers       = catalog.Shelf{}
)

type listed map[flywheel.SKU]money.Amount

func (l listed) Listed(money.Currency, time.Time, ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
	if l == nil {
		return nil, errors.New("down")
	}
	return l, nil
}

type shelves fulfillment.Stock

func (s shelves) Available(context.Context, []flywheel.SKU) (fulfillment.Stock, error) {
	if s == nil {
		return nil, errors.New("down")
	}
	return fulfillment.Stock(s), nil
}

func ExampleShelf() {
	shelf := catalog.Shelf{
		Prices:   listed{"mug": money.New(1190, money.EUR)},
		Stock:    shelves{"mug": {Free: map[fulfillment.Location]int64{"main": 3}}},
		Currency: money.EUR,
	}
	offers, err := shelf.Offers(context.Background(), "web", []flywheel.SKU{"mug", "lamp"})
	fmt.Println(len(offers), offers["mug"].Price, *offers["mug"].Stock, err)
	// Output: 1 11.90 EUR 3 <nil>
}

func TestShelf(t *testing.T) {
	offers, err := catalog.Shelf{Prices: listed{"book": money.New(1, money.EUR)}, Stock: shelves{"book": {Untracked: true}}, Currency: money.EUR}.Offers(t.Context(), "", []flywheel.SKU{"book"})
	require.NoError(t, err)
	require.Nil(t, offers["book"].Stock)
	require.False(t, *offers["book"].Tracked)
	_, err = catalog.Shelf{Prices: listed(nil), Stock: shelves{}}.Offers(t.Context(), "", nil)
	require.Error(t, err)
	_, err = catalog.Shelf{Prices: listed{}, Stock: shelves(nil)}.Offers(t.Context(), "", nil)
	require.Error(t, err)
}
