package checkout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// groupNetwork has the places of lifeNetwork, one of them abroad, with two ways of
// shipping and a shop to pick up from.
var groupNetwork = func() *fulfillment.Network {
	free := eur(5000)
	n, err := fulfillment.New(fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", Handling: 1},
		Places:   []fulfillment.Place{{ID: "east", Priority: 1, Country: "DE"}, {ID: "west", Priority: 2, Country: "NL"}},
		Options: []fulfillment.Option{
			{ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: eur(490)}}, FreeFrom: &free, Days: [2]int{1, 2}, Tax: "like_goods"},
			{ID: "express", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: eur(1290)}}, Days: [2]int{0, 1}, Tax: "highest"},
			{ID: "shop", Type: fulfillment.Pickup, Location: "west", Rates: []fulfillment.Rate{{Price: eur(100)}}, Tax: "class:standard"},
		},
	})
	if err != nil {
		panic(err)
	}
	return n
}()

// groupTaxes are those of the places of groupNetwork.
type groupTaxes struct{}

func (groupTaxes) Taxes(_ context.Context, q tax.Query) (tax.Decision, error) {
	rates := map[string][2]int64{"DE": {19, 7}, "NL": {21, 9}, "": {19, 7}}
	rate, known := rates[q.Place.Country]
	if !known {
		return tax.Decision{}, flywheel.ErrNotFound
	}
	percent := rate[0]
	if q.Class == "reduced" {
		percent = rate[1]
	}
	return tax.Decision{Taxes: []tax.Tax{{Code: "vat", Rate: money.Percent(percent)}}}, nil
}

// inGroups lets the lines of a life travel in at least two ways.
func (l *life) inGroups(rnd *rand.Rand) {
	for len(l.lines) < 2+rnd.IntN(2) {
		l.lines = append(l.lines, cart.Line{
			SKU: l.sku(len(l.lines)), Quantity: 1 + rnd.Int64N(4), Agreed: money.PriceOf(eur(100 + rnd.Int64N(3000))), TaxIncluded: true,
		})
	}
	ways := []string{"standard", "express", "shop"}
	rnd.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	first := 1 + rnd.IntN(len(l.lines))
	l.choices = []checkout.DeliveryChoice{{Lines: []string{strconv.Itoa(first)}, Option: ways[0]}}
	if rnd.IntN(2) == 0 && len(l.lines) > 2 {
		l.choices = append(l.choices, checkout.DeliveryChoice{Lines: []string{strconv.Itoa(first%len(l.lines) + 1)}, Option: ways[1]})
		l.choices = append(l.choices, checkout.DeliveryChoice{Option: ways[2]})
		return
	}
	l.choices = append(l.choices, checkout.DeliveryChoice{Option: ways[1]})
}

// TestGroupsAgreeToTheCent is TestRandomSessionsAgreeToTheCent for lines that travel in
// groups: each bears the tax of its place, and each delivery its own charge and tax.
func TestGroupsAgreeToTheCent(t *testing.T) {
	two := 0
	for seed := range testkit.Often(200, 40) {
		l := newLife(newLifeWorld(), uint64(seed*4+3), "l")
		l.looks = func(p *process) {
			o, err := p.orders.Get(t.Context(), l.order())
			require.NoError(t, err)
			l.verifyQuote(t, p, &o)
			require.Len(t, o.Deliveries, len(l.choices))
			require.Nil(t, o.Delivery)
			for i := range o.Deliveries {
				d := &o.Deliveries[i]
				rates := []money.Rate{money.Percent(19), money.Percent(7)}
				if d.Option == "shop" {
					rates = []money.Rate{money.Percent(21), money.Percent(9)}
					two++
				}
				for _, part := range d.Taxes {
					require.Contains(t, rates, part.Rate)
				}
				for _, id := range d.Lines {
					require.Contains(t, rates, o.Line(id).TaxRate, "line %s by %s", id, d.Option)
				}
			}
			for i := range o.Parcels {
				for _, piece := range o.Parcels[i].Pieces {
					if o.DeliveryFor(order.Item{Line: piece.Line}).Option == "shop" {
						require.Equal(t, fulfillment.Location("west"), piece.Location)
					}
				}
			}
			if !slices.ContainsFunc(o.Operations, func(op order.Operation) bool { return !op.Done }) {
				l.verifyMoney(t, p, &o, false)
			}
		}
		l.run(t, nil)
	}
	require.NotZero(t, two)
}

