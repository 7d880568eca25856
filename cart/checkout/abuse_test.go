package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/examples/checkout/script"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// abuseAnswer is what a shop says to an attack: what was accepted, or the error.
type abuseAnswer struct {
	told map[string]any
	err  error
}

// abuseRunners answer the areas of the abuse cases that touch carts, orders, payments,
// codes, access and idempotency. Each attacks a shop that works.
var abuseRunners = map[string]func(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer{
	"amount": abuseAmount, "price_tamper": abusePrice, "object_access": abuseAccess, "code_guess": abuseCodes,
	"idempotency": abuseKeys, "payment_state": abusePayment, "webhook_order": abuseNotices, "text_identity": abuseTexts,
}

// TestAbuse runs the abuse cases against a checkout: a refusal has its kind and leaves
// every ledger as it was.
func TestAbuse(t *testing.T) {
	var cases []struct {
		ID, Area, Attack string
		Input            json.RawMessage
		Expected         map[string]any
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "security", "abuse.json"), &cases))
	ran := 0
	for _, c := range cases {
		run, mine := abuseRunners[c.Area]
		if !mine {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			a := newAbuse(t)
			got := run(t, a, c.Input)
			wants := []map[string]any{c.Expected}
			if list, several := c.Expected["one_of"].([]any); several {
				wants = nil
				for _, w := range list {
					wants = append(wants, w.(map[string]any))
				}
			}
			require.True(t, slices.ContainsFunc(wants, func(w map[string]any) bool { return got.is(w) }),
				"%s: %v, error %v; want %v", c.Attack, got.told, got.err, wants)
		})
	}
	require.NotZero(t, ran)
}

// is reports whether an answer is the one expected.
func (a abuseAnswer) is(want map[string]any) bool {
	kinds := map[string]error{
		"invalid": flywheel.ErrInvalid, "limit": flywheel.ErrLimit, "out_of_range": flywheel.ErrOutOfRange, "conflict": flywheel.ErrConflict,
		"not_found": flywheel.ErrNotFound, "expired": flywheel.ErrExpired, "forbidden": flywheel.ErrForbidden,
		"unauthenticated": flywheel.ErrUnauthenticated, "rate_limited": flywheel.ErrRateLimited,
	}
	for name, value := range want {
		switch name {
		case "result":
			if (value == "refused") != (a.err != nil) {
				return false
			}
		case "kind":
			if kind, known := kinds[fmt.Sprint(value)]; !known || !errors.Is(a.err, kind) {
				return false
			}
		case "second_one_of": // either is what the other fields show
		default:
			if fmt.Sprint(a.told[name]) != fmt.Sprint(value) {
				return false
			}
		}
	}
	return true
}

// abuse is the shop that is attacked: the German one of the reference cases.
type abuse struct {
	t *testing.T
	*script.Shop
}

func newAbuse(t *testing.T) *abuse {
	var file struct {
		Family string
		Form   int
		Shops  map[string]map[string]json.RawMessage
		Cases  []refCase
	}
	testkit.Strict(t, readTestdata(t), &file)
	c := refCase{Setup: map[string]json.RawMessage{
		"shop": json.RawMessage(`"de"`), "points": json.RawMessage(`{"c1":500}`),
		"items":      json.RawMessage(`{"A":{"price":1000,"stock":{"east":100}},"HUGE":{"price":9223372036854775807},"MOST":{"price":9223372036854775807}}`),
		"promotions": json.RawMessage(`[{"id":"ten","code":true,"kind":"percent","value":"0.1"},{"id":"lots","code":true,"kind":"amount","value":5000}]`),
		"coupons": json.RawMessage(`{"OLD":{"promotion":"ten","until":"2026-03-01T00:00:00Z"},"HERS":{"promotion":"ten","customer":"c9"},
			"GONE":{"promotion":"ten","limit":1,"used":1},"ONCE":{"promotion":"ten","limit":1},"SAVE10":{"promotion":"ten"},"LOTS":{"promotion":"lots"}}`),
	}}
	s, err := script.Open(t.Context(), c.setup(t, file.Shops))
	require.NoError(t, err)
	return &abuse{t, s}
}

func (a *abuse) ctx(customer string) context.Context {
	actor := flywheel.Actor{Customer: flywheel.CustomerID(customer)}
	return flywheel.WithActor(a.t.Context(), actor)
}

