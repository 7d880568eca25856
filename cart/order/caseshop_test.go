package order_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The cases of the checkout reference that are about what happens to an order once it
// stands, run against orders alone: the shop of this test places them by hand, with a
// stock and balances of a few lines. TestReference of package checkout runs all cases
// through the whole way.

type caseSetup struct {
	Shop, Currency, Capture string
	Gross                   bool
	Now                     time.Time
	Home                    struct{ Country, Region string }
	Calendar                struct {
		Zone     string
		Days     []string
		Carrier  []string `json:"carrier_days"`
		CutOff   string   `json:"cut_off"`
		Handling int      `json:"handling_days"`
		Holidays []string
	}
	Locations map[string]struct {
		Priority int
		Country  string
	}
	Taxes map[string]map[string]string
	Items map[string]struct {
		Price               int64
		Tax                 string
		Weight              int64
		Categories          []string
		Stock               map[string]int64
		Parts               map[string]int64
		Backorder, Preorder *caseLater
		Ships               *bool
		FinalSale           bool `json:"final_sale"`
	}
	Delivery []struct {
		ID, Type, By, Tax, Location string
		Zones                       []string
		Rates                       []struct {
			To    *int64
			Price int64
		}
		FreeFrom *int64 `json:"free_from"`
		Days     [2]int
		NotFor   []string `json:"not_for"`
	}
	Promotions []struct {
		ID, Kind string
		Code     bool
		Value    json.Number
	}
	GiftCards   map[string]struct{ Balance int64 } `json:"gift_cards"`
	StoreCredit map[string]int64                   `json:"store_credit"`
	Points      map[string]int64
	PointValue  string `json:"point_value"`
	Returns     struct {
		WindowDays     int `json:"window_days"`
		ClaimDays      int `json:"claim_days"`
		Restocking     map[string]money.Rate
		Label          int64
		DeliveryRefund order.DeliveryRefund `json:"delivery_refund"`
	}
	Numbers map[string]int64
	Gateway []struct {
		Call, Answer string
		Effect       bool
	}
}

type caseLater struct {
	Limit int64
	Date  fulfillment.Date
}

type caseStep struct {
	Do, SKU, Customer, Option, Key, Parcel, Return, Reason, Remedy, Kind, To, Cart, Session, Location string
	Quantity, Amount, Change                                                                          int64
	Address                                                                                           struct{ Country, Region string }
	Tenders                                                                                           []struct {
		Type, ID string
		Amount   *int64
	}
	Lines  json.RawMessage
	Add    []caseItem
	For    []caseItem
	Remove map[string]int64
	Codes  []string
	Clock  time.Time `json:"-"`
	Expect map[string]json.RawMessage
}

type caseItem struct {
	SKU      string
	Quantity int64
	Agreed   *int64
}

// caseShop is the shop of one case.
type caseShop struct {
	t        *testing.T
	s        caseSetup
	currency money.Currency
	now      time.Time
	net      *fulfillment.Network
	stock    *caseStock
	gateway  *payment.Memory
	orders   *order.Service
	balances caseBalances
	events   map[string]map[string]bool
	codes    int
	draft    caseDraft
	id       order.ID
	tryRef   string
	quiet    bool // the gateway passes
	lock     sync.Mutex
}

type caseDraft struct {
	customer string
	lines    []caseItem
	country  string
	region   string
	option   string
	codes    bool
	tenders  []order.Tender
	bounds   []int64
	apart    bool  // every second line travels by itself
	second   int64 // and costs so much
}

