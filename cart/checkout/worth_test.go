package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// What a point pays is a matter of the loyalty program, which a checkout asks.
func ExamplePointRates() {
	points, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{
		{Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("1")}},
		{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("0.5")}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var rates checkout.PointRates = points
	for _, year := range []int{2026, 2027} {
		fmt.Println(rates.Worth(context.Background(), money.EUR, time.Date(year, 3, 10, 9, 0, 0, 0, time.UTC)))
	}
	// Output:
	// 1 <nil>
	// 0.5 <nil>
}

// From ten o'clock a point is worth half: who saw the old rate is asked again, and a refund
// gives back the points that were spent, whatever they are worth by then.
func TestPointsAtADatedRate(t *testing.T) {
	ctx := t.Context()
	c, err := newCounter(ctx)
	require.NoError(t, err)
	ten := time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return c.now }
	points, err := loyalty.New(nil, &loyalty.Options{Now: clock, Programs: []loyalty.Program{
		{Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("1")}},
		{From: ten, Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("0.5")}},
		{From: ten.Add(time.Hour)},
	}})
	require.NoError(t, err)
	_, err = points.Apply(ctx, loyalty.Operation{Member: "anna", Key: "gift", Kind: loyalty.Earn, Points: 1000})
	require.NoError(t, err)
	orders, err := order.New(nil, &order.Options{Now: clock, Gateway: c.gateway, Points: points})
	require.NoError(t, err)
	c.options.Points, c.options.Orders = points, orders
	c.sessions, err = checkout.NewSessions(nil, c.options)
	require.NoError(t, err)
	open := func(id checkout.SessionID) checkout.View {
		_, err := c.carts.Create(ctx, cart.Cart{ID: cart.ID(id), Customer: "anna", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
		require.NoError(t, err)
		for _, step := range []func() (checkout.View, error){
			func() (checkout.View, error) { return c.sessions.Open(ctx, cart.ID(id), id) },
			func() (checkout.View, error) {
				return c.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "anna@example.com"})
			},
			func() (checkout.View, error) {
				return c.sessions.SetAddress(ctx, id, order.Address{Country: "DE", Postcode: "10115"}, nil)
			},
			func() (checkout.View, error) { return c.sessions.Choose(ctx, id, "standard") },
		} {
			_, err := step()
			require.NoError(t, err)
		}
		v, err := c.sessions.SetTenders(ctx, id, checkout.TenderChoice{Type: order.Points}, checkout.TenderChoice{Type: order.Card, Token: "tok"})
		require.NoError(t, err)
		return v
	}

	c.now = ten.Add(-time.Minute)
	v := open("s") // 16.80 in all
	require.Equal(t, []checkout.Share{
		{Tender: "points", Amount: money.New(1000, money.EUR), Points: 1000}, {Tender: "card", Amount: money.New(680, money.EUR)},
	}, v.Split)
	seen := v.Version
	c.now = ten
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: seen})
	require.ErrorIs(t, err, checkout.ErrSeen)
	require.Equal(t, checkout.CodeQuoteChanged, v.Messages[0].Code)
	require.Equal(t, money.New(500, money.EUR), v.Split[0].Amount)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: v.Version})
	require.NoError(t, err)
	left, err := points.Spendable(ctx, "anna")
	require.NoError(t, err)
	require.Zero(t, left)

	// An hour later points pay nothing, and come back all the same.
	c.now = ten.Add(time.Hour)
	_, err = orders.Do(ctx, v.Order, &order.CallOff{Key: "cancel"})
	require.NoError(t, err)
	left, err = points.Spendable(ctx, "anna")
	require.NoError(t, err)
	require.Equal(t, int64(1000), left)
	v = open("later")
	require.Contains(t, []string{v.Messages[0].Code, v.Messages[len(v.Messages)-1].Code}, checkout.CodeTenderRefused)
	require.Equal(t, money.New(1680, money.EUR), v.Split[len(v.Split)-1].Amount)

	// What the options say comes first.
	c.options.PointValue = money.MustRate("2")
	c.sessions, err = checkout.NewSessions(nil, c.options)
	require.NoError(t, err)
	require.Equal(t, money.New(1680, money.EUR), open("own").Split[0].Amount)
}

func TestWorthRefused(t *testing.T) {
	for field, worth := range map[string]map[money.Currency]money.Rate{
		"worth[EUR]": {money.EUR: money.MustRate("0"), money.USD: money.MustRate("1")},
		"worth[USD]": {money.USD: money.MustRate("1000001")},
		"worth[]":    {{}: money.MustRate("1")},
	} {
		_, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Worth: worth}}})
		var wrong *loyalty.ProgramError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
		if field == "worth[]" {
			require.ErrorIs(t, err, flywheel.ErrInvalid)
		} else {
			require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		}
	}
}

// brokenPoints answers every question for a balance with an error.
type brokenPoints struct {
	checkout.Points
	err error
}

func (p brokenPoints) Spendable(context.Context, flywheel.CustomerID) (int64, error) { return 0, p.err }

// A member without an account cannot pay with points and goes on; points that cannot be
// asked are the error of the call.
func TestPointsThatAnswerErrors(t *testing.T) {
	ctx := t.Context()
	for _, err := range []error{flywheel.ErrNotFound, errors.New("the database is down")} {
		c, setup := newCounter(ctx)
		require.NoError(t, setup)
		c.options.Points, c.options.PointValue = brokenPoints{err: err}, money.MustRate("1")
		c.sessions, setup = checkout.NewSessions(nil, c.options)
		require.NoError(t, setup)
		_, setup = c.carts.Create(ctx, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
		require.NoError(t, setup)
		_, setup = c.sessions.Open(ctx, "c", "s")
		require.NoError(t, setup)
		v, got := c.sessions.SetTenders(ctx, "s", checkout.TenderChoice{Type: order.Points})
		if errors.Is(err, flywheel.ErrNotFound) {
			require.NoError(t, got)
			var codes []string
			for _, m := range v.Messages {
				codes = append(codes, m.Code)
			}
			require.Contains(t, codes, checkout.CodeTenderRefused)
		} else {
			require.ErrorIs(t, got, err)
		}
	}
}
