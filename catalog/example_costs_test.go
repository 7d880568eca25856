package catalog_test

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// book is a purchasing that knows what tea costs; *supplier.Service is another.
type book struct{}

func (book) UnitCosts(context.Context, []flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
	return map[flywheel.SKU]money.Amount{"tea": money.New(495, money.EUR)}, nil
}

func ExampleWithCosts() {
	var costs catalog.Costs = book{}
	offers := catalog.WithCosts(catalog.OffersFunc(func(context.Context, catalog.Channel, []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		return map[flywheel.SKU]catalog.Offer{"tea": {Price: money.New(890, money.EUR)}}, nil
	}), costs)
	found, err := offers.Offers(context.Background(), "shop", []flywheel.SKU{"tea"})
	fmt.Println(found["tea"].Price, found["tea"].Cost, err)
	// Output: 8.90 EUR 4.95 EUR <nil>
}