func newCaseShop(t *testing.T, s caseSetup) *caseShop {
	currency, err := money.ParseCurrency(s.Currency)
	require.NoError(t, err)
	w := &caseShop{t: t, s: s, currency: currency, now: s.Now, events: map[string]map[string]bool{}, id: "o", tryRef: "try"}
	days := func(names []string) (days []time.Weekday) {
		for _, name := range names {
			days = append(days, time.Weekday(slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, name)))
		}
		return days
	}
	c := fulfillment.Config{Calendar: fulfillment.Calendar{
		Zone: s.Calendar.Zone, Days: days(s.Calendar.Days), Carrier: days(s.Calendar.Carrier), Handling: s.Calendar.Handling,
	}}
	cutOff, err := fulfillment.ParseClock(s.Calendar.CutOff)
	require.NoError(t, err)
	c.Calendar.CutOff = &cutOff
	for _, day := range s.Calendar.Holidays {
		d, err := fulfillment.ParseDate(day)
		require.NoError(t, err)
		c.Calendar.Holidays = append(c.Calendar.Holidays, d)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Locations)) {
		c.Places = append(c.Places, fulfillment.Place{ID: fulfillment.Location(id), Priority: s.Locations[id].Priority, Country: s.Locations[id].Country})
	}
	for _, d := range s.Delivery {
		o := fulfillment.Option{
			ID: d.ID, Type: fulfillment.Type(d.Type), By: fulfillment.Measure(d.By), Tax: d.Tax, Zones: d.Zones,
			Location: fulfillment.Location(d.Location), Days: d.Days, NotFor: d.NotFor,
		}
		if d.FreeFrom != nil {
			from := w.amount(*d.FreeFrom)
			o.FreeFrom = &from
		}
		for _, r := range d.Rates {
			o.Rates = append(o.Rates, fulfillment.Rate{To: r.To, Price: w.amount(r.Price)})
		}
		c.Options = append(c.Options, o)
	}
	w.net, err = fulfillment.New(c)
	require.NoError(t, err)
	w.stock = newCaseStock(s)
	script := payment.Script{}
	for _, g := range s.Gateway {
		fault, err := payment.ParseFault(g.Answer, g.Effect)
		require.NoError(t, err)
		op := map[string]payment.Operation{"authorize": payment.OpAuthorize, "capture": payment.OpCapture, "refund": payment.OpRefund}[g.Call]
		script[op] = append(script[op], fault)
	}
	w.gateway = new(payment.Memory)
	w.gateway.Intercept(script.Intercept())
	w.balances = caseBalances{}
	for id, g := range s.GiftCards {
		w.balances[id] = g.Balance
	}
	for id, n := range s.StoreCredit {
		w.balances["credit "+id] = n
	}
	for id, n := range s.Points {
		w.balances["points "+id] = n
	}
	opts := w.options()
	w.orders, err = order.New(nil, &opts)
	require.NoError(t, err)
	return w
}

// options are the neighbors of the orders.
func (w *caseShop) options() order.Options {
	return order.Options{
		Now: func() time.Time { return w.now }, Gateway: w.gateway, Warehouse: w.stock, Shop: w, Sink: flywheel.SinkFunc(w.publish),
		Balances: map[order.TenderType]order.Balance{order.GiftCard: named{w.balances, ""}, order.StoreCredit: named{w.balances, "credit "}},
		Points:   casePoints{w.balances}, Credit: caseCredit{w.balances}, Coupons: w,
		FirstInvoice: w.s.Numbers["invoice"], FirstCreditNote: w.s.Numbers["credit_note"],
	}
}

func (w *caseShop) amount(minor int64) money.Amount { return money.New(minor, w.currency) }

func (w *caseShop) publish(_ context.Context, events ...flywheel.Event) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return err
		}
		if w.events[e.Name] == nil {
			w.events[e.Name] = map[string]bool{}
		}
		w.events[e.Name][e.ID] = true
	}
	return nil
}

// GiveBack implements order.Coupons.
func (w *caseShop) GiveBack(context.Context, string, string) error {
	w.codes--
	return nil
}

// item returns an item as fulfillment sees it.
func (w *caseShop) item(line string, i caseItem) fulfillment.Item {
	of := w.s.Items[i.SKU]
	return fulfillment.Item{
		Line: line, SKU: flywheel.SKU(i.SKU), Quantity: i.Quantity, Weight: of.Weight, Categories: of.Categories,
		Download: of.Ships != nil && !*of.Ships,
	}
}

func (w *caseShop) rate(class, country, region string) money.Rate {
	if class == "" {
		class = "standard"
	}
	for _, place := range []string{country + "-" + region, country} {
		for _, c := range []string{class, "*"} {
			if r, ok := w.s.Taxes[place][c]; ok {
				return money.MustRate(r)
			}
		}
	}
	return money.Rate{}
}

