package wish_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/cart/wish/wishtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	anna = flywheel.PersonOf("anna", "")
	ben  = flywheel.PersonOf("", "ben")
)

func back(sku flywheel.SKU, at time.Time) flywheel.Entry {
	return flywheel.Entry{Received: at, Effective: at, Event: flywheel.Event{ID: "back-" + string(sku) + at.Format("-150405"), Name: wish.EventStockBack, Time: at, Lines: []flywheel.Line{{SKU: sku, Quantity: 3}}}}
}

// heard is a service with a clock and what it told.
type heard struct {
	*wish.Service
	now    time.Time
	events []flywheel.Event
	prices map[flywheel.SKU]money.Amount
}

func listen(t testing.TB, store wish.Store) *heard {
	t.Helper()
	h := &heard{now: noon, prices: map[flywheel.SKU]money.Amount{}}
	s, err := wish.New(store, &wish.Options{
		Now: func() time.Time { return h.now }, Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			h.events = append(h.events, events...)
			return nil
		}),
		Prices: func(context.Context, ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) { return h.prices, nil },
	})
	require.NoError(t, err)
	h.Service = s
	return h
}

func TestEventOfInventory(t *testing.T) { require.Equal(t, inventory.EventBack, wish.EventStockBack) }

// A watch is told once, to everybody who waits, and to nobody who began to wait later.
func TestBackInStock(t *testing.T) {
	h := listen(t, nil)
	for _, owner := range []flywheel.Person{anna, ben} {
		_, err := h.Add(t.Context(), owner, wish.Item{SKU: "pot", Kind: wish.BackInStock})
		require.NoError(t, err)
	}
	require.NoError(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon.Add(-time.Hour)), back("lamp", noon.Add(time.Hour))}))
	require.Empty(t, h.events, "it was there before they asked")
	for range 2 {
		require.NoError(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon.Add(time.Hour))}))
	}
	require.Len(t, h.events, 2)
	require.Equal(t, flywheel.CustomerID("anna"), h.events[0].Customer)
	require.Equal(t, flywheel.VisitorID("ben"), h.events[1].Visitor)
	require.Equal(t, "back_in_stock", h.events[0].Properties[wish.PropertyKind])
	require.NoError(t, h.events[0].Validate())
	l, err := h.Of(t.Context(), anna)
	require.NoError(t, err)
	require.Empty(t, l.Items)
	h.now = noon.Add(2 * time.Hour) // and again, when asked again
	_, err = h.Add(t.Context(), anna, wish.Item{SKU: "pot", Kind: wish.BackInStock})
	require.NoError(t, err)
	require.NoError(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon.Add(3*time.Hour))}))
	require.Len(t, h.events, 3)
	require.NotEqual(t, h.events[0].ID, h.events[2].ID)
}

// More waiters than a batch are all told.
func TestManyWait(t *testing.T) {
	h := listen(t, nil)
	for i := range 600 {
		_, err := h.Add(t.Context(), flywheel.PersonOf(flywheel.CustomerID(fmt.Sprintf("c%03d", i)), ""), wish.Item{SKU: "pot", Kind: wish.BackInStock})
		require.NoError(t, err)
	}
	require.NoError(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon)}))
	require.Len(t, h.events, 600)
}

func TestCheaper(t *testing.T) {
	h := listen(t, nil)
	_, err := h.Add(t.Context(), anna, wish.Item{SKU: "pot", Kind: wish.CheaperThan, Price: money.New(1000, money.EUR)})
	require.NoError(t, err)
	for _, price := range []money.Amount{money.New(1000, money.EUR), money.New(1200, money.EUR), money.New(900, money.USD)} {
		h.prices["pot"] = price
		_, err = h.Advance(t.Context(), noon)
		require.NoError(t, err)
		require.Empty(t, h.events, price)
	}
	h.prices["pot"] = money.New(999, money.EUR)
	for range 2 {
		_, err = h.Advance(t.Context(), noon)
		require.NoError(t, err)
	}
	require.Len(t, h.events, 1)
	require.Equal(t, money.New(999, money.EUR), h.events[0].Value)
	none, err := wish.New(nil, nil)
	require.NoError(t, err)
	more, err := none.Advance(t.Context(), noon)
	require.NoError(t, err)
	require.False(t, more)
}