// TestOneGroupIsNoGroup compares random sessions whose lines are all in one group with
// sessions that have no groups: every answer and the order are the same, byte for byte.
func TestOneGroupIsNoGroup(t *testing.T) {
	for seed := range testkit.Often(60, 20) {
		var said [2][]string
		for variant := range said {
			l := newLife(newLifeWorld(), uint64(seed*4), "l")
			if variant == 1 {
				l.choices = []checkout.DeliveryChoice{{Option: "standard"}}
				for i := range l.lines {
					l.choices[0].Lines = append(l.choices[0].Lines, strconv.Itoa(i+1))
				}
				if seed%2 == 0 {
					l.choices = append(l.choices, checkout.DeliveryChoice{Option: "express"}) // rests
				}
			} else {
				l.choices = []checkout.DeliveryChoice{{Option: "standard"}} // is Choose
			}
			hear := func(v any) {
				text, err := json.Marshal(v)
				require.NoError(t, err)
				said[variant] = append(said[variant], string(text))
			}
			l.sees = func(v checkout.View) { hear(v) }
			l.looks = func(p *process) {
				o, err := p.orders.Get(t.Context(), l.order())
				require.NoError(t, err)
				o.Number = "" // is drawn
				hear(o)
			}
			l.run(t, nil)
		}
		require.Len(t, said[1], len(said[0]))
		for i := range said[0] {
			require.True(t, said[0][i] == said[1][i], "seed %d, answer %d:\n%s\n%s", seed, i, said[0][i], said[1][i])
		}
	}
}

// groupShop is a shop with an open session of three lines, 3 units each.
func groupShop(t *testing.T, mode order.CaptureMode) (*process, *life) {
	l := &life{id: "g", mode: mode, gateway: new(payment.Memory), world: newLifeWorld(), choices: []checkout.DeliveryChoice{}}
	for n := range 3 {
		l.lines = append(l.lines, cart.Line{SKU: l.sku(n), Quantity: 3, Agreed: money.PriceOf(eur(1000)), TaxIncluded: true})
	}
	p := l.world.open(t, nil, l)
	l.prepare(t.Context(), t, p)
	ctx := t.Context()
	_, err := p.carts.Create(ctx, cart.Cart{ID: "c", Customer: l.customer(), Currency: money.EUR, Lines: l.lines})
	require.NoError(t, err)
	_, err = p.sessions.Open(ctx, "c", "s")
	require.NoError(t, err)
	_, err = p.sessions.SetBuyer(ctx, "s", checkout.Buyer{Email: "x@example.com"})
	require.NoError(t, err)
	_, err = p.sessions.SetTenders(ctx, "s", checkout.TenderChoice{Type: order.Card, Token: "tok"})
	require.NoError(t, err)
	return p, l
}

func texts(v checkout.View) (list []string) {
	for _, m := range v.Messages {
		list = append(list, m.String())
	}
	return list
}

