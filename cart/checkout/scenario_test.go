package checkout_test

import (
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
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// rush is a counter that many buyers use at once. Its names begin with its id, so that
// many share a world.
type rush struct {
	*process
	*life
	t     testing.TB
	world *lifeWorld
	rnd   *rand.Rand
	// share is by what the number of buyers of a scenario is divided.
	share int
}

// scenarios are those of the reference: what many buyers at once must not break.
var scenarios = []struct {
	name string
	run  func(t *testing.T, r *rush)
}{
	{"1 flash sale", flashSale},
	{"2 shared item", sharedItem},
	{"3 opposite order", oppositeOrder},
	{"4 expiry races", expiryRaces},
	{"5 code limit", codeLimit},
	{"6 budget", budget},
	{"7 gift card", giftCard},
	{"8 one key", oneKey},
	{"9 capture and refund", captureAndRefund},
	{"10 edit while placing", editWhilePlacing},
}

// TestScenarios runs the scenarios through sessions on every store; with
// FLYWHEEL_SCENARIOS=20 each so many times and with all of its buyers.
func TestScenarios(t *testing.T) {
	t.Parallel()
	seeds, inMemory, inSQL := uint64(1), testkit.Often(5, 50), testkit.Often(25, 125)
	if long := os.Getenv("FLYWHEEL_SCENARIOS"); long != "" {
		n, err := strconv.ParseUint(long, 10, 16)
		require.NoError(t, err)
		seeds, inMemory, inSQL = n, 1, 1
	}
	run := func(t *testing.T, share int, fresh func() *lifeWorld) {
		for i, s := range scenarios {
			for seed := range seeds {
				t.Run(fmt.Sprint(s.name, " seed ", seed), func(t *testing.T) {
					w := fresh()
					l := &life{id: fmt.Sprint("r", i, "x", seed), mode: order.OnPlace, gateway: new(payment.Memory), world: w}
					s.run(t, &rush{w.open(t, nil, l), l, t, w, rand.New(rand.NewPCG(seed, 5)), share})
				})
			}
		}
	}
	t.Run("memory", func(t *testing.T) { run(t, inMemory, newLifeWorld) })
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		w := newLifeWorldSQL(t, open, d)
		run(t, inSQL, func() *lifeWorld { return w })
	})
}

func (r *rush) buyers(all int) int { return max(8, all/r.share) }

func (r *rush) sku(name string) flywheel.SKU { return flywheel.SKU(r.name(name)) }

func (r *rush) receive(sku flywheel.SKU, n int64) {
	require.NoError(r.t, r.stock.At("east").Receive(r.t.Context(), "delivery of "+string(sku), []flywheel.Line{{SKU: sku, Quantity: n}}))
}

func (r *rush) line(sku flywheel.SKU, n, price int64) cart.Line {
	return cart.Line{SKU: sku, Quantity: n, Agreed: money.PriceOf(eur(price)), TaxIncluded: true}
}

// session brings a session of a buyer to where it can be placed.
func (r *rush) session(name string, customer flywheel.CustomerID, codes []string, tenders []checkout.TenderChoice, lines ...cart.Line) checkout.View {
	ctx, id, of := r.t.Context(), checkout.SessionID(r.name(name)), cart.ID(r.name(name))
	if tenders == nil {
		tenders = []checkout.TenderChoice{{Type: order.Card, Token: "tok"}}
	}
	_, err := r.carts.Create(ctx, cart.Cart{ID: of, Customer: customer, Currency: money.EUR, Lines: lines})
	require.NoError(r.t, err)
	_, err = r.sessions.Open(ctx, of, id)
	require.NoError(r.t, err)
	_, err = r.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "x@example.com"})
	require.NoError(r.t, err)
	_, err = r.sessions.SetAddress(ctx, id, order.Address{Country: "DE"}, nil)
	require.NoError(r.t, err)
	_, err = r.sessions.Choose(ctx, id, "standard")
	require.NoError(r.t, err)
	if len(codes) > 0 {
		_, err = r.sessions.SetCodes(ctx, id, codes...)
		require.NoError(r.t, err)
	}
	v, err := r.sessions.SetTenders(ctx, id, tenders...)
	require.NoError(r.t, err)
	require.Equal(r.t, checkout.Ready, v.Status, "%v", v.Messages)
	return v
}

