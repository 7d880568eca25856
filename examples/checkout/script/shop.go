package script

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// Shop is the shop of a setup: every service that a counter needs, in one database in
// memory, with a clock that only steps move.
type Shop struct {
	Carts    *cart.Service
	Stock    *inventory.Service
	Codes    *coupon.Service
	Cards    *coupon.Cards
	Credit   *credit.Service
	Points   *loyalty.Service
	Gateway  *payment.Memory
	Orders   *order.Service
	Sessions *checkout.Sessions
	Options  *checkout.SessionOptions
	Store    *checkout.MemoryStore
	DB       *flywheel.Memory
	// Told are the distinct ids of events by name.
	Told map[string]map[string]bool

	setup    *Setup
	now      time.Time
	currency money.Currency
	prices   *pricing.Service
	list     pricing.List
	items    map[flywheel.SKU]flywheel.Item
	network  *fulfillment.Network
	webhooks *checkout.Webhooks
	tickets  *service.Service
	orderIDs map[string]order.ID // by the name of a script
	written  []formWritten       // documents of all orders
	faults   map[string]bool     // that have still to come
	steps    int
}

const formSecret = "a secret of the reference cases"

// Open opens the shop of a setup.
func Open(ctx context.Context, setup *Setup) (*Shop, error) {
	s := &Shop{
		setup: setup, now: setup.Now, items: map[flywheel.SKU]flywheel.Item{},
		DB: new(flywheel.Memory), orderIDs: map[string]order.ID{}, Told: map[string]map[string]bool{}, faults: map[string]bool{},
	}
	var err error
	if s.currency, err = money.ParseCurrency(setup.Currency); err != nil {
		return nil, err
	}
	for _, f := range setup.Faults {
		s.faults[f.At] = true
	}
	for _, open := range []func(context.Context) error{
		s.openPrices, s.openItems, s.openNetwork, s.openStock, s.openCodes, s.openBalances, s.openGateway, s.openSessions, s.openTickets,
	} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Shop) Clock() time.Time { return s.now }

func (s *Shop) Amount(minor int64) money.Amount { return money.New(minor, s.currency) }

// Publish implements flywheel.Sink: it counts what is told, by distinct id.
func (s *Shop) Publish(_ context.Context, events ...flywheel.Event) error {
	for _, e := range events {
		if s.Told[e.Name] == nil {
			s.Told[e.Name] = map[string]bool{}
		}
		s.Told[e.Name][e.ID] = true
	}
	return nil
}

// place returns the taxes of a place as the form has them: a region before its
// country.
func (s *Shop) ratesAt(p formPlace) map[string]string {
	if rates, there := s.setup.Taxes[p.Country+"-"+p.Region]; there {
		return rates
	}
	return s.setup.Taxes[p.Country]
}

func (s *Shop) openPrices(context.Context) error {
	c := pricing.Config{ShippingInTurn: true, NetStays: s.setup.TaxPrices == "net_stays"}
	classes := map[string]bool{}
	for _, i := range s.setup.Items {
		classes[classOf(i.Tax)] = true
	}
	for _, rates := range s.setup.Taxes {
		for class := range rates {
			classes[class] = true
		}
	}
	delete(classes, "*")
	home := s.ratesAt(s.setup.Home)
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		rate, there := home[class]
		if !there {
			rate = home["*"]
		}
		r, err := formRateOf(rate)
		if err != nil {
			return err
		}
		c.Taxes = append(c.Taxes, pricing.Tax{Class: class, Rate: r})
	}
	for _, p := range s.setup.Promotions {
		to := pricing.Promotion{ID: p.ID, Exclusive: p.Exclusive, MinimumBase: pricing.Original}
		if p.Minimum > 0 {
			to.Minimum = s.Amount(p.Minimum)
		}
		if p.Code {
			to.Coupon = p.ID
		}
		if p.Category != "" {
			condition, err := json.Marshal(map[string]any{"categories": map[string]any{"$in": []string{p.Category}}})
			if err != nil {
				return err
			}
			to.Lines = condition
		}
		switch p.Kind {
		case "amount":
			value, err := p.Value.Int64()
			if err != nil {
				return err
			}
			to.Level, to.Amount = pricing.OrderLevel, s.Amount(value)
		case "percent", "delivery":
			r, err := money.ParseRate(p.Value.String())
			if err != nil {
				return err
			}
			to.Percent = r
			if p.Kind == "delivery" {
				to.Level = pricing.ShippingLevel
			}
		default:
			return fmt.Errorf("promotion of kind %q", p.Kind)
		}
		c.Promotions = append(c.Promotions, to)
	}
	prices, err := pricing.New(nil, &pricing.Options{Config: c})
	s.prices = prices
	return err
}