// session makes one that is ready, of a customer, with so many units of A.
func (a *abuse) session(id, customer string, quantity int64) checkout.View {
	ctx := a.t.Context()
	_, err := a.Carts.Create(ctx, cart.Cart{
		ID: cart.ID("cart-" + id), Customer: flywheel.CustomerID(customer), Currency: money.EUR, Lines: []cart.Line{{SKU: "A", Quantity: quantity}},
	})
	require.NoError(a.t, err)
	of := checkout.SessionID(id)
	_, err = a.Sessions.Open(ctx, cart.ID("cart-"+id), of)
	require.NoError(a.t, err)
	_, err = a.Sessions.SetBuyer(ctx, of, checkout.Buyer{Email: "x@example.com"})
	require.NoError(a.t, err)
	_, err = a.Sessions.SetAddress(ctx, of, order.Address{Country: "DE", Postcode: "10115"}, nil)
	require.NoError(a.t, err)
	_, err = a.Sessions.Choose(ctx, of, "pickup-east")
	require.NoError(a.t, err)
	v, err := a.Sessions.SetTenders(ctx, of, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	require.NoError(a.t, err)
	require.Equal(a.t, checkout.Ready, v.Status, v.Messages)
	return v
}

// state is every ledger of the shop as text: what a refusal leaves as it was.
func (a *abuse) state() string {
	ctx := a.t.Context()
	var b strings.Builder
	for o, err := range a.Orders.List(ctx, order.Filter{}) {
		require.NoError(a.t, err)
		fmt.Fprintln(&b, o.ID, o.Version, o.Total)
	}
	for l, err := range a.Stock.Levels(ctx, "A") {
		require.NoError(a.t, err)
		fmt.Fprintln(&b, l)
	}
	points, err := a.Points.Spendable(ctx, "c1")
	require.NoError(a.t, err)
	fmt.Fprintln(&b, points, a.Gateway.Payments(), len(a.Told["purchase"]), len(a.Told["refund"]))
	return b.String()
}

func (a *abuse) refusedLeaves(before string, err error) {
	if err != nil {
		require.Equal(a.t, before, a.state())
	}
}

func (a *abuse) place(ctx context.Context, id, key string, seen int64) (checkout.View, error) {
	return a.Sessions.Place(ctx, checkout.PlaceRequest{Session: checkout.SessionID(id), Key: key, Seen: seen})
}

func abuseRead[T any](t *testing.T, input json.RawMessage) (in T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(input, &in))
	return in
}

func abuseAmount(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		Lines []struct {
			Unit, Qty int64
			Currency  string
		}
		FixedDiscount int64 `json:"fixed_discount"`
	}](t, input)
	before, ctx := a.state(), t.Context()
	c := cart.Cart{ID: "c", Customer: "c1", Currency: money.EUR}
	for i, l := range in.Lines {
		currency := money.EUR
		if l.Currency != "" {
			var err error
			currency, err = money.ParseCurrency(l.Currency)
			require.NoError(t, err)
		}
		if i == 0 {
			c.Currency = currency
		}
		c.Lines = append(c.Lines, cart.Line{SKU: "A", Quantity: l.Qty, Agreed: money.PriceOf(money.New(l.Unit, currency)), TaxIncluded: true})
	}
	answer := func() (checkout.View, error) {
		if _, err := a.Carts.Create(ctx, c); err != nil {
			return checkout.View{}, err
		}
		v, err := a.Sessions.Open(ctx, "c", "s")
		if err == nil && in.FixedDiscount != 0 {
			v, err = a.Sessions.SetCodes(ctx, "s", "LOTS")
		}
		return v, err
	}
	v, err := answer()
	a.refusedLeaves(before, err)
	// A number of units that nobody can buy is out of the range of carts; the cases
	// call it invalid, of which it is a kind of its own here.
	if errors.Is(err, flywheel.ErrOutOfRange) && slices.ContainsFunc(c.Lines, func(l cart.Line) bool { return l.Quantity < 1 }) {
		err = fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)
	}
	return abuseAnswer{map[string]any{"total": v.Total.Minor()}, err}
}