// place places a session; the key is its name.
func (r *rush) place(id checkout.SessionID) (checkout.View, error) {
	return r.sessions.Place(r.t.Context(), checkout.PlaceRequest{Session: id, Key: string(id), Order: order.ID(id)})
}

// refused requires that an answer is a refusal that says so, and leaves a session that
// its buyer can go on with.
func (r *rush) refused(v checkout.View, err error) {
	require.ErrorIs(r.t, err, flywheel.ErrConflict)
	require.False(r.t, errors.Is(err, flywheel.ErrUnknownOutcome), "%v", err)
	require.Contains(r.t, []checkout.SessionStatus{checkout.Incomplete, checkout.Ready}, v.Status, "%v", err)
}

// level sums the stock of a SKU over the places, and requires that it is that of the
// ledger.
func (r *rush) level(sku flywheel.SKU) (sum inventory.Level) {
	for l, err := range r.stock.Levels(r.t.Context(), sku) {
		require.NoError(r.t, err)
		var hand, reserved, allocated int64
		for m, err := range r.stock.At(l.Location).Ledger(r.t.Context(), sku, 0) {
			require.NoError(r.t, err)
			hand, reserved, allocated = hand+m.OnHand, reserved+m.Reserved, allocated+m.Allocated
			require.GreaterOrEqual(r.t, m.OnHandAfter, m.ReservedAfter+m.AllocatedAfter, "more is promised than is there: %+v", m)
			require.Equal(r.t, [3]int64{hand, reserved, allocated}, [3]int64{m.OnHandAfter, m.ReservedAfter, m.AllocatedAfter})
		}
		require.Equal(r.t, [3]int64{hand, reserved, allocated}, [3]int64{l.OnHand, l.Reserved, l.Allocated})
		sum.OnHand, sum.Reserved, sum.Allocated = sum.OnHand+hand, sum.Reserved+reserved, sum.Allocated+allocated
	}
	return sum
}

// money requires that the gateway has taken what completed sessions paid by card, each
// once, and that nothing else stands.
func (r *rush) money(views []checkout.View) {
	want, standing := int64(0), int64(0)
	for _, v := range views {
		if v.Status == checkout.Completed {
			want += v.Total.Minor()
		}
	}
	for _, p := range r.gateway.Payments() {
		if !p.Voided {
			require.Equal(r.t, p.Authorized, p.Captured)
			standing += p.Captured.Minor()
		}
	}
	require.Equal(r.t, want, standing)
}

// Scenario 1: N parallel buyers, k units: exactly k confirmed orders, the others are
// told that it is out of stock, nothing is left and nothing reserved.
func flashSale(t *testing.T, r *rush) {
	n := r.buyers(1000)
	k, hot := n/10+1, r.sku("hot")
	r.receive(hot, int64(k))
	ids := make([]checkout.SessionID, n)
	for i := range ids {
		ids[i] = r.session(fmt.Sprint("b", i), flywheel.CustomerID(r.name(fmt.Sprint("c", i))), nil, nil, r.line(hot, 1, 1000)).Session
	}
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n, func(i int) { views[i], errs[i] = r.place(ids[i]) })
	done := 0
	for i := range views {
		if errs[i] == nil {
			require.Equal(t, checkout.Completed, views[i].Status)
			done++
			continue
		}
		r.refused(views[i], errs[i])
		require.True(t, slices.ContainsFunc(views[i].Messages, func(m checkout.Message) bool { return m.Code == checkout.CodeOutOfStock }), "%v", views[i].Messages)
	}
	require.Equal(t, k, done)
	l := r.level(hot)
	require.Equal(t, [3]int64{int64(k), 0, int64(k)}, [3]int64{l.OnHand, l.Reserved, l.Allocated})
	r.money(views)
}

