package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
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

// What is declared in package checkout is met there.
var (
	_ checkout.Goods   = (*inventory.Service)(nil)
	_ checkout.Codes   = (*coupon.Service)(nil)
	_ checkout.Balance = (*coupon.Cards)(nil)
	_ checkout.Balance = (*credit.Service)(nil)
	_ checkout.Points  = (*loyalty.Service)(nil)
	_ cart.Prices      = (*pricing.Service)(nil)
)

// refShop is the shop of a case.
type refShop struct {
	setup    *refSetup
	now      time.Time
	currency money.Currency

	prices   *pricing.Service
	list     pricing.List
	items    map[flywheel.SKU]flywheel.Item
	network  *fulfillment.Network
	carts    *cart.Service
	stock    *inventory.Service
	codes    *coupon.Service
	cards    *coupon.Cards
	credit   *credit.Service
	points   *loyalty.Service
	gateway  *payment.Memory
	orders   *order.Service
	sessions *checkout.Sessions
	options  *checkout.SessionOptions
	store    *checkout.MemoryStore
	webhooks *checkout.Webhooks
	tickets  *service.Service

	orderIDs map[string]order.ID // by the name of a case
	written  []refWritten        // documents of all orders
	db       *flywheel.Memory
	told     map[string]map[string]bool
	faults   map[string]bool // that have still to come
	steps    int
}

const refSecret = "a secret of the reference cases"

// newRefShop opens the shop of a setup.
func newRefShop(tb testing.TB, setup *refSetup) (*refShop, error) {
	s := &refShop{
		setup: setup, now: setup.Now, items: map[flywheel.SKU]flywheel.Item{},
		db: new(flywheel.Memory), orderIDs: map[string]order.ID{}, told: map[string]map[string]bool{}, faults: map[string]bool{},
	}
	var err error
	if s.currency, err = money.ParseCurrency(setup.Currency); err != nil {
		return nil, err
	}
	for _, f := range setup.Faults {
		s.faults[f.At] = true
	}
	ctx := tb.Context()
	for _, open := range []func(context.Context) error{
		s.openPrices, s.openItems, s.openNetwork, s.openStock, s.openCodes, s.openBalances, s.openGateway, s.openSessions, s.openTickets,
	} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *refShop) clock() time.Time { return s.now }

func (s *refShop) amount(minor int64) money.Amount { return money.New(minor, s.currency) }

// Publish implements flywheel.Sink: it counts what is told, by distinct id.
func (s *refShop) Publish(_ context.Context, events ...flywheel.Event) error {
	for _, e := range events {
		if s.told[e.Name] == nil {
			s.told[e.Name] = map[string]bool{}
		}
		s.told[e.Name][e.ID] = true
	}
	return nil
}

// place returns the taxes of a place as the form has them: a region before its
// country.
func (s *refShop) ratesAt(p refPlace) map[string]string {
	if rates, there := s.setup.Taxes[p.Country+"-"+p.Region]; there {
		return rates
	}
	return s.setup.Taxes[p.Country]
}