func abusePrice(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		Catalog     map[string]int64
		ThenCatalog map[string]int64 `json:"then_catalog"`
		ThenAdd     *struct {
			SKU string
			Qty int64
		} `json:"then_add"`
		Request struct {
			Lines []struct{ Qty int64 }
		}
	}](t, input)
	before, ctx := a.state(), a.ctx("c1")
	quantity := int64(1)
	if len(in.Request.Lines) > 0 { // a price or a group of a request has nowhere to go
		quantity = in.Request.Lines[0].Qty
	}
	v := a.session("s", "c1", quantity)
	for sku, price := range in.ThenCatalog {
		_, err := a.Do(t.Context(), &script.Step{Do: "shop.price", SKU: sku, Price: price})
		require.NoError(t, err)
	}
	if in.ThenAdd != nil {
		_, err := a.Carts.Add(ctx, "cart-s", cart.Line{SKU: flywheel.SKU(in.ThenAdd.SKU), Quantity: in.ThenAdd.Qty})
		require.NoError(t, err)
	}
	v, err := a.place(ctx, "s", "k", v.Version)
	a.refusedLeaves(before, err)
	return abuseAnswer{map[string]any{"total": v.Total.Minor()}, err}
}

func abuseAccess(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct{ Actor, Action, Object, Owner string }](t, input)
	a.session("s1", "c1", 2)
	_, err := a.Sessions.Place(t.Context(), checkout.PlaceRequest{Session: "s1", Key: "k", Order: "o1"})
	require.NoError(t, err)
	for _, c := range []command{&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"}, &order.RequestReturn{ID: "r1", Lines: map[string]int64{"1": 1}, Reason: order.ChangedMind}} {
		_, err := a.Orders.Do(t.Context(), "o1", c)
		require.NoError(t, err)
	}
	a.session("addr1", "c1", 1)
	_, err = a.Carts.Create(t.Context(), cart.Cart{ID: "cart1", Customer: "c1", Currency: money.EUR, Lines: []cart.Line{{SKU: "A", Quantity: 1}}})
	require.NoError(t, err)
	_, err = a.Carts.Create(t.Context(), cart.Cart{ID: "mine", Customer: "c2", Currency: money.EUR})
	require.NoError(t, err)
	before, ctx := a.state(), a.ctx(in.Actor)
	act := func(object string) error {
		switch in.Action {
		case "order.get":
			_, err := a.Orders.Get(ctx, order.ID(object))
			return err
		case "order.set_address":
			_, err := a.Sessions.SetAddress(ctx, checkout.SessionID(object), order.Address{Country: "DE"}, nil)
			return err
		case "cart.merge":
			_, err := a.Carts.Merge(ctx, cart.ID(object), "mine")
			return err
		case "points.redeem":
			member := map[string]flywheel.CustomerID{"m1": "c1"}[object]
			if member == "" {
				member = flywheel.CustomerID(object)
			}
			_, err := a.Points.Burn(ctx, member, "k", 1)
			return errText(err, string(member))
		case "return.cancel":
			id := map[string]order.ID{"r1": "o1"}[object]
			if id == "" {
				id = order.ID(object)
			}
			_, err := a.Orders.Do(ctx, id, &order.Receive{ID: "r1", Lines: map[string]order.Received{"1": {Rejected: 1}}})
			return errText(err, string(id))
		}
		t.Fatalf("action %q", in.Action)
		return nil
	}
	err = act(in.Object)
	missing := act("nowhere")
	a.refusedLeaves(before, err)
	same := err != nil && missing != nil && strings.ReplaceAll(err.Error(), in.Object, "X") == strings.ReplaceAll(missing.Error(), "nowhere", "X")
	return abuseAnswer{map[string]any{"same_answer_as_missing": same}, err}
}

type command = order.Command

// errText is an error whose text names what was asked for as X.
func errText(err error, name string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", strings.ReplaceAll(err.Error(), name, "X"), quiet{err})
}

// quiet is an error without a text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