func classOf(name string) string {
	if name == "" {
		return "standard"
	}
	return name
}

func formRateOf(text string) (money.Rate, error) {
	if text == "" {
		return money.Rate{}, nil
	}
	return money.ParseRate(text)
}

func (s *Shop) openItems(ctx context.Context) error {
	s.list = pricing.List{ID: "list", TaxIncluded: s.setup.Gross}
	for _, sku := range slices.Sorted(maps.Keys(s.setup.Items)) {
		i := s.setup.Items[sku]
		s.list.Entries = append(s.list.Entries, pricing.Entry{SKU: flywheel.SKU(sku), Unit: money.PriceOf(s.Amount(i.Price))})
		s.items[flywheel.SKU(sku)] = flywheel.Item{
			SKU: flywheel.SKU(sku), Title: sku, Categories: i.Categories, TaxClass: classOf(i.Tax), Weight: i.Weight,
			Download: i.Ships != nil && !*i.Ships, FinalSale: i.FinalSale, Age: i.Age,
		}
	}
	saved, err := s.prices.SaveList(ctx, s.list)
	s.list = saved
	return err
}

// Describe implements flywheel.Catalog.
func (s *Shop) Describe(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
	known := make(map[flywheel.SKU]flywheel.Item, len(skus))
	for _, sku := range skus {
		if item, there := s.items[sku]; there {
			known[sku] = item
		}
	}
	return known, nil
}

func (s *Shop) openNetwork(context.Context) error {
	cal := s.setup.Calendar
	c := fulfillment.Config{Calendar: fulfillment.Calendar{Zone: cal.Zone, Handling: cal.HandlingDays}}
	var err error
	if c.Calendar.Days, err = formDays(cal.Days); err != nil {
		return err
	}
	if c.Calendar.Carrier, err = formDays(cal.CarrierDays); err != nil {
		return err
	}
	for _, day := range cal.Holidays {
		d, err := fulfillment.ParseDate(day)
		if err != nil {
			return err
		}
		c.Calendar.Holidays = append(c.Calendar.Holidays, d)
	}
	if c.Calendar.CutOff, err = formClock(cal.CutOff); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.setup.Locations)) {
		l := s.setup.Locations[id]
		p := fulfillment.Place{ID: fulfillment.Location(id), Priority: l.Priority, Country: l.Country, Handling: l.HandlingDays}
		if p.CutOff, err = formClock(l.CutOff); err != nil {
			return err
		}
		c.Places = append(c.Places, p)
	}
	for _, o := range s.setup.Delivery {
		to := fulfillment.Option{
			ID: o.ID, Type: fulfillment.Type(o.Type), Zones: o.Zones, Location: fulfillment.Location(o.Location),
			By: fulfillment.Measure(o.By), Days: o.Days, Tax: o.Tax, NotFor: o.NotFor,
		}
		if o.FreeFrom != nil {
			free := s.Amount(*o.FreeFrom)
			to.FreeFrom = &free
		}
		for _, r := range o.Rates {
			to.Rates = append(to.Rates, fulfillment.Rate{To: r.To, Price: s.Amount(r.Price)})
		}
		c.Options = append(c.Options, to)
	}
	s.network, err = fulfillment.New(c)
	return err
}

func formDays(names []string) (days []time.Weekday, err error) {
	for _, name := range names {
		day := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, name)
		if day < 0 {
			return nil, fmt.Errorf("day %q", name)
		}
		days = append(days, time.Weekday(day))
	}
	return days, nil
}

func formClock(text string) (*fulfillment.Clock, error) {
	if text == "" {
		return nil, nil
	}
	c, err := fulfillment.ParseClock(text)
	return &c, err
}

func (s *Shop) openStock(ctx context.Context) (err error) {
	if s.Stock, err = inventory.New(inventory.NewMemory(s.DB), &inventory.Options{Now: s.Clock}); err != nil {
		return err
	}
	for _, sku := range slices.Sorted(maps.Keys(s.setup.Items)) {
		i := s.setup.Items[sku]
		item := inventory.Item{SKU: flywheel.SKU(sku)}
		for _, part := range slices.Sorted(maps.Keys(i.Parts)) {
			item.Parts = append(item.Parts, flywheel.Line{SKU: flywheel.SKU(part), Quantity: i.Parts[part]})
		}
		item.Untracked = i.Stock == nil && i.Parts == nil && i.Backorder == nil && i.Preorder == nil
		for policy, later := range map[fulfillment.Policy]*formLater{fulfillment.Backorder: i.Backorder, fulfillment.Preorder: i.Preorder} {
			if later == nil {
				continue
			}
			item.Policy, item.Limit = policy, later.Limit
			if later.Date == "" {
				continue
			}
			if item.Date, err = fulfillment.ParseDate(later.Date); err != nil {
				return err
			}
		}
		if err := s.Stock.SetItem(ctx, item); err != nil {
			return err
		}
		for _, at := range slices.Sorted(maps.Keys(i.Stock)) {
			if _, there := s.setup.Locations[at]; !there {
				continue // the case has other locations than the shop
			}
			if err := s.change(ctx, "opening-"+sku+"-"+at, sku, at, i.Stock[at]); err != nil {
				return err
			}
		}
	}
	return nil
}

