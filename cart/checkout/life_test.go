package checkout_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/checkout/checkouttest"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/creditsql"
	"github.com/flywheel-go/flywheel/cart/payment/credit/credittest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/couponsql"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

// lifeWorld is what outlives a process on the way of sessions, except for the gateway,
// of which each life has its own.
type lifeWorld struct {
	tx       flywheel.Transactor
	carts    cart.Store
	sessions checkout.SessionStore
	orders   order.Store
	stock    inventory.Store
	codes    coupon.Store
	credit   credit.Store
	points   loyalty.Store
	events   segment.LogStore
	now      time.Time
}

func newLifeWorld() *lifeWorld {
	db := new(flywheel.Memory)
	return &lifeWorld{
		tx: db, carts: cart.NewMemory(db), sessions: checkout.NewMemory(db), orders: order.NewMemory(db), stock: inventory.NewMemory(db),
		codes: coupon.NewMemory(db), credit: credit.NewMemory(db), points: loyalty.NewMemory(db), events: segment.NewMemoryLog(db), now: placedAt,
	}
}

func newLifeWorldSQL(t testing.TB, open sqldbtest.Opener, d sqldb.Dialect) *lifeWorld {
	return newLifeWorldOn(t, flywheel.OpenSQL(open(t), d))
}

func newLifeWorldOn(t testing.TB, db *flywheel.SQL) *lifeWorld {
	w := lifeStores(db)
	require.NoError(t, flywheel.Migrate(t.Context(), db, cartsql.New(db), checkoutsql.New(db), ordersql.New(db), inventorysql.New(db),
		couponsql.New(db), creditsql.New(db), loyaltysql.New(db), segmentsql.New(db)))
	return w
}

// lifeStores are the stores in a database that has their tables.
func lifeStores(db *flywheel.SQL) *lifeWorld {
	return &lifeWorld{
		tx: db, carts: cartsql.New(db), sessions: checkoutsql.New(db), orders: ordersql.New(db), stock: inventorysql.New(db),
		codes: couponsql.New(db), credit: creditsql.New(db), points: loyaltysql.New(db), events: segmentsql.New(db), now: placedAt,
	}
}

var placePrice = money.PriceOf(money.New(1190, money.EUR))

var placedAt = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// process is one process of a shop with everything.
type process struct {
	carts    *cart.Service
	sessions *checkout.Sessions
	orders   *order.Service
	stock    *inventory.Service
	codes    *coupon.Service
	credit   *credit.Service
	points   *loyalty.Service
	log      *segment.Log
}

var (
	lifeEngine = func() *pricing.Engine {
		e, err := pricing.Compile(pricing.Config{
			Taxes:      []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}, {Class: "reduced", Rate: money.Percent(7)}},
			Promotions: []pricing.Promotion{{ID: "ten", Percent: money.Percent(10), Coupon: "ten"}},
		})
		if err != nil {
			panic(err)
		}
		return e
	}()
	lifeNetwork = func() *fulfillment.Network {
		n, err := fulfillment.New(fulfillment.Config{
			Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", Handling: 1},
			Places:   []fulfillment.Place{{ID: "east", Priority: 1, Country: "DE"}, {ID: "west", Priority: 2, Country: "DE"}},
			Options: []fulfillment.Option{{
				ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: eur(490)}}, Days: [2]int{1, 2}, Tax: "like_goods",
			}},
		})
		if err != nil {
			panic(err)
		}
		return n
	}()
	lifeCatalog = flywheel.CatalogFunc(func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		items := make(map[flywheel.SKU]flywheel.Item, len(skus))
		for _, sku := range skus {
			class := "standard"
			if len(sku)%2 == 0 {
				class = "reduced"
			}
			items[sku] = flywheel.Item{SKU: sku, Title: string(sku), TaxClass: class, Weight: 100}
		}
		return items, nil
	})
)

// through returns a store whose every call goes through h; nil for the store itself.
func through[S any](h hook, what string, s S, failing func(S, func(string, bool) error) S) S {
	if h == nil {
		return s
	}
	return failing(s, func(call string, after bool) error { return h(what+"."+call, after) })
}