func abuseCodes(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		Limit    json.RawMessage
		Wrong    int
		Parallel int
		Codes    map[string]string
	}](t, input)
	ctx := t.Context()
	switch {
	case in.Wrong > 0: // one code after the other is typed into a session
		counted := &countedCodes{Service: a.Codes}
		limiter, err := coupon.New(coupon.NewMemory(a.DB), &coupon.Options{Now: a.Clock})
		require.NoError(t, err)
		_, err = limiter.SaveCampaign(ctx, coupon.Campaign{ID: "c", Promotion: "ten"})
		require.NoError(t, err)
		require.NoError(t, limiter.Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "c"}))
		counted.Service = limiter
		sessions := a.with(func(o *checkout.SessionOptions) { o.Codes = counted })
		a.session("s", "c1", 1)
		for i := range in.Wrong {
			_, _ = sessions.SetCodes(ctx, "s", fmt.Sprintf("WRONG%d", i))
		}
		before := a.state()
		_, err = sessions.SetCodes(ctx, "s", "RIGHT")
		a.refusedLeaves(before, err)
		return abuseAnswer{map[string]any{"codes_checked": counted.checked}, err}
	case in.Parallel > 0:
		for i := range in.Parallel {
			id := fmt.Sprint("s", i)
			a.session(id, fmt.Sprint("p", i), 1)
			_, err := a.Sessions.SetCodes(ctx, checkout.SessionID(id), "ONCE")
			require.NoError(t, err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for i := range in.Parallel {
			wg.Go(func() {
				v, err := a.place(ctx, fmt.Sprint("s", i), "k", 0)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					require.ErrorIs(t, err, flywheel.ErrConflict)
					refused++
				} else {
					require.Equal(t, checkout.Completed, v.Status)
				}
			})
		}
		wg.Wait()
		used, held, err := a.Codes.Uses(ctx, "ONCE")
		require.Zero(t, held)
		return abuseAnswer{map[string]any{"redeemed": used, "refused": refused}, err}
	}
	// Answers to codes that never existed, are over, another's, or used up.
	sessions := a.with(func(o *checkout.SessionOptions) { o.Hidden = true })
	a.session("s", "c1", 1)
	before, answers := a.state(), map[string]bool{}
	for name := range in.Codes {
		code := map[string]string{"never existed": "WHAT", "expired": "OLD", "of another customer": "HERS", "used up": "GONE"}[name]
		require.NotEmpty(t, code, name)
		v, err := sessions.SetCodes(ctx, "s", code)
		require.NoError(t, err)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		answers[string(text)] = true
		reasons, err := sessions.CodeReasons(ctx, "s")
		require.NoError(t, err)
		require.Len(t, reasons, 1, "staff see why")
		_, err = sessions.CodeReasons(a.ctx("c1"), "s")
		require.ErrorIs(t, err, flywheel.ErrForbidden)
	}
	_, err := a.Codes.Check(ctx, coupon.Request{Code: "GONE", Customer: "c1"})
	a.refusedLeaves(before, err)
	return abuseAnswer{map[string]any{"all_answers_equal": len(answers) == 1}, err}
}

// with returns a service on the same sessions with other options.
func (a *abuse) with(edit func(o *checkout.SessionOptions)) *checkout.Sessions {
	o := *a.Options
	edit(&o)
	s, err := checkout.NewSessions(a.Store, &o)
	require.NoError(a.t, err)
	return s
}

// countedCodes counts the codes that are looked up for somebody who typed them.
type countedCodes struct {
	*coupon.Service
	checked int
}

func (c *countedCodes) Check(ctx context.Context, q coupon.Request) (coupon.Campaign, error) {
	campaign, err := c.Service.Check(ctx, q)
	if !errors.Is(err, coupon.ErrTooManyFailures) {
		c.checked++
	}
	return campaign, err
}

func abuseKeys(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	type try struct {
		Key, Customer string
		Amount        int64
	}
	in := abuseRead[struct {
		First, Second *try
		Parallel      int
		Key, Customer string
		Amount        int64
	}](t, input)
	orders := func() (n int) {
		for _, err := range a.Orders.List(t.Context(), order.Filter{}) {
			require.NoError(t, err)
			n++
		}
		return n
	}
	if in.Parallel > 0 {
		a.session("s", in.Customer, in.Amount/1000)
		var wg sync.WaitGroup
		for range in.Parallel {
			wg.Go(func() {
				v, err := a.place(a.ctx(in.Customer), "s", in.Key, 0)
				if err != nil {
					require.ErrorIs(t, err, flywheel.ErrConflict)
				} else {
					require.Equal(t, checkout.Completed, v.Status)
				}
			})
		}
		wg.Wait()
		return abuseAnswer{map[string]any{"orders": orders()}, nil}
	}
	a.session("s1", in.First.Customer, 1)
	first, err := a.place(a.ctx(in.First.Customer), "s1", in.First.Key, 0)
	require.NoError(t, err)
	a.session("s2", in.Second.Customer, 2)
	before := a.state()
	second, err := a.place(a.ctx(in.Second.Customer), "s2", in.Second.Key, 0)
	a.refusedLeaves(before, err)
	return abuseAnswer{map[string]any{"orders": orders(), "leaks_first_answer": err == nil && second.Order == first.Order}, err}
}