// change adds to what is on a shelf, or takes from it.
func (s *Shop) change(ctx context.Context, ref, sku, location string, by int64) error {
	at := s.Stock.At(inventory.Location(location))
	switch {
	case by > 0:
		return at.Receive(ctx, ref, []flywheel.Line{{SKU: flywheel.SKU(sku), Quantity: by}})
	case by < 0:
		return at.Adjust(ctx, ref, "count", flywheel.SKU(sku), by)
	}
	return nil
}

func (s *Shop) openCodes(ctx context.Context) (err error) {
	many, err := coupon.NewLimiter(1_000_000, time.Hour)
	if err != nil {
		return err
	}
	if s.Codes, err = coupon.New(coupon.NewMemory(s.DB), &coupon.Options{Now: s.Clock, Customers: many, Campaigns: many}); err != nil {
		return err
	}
	s.Cards = s.Codes.Cards()
	for _, name := range slices.Sorted(maps.Keys(s.setup.Coupons)) {
		c := s.setup.Coupons[name]
		open := coupon.Campaign{ID: name, Promotion: c.Promotion}
		open, err := s.Codes.SaveCampaign(ctx, open)
		if err != nil {
			return err
		}
		if err := s.Codes.Add(ctx, coupon.Code{Code: coupon.Normalize(name), Campaign: name, Customer: flywheel.CustomerID(c.Customer)}); err != nil {
			return err
		}
		used := 0
		use := func(customer string, n int64) error {
			for range n {
				used++
				q := coupon.Request{Code: name, Customer: flywheel.CustomerID(customer)}
				if _, err := s.Codes.Redeem(ctx, fmt.Sprintf("before-%s-%d", name, used), q); err != nil {
					return err
				}
			}
			return nil
		}
		for _, customer := range slices.Sorted(maps.Keys(c.UsedBy)) {
			if err := use(customer, c.UsedBy[customer]); err != nil {
				return err
			}
		}
		if err := use(c.Customer, c.Used-int64(used)); err != nil {
			return err
		}
		open.Starts, open.Ends, open.Limit, open.PerCustomer = c.From, c.Until, c.Limit, c.PerCustomer
		if _, err := s.Codes.SaveCampaign(ctx, open); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shop) openBalances(ctx context.Context) (err error) {
	for _, name := range slices.Sorted(maps.Keys(s.setup.GiftCards)) {
		c := s.setup.GiftCards[name]
		currency := s.currency
		if c.Currency != "" {
			if currency, err = money.ParseCurrency(c.Currency); err != nil {
				return err
			}
		}
		id := "card-" + name
		if _, err := s.Codes.SaveCampaign(ctx, coupon.Campaign{ID: id, Ends: c.Until}); err != nil {
			return err
		}
		if err := s.Codes.Add(ctx, coupon.Code{Code: coupon.Normalize(name), Campaign: id, Value: money.New(c.Balance, currency)}); err != nil {
			return err
		}
	}
	if s.Credit, err = credit.New(credit.NewMemory(s.DB), &credit.Options{Now: s.Clock}); err != nil {
		return err
	}
	for _, customer := range slices.Sorted(maps.Keys(s.setup.StoreCredit)) {
		if err := s.Credit.Grant(ctx, customer, "opening", s.Amount(s.setup.StoreCredit[customer]), "opening"); err != nil {
			return err
		}
	}
	if s.Points, err = loyalty.New(loyalty.NewMemory(s.DB), &loyalty.Options{Now: s.Clock}); err != nil {
		return err
	}
	for _, customer := range slices.Sorted(maps.Keys(s.setup.Points)) {
		_, err := s.Points.Apply(ctx, loyalty.Operation{
			Member: flywheel.CustomerID(customer), Key: "opening", Kind: loyalty.Earn, Points: s.setup.Points[customer], At: s.now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Shop) openGateway(context.Context) error {
	s.Gateway = new(payment.Memory)
	script := payment.Script{}
	for _, a := range s.setup.Gateway {
		fault, err := payment.ParseFault(a.Answer, a.Effect)
		if err != nil {
			return err
		}
		op := payment.Operation(a.Call)
		if !slices.Contains([]payment.Operation{payment.OpAuthorize, payment.OpCapture, payment.OpRefund}, op) {
			return fmt.Errorf("gateway call %q", a.Call)
		}
		script[op] = append(script[op], fault)
	}
	s.Gateway.Intercept(script.Intercept())
	return nil
}

func (s *Shop) openSessions(context.Context) (err error) {
	s.Carts, err = cart.New(cart.NewMemory(s.DB), &cart.Options{Now: s.Clock, Prices: s.prices, Catalog: s})
	if err != nil {
		return err
	}
	var entries []tax.Entry
	for _, name := range slices.Sorted(maps.Keys(s.setup.Taxes)) {
		country, region, _ := strings.Cut(name, "-")
		rates := s.setup.Taxes[name]
		if _, there := rates["*"]; !there {
			rates = maps.Clone(rates)
			rates["*"] = "0"
		}
		for _, class := range slices.Sorted(maps.Keys(rates)) {
			r, err := money.ParseRate(rates[class])
			if err != nil {
				return err
			}
			if class == "*" {
				class = ""
			}
			entries = append(entries, tax.Entry{Place: tax.Place{Country: country, Region: region}, Class: class, Tax: tax.Tax{Code: "tax", Rate: r}})
		}
	}
	table, err := tax.NewTable(entries, nil)
	if err != nil {
		return err
	}
	value, err := formRateOf(s.setup.PointValue)
	if err != nil {
		return err
	}
	most, err := formRateOf(s.setup.PointsMaxPercent)
	if err != nil {
		return err
	}
	policy, err := formPolicyOf(s)
	if err != nil {
		return err
	}
	o := &checkout.SessionOptions{
		Carts: s.Carts, Catalog: s, Network: s.network,
		Stock: formGoods{s, s.Stock}, Codes: formCodes{s, s.Codes}, GiftCards: formBalance{s, "gift_card", s.Cards},
		StoreCredit: formBalance{s, "store_credit", s.Credit}, Points: formPoints{s, s.Points},
		PointValue: value, PointsMaxPercent: most, Taxes: table, UntaxedElsewhere: true,
		Home:                tax.Place{Country: s.setup.Home.Country, Region: s.setup.Home.Region},
		DeliveryIncludesTax: s.setup.Gross, Mode: order.CaptureMode(s.setup.Capture), Policy: policy, Sink: s, Now: s.Clock,
	}
	shop, err := checkout.NewShop(o)
	if err != nil {
		return err
	}
	s.Orders, err = order.New(formOrders{order.NewMemory(s.DB), s}, &order.Options{
		Now: s.Clock, Gateway: s.Gateway, Warehouse: formWarehouse{s.Stock}, Points: s.Points, Credit: s.Credit, Coupons: s.Codes,
		Balances: map[order.TenderType]order.Balance{order.GiftCard: s.Cards, order.StoreCredit: s.Credit},
		Shop:     shop, Sink: s, FirstInvoice: s.setup.Numbers["invoice"], FirstCreditNote: s.setup.Numbers["credit_note"],
	})
	if err != nil {
		return err
	}
	o.Orders = s.Orders
	if s.setup.SessionMinutes != nil {
		o.SessionTime = time.Duration(*s.setup.SessionMinutes) * time.Minute
	}
	if s.setup.HoldMinutes != nil {
		o.HoldTime = time.Duration(*s.setup.HoldMinutes) * time.Minute
	}
	s.Options, s.Store = o, checkout.NewMemory(s.DB)
	if s.Sessions, err = checkout.NewSessions(s.Store, o); err != nil {
		return err
	}
	verifier, err := payment.NewVerifier(5*time.Minute, formSecret)
	if err != nil {
		return err
	}
	s.webhooks, err = checkout.NewWebhooks(s.Sessions, s.Orders, verifier, nil)
	return err
}

// formPolicyOf is the policy of returns of a setup.
func formPolicyOf(s *Shop) (order.Policy, error) {
	r := s.setup.Returns
	p := order.Policy{
		WindowDays: r.WindowDays, ClaimDays: r.ClaimDays, Restocking: map[string]money.Rate{}, Label: s.Amount(r.Label),
		DeliveryRefund: order.DeliveryRefund(r.DeliveryRefund), Zone: s.setup.Calendar.Zone,
	}
	for condition, rate := range r.Restocking {
		parsed, err := money.ParseRate(rate)
		if err != nil {
			return p, err
		}
		p.Restocking[condition] = parsed
	}
	return p, nil
}

// formOrders is a store that fails where the setup says that recording an order does.
type formOrders struct {
	*order.MemoryStore
	shop *Shop
}

func (r formOrders) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	if err := r.shop.fails("order", "commit"); err != nil {
		return order.Order{}, err
	}
	return r.MemoryStore.Insert(ctx, o)
}