// open starts a process whose every call to the world goes through h, unless that is
// nil.
func (w *lifeWorld) open(t testing.TB, h hook, l *life) *process {
	clock := func() time.Time { return w.now }
	tx, gateway := w.tx, payment.Gateway(l.gateway)
	if h != nil {
		tx, gateway = failingTx{w.tx, h}, failingGateway{l.gateway, h}
	}
	p, err := &process{}, error(nil)
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.log, err = segment.NewLog(through(h, "events", w.events, segmenttest.Failing), nil)
	ok(err)
	p.stock, err = inventory.New(through(h, "stock", w.stock, inventorytest.Failing), &inventory.Options{Now: clock})
	ok(err)
	p.codes, err = coupon.New(through(h, "codes", w.codes, coupontest.Failing), &coupon.Options{Now: clock})
	ok(err)
	p.credit, err = credit.New(through(h, "credit", w.credit, credittest.Failing), &credit.Options{Now: clock})
	ok(err)
	p.points, err = loyalty.New(through(h, "points", w.points, loyaltytest.Failing), &loyalty.Options{Now: clock})
	ok(err)
	catalog := l.catalog
	if catalog == nil {
		catalog = lifeCatalog
	}
	p.carts, err = cart.New(through(h, "carts", w.carts, carttest.Failing), &cart.Options{Now: clock, Engine: lifeEngine, Catalog: catalog})
	ok(err)
	o := &checkout.SessionOptions{
		Carts: p.carts, Catalog: catalog, Network: lifeNetwork, Stock: p.stock, Codes: p.codes, GiftCards: p.codes.Cards(), StoreCredit: p.credit,
		Points: p.points, PointValue: money.MustRate("1"), DeliveryIncludesTax: true, Mode: l.mode, Sink: p.log, Tx: tx, Now: clock,
		Policy: order.Policy{WindowDays: 30, ClaimDays: 30, DeliveryRefund: order.DeliveryFull},
	}
	if l.choices != nil {
		o.Network, o.Taxes = groupNetwork, groupTaxes{}
	}
	shop, err := checkout.NewShop(o)
	ok(err)
	p.orders, err = order.New(through(h, "orders", w.orders, ordertest.Failing), &order.Options{
		Now: clock, Gateway: gateway, Warehouse: p.stock, Points: p.points, Credit: p.credit, Coupons: p.codes,
		Balances: map[order.TenderType]order.Balance{order.GiftCard: p.codes.Cards(), order.StoreCredit: p.credit},
		Shop:     shop, Sink: p.log, Tx: tx,
	})
	ok(err)
	o.Orders = p.orders
	p.sessions, err = checkout.NewSessions(through(h, "sessions", w.sessions, checkouttest.Failing), o)
	ok(err)
	return p
}

// life is one generated way from a cart to the last refund. All its names begin with
// its id, so that many lives share a world.
type life struct {
	id      string
	mode    order.CaptureMode
	lines   []cart.Line
	code    bool
	tenders []checkout.TenderChoice
	choices []checkout.DeliveryChoice // how groups of lines travel, nil for all in one way
	says    bool                      // what the buyer answers the bank
	after   []func(p *process) error
	gateway *payment.Memory
	world   *lifeWorld
	since   flywheel.Position // the last entry of the log before the life: a world has those of many
	looks   func(p *process)  // before each step after placing, nil for nobody
	sees    func(v checkout.View)
	catalog flywheel.Catalog // nil for lifeCatalog
}

func (l *life) name(of string) string { return l.id + "-" + of }

func (l *life) sku(n int) flywheel.SKU {
	return flywheel.SKU(l.name("sku") + "x"[:n%2] + strconv.Itoa(n))
}

func (l *life) order() order.ID               { return order.ID(l.name("order")) }
func (l *life) customer() flywheel.CustomerID { return flywheel.CustomerID(l.name("customer")) }

const (
	lifeStock  = 20
	lifeCredit = 700
	lifePoints = 400
	lifeCard   = 900
)

