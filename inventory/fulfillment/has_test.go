package fulfillment_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

var shelf = fulfillment.Stock{
	"mug": {Free: map[fulfillment.Location]int64{"a": 3, "b": 2, "c": -1}}, "lamp": {Free: map[fulfillment.Location]int64{"a": 0}, Room: 5}, "book": {Untracked: true},
	"pot": {}, "set": {Parts: []flywheel.Line{{SKU: "mug", Quantity: 2}, {SKU: "book", Quantity: 1}}}, "pair": {Parts: []flywheel.Line{{SKU: "mug", Quantity: 1}, {SKU: "pot", Quantity: 1}}},
	"reader": {Parts: []flywheel.Line{{SKU: "book", Quantity: 1}}},
}

func ExampleStock_Count() {
	fmt.Println(shelf.Count("mug"))
	fmt.Println(shelf.Count("set")) // of two mugs and a book
	fmt.Println(shelf.Count("book"))
	// Output:
	// 5 true
	// 2 true
	// 0 false
}

func ExampleStock_Has() {
	fmt.Println(shelf.Has("mug"), shelf.Has("pot"))
	// Output: true false
}

func TestHas(t *testing.T) {
	for sku, want := range map[flywheel.SKU]bool{"mug": true, "lamp": true, "book": true, "pot": false, "set": true, "pair": false, "reader": true, "unknown": false} {
		require.Equal(t, want, shelf.Has(sku), sku)
	}
	_, counted := shelf.Count("reader")
	require.False(t, counted)
}