// line prices a line.
func (w *caseShop) line(i caseItem, discount int64, country, region string) order.Line {
	of := w.s.Items[i.SKU]
	price := of.Price
	if i.Agreed != nil {
		price = *i.Agreed
	}
	l := order.Line{
		SKU: flywheel.SKU(i.SKU), Quantity: i.Quantity, Unit: money.PriceOf(w.amount(price)), TaxIncluded: w.s.Gross,
		TaxRate: w.rate(of.Tax, country, region), Subtotal: w.amount(price * i.Quantity), Discount: w.amount(discount),
		FinalSale: of.FinalSale, Download: of.Ships != nil && !*of.Ships, Title: i.SKU, Categories: of.Categories,
	}
	l.Net, l.Tax, l.Total = w.taxed(price*i.Quantity-discount, l.TaxRate)
	return l
}

func (w *caseShop) taxed(amount int64, r money.Rate) (net, tax, total money.Amount) {
	one := int64(1)
	for range r.Scale() {
		one *= 10
	}
	if w.s.Gross {
		total = w.amount(amount)
		tax, _ = total.MulRatio(r.Coefficient(), one+r.Coefficient(), money.HalfUp)
		return w.amount(amount - tax.Minor()), tax, total
	}
	net = w.amount(amount)
	tax, _ = net.MulRate(r, money.HalfUp)
	return net, tax, w.amount(amount + tax.Minor())
}

// Offer implements order.Shop.
func (w *caseShop) Offer(_ context.Context, o *order.Order, items []order.Item, at time.Time, replace bool) (order.Offer, error) {
	var offer order.Offer
	var list []fulfillment.Item
	for i, item := range items {
		if _, known := w.s.Items[string(item.SKU)]; !known {
			return offer, fmt.Errorf("no %q: %w", item.SKU, flywheel.ErrNotFound)
		}
		c := caseItem{SKU: string(item.SKU), Quantity: item.Quantity}
		if item.Agreed != nil {
			n := item.Agreed.Coefficient()
			for range 2 - item.Agreed.Scale() {
				n *= 10
			}
			c.Agreed = &n
		}
		if !replace {
			offer.Lines = append(offer.Lines, w.line(c, 0, o.Shipping.Country, o.Shipping.Region))
		}
		list = append(list, w.item(fmt.Sprint(i), c))
	}
	stock := w.stock.supply()
	for len(list) > 0 {
		way := o.DeliveryFor(items[place0(list[0].Line)])
		var together, rest []fulfillment.Item
		for _, item := range list {
			if o.DeliveryFor(items[place0(item.Line)]) == way {
				together = append(together, item)
			} else {
				rest = append(rest, item)
			}
		}
		a, err := w.net.Allocate(together, stock, "")
		if err != nil {
			return offer, err
		}
		if len(a.Short) > 0 {
			short := &order.ShortError{Short: map[flywheel.SKU]int64{}}
			for _, s := range a.Short {
				short.Short[s.SKU] = s.Have
			}
			return offer, short
		}
		offer.Parcels = append(offer.Parcels, w.parcels(&a, len(offer.Parcels)+1, way.Option, at, "")...)
		list, stock = rest, stock.Less(&a)
	}
	return offer, nil
}

func place0(line string) int {
	n, err := strconv.Atoi(line)
	if err != nil {
		panic(err)
	}
	return n
}

func (w *caseShop) parcels(a *fulfillment.Allocation, first int, option string, at time.Time, ref string) (parcels []order.Parcel) {
	for _, p := range w.net.Parcels(a, first) {
		earliest, latest, err := w.net.Promise(&p, option, at)
		require.NoError(w.t, err)
		parcels = append(parcels, order.Parcel{Parcel: p, Status: order.ParcelOpen, Ref: ref, Earliest: earliest, Latest: latest})
	}
	return parcels
}

