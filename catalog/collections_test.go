package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
)

// Collections are told as they were put, ordered, and nobody else's.
func TestCollections(t *testing.T) {
	ctx := t.Context()
	products, err := catalog.New(nil, nil)
	require.NoError(t, err)
	none, err := products.Collections(ctx)
	require.NoError(t, err)
	require.Empty(t, none)
	for _, id := range []string{"winter", "gifts"} {
		require.NoError(t, products.PutCollection(ctx, catalog.Collection{ID: id, When: json.RawMessage(`{"price":{"$lt":30}}`), Name: map[catalog.Locale]string{"en": id}}))
	}
	all, err := products.Collections(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "gifts", all[0].ID)
	all[0].Name["en"], all[0].When[2] = "changed", 'x'
	again, err := products.Collections(ctx)
	require.NoError(t, err)
	require.Equal(t, "gifts", again[0].Name["en"])
	require.JSONEq(t, `{"price":{"$lt":30}}`, string(again[0].When))
}

// The collections of a shop, for its menu.
func ExampleService_Collections() {
	ctx := context.Background()
	products, err := catalog.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := products.PutCollection(ctx, catalog.Collection{ID: "gifts", When: json.RawMessage(`{"price": {"$lt": 30}}`), Name: map[catalog.Locale]string{"en": "Gifts"}}); err != nil {
		fmt.Println(err)
		return
	}
	all, err := products.Collections(ctx)
	for _, c := range all {
		fmt.Println(c.ID, c.Name["en"])
	}
	fmt.Println(err)
	// Output:
	// gifts Gifts
	// <nil>
}