// TestGroupsSayWhatIsMissing walks through choosing by groups.
func TestGroupsSayWhatIsMissing(t *testing.T) {
	ctx := t.Context()
	p, l := groupShop(t, order.OnPlace)
	choose := func(choices ...checkout.DeliveryChoice) (checkout.View, error) {
		return p.sessions.ChooseFor(ctx, "s", choices...)
	}
	v, err := choose(checkout.DeliveryChoice{Lines: []string{"1"}, Option: "shop"})
	require.NoError(t, err)
	require.Equal(t, []string{"error missing recoverable $.fulfillment.methods[0].destinations"}, texts(v), "the other lines need an address")
	require.Equal(t, []checkout.ContentGroup{{Lines: []string{"1"}, Option: "shop", Place: "west", Charge: 100}, {Lines: []string{"2", "3"}}}, v.Groups)
	require.Len(t, v.GroupOffers, 2)
	require.Nil(t, v.Offers)
	v, err = p.sessions.SetAddress(ctx, "s", order.Address{Country: "FR"}, nil)
	require.ErrorIs(t, err, flywheel.ErrNotFound, "no taxes are known there: %v", texts(v))
	v, err = p.sessions.SetAddress(ctx, "s", order.Address{Country: "NL"}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"error address_undeliverable recoverable $.fulfillment.methods[0].destinations[0]"}, texts(v))
	v, err = p.sessions.SetAddress(ctx, "s", order.Address{Country: "DE"}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"error missing recoverable $.fulfillment.methods[0].groups[1].selected_option_id"}, texts(v))
	require.Equal(t, checkout.Incomplete, v.Status)

	before, err := p.sessions.Session(ctx, "s")
	require.NoError(t, err)
	for _, c := range []struct {
		kind    error
		field   string
		choices []checkout.DeliveryChoice
	}{
		{flywheel.ErrNotFound, "choices[0].option", []checkout.DeliveryChoice{{Option: "pigeon"}}},
		{flywheel.ErrNotFound, "choices[1].lines[0]", []checkout.DeliveryChoice{{Option: "shop"}, {Lines: []string{"9"}}}},
		{flywheel.ErrInvalid, "choices[1].lines[0]", []checkout.DeliveryChoice{{Lines: []string{"1"}}, {Lines: []string{"1"}}}},
		{flywheel.ErrInvalid, "choices[1].lines", []checkout.DeliveryChoice{{Option: "shop"}, {Option: "standard"}}},
		{flywheel.ErrLimit, "choices", make([]checkout.DeliveryChoice, 101)},
	} {
		_, err := choose(c.choices...)
		require.ErrorIs(t, err, c.kind)
		require.ErrorContains(t, err, c.field)
	}
	_, err = p.stock.At("west").Count(ctx, "count", "stock taking", l.sku(1), 1)
	require.NoError(t, err)
	_, err = choose(checkout.DeliveryChoice{Lines: []string{"2"}, Option: "shop"}, checkout.DeliveryChoice{Option: "standard"})
	require.ErrorIs(t, err, flywheel.ErrConflict, "a pickup with too little is not offered")
	after, err := p.sessions.Session(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, before, after, "what is refused changes nothing")

	v, err = choose(checkout.DeliveryChoice{Lines: []string{"1"}, Option: "shop"}, checkout.DeliveryChoice{Option: "standard"})
	require.NoError(t, err)
	require.Equal(t, checkout.Ready, v.Status, "%v", texts(v))
	require.Equal(t, int64(100), v.Of(checkout.TotalFulfillment).Minor(), "60 of goods in one group are free of charge: %v", v.Groups)
}