// discounts are what the promotions of a case take off the lines: a percentage of
// each, or an amount of all.
func (w *caseShop) discounts() []int64 {
	off, left := make([]int64, len(w.draft.lines)), make([]int64, len(w.draft.lines))
	for i, l := range w.draft.lines {
		left[i] = w.s.Items[l.SKU].Price * l.Quantity
	}
	for _, p := range w.s.Promotions {
		if p.Code && !w.draft.codes {
			continue
		}
		var shares []money.Amount
		if p.Kind == "percent" {
			for i := range left {
				share, err := w.amount(left[i]).MulRate(money.MustRate(p.Value.String()), money.HalfUp)
				require.NoError(w.t, err)
				shares = append(shares, share)
			}
		} else {
			require.Equal(w.t, "amount", p.Kind)
			value, err := p.Value.Int64()
			require.NoError(w.t, err)
			all := int64(0)
			for _, n := range left {
				all += n
			}
			if all == 0 {
				continue
			}
			shares, err = w.amount(min(value, all)).Allocate(left...)
			require.NoError(w.t, err)
		}
		for i, s := range shares {
			off[i] += s.Minor()
			left[i] -= s.Minor()
		}
	}
	return off
}

// place makes the order of the draft.
func (w *caseShop) place(ctx context.Context) (order.Order, error) {
	d := &w.draft
	none := w.amount(0)
	o := order.Order{
		ID: w.id, Key: "key of " + string(w.id), Customer: flywheel.CustomerID(d.customer), Visitor: "v", Currency: w.currency, Mode: order.CaptureMode(w.s.Capture),
		Shipping: &order.Address{Country: d.country, Region: d.region}, Booked: true, PlacedAt: w.now,
		Policy: order.Policy{
			WindowDays: w.s.Returns.WindowDays, ClaimDays: w.s.Returns.ClaimDays, Restocking: w.s.Returns.Restocking,
			Label: w.amount(w.s.Returns.Label), DeliveryRefund: w.s.Returns.DeliveryRefund, Zone: w.s.Calendar.Zone,
		},
		Subtotal: none, Discount: none, Net: none, Tax: none, Total: none,
	}
	sum := func(to *money.Amount, n money.Amount) { *to = w.amount(to.Minor() + n.Minor()) }
	off, goods := w.discounts(), int64(0)
	var items []fulfillment.Item
	for i, c := range d.lines {
		l := w.line(c, off[i], d.country, d.region)
		l.ID = fmt.Sprint(i + 1)
		o.Lines = append(o.Lines, l)
		items = append(items, w.item(l.ID, c))
		goods += l.Subtotal.Minor() - l.Discount.Minor()
	}
	offers, err := w.net.Offers(fulfillment.Request{
		Items: items, Stock: w.stock.supply(), Address: fulfillment.Address{Country: d.country, Region: d.region}, Value: w.amount(goods), At: w.now,
	})
	require.NoError(w.t, err)
	o.Delivery = &order.Delivery{Option: d.option, Charge: none, Discount: none, Net: none, Tax: none, Total: none}
	cheapest := int64(-1)
	for _, offer := range offers {
		class, ok := strings.CutPrefix(offer.Tax, "class:")
		require.True(w.t, ok || offer.ID != d.option, "delivery taxed by %q", offer.Tax)
		net, tax, total := w.taxed(offer.Charge.Minor(), w.rate(class, d.country, d.region))
		if offer.Type == fulfillment.Shipping && (cheapest < 0 || total.Minor() < cheapest) {
			cheapest = total.Minor()
		}
		if offer.ID == d.option {
			o.Delivery.Charge, o.Delivery.Net, o.Delivery.Tax, o.Delivery.Total = offer.Charge, net, tax, total
		}
	}
	o.Delivery.Cheapest = w.amount(max(0, cheapest))
	w.split(&o)
	for _, l := range o.Lines {
		sum(&o.Subtotal, l.Subtotal)
		sum(&o.Discount, l.Discount)
		sum(&o.Net, l.Net)
		sum(&o.Tax, l.Tax)
		sum(&o.Total, l.Total)
	}
	for _, way := range ways(&o) {
		sum(&o.Subtotal, way.Charge)
		sum(&o.Net, way.Net)
		sum(&o.Tax, way.Tax)
		sum(&o.Total, way.Total)
	}
	a, err := w.net.Allocate(items, w.stock.supply(), "")
	require.NoError(w.t, err)
	require.Empty(w.t, a.Short)
	for _, way := range ways(&o) {
		part := fulfillment.Allocation{}
		for _, p := range a.Pieces {
			if way.Lines == nil || slices.Contains(way.Lines, p.Line) {
				part.Pieces = append(part.Pieces, p)
			}
		}
		o.Parcels = append(o.Parcels, w.parcels(&part, len(o.Parcels)+1, d.option, w.now, w.tryRef)...)
	}
	held, err := a.Units()
	require.NoError(w.t, err)
	require.NoError(w.t, w.stock.Hold(ctx, w.tryRef, held, w.now))
	require.NoError(w.t, w.stock.Allocate(ctx, w.tryRef))
	if d.codes {
		o.Uses = []order.CouponUse{{Code: "ONCE", Ref: w.tryRef}}
		w.codes++
	}
	w.pay(ctx, &o)
	if _, err := w.orders.Place(ctx, o); err != nil {
		return o, err
	}
	return w.orders.Capture(ctx, w.id)
}