// Scenario 2: two lines of one cart that share one item, of which one unit is left,
// are refused as a whole, also where the unit goes after the session was quoted.
func sharedItem(t *testing.T, r *rush) {
	part, kit := r.sku("part"), r.sku("kit")
	r.receive(part, 2)
	require.NoError(t, r.stock.SetItem(t.Context(), inventory.Item{SKU: kit, Parts: []flywheel.Line{{SKU: part, Quantity: 1}}}))
	v := r.session("b", flywheel.CustomerID(r.name("c")), nil, nil, r.line(kit, 1, 500), r.line(part, 1, 300))
	require.NoError(t, r.stock.At("east").Reserve(t.Context(), r.name("another"), []flywheel.Line{{SKU: part, Quantity: 1}}))
	v, err := r.place(v.Session)
	r.refused(v, err)
	l := r.level(part)
	require.Equal(t, [3]int64{2, 1, 0}, [3]int64{l.OnHand, l.Reserved, l.Allocated})
	hold := []fulfillment.Unit{{SKU: part, Location: "east", Quantity: 1}, {SKU: part, Location: "west", Quantity: 1}}
	require.ErrorIs(t, r.stock.Hold(t.Context(), r.name("hold"), hold, r.world.now.Add(time.Hour)), inventory.ErrOutOfStock)
	require.EqualValues(t, 1, r.level(part).Reserved)
	require.NoError(t, r.stock.Release(t.Context(), r.name("another")))
	v, err = r.place(v.Session)
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	require.EqualValues(t, 2, r.level(part).Allocated)
}

// Scenario 3: baskets in opposite order of the items: nobody waits for ever, and every
// order has all of its goods.
func oppositeOrder(t *testing.T, r *rush) {
	n := r.buyers(200)
	a, b := r.sku("a"), r.sku("b")
	r.receive(a, int64(n/2))
	r.receive(b, int64(n/2+1))
	ids := make([]checkout.SessionID, n)
	for i := range ids {
		lines := []cart.Line{r.line(a, 1, 700), r.line(b, 1, 800)}
		if i%2 == 1 {
			slices.Reverse(lines)
		}
		ids[i] = r.session(fmt.Sprint("b", i), flywheel.CustomerID(r.name(fmt.Sprint("c", i))), nil, nil, lines...).Session
	}
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n, func(i int) { views[i], errs[i] = r.place(ids[i]) })
	done := int64(0)
	for i := range views {
		if errs[i] == nil {
			done++
		} else {
			r.refused(views[i], errs[i])
		}
	}
	require.EqualValues(t, n/2, done)
	for _, sku := range []flywheel.SKU{a, b} {
		l := r.level(sku)
		require.Equal(t, [2]int64{0, done}, [2]int64{l.Reserved, l.Allocated})
	}
	r.money(views)
}

// Scenario 4: the end of a hold races with the confirmation of its order: one of the two
// wins, and the stock is that of the ledger at every instant.
func expiryRaces(t *testing.T, r *rush) {
	for round := range r.buyers(100) {
		sku := r.sku(fmt.Sprint("x", round))
		r.receive(sku, 1)
		r.gateway.Intercept(payment.Sequence([]payment.Fault{payment.LostAnswer, payment.Timeout}[round%2]))
		v := r.session(fmt.Sprint("b", round), flywheel.CustomerID(r.name("c")), nil, nil, r.line(sku, 1, 1000))
		v, err := r.place(v.Session)
		require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
		require.EqualValues(t, 1, r.level(sku).Reserved)
		r.world.now = r.world.now.Add(checkout.DefaultHoldTime)
		rival := r.rnd.IntN(2) == 0
		var resumed, expired, taken error
		together(3, func(i int) {
			switch i {
			case 0:
				_, resumed = r.sessions.Resume(t.Context(), v.Session)
			case 1:
				_, expired = r.stock.ReleaseExpired(t.Context(), r.world.now)
			case 2:
				if rival {
					taken = r.stock.At("east").Reserve(t.Context(), r.name(fmt.Sprint("rival", round)), []flywheel.Line{{SKU: sku, Quantity: 1}})
				}
			}
		})
		require.NoError(t, expired)
		got, err := r.sessions.Get(t.Context(), v.Session)
		require.NoError(t, err)
		l := r.level(sku)
		if got.Status == checkout.Completed {
			require.NoError(t, resumed)
			require.Equal(t, [2]int64{0, 1}, [2]int64{l.Reserved, l.Allocated})
			require.True(t, !rival || errors.Is(taken, inventory.ErrOutOfStock), "%v", taken)
			continue
		}
		require.Error(t, resumed)
		require.Zero(t, l.Allocated)
		require.True(t, !rival || taken == nil, "%v", taken)
		for _, p := range r.gateway.Payments() {
			require.True(t, p.Ref != string(v.Session) || p.Voided, "%+v", p)
		}
	}
}

