package catalog_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// kitchen is a catalog with a mug in two colors that is live, and a pot that is a draft.
func kitchen(tb testing.TB, opts *catalog.Options) *catalog.Service {
	tb.Helper()
	s, err := catalog.New(nil, opts)
	require.NoError(tb, err)
	ctx := tb.Context()
	require.NoError(tb, s.PutLocale(ctx, catalog.LocaleDef{Code: "de"}))
	require.NoError(tb, s.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en", "de"}, DefaultLocale: "en"}))
	require.NoError(tb, s.PutOptions(ctx, catalog.OptionSet{Code: "color", Values: []catalog.OptionValue{{Code: "red"}, {Code: "blue"}}}))
	require.NoError(tb, s.PutAttribute(ctx, catalog.Attribute{Code: catalog.NetContentAttribute, Type: catalog.DecimalAttribute, Unit: "ml"}))
	require.NoError(tb, s.PutType(ctx, catalog.ProductType{Code: "ware", Attributes: []string{catalog.NetContentAttribute}}))
	require.NoError(tb, s.PutCategory(ctx, catalog.Category{ID: "kitchen", Name: map[catalog.Locale]string{"en": "Kitchen", "de": "Küche"}}))
	require.NoError(tb, s.PutCategory(ctx, catalog.Category{ID: "cups", Parent: "kitchen", Name: map[catalog.Locale]string{"en": "Cups"}}))
	grams := int64(350)
	_, err = s.PutAll(ctx, []catalog.Product{
		{
			ID: "mug", Type: "ware", Status: catalog.Active, Vendor: "Ton", TaxClass: "standard", Categories: []catalog.CategoryID{"cups"}, Attributes: catalog.NewAttributes(map[string]any{catalog.NetContentAttribute: "35 cl"}), Options: []string{"color"},
			Text:     map[catalog.Locale]catalog.Text{"en": {Title: "Mug", Description: "<p>For <b>coffee</b></p>"}, "de": {Title: "Becher"}},
			Variants: []catalog.Variant{{SKU: "mug-red", Options: []string{"red"}, WeightGrams: &grams}, {SKU: "mug-blue", Options: []string{"blue"}}},
			Listings: map[catalog.Channel]*catalog.Listing{"web": {}},
		},
		{ID: "pot", Type: "ware", Text: map[catalog.Locale]catalog.Text{"en": {Title: "Pot"}}, Variants: []catalog.Variant{{SKU: "pot"}}, Listings: map[catalog.Channel]*catalog.Listing{"web": {}}},
	})
	require.NoError(tb, err)
	return s
}

func TestCounterDescribes(t *testing.T) {
	s := kitchen(t, nil)
	items, err := s.Counter("web", "de").Describe(t.Context(), "mug-red", "pot", "nothing")
	require.NoError(t, err)
	require.Len(t, items, 2)
	mug := items["mug-red"]
	require.Equal(t, flywheel.Item{
		SKU: "mug-red", Title: mug.Title, Product: "mug", Brand: "Ton", TaxClass: "standard", Weight: 350,
		Categories: []string{"cups", "kitchen"}, Attributes: mug.Attributes, NetContent: flywheel.MustNetContent("0.35 l"),
	}, mug)
	require.Contains(t, mug.Title, "Becher")
	require.True(t, items["pot"].Withdrawn)
	_, err = s.SetStatus(t.Context(), "mug", catalog.Archived)
	require.NoError(t, err)
	items, err = s.Counter("web", "de").Describe(t.Context(), "mug-red")
	require.NoError(t, err)
	require.True(t, items["mug-red"].Withdrawn, "what was sold is still known")
	_, err = s.Counter("shop", "de").Describe(t.Context(), "mug-red")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// The index follows the log of the catalog: what is published can be found, what is
// archived cannot, and prices are those of the offers.
func TestIndexFollowsTheLog(t *testing.T) {
	events, err := segment.NewLog(nil, nil)
	require.NoError(t, err)
	five := int64(5)
	offers := catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		m := map[flywheel.SKU]catalog.Offer{}
		for _, sku := range skus {
			m[sku] = catalog.Offer{Price: money.New(1190, money.EUR), Stock: &five}
		}
		return m, nil
	})
	s := kitchen(t, &catalog.Options{Sink: events, Offers: offers})
	index, err := search.New(search.Settings{Locales: []search.Locale{{Code: "en"}, {Code: "de", Fallback: "en"}}})
	require.NoError(t, err)
	products := s.Documents("web", "en", "de")
	follower := &search.Follower{Engine: search.Local{Index: index}, Source: products, Product: catalog.ChangedProduct}
	wheel, err := segment.NewRunner(events, nil, follower)
	require.NoError(t, err)
	found := func(q search.Query) *search.Result {
		t.Helper()
		require.NoError(t, wheel.Drain(t.Context()))
		r, err := index.Search(q)
		require.NoError(t, err)
		return r
	}
	r := found(search.Query{Text: "cofee", Facets: []search.Facet{{Field: "color"}}, Select: map[string][]any{"color": {"red"}}})
	require.Len(t, r.Hits, 1)
	require.Equal(t, flywheel.SKU("mug-red"), r.Hits[0].Show)
	require.Equal(t, 1, found(search.Query{Text: "becher", Locale: "de"}).Total)
	require.Equal(t, 1, found(search.Query{Filter: []byte(`{"category":"kitchen","price":{"$lt":1200},"stock":{"$gt":4}}`)}).Total)
	require.Zero(t, found(search.Query{Text: "pot"}).Total)

	_, err = s.SetStatus(t.Context(), "pot", catalog.Active)
	require.NoError(t, err)
	require.Equal(t, 1, found(search.Query{Text: "pot"}).Total)
	_, err = s.SetStatus(t.Context(), "mug", catalog.Archived)
	require.NoError(t, err)
	require.Zero(t, found(search.Query{Text: "mug"}).Total)

	// A process that begins anew needs no log.
	fresh, err := search.New(index.Settings())
	require.NoError(t, err)
	require.NoError(t, products.Fill(t.Context(), search.Local{Index: fresh}))
	require.Equal(t, []string{"pot"}, fresh.Snapshot().IDs())
}

// A cart asks the catalog of its channel.
func ExampleService_Counter() {
	products, err := catalog.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var asked flywheel.Catalog = products.Counter("web", "en")
	_ = asked // as cart.Options.Catalog
	fmt.Printf("%T\n", asked)
	// Output: catalog.Counter
}