// A list that is shared shows the wished items and nothing else, until it is hidden.
func TestShare(t *testing.T) {
	h := listen(t, nil)
	for _, it := range []wish.Item{{SKU: "lamp", Kind: wish.Wished}, {SKU: "mug", Kind: wish.Later}, {SKU: "pot", Kind: wish.BackInStock}} {
		_, err := h.Add(t.Context(), anna, it)
		require.NoError(t, err)
	}
	l, err := h.Share(t.Context(), anna)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(l.Token), 22)
	again, err := h.Share(t.Context(), anna)
	require.NoError(t, err)
	require.Equal(t, l.Token, again.Token)
	items, err := h.Shared(t.Context(), l.Token)
	require.NoError(t, err)
	require.Len(t, items, 1)
	_, err = h.Hide(t.Context(), anna)
	require.NoError(t, err)
	for _, token := range []string{l.Token, "", "\x00", l.Token + "x"} {
		_, err = h.Shared(t.Context(), token)
		require.ErrorIs(t, err, flywheel.ErrNotFound)
	}
	fresh, err := h.Share(t.Context(), anna)
	require.NoError(t, err)
	require.NotEqual(t, l.Token, fresh.Token)
}

func TestLogin(t *testing.T) {
	h := listen(t, nil)
	for owner, skus := range map[flywheel.Person][]flywheel.SKU{ben: {"lamp", "pot"}, anna: {"pot", "mug"}} {
		for _, sku := range skus {
			_, err := h.Add(t.Context(), owner, wish.Item{SKU: sku, Kind: wish.Wished})
			require.NoError(t, err)
		}
	}
	for range 2 {
		l, err := h.Login(t.Context(), "ben", "anna")
		require.NoError(t, err)
		require.Len(t, l.Items, 3)
	}
	guest, err := h.Of(t.Context(), ben)
	require.NoError(t, err)
	require.Empty(t, guest.Items)
	require.NoError(t, h.Forget(t.Context(), "anna"))
	l, err := h.Of(t.Context(), anna)
	require.NoError(t, err)
	require.Zero(t, l.Version)
}

// Another's list is answered for as if it were not there; bad items change nothing.
func TestRefused(t *testing.T) {
	h := listen(t, nil)
	_, err := h.Add(t.Context(), anna, wish.Item{SKU: "lamp", Kind: wish.Wished})
	require.NoError(t, err)
	eve := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "eve", Visitor: "v"})
	_, err = h.Of(eve, anna)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = h.Add(eve, anna, wish.Item{SKU: "x", Kind: wish.Wished})
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = h.Share(eve, anna)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = h.Login(eve, "v", "anna")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = h.Login(eve, "ben", "eve")
	require.ErrorIs(t, err, flywheel.ErrNotFound, "another's device")
	_, err = h.Of(t.Context(), "")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	for field, it := range map[string]wish.Item{
		"sku": {Kind: wish.Wished}, "kind": {SKU: "a"}, "price": {SKU: "a", Kind: wish.CheaperThan}, "quantity": {SKU: "a", Kind: wish.Later, Quantity: -1},
	} {
		_, err = h.Add(t.Context(), anna, it)
		var wrong *flywheel.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
	}
	for i := range wish.MaxItems {
		if _, err = h.Add(t.Context(), anna, wish.Item{SKU: flywheel.SKU(fmt.Sprint(i)), Kind: wish.Wished}); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, flywheel.ErrLimit)
	l, err := h.Of(t.Context(), anna)
	require.NoError(t, err)
	require.Len(t, l.Items, wish.MaxItems)
	_, err = h.Remove(t.Context(), anna, "none", wish.Wished)
	require.NoError(t, err)
}

// Many at once lose nothing.
func TestRace(t *testing.T) {
	h := listen(t, nil)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = h.Add(t.Context(), anna, wish.Item{SKU: flywheel.SKU(fmt.Sprint(i)), Kind: wish.Wished})
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	l, err := h.Of(t.Context(), anna)
	require.NoError(t, err)
	require.Len(t, l.Items, len(errs))
}

// Whatever call fails, before or after, a watch is told once when the entry comes again.
func TestFailures(t *testing.T) {
	for _, call := range []string{"Get", "Save", "Watches"} {
		for _, after := range []bool{false, true} {
			fail := false
			h := listen(t, wishtest.Failing(wish.NewMemory(nil), func(got string, a bool) error {
				if fail && got == call && a == after {
					return errors.New("down")
				}
				return nil
			}))
			_, err := h.Add(t.Context(), anna, wish.Item{SKU: "pot", Kind: wish.BackInStock})
			require.NoError(t, err)
			fail = true
			require.Error(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon)}))
			fail = false
			require.NoError(t, h.Consume(t.Context(), []flywheel.Entry{back("pot", noon)}))
			require.Len(t, h.events, 1, "%s %v", call, after)
		}
	}
}