// code makes a campaign with one code that unlocks ten percent off.
func (r *rush) code(c coupon.Campaign) string {
	c.ID, c.Promotion = r.name(c.ID), "ten"
	_, err := r.codes.SaveCampaign(r.t.Context(), c)
	require.NoError(r.t, err)
	require.NoError(r.t, r.codes.Add(r.t.Context(), coupon.Code{Campaign: c.ID, Code: coupon.Normalize(c.ID)}))
	return c.ID
}

// Scenario 5: a code with limit 5 that 200 buyers use at once is used 5 times; an order
// that is called off gives its use back once; a limit of one for each customer holds.
func codeLimit(t *testing.T, r *rush) {
	n, sku := r.buyers(200), r.sku("a")
	r.receive(sku, 1000)
	code := r.code(coupon.Campaign{ID: "limit", Limit: 5})
	own := r.code(coupon.Campaign{ID: "own", PerCustomer: 1})
	ids := make([]checkout.SessionID, n)
	for i := range ids {
		ids[i] = r.session(fmt.Sprint("b", i), flywheel.CustomerID(r.name(fmt.Sprint("c", i))), []string{code}, nil, r.line(sku, 1, 1000)).Session
	}
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n, func(i int) { views[i], errs[i] = r.place(ids[i]) })
	var placed []order.ID
	for i := range views {
		if errs[i] != nil {
			r.refused(views[i], errs[i])
			continue
		}
		o, err := r.orders.Get(t.Context(), views[i].Order)
		require.NoError(t, err)
		require.Len(t, o.Uses, 1, "the order is the one that was confirmed")
		placed = append(placed, o.ID)
	}
	require.Len(t, placed, 5)
	uses := func(campaign string) [2]int64 {
		used, held, err := r.codes.Uses(t.Context(), campaign)
		require.NoError(t, err)
		return [2]int64{used, held}
	}
	require.Equal(t, [2]int64{5, 0}, uses(code))
	together(4, func(int) {
		for range 2 {
			_, err := r.orders.Do(t.Context(), placed[0], &order.CallOff{Key: "off"})
			require.True(t, err == nil || errors.Is(err, flywheel.ErrConflict) || errors.Is(err, flywheel.ErrUnknownOutcome), "%v", err)
		}
	})
	_, err := r.orders.Do(t.Context(), placed[0], &order.CallOff{Key: "off"})
	require.NoError(t, err)
	require.Equal(t, [2]int64{4, 0}, uses(code))
	twice := make([]checkout.SessionID, 2)
	for i := range twice {
		twice[i] = r.session(fmt.Sprint("own", i), flywheel.CustomerID(r.name("one")), []string{own}, nil, r.line(sku, 1, 1000)).Session
	}
	together(2, func(i int) { _, errs[i] = r.place(twice[i]) })
	require.True(t, (errs[0] == nil) != (errs[1] == nil), "%v, %v", errs[0], errs[1])
	require.Equal(t, [2]int64{1, 0}, uses(own))
}

// Scenario 6: 500 orders of 0.37 at once never spend more than a budget of 100.00.
func budget(t *testing.T, r *rush) {
	n, sku := r.buyers(500), r.sku("a")
	r.receive(sku, 1000)
	limit := int64(10_000) * int64(n) / 500
	code := r.code(coupon.Campaign{ID: "budget", Budgets: []coupon.Budget{{Period: coupon.Always, Amount: eur(limit)}}})
	ids := make([]checkout.SessionID, n)
	for i := range ids {
		ids[i] = r.session(fmt.Sprint("b", i), flywheel.CustomerID(r.name(fmt.Sprint("c", i))), []string{code}, nil, r.line(sku, 1, 370)).Session
	}
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n, func(i int) { views[i], errs[i] = r.place(ids[i]) })
	spent := int64(0)
	for i := range views {
		if errs[i] != nil {
			r.refused(views[i], errs[i])
			continue
		}
		o, err := r.orders.Get(t.Context(), views[i].Order)
		require.NoError(t, err)
		require.EqualValues(t, 37, o.Discount.Minor())
		spent += o.Discount.Minor()
	}
	require.LessOrEqual(t, spent, limit)
	require.Equal(t, limit/37*37, spent, "and all of it that an order can use")
}