func (s *refShop) openPrices(context.Context) error {
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
		r, err := refRateOf(rate)
		if err != nil {
			return err
		}
		c.Taxes = append(c.Taxes, pricing.Tax{Class: class, Rate: r})
	}
	for _, p := range s.setup.Promotions {
		to := pricing.Promotion{ID: p.ID, Exclusive: p.Exclusive, MinimumBase: pricing.Original}
		if p.Minimum > 0 {
			to.Minimum = s.amount(p.Minimum)
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
			to.Level, to.Amount = pricing.OrderLevel, s.amount(value)
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

func refRateOf(text string) (money.Rate, error) {
	if text == "" {
		return money.Rate{}, nil
	}
	return money.ParseRate(text)
}

func (s *refShop) openItems(ctx context.Context) error {
	s.list = pricing.List{ID: "list", TaxIncluded: s.setup.Gross}
	for _, sku := range slices.Sorted(maps.Keys(s.setup.Items)) {
		i := s.setup.Items[sku]
		s.list.Entries = append(s.list.Entries, pricing.Entry{SKU: flywheel.SKU(sku), Unit: money.PriceOf(s.amount(i.Price))})
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
func (s *refShop) Describe(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
	known := make(map[flywheel.SKU]flywheel.Item, len(skus))
	for _, sku := range skus {
		if item, there := s.items[sku]; there {
			known[sku] = item
		}
	}
	return known, nil
}

func (s *refShop) openNetwork(context.Context) error {
	cal := s.setup.Calendar
	c := fulfillment.Config{Calendar: fulfillment.Calendar{Zone: cal.Zone, Handling: cal.HandlingDays}}
	var err error
	if c.Calendar.Days, err = refDays(cal.Days); err != nil {
		return err
	}
	if c.Calendar.Carrier, err = refDays(cal.CarrierDays); err != nil {
		return err
	}
	for _, day := range cal.Holidays {
		d, err := fulfillment.ParseDate(day)
		if err != nil {
			return err
		}
		c.Calendar.Holidays = append(c.Calendar.Holidays, d)
	}
	if c.Calendar.CutOff, err = refClock(cal.CutOff); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.setup.Locations)) {
		l := s.setup.Locations[id]
		p := fulfillment.Place{ID: fulfillment.Location(id), Priority: l.Priority, Country: l.Country, Handling: l.HandlingDays}
		if p.CutOff, err = refClock(l.CutOff); err != nil {
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
			free := s.amount(*o.FreeFrom)
			to.FreeFrom = &free
		}
		for _, r := range o.Rates {
			to.Rates = append(to.Rates, fulfillment.Rate{To: r.To, Price: s.amount(r.Price)})
		}
		c.Options = append(c.Options, to)
	}
	s.network, err = fulfillment.New(c)
	return err
}

func refDays(names []string) (days []time.Weekday, err error) {
	for _, name := range names {
		day := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, name)
		if day < 0 {
			return nil, fmt.Errorf("day %q", name)
		}
		days = append(days, time.Weekday(day))
	}
	return days, nil
}

func refClock(text string) (*fulfillment.Clock, error) {
	if text == "" {
		return nil, nil
	}
	c, err := fulfillment.ParseClock(text)
	return &c, err
}

func (s *refShop) openStock(ctx context.Context) (err error) {
	if s.stock, err = inventory.New(inventory.NewMemory(s.db), &inventory.Options{Now: s.clock}); err != nil {
		return err
	}
	for _, sku := range slices.Sorted(maps.Keys(s.setup.Items)) {
		i := s.setup.Items[sku]
		item := inventory.Item{SKU: flywheel.SKU(sku)}
		for _, part := range slices.Sorted(maps.Keys(i.Parts)) {
			item.Parts = append(item.Parts, flywheel.Line{SKU: flywheel.SKU(part), Quantity: i.Parts[part]})
		}
		item.Untracked = i.Stock == nil && i.Parts == nil && i.Backorder == nil && i.Preorder == nil
		for policy, later := range map[fulfillment.Policy]*refLater{fulfillment.Backorder: i.Backorder, fulfillment.Preorder: i.Preorder} {
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
		if err := s.stock.SetItem(ctx, item); err != nil {
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
func (s *refShop) change(ctx context.Context, ref, sku, location string, by int64) error {
	at := s.stock.At(inventory.Location(location))
	switch {
	case by > 0:
		return at.Receive(ctx, ref, []flywheel.Line{{SKU: flywheel.SKU(sku), Quantity: by}})
	case by < 0:
		return at.Adjust(ctx, ref, "count", flywheel.SKU(sku), by)
	}
	return nil
}

func (s *refShop) openCodes(ctx context.Context) (err error) {
	many, err := coupon.NewLimiter(1_000_000, time.Hour)
	if err != nil {
		return err
	}
	if s.codes, err = coupon.New(coupon.NewMemory(s.db), &coupon.Options{Now: s.clock, Customers: many, Campaigns: many}); err != nil {
		return err
	}
	s.cards = s.codes.Cards()
	for _, name := range slices.Sorted(maps.Keys(s.setup.Coupons)) {
		c := s.setup.Coupons[name]
		open := coupon.Campaign{ID: name, Promotion: c.Promotion}
		open, err := s.codes.SaveCampaign(ctx, open)
		if err != nil {
			return err
		}
		if err := s.codes.Add(ctx, coupon.Code{Code: coupon.Normalize(name), Campaign: name, Customer: flywheel.CustomerID(c.Customer)}); err != nil {
			return err
		}
		used := 0
		use := func(customer string, n int64) error {
			for range n {
				used++
				q := coupon.Request{Code: name, Customer: flywheel.CustomerID(customer)}
				if _, err := s.codes.Redeem(ctx, fmt.Sprintf("before-%s-%d", name, used), q); err != nil {
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
		if _, err := s.codes.SaveCampaign(ctx, open); err != nil {
			return err
		}
	}
	return nil
}

func (s *refShop) openBalances(ctx context.Context) (err error) {
	for _, name := range slices.Sorted(maps.Keys(s.setup.GiftCards)) {
		c := s.setup.GiftCards[name]
		currency := s.currency
		if c.Currency != "" {
			if currency, err = money.ParseCurrency(c.Currency); err != nil {
				return err
			}
		}
		id := "card-" + name
		if _, err := s.codes.SaveCampaign(ctx, coupon.Campaign{ID: id, Ends: c.Until}); err != nil {
			return err
		}
		if err := s.codes.Add(ctx, coupon.Code{Code: coupon.Normalize(name), Campaign: id, Value: money.New(c.Balance, currency)}); err != nil {
			return err
		}
	}
	if s.credit, err = credit.New(credit.NewMemory(s.db), &credit.Options{Now: s.clock}); err != nil {
		return err
	}
	for _, customer := range slices.Sorted(maps.Keys(s.setup.StoreCredit)) {
		if err := s.credit.Grant(ctx, customer, "opening", s.amount(s.setup.StoreCredit[customer]), "opening"); err != nil {
			return err
		}
	}
	if s.points, err = loyalty.New(loyalty.NewMemory(s.db), &loyalty.Options{Now: s.clock}); err != nil {
		return err
	}
	for _, customer := range slices.Sorted(maps.Keys(s.setup.Points)) {
		_, err := s.points.Apply(ctx, loyalty.Operation{
			Member: flywheel.CustomerID(customer), Key: "opening", Kind: loyalty.Earn, Points: s.setup.Points[customer], At: s.now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *refShop) openGateway(context.Context) error {
	s.gateway = new(payment.Memory)
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
	s.gateway.Intercept(script.Intercept())
	return nil
}

func (s *refShop) openSessions(context.Context) (err error) {
	s.carts, err = cart.New(cart.NewMemory(s.db), &cart.Options{Now: s.clock, Prices: s.prices, Catalog: s})
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
	value, err := refRateOf(s.setup.PointValue)
	if err != nil {
		return err
	}
	most, err := refRateOf(s.setup.PointsMaxPercent)
	if err != nil {
		return err
	}
	policy, err := refPolicyOf(s)
	if err != nil {
		return err
	}
	o := &checkout.SessionOptions{
		Carts: s.carts, Catalog: s, Network: s.network,
		Stock: refGoods{s, s.stock}, Codes: refCodes{s, s.codes}, GiftCards: refBalance{s, "gift_card", s.cards},
		StoreCredit: refBalance{s, "store_credit", s.credit}, Points: refPoints{s, s.points},
		PointValue: value, PointsMaxPercent: most, Taxes: table, UntaxedElsewhere: true,
		Home:                tax.Place{Country: s.setup.Home.Country, Region: s.setup.Home.Region},
		DeliveryIncludesTax: s.setup.Gross, Mode: order.CaptureMode(s.setup.Capture), Policy: policy, Sink: s, Now: s.clock,
	}
	shop, err := checkout.NewShop(o)
	if err != nil {
		return err
	}
	s.orders, err = order.New(refOrders{order.NewMemory(s.db), s}, &order.Options{
		Now: s.clock, Gateway: s.gateway, Warehouse: refWarehouse{s.stock}, Points: s.points, Credit: s.credit, Coupons: s.codes,
		Balances: map[order.TenderType]order.Balance{order.GiftCard: s.cards, order.StoreCredit: s.credit},
		Shop:     shop, Sink: s, FirstInvoice: s.setup.Numbers["invoice"], FirstCreditNote: s.setup.Numbers["credit_note"],
	})
	if err != nil {
		return err
	}
	o.Orders = s.orders
	if s.setup.SessionMinutes != nil {
		o.SessionTime = time.Duration(*s.setup.SessionMinutes) * time.Minute
	}
	if s.setup.HoldMinutes != nil {
		o.HoldTime = time.Duration(*s.setup.HoldMinutes) * time.Minute
	}
	s.options, s.store = o, checkout.NewMemory(s.db)
	if s.sessions, err = checkout.NewSessions(s.store, o); err != nil {
		return err
	}
	verifier, err := payment.NewVerifier(5*time.Minute, refSecret)
	if err != nil {
		return err
	}
	s.webhooks, err = checkout.NewWebhooks(s.sessions, s.orders, verifier, nil)
	return err
}

// refPolicyOf is the policy of returns of a setup.
func refPolicyOf(s *refShop) (order.Policy, error) {
	r := s.setup.Returns
	p := order.Policy{
		WindowDays: r.WindowDays, ClaimDays: r.ClaimDays, Restocking: map[string]money.Rate{}, Label: s.amount(r.Label),
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

// refOrders is a store that fails where the setup says that recording an order does.
type refOrders struct {
	*order.MemoryStore
	shop *refShop
}

func (r refOrders) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	if err := r.shop.fails("order", "commit"); err != nil {
		return order.Order{}, err
	}
	return r.MemoryStore.Insert(ctx, o)
}

// fails reports, once, a fault that the setup has for a call.
func (s *refShop) fails(participant, call string) error {
	at := participant + "." + call
	if !s.faults[at] {
		return nil
	}
	delete(s.faults, at)
	return fmt.Errorf("%s does not work: %w", at, flywheel.ErrConflict)
}

type refGoods struct {
	shop *refShop
	*inventory.Service
}

func (g refGoods) Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error {
	if err := g.shop.fails("stock", "hold"); err != nil {
		return err
	}
	return g.Service.Hold(ctx, ref, units, until)
}

func (g refGoods) Allocate(ctx context.Context, ref string) error {
	if err := g.shop.fails("stock", "commit"); err != nil {
		return err
	}
	return g.Service.Allocate(ctx, ref)
}

func (g refGoods) Release(ctx context.Context, ref string) error {
	if err := g.shop.fails("stock", "release"); err != nil {
		return err
	}
	return g.Service.Release(ctx, ref)
}

// refWarehouse is the stock as orders see it.
type refWarehouse struct{ *inventory.Service }

func (w refWarehouse) RestockAt(ctx context.Context, ref string, place fulfillment.Location, lines []flywheel.Line) error {
	return w.Service.At(place).Restock(ctx, ref, lines)
}

type refCodes struct {
	shop *refShop
	*coupon.Service
}

func (c refCodes) Hold(ctx context.Context, ref string, q coupon.Request, until time.Time) error {
	if err := c.shop.fails("coupon", "hold"); err != nil {
		return err
	}
	return c.Service.Hold(ctx, ref, q, until)
}

func (c refCodes) Commit(ctx context.Context, ref, code string) error {
	if err := c.shop.fails("coupon", "commit"); err != nil {
		return err
	}
	return c.Service.Commit(ctx, ref, code)
}

func (c refCodes) Release(ctx context.Context, ref, code string) error {
	if err := c.shop.fails("coupon", "release"); err != nil {
		return err
	}
	return c.Service.Release(ctx, ref, code)
}

type refBalance struct {
	shop *refShop
	name string
	checkout.Balance
}

// Handle implements flywheel.Stored.
func (b refBalance) Handle() flywheel.Transactor { return b.shop.db }

func (b refBalance) Hold(ctx context.Context, account, ref string, amount money.Amount, until time.Time) error {
	if err := b.shop.fails(b.name, "hold"); err != nil {
		return err
	}
	return b.Balance.Hold(ctx, account, ref, amount, until)
}

func (b refBalance) Commit(ctx context.Context, account, ref string) error {
	if err := b.shop.fails(b.name, "commit"); err != nil {
		return err
	}
	return b.Balance.Commit(ctx, account, ref)
}

func (b refBalance) Release(ctx context.Context, account, ref string) error {
	if err := b.shop.fails(b.name, "release"); err != nil {
		return err
	}
	return b.Balance.Release(ctx, account, ref)
}

type refPoints struct {
	shop *refShop
	checkout.Points
}

// Handle implements flywheel.Stored.
func (p refPoints) Handle() flywheel.Transactor { return p.shop.db }

func (p refPoints) HoldUntil(ctx context.Context, member flywheel.CustomerID, ref string, points int64, until time.Time) error {
	if err := p.shop.fails("points", "hold"); err != nil {
		return err
	}
	return p.Points.HoldUntil(ctx, member, ref, points, until)
}

func (p refPoints) Commit(ctx context.Context, member flywheel.CustomerID, ref string) error {
	if err := p.shop.fails("points", "commit"); err != nil {
		return err
	}
	return p.Points.Commit(ctx, member, ref)
}

func (p refPoints) Release(ctx context.Context, member flywheel.CustomerID, ref string) error {
	if err := p.shop.fails("points", "release"); err != nil {
		return err
	}
	return p.Points.Release(ctx, member, ref)
}

// view is an answer of a session in the form of the cases.
func (s *refShop) view(v checkout.View) map[string]any {
	a := map[string]any{"status": v.Status, "version": v.Version}
	messages := []string{}
	for _, m := range v.Messages {
		messages = append(messages, m.String())
	}
	a["messages"] = messages
	totals := map[string]int64{}
	for _, t := range v.Totals {
		totals[string(t.Type)] = t.Amount.Minor()
	}
	a["totals"] = totals
	taxes := map[string]any{}
	for _, t := range v.Taxes {
		taxes[t.Rate.String()] = map[string]int64{"net": t.Net.Minor(), "tax": t.Tax.Minor()}
	}
	a["taxes"] = taxes
	applied := []any{}
	for _, p := range v.Applied {
		allocations := map[string]int64{}
		for _, l := range p.Allocations {
			allocations[l.Path] = l.Amount.Minor()
		}
		to := map[string]any{"promotion": p.Promotion, "amount": p.Amount.Minor(), "method": p.Method, "allocations": allocations}
		if p.Code != "" {
			to["code"] = p.Code
		}
		applied = append(applied, to)
	}
	a["applied"] = applied
	split := []any{}
	for _, share := range v.Split {
		to := []any{share.Tender, share.Amount.Minor()}
		if share.Points > 0 {
			to = append(to, share.Points)
		}
		split = append(split, to)
	}
	a["split"] = split
	options := []any{}
	for _, o := range v.Offers {
		to := map[string]any{"id": o.ID, "charge": o.Charge.Minor()}
		if !o.Earliest.IsZero() {
			to["earliest"], to["latest"] = o.Earliest.String(), o.Latest.String()
		}
		options = append(options, to)
	}
	a["options"] = options
	if v.Action != nil {
		a["action"] = "payment"
	}
	if v.Order != "" {
		for name, id := range s.orderIDs {
			if id == v.Order {
				a["order"] = name
			}
		}
		a["total"] = v.Total.Minor()
	}
	return a
}

func (s *refShop) answer(v checkout.View, err error) (map[string]any, error) {
	return s.view(v), err
}

func linesOf(c cart.Cart) map[string]any {
	lines := map[string]any{}
	for _, l := range c.Lines {
		lines[l.ID] = []any{l.SKU, l.Quantity}
	}
	return map[string]any{"lines": lines}
}

// refSessionSteps are the steps of carts, sessions, webhooks, clock and shop.
var refSessionSteps = map[string]refHandler{
	"cart.open": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		c := cart.Cart{ID: cart.ID(step.Cart), Customer: flywheel.CustomerID(step.Customer), Currency: s.currency}
		if step.Customer == "" {
			c.Visitor = flywheel.VisitorID(step.Cart)
		}
		created, err := s.carts.Create(ctx, c)
		return linesOf(created), err
	},
	"cart.add": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		line := cart.Line{SKU: flywheel.SKU(step.SKU), Quantity: step.Quantity}
		if _, err := s.carts.Get(ctx, cart.ID(step.Cart)); errors.Is(err, flywheel.ErrNotFound) {
			c, err := s.carts.Create(ctx, cart.Cart{
				ID: cart.ID(step.Cart), Visitor: flywheel.VisitorID(step.Cart), Currency: s.currency, Lines: []cart.Line{line},
			})
			return linesOf(c), err
		}
		c, err := s.carts.Add(ctx, cart.ID(step.Cart), line)
		return linesOf(c), err
	},
	"cart.set": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		c, err := s.carts.SetQuantity(ctx, cart.ID(step.Cart), step.Line, step.Quantity)
		return linesOf(c), err
	},
	"cart.login": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		c, err := s.carts.Login(ctx, cart.ID(step.Cart), flywheel.CustomerID(step.Customer))
		a := linesOf(c)
		if c.ID != cart.ID(step.Cart) {
			a["into"] = c.ID
		}
		return a, err
	},
	"session.open": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.Open(ctx, cart.ID(step.Cart), checkout.SessionID(step.Session)))
	},
	"session.get": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.Get(ctx, checkout.SessionID(step.Session)))
	},
	"session.cancel": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.Cancel(ctx, checkout.SessionID(step.Session)))
	},
	"session.buyer": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.SetBuyer(ctx, checkout.SessionID(step.Session), checkout.Buyer{Email: step.Email, VATExempt: step.VATExempt}))
	},
	"session.address": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		to := order.Address{Country: step.Address.Country, Region: step.Address.Region, Postcode: step.Address.Postcode}
		return s.answer(s.sessions.SetAddress(ctx, checkout.SessionID(step.Session), to, nil))
	},
	"session.deliver": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.Choose(ctx, checkout.SessionID(step.Session), step.Option))
	},
	"session.codes": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.SetCodes(ctx, checkout.SessionID(step.Session), step.Codes...))
	},
	"session.tenders": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		var tenders []checkout.TenderChoice
		for _, t := range step.Tenders {
			to := checkout.TenderChoice{Type: checkout.TenderType(t.Type), ID: t.ID, Token: t.Token}
			if t.Amount != nil {
				to.Amount = s.amount(*t.Amount)
			}
			tenders = append(tenders, to)
		}
		return s.answer(s.sessions.SetTenders(ctx, checkout.SessionID(step.Session), tenders...))
	},
	"session.review": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.answer(s.sessions.Review(ctx, checkout.SessionID(step.Session), step.OK))
	},
	"place": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		r := checkout.PlaceRequest{Session: checkout.SessionID(step.Session), Key: step.Key, Order: order.ID(step.Order)}
		if step.Seen != nil {
			r.Seen = *step.Seen
		}
		v, err := s.sessions.Place(ctx, r)
		if v.Order != "" {
			s.orderIDs[string(v.Order)] = v.Order
		}
		return s.answer(v, err)
	},
	"action.finish": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		if of, err := s.sessions.Session(ctx, checkout.SessionID(step.Session)); err == nil && of.Try != nil && of.Try.Authorization != "" {
			if err := s.gateway.Finish(of.Try.Authorization, step.Result == "ok"); err != nil && !errors.Is(err, flywheel.ErrConflict) {
				return nil, err
			}
		}
		return s.note(s.sessions.FinishAction(ctx, checkout.SessionID(step.Session)))
	},
	"resume": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.note(s.sessions.Resume(ctx, checkout.SessionID(step.Session)))
	},
	"webhook": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		return s.webhook(ctx, step)
	},
	"clock": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		to, err := time.Parse(time.RFC3339, step.To)
		if err != nil {
			return nil, err
		}
		s.now = to
		return nil, s.housekeep(ctx)
	},
	"shop.price": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		for i := range s.list.Entries {
			if s.list.Entries[i].SKU == flywheel.SKU(step.SKU) {
				s.list.Entries[i].Unit = money.PriceOf(s.amount(step.Price))
			}
		}
		saved, err := s.prices.SaveList(ctx, s.list)
		s.list = saved
		return nil, err
	},
	"shop.withdraw": func(_ context.Context, s *refShop, step *refStep) (map[string]any, error) {
		item := s.items[flywheel.SKU(step.SKU)]
		item.Withdrawn = true
		s.items[flywheel.SKU(step.SKU)] = item
		return nil, nil
	},
	"shop.stock": func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		s.steps++
		return nil, s.change(ctx, fmt.Sprintf("step-%d", s.steps), step.SKU, step.Location, step.Change)
	},
}