func abusePayment(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		Authorized, Capture, Captured, Bought int64
		ParallelRefunds                       []int64 `json:"parallel_refunds"`
		ParallelReturns                       []int64 `json:"parallel_returns"`
	}](t, input)
	ctx := t.Context()
	if in.Capture > 0 {
		auth, err := a.Gateway.Authorize(ctx, payment.Charge{Key: "k", Amount: a.Amount(in.Authorized), Method: "tok"})
		require.NoError(t, err)
		err = a.Gateway.Capture(ctx, "c", auth.ID, a.Amount(in.Capture))
		p, _ := a.Gateway.Payment(auth.ID)
		return abuseAnswer{map[string]any{"captured": p.Captured.Minor()}, err}
	}
	units := max(in.Bought, in.Captured/1000)
	a.session("s", "c1", units)
	_, err := a.Sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Order: "o"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	succeeded := make([]int64, 10)
	for i, amount := range in.ParallelRefunds {
		wg.Go(func() {
			if _, err := a.Orders.Do(ctx, "o", &order.PayBack{Key: fmt.Sprint("r", i), Amount: a.Amount(amount)}); err == nil {
				succeeded[i] = 1
			} else {
				require.ErrorIs(t, err, flywheel.ErrConflict)
			}
		})
	}
	if len(in.ParallelReturns) > 0 {
		for _, c := range []command{&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"}} {
			_, err := a.Orders.Do(ctx, "o", c)
			require.NoError(t, err)
		}
	}
	for i, n := range in.ParallelReturns {
		wg.Go(func() {
			_, err := a.Orders.Do(ctx, "o", &order.RequestReturn{ID: fmt.Sprint("r", i), Lines: map[string]int64{"1": n}, Reason: order.ChangedMind})
			if err == nil {
				succeeded[i] = n
			} else {
				require.ErrorIs(t, err, flywheel.ErrConflict)
			}
		})
	}
	wg.Wait()
	sum := int64(0)
	for _, n := range succeeded {
		sum += n
	}
	o, err := a.Orders.Get(ctx, "o")
	require.NoError(t, err)
	told := map[string]any{"succeeded": sum, "refunded": o.Payment.Refunded.Minor()}
	if len(in.ParallelReturns) > 0 {
		require.LessOrEqual(t, sum, in.Bought)
		told["returned_at_most"] = in.Bought
	}
	return abuseAnswer{told, nil}
}

func abuseNotices(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		Deliveries       []string
		Captured, Refund int64
		Gateway          string
	}](t, input)
	ctx := t.Context()
	if in.Gateway != "" { // the page says that all is paid, the bank waits for the buyer
		require.Equal(t, "requires_action", in.Gateway)
		a.Gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
		a.session("s", "c1", 1)
		_, err := a.place(ctx, "s", "k", 0)
		require.NoError(t, err)
		before := a.state()
		v, err := a.Sessions.FinishAction(ctx, "s")
		a.refusedLeaves(before, err)
		return abuseAnswer{map[string]any{"paid": v.Order != ""}, err}
	}
	record := payment.NewRecord(a.Amount(in.Captured))
	seen, changes := map[string]bool{}, 0
	for _, id := range in.Deliveries {
		n := payment.Notice{ID: id, Type: payment.NoticeCaptured, Order: "o", Amount: a.Amount(in.Captured)}
		if id == "evt_refund" {
			n.Type, n.Amount = payment.NoticeRefunded, a.Amount(in.Refund)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		changed, err := record.Apply(n)
		require.NoError(t, err)
		if changed {
			changes++
		}
	}
	return abuseAnswer{map[string]any{"captured": record.Captured.Minor(), "refunded": record.Refunded.Minor(), "state_changes": changes}, nil}
}

func abuseTexts(t *testing.T, a *abuse, input json.RawMessage) abuseAnswer {
	in := abuseRead[struct {
		SKU           json.RawMessage
		Stored, Typed string
	}](t, input)
	ctx := t.Context()
	if in.SKU != nil {
		var text string
		if json.Unmarshal(in.SKU, &text) != nil {
			r := abuseRead[struct {
				Repeat string
				Times  int
			}](t, in.SKU)
			text = strings.Repeat(r.Repeat, r.Times)
		}
		plain, err := cart.New(nil, nil)
		require.NoError(t, err)
		_, err = plain.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: flywheel.SKU(text), Quantity: 1}}})
		return abuseAnswer{nil, err}
	}
	require.Equal(t, "SAVE10", in.Stored)
	a.session("s", "c1", 1)
	v, err := a.Sessions.SetCodes(ctx, "s", in.Typed)
	return abuseAnswer{map[string]any{"match": len(v.Applied) == 1}, err}
}