// Scenario 7: a gift card of 50.00 that 50 checkouts of 10.00 use at once pays five.
func giftCard(t *testing.T, r *rush) {
	n, sku := r.buyers(50), r.sku("a")
	r.receive(sku, 1000)
	card := coupon.Normalize(r.name("CARD"))
	_, err := r.codes.SaveCampaign(t.Context(), coupon.Campaign{ID: r.name("cards")})
	require.NoError(t, err)
	require.NoError(t, r.codes.Add(t.Context(), coupon.Code{Campaign: r.name("cards"), Code: card, Value: eur(5000)}))
	ids := make([]checkout.SessionID, n)
	for i := range ids {
		v := r.session(fmt.Sprint("b", i), flywheel.CustomerID(r.name(fmt.Sprint("c", i))), nil, []checkout.TenderChoice{{Type: order.GiftCard, ID: card}}, r.line(sku, 1, 510))
		require.Equal(t, eur(1000), v.Total)
		ids[i] = v.Session
	}
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n, func(i int) { views[i], errs[i] = r.place(ids[i]) })
	done := 0
	for i := range views {
		if errs[i] == nil {
			done++
			continue
		}
		r.refused(views[i], errs[i])
	}
	require.Equal(t, 5, done)
	left, err := r.codes.Cards().Spendable(t.Context(), card, money.EUR)
	require.NoError(t, err)
	require.Zero(t, left.Minor())
	require.EqualValues(t, 5, r.level(sku).Allocated)
	require.Empty(t, r.gateway.Payments())
}