func Example() {
	ctx := context.Background()
	wishes, err := wish.New(nil, &wish.Options{Now: func() time.Time { return noon }, Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for i := range events {
			fmt.Println(events[i].Name, events[i].Customer, events[i].Lines[0].SKU)
		}
		return nil
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := wishes.Add(ctx, flywheel.PersonOf("anna", ""), wish.Item{SKU: "lamp", Kind: wish.BackInStock}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(wishes.Consume(ctx, []flywheel.Entry{back("lamp", noon.Add(time.Hour))}))
	// Output:
	// watch_met anna lamp
	// <nil>
}

func ExampleService() {
	ctx, owner := context.Background(), flywheel.PersonOf("anna", "")
	wishes, err := wish.New(nil, &wish.Options{NewToken: func() string { return "a-token" }})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := wishes.Add(ctx, owner, wish.Item{SKU: "lamp", Kind: wish.Wished}); err != nil {
		fmt.Println(err)
		return
	}
	l, err := wishes.Share(ctx, owner)
	if err != nil {
		fmt.Println(err)
		return
	}
	items, err := wishes.Shared(ctx, l.Token)
	fmt.Println(items[0].SKU, err)
	// Output: lamp <nil>
}

func ExampleNew() {
	wishes, err := wish.New(nil, nil) // in memory
	fmt.Println(wishes.Name(), err)
	// Output: wish.Service <nil>
}

func ExampleNewMemory() {
	db := new(flywheel.Memory) // shared with other stores
	store := wish.NewMemory(db)
	fmt.Println(store.Handle() == flywheel.Transactor(db))
	// Output: true
}

func ExampleList_Of() {
	l := wish.List{Items: []wish.Item{{SKU: "lamp", Kind: wish.Wished}, {SKU: "mug", Kind: wish.Later}}}
	fmt.Println(l.Of(wish.Later)[0].SKU)
	// Output: mug
}

func ExampleWatch_Compare() {
	fmt.Println(wish.Watch{SKU: "a", Owner: "c:z"}.Compare(wish.Watch{SKU: "b"}))
	// Output: -1
}

// What a guest kept for later follows to the account, and comes off when it is bought.
func ExampleService_Login() {
	ctx, guest, anna := context.Background(), flywheel.PersonOf("", "browser-1"), flywheel.PersonOf("anna", "")
	wishes, err := wish.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sku := range []flywheel.SKU{"lamp", "mug"} {
		if _, err := wishes.Add(ctx, guest, wish.Item{SKU: sku, Kind: wish.Later}); err != nil {
			fmt.Println(err)
		}
	}
	l, err := wishes.Login(ctx, "browser-1", "anna")
	fmt.Println(l.Owner, len(l.Items), err)
	if _, err := wishes.Remove(ctx, anna, "mug", wish.Later); err != nil {
		fmt.Println(err)
	}
	l, err = wishes.Of(ctx, anna)
	fmt.Println(l.Of(wish.Later)[0].SKU, len(l.Items), err)
	// Output:
	// c:anna 2 <nil>
	// lamp 1 <nil>
}

// A list is shared until it is hidden, or its owner is forgotten.
func ExampleService_Hide() {
	ctx, owner := context.Background(), flywheel.PersonOf("anna", "")
	wishes, err := wish.New(nil, &wish.Options{NewToken: func() string { return "a-token" }})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := wishes.Share(ctx, owner); err != nil {
		fmt.Println(err)
	}
	l, err := wishes.Hide(ctx, owner)
	fmt.Println(l.Token == "", err)
	_, err = wishes.Shared(ctx, "a-token")
	fmt.Println(errors.Is(err, flywheel.ErrNotFound), wishes.Forget(ctx, "anna"))
	// Output:
	// true <nil>
	// true <nil>
}

// Prices are looked at each time a runner calls Advance.
func ExampleService_Advance() {
	ctx := context.Background()
	lamp := money.New(4900, money.EUR)
	wishes, err := wish.New(nil, &wish.Options{
		Now: func() time.Time { return noon },
		Prices: func(context.Context, ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
			return map[flywheel.SKU]money.Amount{"lamp": lamp}, nil
		},
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for i := range events {
				fmt.Println(events[i].Name, events[i].Customer, events[i].Lines[0].SKU)
			}
			return nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := wishes.Add(ctx, flywheel.PersonOf("anna", ""), wish.Item{SKU: "lamp", Kind: wish.CheaperThan, Price: money.New(4500, money.EUR)}); err != nil {
		fmt.Println(err)
	}
	for _, now := range []money.Amount{lamp, money.New(3900, money.EUR)} {
		lamp = now
		if _, err := wishes.Advance(ctx, noon.Add(time.Hour)); err != nil {
			fmt.Println(err)
		}
	}
	// Output: watch_met anna lamp
}