// TestGroupsGiveBackTheirDelivery calls off, sends and returns by groups: the charge of
// each goes with its last unit, whatever becomes of the others.
func TestGroupsGiveBackTheirDelivery(t *testing.T) {
	for _, mode := range []order.CaptureMode{order.OnPlace, order.OnShipment} {
		t.Run(string(mode), func(t *testing.T) {
			ctx := t.Context()
			p, _ := groupShop(t, mode)
			_, err := p.sessions.SetAddress(ctx, "s", order.Address{Country: "DE"}, nil)
			require.NoError(t, err)
			v, err := p.sessions.ChooseFor(ctx, "s", checkout.DeliveryChoice{Lines: []string{"1"}, Option: "shop"},
				checkout.DeliveryChoice{Lines: []string{"2"}, Option: "express"}, checkout.DeliveryChoice{Option: "standard"})
			require.NoError(t, err)
			v, err = p.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Order: "o", Seen: v.Version})
			require.NoError(t, err, texts(v))
			require.Equal(t, int64(9000+100+1290+490), v.Total.Minor())
			o, err := p.orders.Get(ctx, "o")
			require.NoError(t, err)
			require.Len(t, o.Parcels, 3)
			do := func(c order.Command) order.Result {
				r, err := p.orders.Do(ctx, "o", c)
				require.NoError(t, err)
				return r
			}
			r := do(&order.CallOff{Key: "a", Lines: map[string]int64{"2": 3}})
			require.Equal(t, int64(3000+1290), r.Released.Minor()+back(r), "with its last unit goes the express")
			price := money.PriceOf(eur(500))
			r = do(&order.Edit{Key: "b", Add: []order.Item{{SKU: "g-sku0", Quantity: 1, Agreed: &price, Line: "1"}}})
			require.Equal(t, []string{"1", "4"}, r.Order.Deliveries[0].Lines, "it travels with line 1")
			require.Equal(t, fulfillment.Location("west"), r.Order.Parcel(r.Parcels[0]).Location)
			require.Equal(t, money.Percent(9), r.Order.Line("4").TaxRate, "and is taxed there")
			r = do(&order.Edit{Key: "c", Add: []order.Item{{SKU: "g-sku0", Quantity: 1, Agreed: &price}}, Remove: map[string]int64{"3": 3}})
			require.Equal(t, []string{"3", "5"}, r.Order.Deliveries[2].Lines, "what names no line is shipped, here in place of line 3, with its delivery")
			require.Equal(t, int64(500-3000), r.Difference.Minor())
			r = do(&order.CallOff{Key: "d", Lines: map[string]int64{"5": 1}})
			require.Equal(t, int64(500+490), r.Released.Minor()+back(r))
			var paid int64
			for i := range r.Order.Parcels {
				if parcel := &r.Order.Parcels[i]; parcel.Status == order.ParcelOpen {
					paid += do(&order.Ship{Parcel: parcel.ID}).Captured.Minor()
					do(&order.Deliver{Parcel: parcel.ID})
				}
			}
			if mode == order.OnShipment {
				require.Equal(t, int64(3000+500+100), paid, "the pickup is charged once, with its first parcel")
			}
			do(&order.RequestReturn{ID: "r", Lines: map[string]int64{"1": 3}, Reason: "defective"})
			r = do(&order.Receive{ID: "r", Lines: map[string]order.Received{"1": {Accepted: 3, Condition: "new", Restock: "west"}}})
			require.Equal(t, int64(3000), back(r), "one of the group is left")
			do(&order.RequestReturn{ID: "q", Lines: map[string]int64{"4": 1}, Reason: "defective"})
			r = do(&order.Receive{ID: "q", Lines: map[string]order.Received{"4": {Accepted: 1, Condition: "new", Restock: "west"}}})
			require.Equal(t, int64(500+100), back(r))
			require.Equal(t, order.CameBack, r.Order.State())
			papers := int64(0)
			for _, d := range r.Order.Documents {
				if d.Kind == order.Invoice {
					papers += d.Total.Minor()
				} else {
					papers -= d.Total.Minor()
				}
			}
			require.Zero(t, papers)
			require.Equal(t, r.Order.Payment.Captured, r.Order.Payment.Refunded, fmt.Sprint(r.Order.Payment))
		})
	}
}

func back(r order.Result) int64 {
	if r.Refund == nil {
		return 0
	}
	return r.Refund.Total.Minor()
}

// One mug is picked up, the other is sent; each group has its own charge and offers.
func ExampleSessions_ChooseFor() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.options.Network = groupNetwork
	c.options.Stock = nil // everything is there
	sessions, err := checkout.NewSessions(nil, c.options)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.carts.Create(ctx, cart.Cart{ID: "cart", Visitor: "browser", Currency: money.EUR, Lines: []cart.Line{
		{SKU: "mug", Quantity: 1}, {SKU: "mug", Quantity: 1, Agreed: money.MustPrice("9.90", money.EUR), TaxIncluded: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := sessions.Open(ctx, "cart", "s"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := sessions.SetAddress(ctx, "s", order.Address{Country: "DE"}, nil); err != nil {
		fmt.Println(err)
		return
	}
	v, err := sessions.ChooseFor(ctx, "s", checkout.DeliveryChoice{Lines: []string{"1"}, Option: "shop"}, checkout.DeliveryChoice{Option: "standard"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, g := range v.Groups {
		var group checkout.ContentGroup = g
		fmt.Println(group.Lines, group.Option, group.Place, money.New(group.Charge, money.EUR), len(v.GroupOffers[i]))
	}
	fmt.Println(v.Of(checkout.TotalFulfillment), v.Total)
	// Output:
	// [1] shop west 1.00 EUR 3
	// [2] standard  4.90 EUR 3
	// 5.90 EUR 27.70 EUR
}