// newLife generates a life by its number; the same number is the same life in every
// world.
func newLife(w *lifeWorld, seed uint64, id string) *life {
	rnd := rand.New(rand.NewPCG(seed, 11))
	l := &life{id: id, mode: order.OnPlace, gateway: new(payment.Memory), world: w, says: rnd.IntN(4) > 0}
	if rnd.IntN(3) == 0 {
		l.mode = order.OnShipment
	}
	for n := range 1 + rnd.IntN(3) {
		l.lines = append(l.lines, cart.Line{
			SKU: l.sku(n), Quantity: 1 + rnd.Int64N(4), Agreed: money.PriceOf(eur(100 + rnd.Int64N(3000))), TaxIncluded: true,
		})
	}
	l.code = rnd.IntN(2) == 0
	for _, t := range []checkout.TenderChoice{{Type: order.Points}, {Type: order.StoreCredit}, {Type: order.GiftCard, ID: l.name("CARD")}} {
		if rnd.IntN(3) == 0 {
			l.tenders = append(l.tenders, t)
		}
	}
	l.tenders = append(l.tenders, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	script := payment.Script{}
	for op, odds := range map[payment.Operation]int{payment.OpAuthorize: 2, payment.OpCapture: 4, payment.OpRefund: 4} {
		r := rand.New(rand.NewPCG(seed, uint64(len(op)))) // maps have no order
		for range 2 {
			if r.IntN(odds) == 0 {
				faults := []payment.Fault{payment.Decline, payment.Timeout, payment.LostAnswer}
				if op == payment.OpAuthorize {
					faults = append(faults, payment.Ask)
				}
				script[op] = append(script[op], faults[r.IntN(len(faults))])
			}
		}
	}
	l.gateway.Intercept(script.Intercept())
	if seed%4 == 3 {
		l.inGroups(rand.New(rand.NewPCG(seed, 12)))
	}
	l.plan(rnd)
	return l
}

// plan says what happens to the order after it was placed.
func (l *life) plan(rnd *rand.Rand) {
	do := func(c order.Command) {
		l.after = append(l.after, func(p *process) error {
			_, err := p.orders.Do(context.Background(), l.order(), c)
			return err
		})
	}
	if rnd.IntN(4) == 0 {
		price := money.PriceOf(eur(100 + rnd.Int64N(2000)))
		do(&order.Edit{Key: "edit", Add: []order.Item{{SKU: l.sku(0), Quantity: 1, Agreed: &price}}})
	}
	if rnd.IntN(3) == 0 {
		do(&order.CallOff{Key: "off", Lines: map[string]int64{"1": 1}})
	}
	if rnd.IntN(6) == 0 {
		do(&order.CallOff{Key: "all"})
		return
	}
	parcels := []string{"p1", "p2", "p3"}
	if l.choices != nil {
		parcels = append(parcels, "p4", "p5")
	}
	for _, parcel := range parcels {
		do(&order.Ship{Parcel: parcel})
		do(&order.Deliver{Parcel: parcel})
	}
	if rnd.IntN(2) == 0 {
		n := 1 + rnd.Int64N(2)
		do(&order.RequestReturn{ID: "r", Lines: map[string]int64{"1": n}, Reason: order.ChangedMind})
		do(&order.Receive{ID: "r", Lines: map[string]order.Received{"1": {Accepted: n, Condition: "new", Restock: "east"}}})
	}
	if rnd.IntN(2) == 0 {
		do(&order.PayBack{Key: "sorry", Amount: eur(1 + rnd.Int64N(900))})
	}
}

// prepare fills the shelves and accounts of a life.
func (l *life) prepare(ctx context.Context, t testing.TB, p *process) {
	for i := range l.lines {
		sku := l.lines[i].SKU
		require.NoError(t, p.stock.At("east").Receive(ctx, "east-"+string(sku), []flywheel.Line{{SKU: sku, Quantity: lifeStock / 2}}))
		require.NoError(t, p.stock.At("west").Receive(ctx, "west-"+string(sku), []flywheel.Line{{SKU: sku, Quantity: lifeStock / 2}}))
	}
	for id, code := range map[string]coupon.Code{
		"code": {Code: coupon.Normalize(l.name("CODE"))}, "card": {Code: coupon.Normalize(l.name("CARD")), Value: eur(lifeCard)},
	} {
		c := coupon.Campaign{ID: l.name(id)}
		if id == "code" {
			c.Promotion, c.Limit = "ten", 1
		}
		_, err := p.codes.SaveCampaign(ctx, c)
		require.NoError(t, err)
		code.Campaign = c.ID
		require.NoError(t, p.codes.Add(ctx, code))
	}
	err := p.credit.Grant(ctx, string(l.customer()), "opening", eur(lifeCredit), "opening")
	require.NoError(t, err)
	_, err = p.points.Apply(ctx, loyalty.Operation{Member: l.customer(), Key: "opening", Kind: loyalty.Earn, Points: lifePoints, At: l.world.now})
	require.NoError(t, err)
}

// live does everything, from the beginning or from where a process stopped before.
func (l *life) live(ctx context.Context, p *process) error {
	id, of := checkout.SessionID(l.name("session")), cart.ID(l.name("cart"))
	if _, err := p.carts.Get(ctx, of); errors.Is(err, flywheel.ErrNotFound) {
		_, err = p.carts.Create(ctx, cart.Cart{ID: of, Customer: l.customer(), Currency: money.EUR, Lines: l.lines})
		if err != nil && !errors.Is(err, flywheel.ErrConflict) {
			return err
		}
	} else if err != nil {
		return err
	}
	v, err := p.sessions.Get(ctx, id)
	if errors.Is(err, flywheel.ErrNotFound) {
		v, err = p.sessions.Open(ctx, of, id)
	}
	if err != nil {
		return err
	}
	if v.Status == checkout.Incomplete {
		codes := []string{}
		if l.code {
			codes = append(codes, l.name("CODE"))
		}
		for _, step := range []func() (checkout.View, error){
			func() (checkout.View, error) {
				return p.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "x@example.com"})
			},
			func() (checkout.View, error) {
				return p.sessions.SetAddress(ctx, id, order.Address{Country: "DE", Postcode: "10115"}, nil)
			},
			func() (checkout.View, error) {
				if l.choices != nil {
					return p.sessions.ChooseFor(ctx, id, l.choices...)
				}
				return p.sessions.Choose(ctx, id, "standard")
			},
			func() (checkout.View, error) { return p.sessions.SetCodes(ctx, id, codes...) },
			func() (checkout.View, error) { return p.sessions.SetTenders(ctx, id, l.tenders...) },
		} {
			if v, err = step(); err != nil {
				return err
			}
			if l.sees != nil {
				l.sees(v)
			}
		}
	}
	if err := l.place(ctx, p, id, v); err != nil {
		return err
	}
	for _, step := range l.after {
		if l.looks != nil {
			l.looks(p)
		}
		if err := step(p); err != nil && (payment.Uncertain(err) || errors.Is(err, errStopped)) {
			return err
		}
	}
	return nil
}