// Scenario 8: 100 calls with one key give one order and the same answer; the key with
// another session is refused; what failed before any effect runs again; a webhook of
// the same charge gives no second order.
func oneKey(t *testing.T, r *rush) {
	n, sku := r.buyers(100), r.sku("a")
	r.receive(sku, 1000)
	who := flywheel.CustomerID(r.name("c"))
	v := r.session("b", who, nil, nil, r.line(sku, 1, 1000))
	other := r.session("other", who, nil, nil, r.line(sku, 1, 1000))
	r.gateway.Intercept(payment.Sequence(payment.Decline))
	v, err := r.place(v.Session)
	require.ErrorIs(t, err, payment.ErrDeclined)
	r.refusedStock(sku)
	r.gateway.Intercept(nil)
	views, errs := make([]checkout.View, n), make([]error, n)
	together(n+2, func(i int) {
		switch {
		case i == n: // a webhook, of whatever charge is under way
			_, err := r.sessions.Answered(t.Context(), v.Session, "", "", true)
			require.True(t, err == nil || errors.Is(err, flywheel.ErrConflict), "%v", err)
			return
		case i > n:
			for range 5 {
				_, err := r.sessions.Place(t.Context(), checkout.PlaceRequest{Session: other.Session, Key: string(v.Session)})
				require.True(t, err == nil || errors.Is(err, flywheel.ErrKeyReused) || errors.Is(err, flywheel.ErrConflict), "%v", err)
			}
			return
		}
		for { // one that is under way is said so
			if views[i], errs[i] = r.place(v.Session); !errors.Is(errs[i], checkout.ErrInFlight) {
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	won, err := r.sessions.Get(t.Context(), other.Session)
	require.NoError(t, err)
	if won.Status == checkout.Completed { // the other session was first with the key
		for i := range errs {
			require.ErrorIs(t, errs[i], flywheel.ErrKeyReused)
		}
		require.EqualValues(t, 1, r.level(sku).Allocated)
		return
	}
	for i := range views {
		require.NoError(t, errs[i])
		require.Equal(t, views[0], views[i])
	}
	_, err = r.sessions.Place(t.Context(), checkout.PlaceRequest{Session: other.Session, Key: string(v.Session)})
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	require.EqualValues(t, 1, r.level(sku).Allocated)
	r.money(views[:1])
	orders := 0
	for o, err := range r.orders.List(t.Context(), order.Filter{Customer: who}) {
		require.NoError(t, err)
		require.Equal(t, views[0].Order, o.ID)
		orders++
	}
	require.Equal(t, 1, orders)
}

// refusedStock requires that nothing is promised of a SKU.
func (r *rush) refusedStock(sku flywheel.SKU) {
	l := r.level(sku)
	require.Equal(r.t, [2]int64{0, 0}, [2]int64{l.Reserved, l.Allocated})
}

// Scenario 9: capture and refund raced 100 times: no more is captured than authorized,
// and no more refunded than captured.
func captureAndRefund(t *testing.T, r *rush) {
	sku := r.sku("a")
	r.receive(sku, 1000)
	for round := range r.buyers(100) {
		v := r.session(fmt.Sprint("b", round), flywheel.CustomerID(r.name("c")), nil, nil, r.line(sku, 1, 1000))
		r.gateway.Intercept(func(c payment.Call) payment.Fault { // the order stands, its money is not taken
			if c.Operation == payment.OpCapture {
				return payment.Timeout
			}
			return payment.Pass
		})
		v, err := r.place(v.Session)
		require.Error(t, err)
		require.Equal(t, checkout.Completed, v.Status)
		r.gateway.Intercept(nil)
		together(6, func(i int) {
			var err error
			switch i % 3 {
			case 0:
				_, err = r.sessions.Resume(t.Context(), v.Session)
			case 1:
				_, err = r.orders.Do(t.Context(), v.Order, &order.PayBack{Key: "sorry", Amount: eur(900)})
			case 2:
				_, err = r.orders.Do(t.Context(), v.Order, &order.PayBack{Key: "again", Amount: eur(800)})
			}
			require.False(t, err != nil && !errors.Is(err, flywheel.ErrConflict) && !payment.Uncertain(err) && !errors.Is(err, flywheel.ErrOutOfRange), "%v", err)
		})
		_, err = r.sessions.Resume(t.Context(), v.Session)
		require.NoError(t, err)
		o, err := r.orders.Get(t.Context(), v.Order)
		require.NoError(t, err)
		for _, p := range r.gateway.Payments() {
			if p.Ref != string(v.Session) {
				continue
			}
			require.LessOrEqual(t, p.Captured.Minor(), p.Authorized.Minor())
			require.LessOrEqual(t, p.Refunded.Minor(), p.Captured.Minor())
			require.Equal(t, o.Payment.Captured, p.Captured)
			require.Equal(t, o.Payment.Refunded, p.Refunded)
		}
	}
}

// Scenario 10: a cart is edited while its checkout completes: the order is what the
// buyer confirmed, or one of the two is refused.
func editWhilePlacing(t *testing.T, r *rush) {
	sku := r.sku("a")
	r.receive(sku, 10_000)
	for round := range r.buyers(100) {
		v := r.session(fmt.Sprint("b", round), flywheel.CustomerID(r.name("c")), nil, nil, r.line(sku, 1, 1000))
		var placed checkout.View
		var placing, editing error
		together(2, func(i int) {
			if i == 0 {
				placed, placing = r.sessions.Place(t.Context(), checkout.PlaceRequest{Session: v.Session, Key: string(v.Session), Seen: v.Version})
				return
			}
			_, editing = r.carts.Add(context.WithoutCancel(t.Context()), cart.ID(v.Session), r.line(sku, 1, 1000))
		})
		c, err := r.carts.Get(t.Context(), cart.ID(v.Session))
		require.NoError(t, err)
		if placing != nil {
			require.NoError(t, editing)
			r.refused(placed, placing)
			require.Equal(t, cart.Open, c.Status)
			require.EqualValues(t, 2, c.Lines[0].Quantity)
			continue
		}
		require.ErrorIs(t, editing, flywheel.ErrConflict)
		o, err := r.orders.Get(t.Context(), placed.Order)
		require.NoError(t, err)
		require.Equal(t, v.Total, o.Total)
		require.EqualValues(t, 1, o.Lines[0].Quantity)
	}
}