// note remembers the name of an order that an answer has.
func (s *refShop) note(v checkout.View, err error) (map[string]any, error) {
	if v.Order != "" {
		s.orderIDs[string(v.Order)] = v.Order
	}
	return s.view(v), err
}

// webhook sends what the gateway would send: about a charge it first lets the bank
// answer as the notice says.
func (s *refShop) webhook(ctx context.Context, step *refStep) (map[string]any, error) {
	n := map[string]any{"id": step.ID, "type": step.Type, "session": step.Session}
	if step.Order != "o" || strings.HasPrefix(step.Type, "dispute.") {
		n["order"] = step.Order
		delete(n, "session")
	}
	if step.Amount != 0 {
		n["amount"], n["currency"] = step.Amount, s.currency.String()
	}
	if of, err := s.sessions.Session(ctx, checkout.SessionID(step.Session)); err == nil && of.Try != nil && of.Try.Charge != "" {
		n["charge"] = of.Try.Charge
		if ok := step.Type == "payment.authorized"; (ok || step.Type == "payment.declined") && step.Signature == "" {
			if err := s.gateway.Answer(of.Try.Charge, ok); err != nil && !errors.Is(err, flywheel.ErrConflict) && !errors.Is(err, flywheel.ErrNotFound) {
				return nil, err
			}
		}
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	at, secret := s.now, refSecret
	switch step.Signature {
	case "", "valid":
	case "forged":
		secret = "another secret"
	case "old":
		at = at.Add(-time.Hour)
	default:
		return nil, fmt.Errorf("signature %q", step.Signature)
	}
	out, err := s.webhooks.Handle(ctx, payment.Sign(secret, body, at), body)
	if out.View == nil {
		return map[string]any{}, err
	}
	return s.note(*out.View, err)
}

// housekeep does what is due.
func (s *refShop) housekeep(ctx context.Context) error {
	for _, advance := range []func(context.Context, time.Time) (bool, error){s.sessions.Advance, s.tickets.Advance} {
		for more := true; more; {
			var err error
			if more, err = advance(ctx, s.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// refSessionLooks are what is compared at the end of sessions, stock, codes,
// balances and events.
var refSessionLooks = map[string]refLook{
	"sessions": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]checkout.SessionStatus{}
		names, err := keysOf(want)
		for _, name := range names {
			v, err := s.sessions.Get(ctx, checkout.SessionID(name))
			if errors.Is(err, flywheel.ErrExpired) {
				v.Status, err = checkout.Expired, nil
			}
			if err != nil {
				return nil, err
			}
			got[name] = v.Status
		}
		return got, err
	},
	"stock": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		names, err := keysOf(want)
		for _, name := range names {
			sku, at, _ := strings.Cut(name, "@")
			got[name] = map[string]int64{}
			for l, err := range s.stock.Levels(ctx, flywheel.SKU(sku)) {
				if err != nil {
					return nil, err
				}
				numbers := map[string]int64{}
				for key, n := range map[string]int64{
					"available": max(0, l.Available()), "held": l.Reserved, "allocated": l.Allocated, "backordered": l.Backordered,
				} {
					if n != 0 {
						numbers[key] = n
					}
				}
				if len(numbers) > 0 || string(l.Location) == at {
					got[sku+"@"+string(l.Location)] = numbers
				}
			}
		}
		return got, err
	},
	"coupons": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name := range s.setup.Coupons {
			used, held, err := s.codes.Uses(ctx, name)
			if err != nil {
				return nil, err
			}
			got[name] = map[string]int64{"used": used}
			if held != 0 {
				got[name]["held"] = held
			}
		}
		return got, nil
	},
	"gift_cards": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name, c := range s.setup.GiftCards {
			currency := s.currency
			if c.Currency != "" {
				currency = money.MustCurrency(c.Currency)
			}
			now := s.now
			if !c.Until.IsZero() && !now.Before(c.Until) {
				s.now = c.Until.Add(-time.Second) // what is on a card that has ended
			}
			left, err := s.cards.Spendable(ctx, name, currency)
			if err != nil {
				return nil, err
			}
			held, err := s.cards.Held(ctx, name, currency)
			if err != nil {
				return nil, err
			}
			s.now = now
			got[name] = refBalanceOf(left.Minor(), held.Minor())
		}
		return got, nil
	},
	"store_credit": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		names, err := keysOf(want)
		for _, name := range names {
			left, err := s.credit.Spendable(ctx, name, s.currency)
			if err != nil {
				return nil, err
			}
			held, err := s.credit.Held(ctx, name, s.currency)
			if err != nil {
				return nil, err
			}
			got[name] = refBalanceOf(left.Minor(), held.Minor())
		}
		return got, err
	},
	"points": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name := range s.setup.Points {
			left, err := s.points.Spendable(ctx, flywheel.CustomerID(name))
			if err != nil {
				return nil, err
			}
			b, err := s.points.Balance(ctx, flywheel.CustomerID(name))
			if err != nil {
				return nil, err
			}
			got[name] = refBalanceOf(left, b.Held)
		}
		return got, nil
	},
	"events": func(_ context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]int{}
		for _, name := range []string{
			"begin_checkout", "checkout_expired", "purchase", "shipped", "delivered", "order_canceled", "order_edited", "return_requested",
			"return_received", "exchanged", "claimed", "refund", "ticket_breached", "ticket_survey",
		} {
			if n := len(s.told[name]); n > 0 {
				got[name] = n
			}
		}
		return got, nil
	},
}

func refBalanceOf(balance, held int64) map[string]int64 {
	b := map[string]int64{"balance": balance}
	if held != 0 {
		b["held"] = held
	}
	return b
}

func keysOf(object json.RawMessage) ([]string, error) {
	var of map[string]json.RawMessage
	err := json.Unmarshal(object, &of)
	return slices.Sorted(maps.Keys(of)), err
}
