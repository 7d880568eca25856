package cart_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Two mugs with a name each stand on lines of their own; what was asked can change.
func ExampleService_Personalize() {
	ctx := context.Background()
	carts, err := cart.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	anna, ben := flywheel.MustDetails(map[string]string{"engraving": "Anna"}), flywheel.MustDetails(map[string]string{"engraving": "Ben"})
	c, err := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if c, err = carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1, Personalization: anna}); err != nil {
		fmt.Println(err)
		return
	}
	c, err = carts.Personalize(ctx, c.ID, "1", ben)
	for _, l := range c.Lines {
		fmt.Println(l.Quantity, l.SKU, l.Personalization)
	}
	fmt.Println(err)
	// Output:
	// 1 mug engraving: Ben
	// 1 mug engraving: Anna
	// <nil>
}

func details(name, text string) flywheel.Details {
	return flywheel.MustDetails(map[string]string{name: text})
}

func TestPersonalization(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, cart.Options{})
	anna, ben := details("engraving", "Anna"), details("engraving", "Ben")
	c := d.create(t, cart.Cart{ID: "c"})
	c, err := d.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1}, cart.Line{SKU: "mug", Quantity: 2, Personalization: anna}, cart.Line{SKU: "mug", Quantity: 3, Personalization: ben})
	require.NoError(t, err)
	require.Len(t, c.Lines, 3)
	c, err = d.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 10, Personalization: anna, Metadata: details("erp", "7")}, cart.Line{SKU: "mug", Quantity: 10})
	require.NoError(t, err)
	require.Len(t, c.Lines, 3)
	require.Equal(t, []int64{11, 12, 3}, []int64{c.Lines[0].Quantity, c.Lines[1].Quantity, c.Lines[2].Quantity})
	require.Equal(t, details("erp", "7"), c.Lines[1].Metadata)
	c, err = d.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1, Personalization: anna})
	require.NoError(t, err)
	require.Equal(t, details("erp", "7"), c.Lines[1].Metadata, "units without it leave it")

	// A line that is named must be asked for alike.
	_, err = d.Add(ctx, c.ID, cart.Line{ID: c.Lines[1].ID, SKU: "mug", Quantity: 1, Personalization: ben})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = d.Personalize(ctx, c.ID, "9", ben)
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	// At login what was asked for stays apart.
	told := len(d.events)
	mine := d.create(t, cart.Cart{ID: "mine", Customer: "ann", Lines: []cart.Line{{SKU: "mug", Quantity: 5, Personalization: ben}}})
	c, err = d.Login(ctx, c.ID, "ann")
	require.NoError(t, err)
	require.Equal(t, mine.ID, c.ID)
	require.Len(t, c.Lines, 3)
	require.Equal(t, int64(8), c.Lines[0].Quantity)
	require.Equal(t, ben, c.Lines[0].Personalization)
	require.Equal(t, anna, c.Lines[2].Personalization)
	for _, e := range d.events[told:] {
		require.NotContains(t, fmt.Sprint(e), "Ben", "events do not tell what buyers write")
	}

	// A long cart finds lines by an index.
	var many []cart.Line
	for i := range 60 {
		many = append(many, cart.Line{SKU: "cup", Quantity: 1, Personalization: details("number", fmt.Sprint(i))})
	}
	long := d.create(t, cart.Cart{ID: "long"})
	for range 2 {
		long, err = d.Add(ctx, long.ID, many...)
		require.NoError(t, err)
	}
	require.Len(t, long.Lines, 60)
	for _, l := range long.Lines {
		require.Equal(t, int64(2), l.Quantity)
	}
}

// What a guest asked for before he signed in goes with the customer: the cart that was
// merged is no cart of the customer by its own word.
func TestForgetWhatWasMerged(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, cart.Options{})
	line := []cart.Line{{SKU: "mug", Quantity: 1, Personalization: details("engraving", "Anna, 7 May")}}
	d.create(t, cart.Cart{ID: "phone", Visitor: "phone", Lines: line})
	d.create(t, cart.Cart{ID: "tablet", Visitor: "tablet", Lines: line})
	d.create(t, cart.Cart{ID: "other", Visitor: "other", Lines: line})
	d.create(t, cart.Cart{ID: "mine", Customer: "ann"})
	_, err := d.Merge(ctx, "phone", "tablet")
	require.NoError(t, err)
	_, err = d.Login(ctx, "tablet", "ann")
	require.NoError(t, err)
	require.NoError(t, d.Forget(ctx, "ann"))
	for _, id := range []cart.ID{"mine", "tablet", "phone"} {
		_, err := d.Get(ctx, id)
		require.ErrorIs(t, err, flywheel.ErrNotFound, id)
	}
	_, err = d.Get(ctx, "other")
	require.NoError(t, err)
	require.NoError(t, d.Forget(ctx, "ann"))
}