// errOpen ends a turn of a life whose session is not completed yet.
var errOpen = errors.New("not completed yet")

func (l *life) place(ctx context.Context, p *process, id checkout.SessionID, v checkout.View) (err error) {
	switch v.Status {
	case checkout.Ready, checkout.Completed:
		v, err = p.sessions.Place(ctx, checkout.PlaceRequest{Session: id, Key: l.name("key"), Order: l.order()})
	case checkout.Completing:
		l.world.now = l.world.now.Add(checkout.DefaultWorkTime) // whoever was at work on it is gone
		v, err = p.sessions.Resume(ctx, id)
	}
	if v.Status == checkout.RequiresAction && v.Action != nil {
		if finished := l.gateway.Finish(v.Action.Authorization, l.says); finished != nil && !errors.Is(finished, flywheel.ErrConflict) {
			return finished
		}
		v, err = p.sessions.FinishAction(ctx, id)
	}
	switch {
	case errors.Is(err, errStopped):
		return err
	case v.Status != checkout.Completed:
		return errOpen
	}
	if v, err = p.sessions.Resume(ctx, id); err != nil { // the money, if it is not taken yet
		return errOpen
	}
	return nil
}

// run lives a life to its end with a stop, by a new process where it dies there.
func (l *life) run(t testing.TB, stop *stopper) {
	clean := l.world.open(t, noHook, l)
	since, err := clean.log.Last(t.Context())
	require.NoError(t, err)
	l.since = since
	err = l.world.tx.InTx(t.Context(), func(ctx context.Context) error {
		l.prepare(ctx, t, clean)
		return nil
	})
	require.NoError(t, err)
	p := clean
	if stop != nil {
		p = l.world.open(t, stop.hook, l)
	}
	for range 40 {
		err := l.live(t.Context(), p)
		if err == nil {
			break
		}
		if stop != nil && stop.dies && stop.stopped != "" {
			p = clean
		}
		l.world.now = l.world.now.Add(time.Second)
	}
	l.verify(t, clean)
}