// split lets every second line that is sent travel by itself.
func (w *caseShop) split(o *order.Order) {
	var sent []string
	for i := range o.Lines {
		if !o.Lines[i].Download {
			sent = append(sent, o.Lines[i].ID)
		}
	}
	if !w.draft.apart || len(sent) < 2 {
		return
	}
	first, second := *o.Delivery, *o.Delivery
	second.Charge = w.amount(w.draft.second)
	second.Net, second.Tax, second.Total = w.taxed(w.draft.second, w.rate("", w.draft.country, w.draft.region))
	for i, id := range sent {
		if i%2 == 0 {
			first.Lines = append(first.Lines, id)
		} else {
			second.Lines = append(second.Lines, id)
		}
	}
	o.Delivery, o.Deliveries = nil, []order.Delivery{first, second}
}

// ways are how the lines of an order travel.
func ways(o *order.Order) []order.Delivery {
	if o.Delivery != nil {
		return []order.Delivery{*o.Delivery}
	}
	return o.Deliveries
}

// pay lets the tenders pay, in the sequence points, gift cards, store credit, card.
func (w *caseShop) pay(ctx context.Context, o *order.Order) {
	due := o.Total.Minor()
	for _, kind := range []order.TenderType{order.Points, order.GiftCard, order.StoreCredit, order.Card} {
		for i, t := range w.draft.tenders {
			if t.Type != kind {
				continue
			}
			name := t.Account
			switch kind {
			case order.Points:
				name = "points " + w.draft.customer
			case order.StoreCredit:
				name = "credit " + w.draft.customer
			}
			pays := due
			if kind != order.Card {
				pays = min(pays, w.balances[name])
			}
			if w.draft.bounds[i] >= 0 {
				pays = min(pays, w.draft.bounds[i])
			}
			if due -= pays; pays == 0 {
				continue
			}
			t.Amount, t.Ref = w.amount(pays), w.tryRef
			switch kind {
			case order.Card:
				auth, err := w.gateway.Authorize(ctx, payment.Charge{Key: w.tryRef, Amount: t.Amount, Method: "tok-1", Ref: "s"})
				require.NoError(w.t, err)
				t.Account, t.Authorizations = "tok-1", []order.Authorization{{ID: auth.ID, Amount: auth.Amount}}
			case order.Points:
				t.Points = pays // a point is a cent in these cases
				t.Account = w.draft.customer
				w.balances[name] -= pays
			case order.StoreCredit:
				t.Account = w.draft.customer
				w.balances[name] -= pays
			default:
				w.balances[name] -= pays
			}
			o.Tenders = append(o.Tenders, t)
		}
	}
	require.Zero(w.t, due)
}

// caseBalances are accounts by name. What was done under a key is one of them, too.
type caseBalances map[string]int64

var balancesLock sync.Mutex

func (b caseBalances) once(account, key string, n int64) error {
	balancesLock.Lock()
	defer balancesLock.Unlock()
	if _, done := b["key "+account+key]; !done {
		b["key "+account+key] = n
		b[account] += n
	}
	return nil
}

type named struct {
	b      caseBalances
	prefix string
}

func (n named) GiveBack(_ context.Context, account, key, _ string, amount money.Amount) error {
	return n.b.once(n.prefix+account, key, amount.Minor())
}

type casePoints struct{ b caseBalances }

func (p casePoints) GiveBack(_ context.Context, member flywheel.CustomerID, key, _ string, points int64) error {
	return p.b.once("points "+string(member), key, points)
}