// TestStopLifeAnywhere stops lives of sessions and orders before and after the effect
// of calls to every store, the gateway, the log and the transactor, goes on with the
// same requests, and finds one order, every participant taken once, no money
// standing that no order knows of, stock and papers that agree, and every event
// once. With FLYWHEEL_LIVES=500 so many lives in memory are stopped at every point,
// and a quarter of them at up to 200 points in SQLite and in PostgreSQL.
func TestStopLifeAnywhere(t *testing.T) {
	t.Parallel()
	long, err := strconv.Atoi(cmp.Or(os.Getenv("FLYWHEEL_LIVES"), "0"))
	require.NoError(t, err)
	// At each point there may be a process that dies, and one that goes on: both ways,
	// or one of them in turns, over points in random order.
	const both, inTurns = 2, 1
	points := func(t *testing.T, fresh func() *lifeWorld, lives, most, ways int) {
		stops, distinct := 0, 0
		for seed := range lives {
			ok := t.Run(fmt.Sprint("life ", seed), func(t *testing.T) {
				l := newLife(fresh(), uint64(seed), fmt.Sprint("l", seed))
				count := &stopper{at: -1}
				l.run(t, count)
				at := rand.New(rand.NewPCG(uint64(seed), 3)).Perm(count.next)
				var stop *stopper
				defer func() {
					if t.Failed() && stop != nil {
						t.Logf("stop at %d, dies: %v: %s", stop.at, stop.dies, stop.stopped)
					}
				}()
				for i, k := range at[:min(len(at), most)] {
					for _, dies := range []bool{i%2 == 0, i%2 != 0}[:ways] {
						stop = &stopper{at: k, dies: dies}
						newLife(fresh(), uint64(seed), fmt.Sprint("l", seed, "-", k, dies)).run(t, stop)
						require.NotEmpty(t, stop.stopped, "no call was stopped")
						stops++
					}
					distinct++
				}
			})
			if !ok {
				break
			}
		}
		t.Logf("%d stops at %d distinct points", stops, distinct)
	}
	t.Run("memory", func(t *testing.T) {
		lives, most := testkit.Often(40, 10), 15
		if long > 0 {
			lives, most = long, 1<<30
		}
		points(t, newLifeWorld, lives, most, both)
	})
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		lives, most, ways := testkit.Often(5, 3), 4, both
		if long > 0 {
			lives, most, ways = long/4, 200, inTurns
		}
		w := newLifeWorldSQL(t, open, d)
		points(t, func() *lifeWorld { return w }, lives, most, ways)
	})
}

// TestRandomSessionsAgreeToTheCent compares, for random sessions, what was quoted, what
// was ordered, what the gateway and the balances have, and the papers, after every
// step of the order.
func TestRandomSessionsAgreeToTheCent(t *testing.T) {
	for seed := range testkit.Often(300, 60) {
		l := newLife(newLifeWorld(), uint64(seed), "l")
		steps := 0
		l.looks = func(p *process) {
			steps++
			o, err := p.orders.Get(t.Context(), l.order())
			require.NoError(t, err)
			l.verifyQuote(t, p, &o)
			if !slices.ContainsFunc(o.Operations, func(op order.Operation) bool { return !op.Done }) {
				l.verifyMoney(t, p, &o, false)
			}
		}
		l.run(t, nil)
		require.GreaterOrEqual(t, steps, len(l.after))
	}
}

// verifyQuote requires that an order says what its session confirmed.
func (l *life) verifyQuote(t testing.TB, p *process, o *order.Order) {
	of, err := p.sessions.Session(t.Context(), checkout.SessionID(l.name("session")))
	require.NoError(t, err)
	require.Equal(t, of.Seen.Total, o.Total)
	var sum, tax, taxes, paid int64
	for _, total := range of.Seen.Totals[:len(of.Seen.Totals)-1] {
		sum += total.Amount.Minor()
	}
	require.Equal(t, o.Total.Minor(), sum, "the totals add up")
	sum = 0
	for i, seen := range of.Seen.Lines {
		line := o.Line(seen.ID)
		require.Equal(t, seen.Total.Minor(), line.Total.Minor(), "line %d", i)
		require.Equal(t, line.Total.Minor(), line.Net.Minor()+line.Tax.Minor())
		var parts int64
		for _, step := range line.Trace {
			if step.Kind != pricing.StepTaxIncluded {
				parts += step.Amount.Minor()
			}
		}
		require.Equal(t, line.Total.Minor(), parts, "the trace adds up to the line: %+v", line)
		sum, tax = sum+line.Total.Minor(), tax+line.Tax.Minor()
	}
	if o.Delivery != nil {
		sum, tax = sum+o.Delivery.Total.Minor(), tax+o.Delivery.Tax.Minor()
	}
	for i := range o.Deliveries {
		d := &o.Deliveries[i]
		require.Equal(t, d.Charge.Minor()-d.Discount.Minor(), d.Total.Minor())
		require.Equal(t, d.Total.Minor(), d.Net.Minor()+d.Tax.Minor())
		sum, tax = sum+d.Total.Minor(), tax+d.Tax.Minor()
	}
	require.Equal(t, o.Total.Minor(), sum)
	require.Equal(t, o.Tax.Minor(), tax)
	for _, part := range of.Seen.Taxes {
		taxes += part.Tax.Minor()
	}
	require.Equal(t, tax, taxes, "the breakdown by rate is the tax of the order")
	for _, share := range of.Seen.Split {
		paid += share.Amount.Minor()
	}
	require.Equal(t, o.Total.Minor(), paid, "the tenders pay the total")
	for _, a := range of.Seen.Applied {
		var sum int64
		for _, part := range a.Allocations {
			sum += part.Amount.Minor()
		}
		require.Equal(t, a.Amount.Minor(), sum, "allocations of %s", a.Promotion)
	}
}
