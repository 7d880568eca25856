package order_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// desk is a service with neighbours that remember.
type desk struct {
	*order.Service
	gateway *payment.Memory
	stock   map[string]int64 // units by "ref sku"
	events  map[string]flywheel.Event
	broken  error // what stock and sink answer, nil for well
}

func newDesk(t require.TestingT) *desk {
	d := &desk{gateway: new(payment.Memory), stock: map[string]int64{}, events: map[string]flywheel.Event{}}
	var err error
	d.Service, err = order.New(nil, &order.Options{
		Gateway: d.gateway, Stock: d, Sink: flywheel.SinkFunc(d.publish),
		Now: func() time.Time { return time.Date(2011, 2, 3, 4, 5, 6, 0, time.UTC) },
	})
	require.NoError(t, err)
	return d
}

func (d *desk) Restock(_ context.Context, ref string, lines []flywheel.Line) error {
	if d.broken != nil {
		return d.broken
	}
	for _, l := range lines {
		d.stock[ref+" "+string(l.SKU)] = l.Quantity
	}
	return nil
}

func (d *desk) publish(_ context.Context, events ...flywheel.Event) error {
	if d.broken != nil {
		return d.broken
	}
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return err
		}
		d.events[e.ID] = e
	}
	return nil
}

func (d *desk) restocked() (units int64) {
	for _, n := range d.stock {
		units += n
	}
	return units
}

// place inserts an order with an authorization, and captures it.
func (d *desk) place(t require.TestingT, o order.Order, capture bool) order.Order {
	ctx := context.Background()
	if !o.Total.IsZero() {
		auth, err := d.gateway.Authorize(ctx, payment.Charge{Key: string(o.ID), Amount: o.Total})
		require.NoError(t, err)
		o.Payment.Authorization, o.Payment.Authorized = auth.ID, auth.Amount
	}
	o, err := d.Place(ctx, o)
	require.NoError(t, err)
	if capture {
		o, err = d.Capture(ctx, o.ID)
		require.NoError(t, err)
		require.Equal(t, order.Paid, o.Status)
	}
	return o
}

func units(line string, n int64) []order.ReturnLine {
	return []order.ReturnLine{{Line: line, Quantity: n}}
}

func TestReturnInPartsAndWhole(t *testing.T) {
	d := newDesk(t)
	o := d.place(t, sale("o", [3]int64{3, 2000, 165}, [3]int64{1, 540, 0}), true)
	at := time.Date(2011, 5, 6, 7, 8, 9, 0, time.UTC)

	got, err := d.Return(t.Context(), o.ID, order.Request{Key: "r1", Lines: units("a", 1), Reason: "too big", At: at})
	require.NoError(t, err)
	assert.Equal(t, order.PartlyReturned, got.Status)
	assert.Equal(t, eur(722), got.Payment.Refunded)
	assert.Equal(t, order.Return{
		Key: "r1", Lines: []order.ReturnLine{{Line: "a", Quantity: 1, Net: eur(667), Tax: eur(55)}},
		Net: eur(667), Tax: eur(55), Amount: eur(722), Reason: "too big", At: at, Done: true,
	}, got.Returns[0])
	assert.Equal(t, flywheel.Event{
		ID: "refund:o:r1", Name: flywheel.EventRefund, Time: at, Customer: "c", Ref: "o", Value: eur(722),
		Lines: []flywheel.Line{{SKU: "sku-a", Quantity: 1, Amount: eur(722)}}, Properties: map[string]any{"reason": "too big"},
	}, d.events["refund:o:r1"])

	again, err := d.Return(t.Context(), o.ID, order.Request{Key: "r1", Lines: units("a", 1), Reason: "too big"})
	require.NoError(t, err)
	assert.Equal(t, got, again, "the same key answers as the first time")
	_, err = d.Return(t.Context(), o.ID, order.Request{Key: "r1", Lines: units("a", 2), Reason: "too big"})
	assert.ErrorIs(t, err, order.ErrKeyReused)

	_, err = d.Return(t.Context(), o.ID, order.Request{Key: "r2", Lines: units("a", 3)})
	var left *order.ReturnError
	require.ErrorAs(t, err, &left)
	assert.EqualValues(t, 2, left.Left)

	got, err = d.Return(t.Context(), o.ID, order.Request{Key: "r2", Lines: append(units("a", 2), units("b", 1)...), Discard: true})
	require.NoError(t, err)
	assert.Equal(t, order.Returned, got.Status)
	assert.Equal(t, o.Total, got.Payment.Refunded, "all units sum to what was paid")
	assert.EqualValues(t, 1, d.restocked(), "what is discarded does not go to stock")
	assert.False(t, got.Pending())
	_, err = d.Cancel(t.Context(), o.ID, order.Request{Key: "c"})
	assert.ErrorIs(t, err, order.ErrStatus)
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	d := newDesk(t)
	placed := d.place(t, sale("placed", [3]int64{2, 1000, 0}), false)
	paid := d.place(t, sale("paid", [3]int64{2, 1000, 0}), true)
	for _, c := range []struct {
		name string
		kind error
		call func() error
	}{
		{"return before capture", order.ErrStatus, func() error {
			_, err := d.Return(t.Context(), "placed", order.Request{Key: "k", Lines: units("a", 1)})
			return err
		}},
		{"refund before capture", order.ErrStatus, func() error {
			_, err := d.Refund(t.Context(), "placed", order.Request{Key: "k", Amount: eur(1)})
			return err
		}},
		{"no key", flywheel.ErrInvalid, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Lines: units("a", 1)})
			return err
		}},
		{"no lines", flywheel.ErrInvalid, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Key: "k"})
			return err
		}},
		{"a line that is not there", flywheel.ErrNotFound, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Key: "k", Lines: append(units("a", 1), units("z", 1)...)})
			return err
		}},
		{"no units", flywheel.ErrOutOfRange, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Key: "k", Lines: units("a", 0)})
			return err
		}},
		{"the line twice, too many in all", order.ErrReturned, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Key: "k", Lines: append(units("a", 2), units("a", 1)...)})
			return err
		}},
		{"a reason that is no text", flywheel.ErrInvalid, func() error {
			_, err := d.Return(t.Context(), "paid", order.Request{Key: "k", Lines: units("a", 1), Reason: "\xff"})
			return err
		}},
		{"more money than was paid", order.ErrRefunded, func() error {
			_, err := d.Refund(t.Context(), "paid", order.Request{Key: "k", Amount: eur(1001)})
			return err
		}},
		{"no money", flywheel.ErrInvalid, func() error {
			_, err := d.Refund(t.Context(), "paid", order.Request{Key: "k"})
			return err
		}},
		{"an order that is not there", flywheel.ErrNotFound, func() error {
			_, err := d.Cancel(t.Context(), "none", order.Request{Key: "k"})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.ErrorIs(t, c.call(), c.kind)
			for _, want := range []order.Order{placed, paid} {
				got, err := d.Get(t.Context(), want.ID)
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
			assert.Empty(t, d.events)
		})
	}
}

func TestRefundWithoutGoods(t *testing.T) {
	d := newDesk(t)
	d.place(t, sale("o", [3]int64{2, 1000, 0}), true)
	o, err := d.Refund(t.Context(), "o", order.Request{Key: "sorry", Amount: eur(600)})
	require.NoError(t, err)
	assert.Equal(t, order.Paid, o.Status)
	assert.Equal(t, eur(400), o.Refundable())
	o, err = d.Return(t.Context(), "o", order.Request{Key: "r", Lines: units("a", 2)})
	require.NoError(t, err)
	assert.Equal(t, eur(400), o.Returns[1].Amount, "never above captured − refunded")
	assert.Equal(t, eur(1000), o.Returns[1].Net)
	assert.Equal(t, o.Total, o.Payment.Refunded)
	assert.Equal(t, order.Returned, o.Status)
}

func TestCancel(t *testing.T) {
	for _, captured := range []bool{false, true} {
		d := newDesk(t)
		o := d.place(t, sale("o", [3]int64{2, 1000, 0}), captured)
		o, err := d.Cancel(t.Context(), "o", order.Request{Key: "c"})
		require.NoError(t, err)
		assert.Equal(t, order.Canceled, o.Status)
		again, err := d.Cancel(t.Context(), "o", order.Request{Key: "c"})
		require.NoError(t, err)
		assert.Equal(t, o, again)
		p, err := d.gateway.Payment(o.Payment.Authorization)
		require.NoError(t, err)
		assert.Equal(t, !captured, p.Voided)
		assert.Equal(t, p.Captured, p.Refunded)
		assert.Equal(t, p.Refunded, o.Payment.Refunded)
		assert.EqualValues(t, 2, d.restocked())
		assert.Equal(t, eur(1000), d.events["refund:o:c"].Value)
		_, err = d.Capture(t.Context(), "o")
		assert.ErrorIs(t, err, order.ErrStatus)
	}
}

// A capture whose answer was lost is found by the void of the cancellation.
func TestCancelFindsTheMoneyTaken(t *testing.T) {
	d := newDesk(t)
	o := d.place(t, sale("o", [3]int64{1, 1000, 0}), false)
	d.gateway.Intercept(payment.Sequence(payment.LostAnswer))
	_, err := d.Capture(t.Context(), "o")
	require.ErrorIs(t, err, payment.ErrNoAnswer)
	o, err = d.Cancel(t.Context(), "o", order.Request{Key: "c"})
	require.NoError(t, err)
	assert.Equal(t, order.Canceled, o.Status)
	assert.Equal(t, eur(1000), o.Payment.Captured)
	assert.Equal(t, eur(1000), o.Payment.Refunded)
}

// An authorization that was let go before the capture is made anew, once.
func TestCaptureAuthorizesAnew(t *testing.T) {
	d := newDesk(t)
	o := d.place(t, sale("o", [3]int64{1, 1000, 0}), false)
	require.NoError(t, d.gateway.Void(t.Context(), "void", o.Payment.Authorization))
	d.gateway.Intercept(func(c payment.Call) payment.Fault {
		if c.Operation == payment.OpAuthorize {
			return payment.Decline
		}
		return payment.Pass
	})
	_, err := d.Capture(t.Context(), "o")
	require.ErrorIs(t, err, payment.ErrDeclined)
	d.gateway.Intercept(func(c payment.Call) payment.Fault {
		if c.Operation == payment.OpAuthorize {
			return payment.LostAnswer
		}
		return payment.Pass
	})
	_, err = d.Capture(t.Context(), "o")
	require.ErrorIs(t, err, payment.ErrNoAnswer)
	d.gateway.Intercept(nil)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			got, err := d.Capture(t.Context(), "o")
			assert.NoError(t, err)
			assert.Equal(t, order.Paid, got.Status)
		})
	}
	wg.Wait()
	all := d.gateway.Payments()
	require.Len(t, all, 2)
	captured := 0
	for _, p := range all {
		if !p.Voided {
			captured++
			assert.Equal(t, eur(1000), p.Captured)
		}
	}
	assert.Equal(t, 1, captured)
}

// The same, while the order is being cancelled: the new authorization is let go.
func TestCaptureAuthorizesAnewDuringCancel(t *testing.T) {
	d := newDesk(t)
	o := d.place(t, sale("o", [3]int64{1, 1000, 0}), false)
	require.NoError(t, d.gateway.Void(t.Context(), "void", o.Payment.Authorization))
	d.gateway.Intercept(func(c payment.Call) payment.Fault {
		if c.Operation == payment.OpAuthorize {
			d.gateway.Intercept(nil)
			_, err := d.Cancel(t.Context(), "o", order.Request{Key: "c"})
			assert.NoError(t, err)
		}
		return payment.Pass
	})
	_, err := d.Capture(t.Context(), "o")
	require.ErrorIs(t, err, order.ErrStatus)
	for _, p := range d.gateway.Payments() {
		assert.True(t, p.Voided)
	}
}

func TestDeclinedRefundIsWithdrawnAndTriedAnew(t *testing.T) {
	d := newDesk(t)
	before := d.place(t, sale("o", [3]int64{2, 1000, 0}), true)
	for _, call := range []func() (order.Order, error){
		func() (order.Order, error) {
			return d.Return(t.Context(), "o", order.Request{Key: "k", Lines: units("a", 1)})
		},
		func() (order.Order, error) { return d.Cancel(t.Context(), "o", order.Request{Key: "c"}) },
	} {
		d.gateway.Intercept(payment.Sequence(payment.Decline))
		_, err := call()
		require.ErrorIs(t, err, payment.ErrDeclined)
		got, err := d.Get(t.Context(), "o")
		require.NoError(t, err)
		assert.Equal(t, before.Status, got.Status)
		assert.Equal(t, before.Lines, got.Lines)
		assert.Equal(t, before.Returns, got.Returns)
		before, err = call()
		require.NoError(t, err)
	}
	assert.Equal(t, order.Canceled, before.Status)
	assert.Equal(t, eur(1000), before.Payment.Refunded)
}

// Two parallel calls with one key: one is declined and withdraws the return while
// the other succeeds and puts it back.
func TestSameRequestDeclinedAndAccepted(t *testing.T) {
	d := newDesk(t)
	d.place(t, sale("o", [3]int64{2, 1000, 0}), true)
	r := order.Request{Key: "k", Lines: units("a", 1)}
	calls := 0
	d.gateway.Intercept(func(payment.Call) payment.Fault {
		if calls++; calls > 1 {
			return payment.Decline
		}
		_, err := d.Return(t.Context(), "o", r)
		assert.ErrorIs(t, err, payment.ErrDeclined)
		return payment.Pass
	})
	o, err := d.Return(t.Context(), "o", r)
	require.NoError(t, err)
	require.Equal(t, 2, calls)
	assert.Equal(t, order.PartlyReturned, o.Status)
	assert.Equal(t, eur(500), o.Payment.Refunded)
	assert.EqualValues(t, 1, o.Lines[0].Returned)
	assert.False(t, o.Pending())
}

func TestResumeFinishesReturns(t *testing.T) {
	d := newDesk(t)
	d.place(t, sale("o", [3]int64{2, 1000, 0}), true)
	d.broken = errors.New("the stock is away")
	_, err := d.Return(t.Context(), "o", order.Request{Key: "k", Lines: units("a", 1)})
	require.ErrorIs(t, err, d.broken)
	n, err := d.Resume(t.Context())
	require.ErrorIs(t, err, d.broken)
	require.Zero(t, n)
	d.broken = nil
	n, err = d.Resume(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	o, err := d.Get(t.Context(), "o")
	require.NoError(t, err)
	assert.Equal(t, order.PartlyReturned, o.Status)
	assert.Equal(t, eur(500), o.Payment.Refunded)
	p, err := d.gateway.Payment(o.Payment.Authorization)
	require.NoError(t, err)
	assert.Equal(t, eur(500), p.Refunded, "the money went back once")
	n, err = d.Resume(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestFreeOrder(t *testing.T) {
	d := newDesk(t)
	o := d.place(t, sale("o", [3]int64{1, 0, 0}), true)
	assert.Equal(t, order.Paid, o.Status)
	o, err := d.Return(t.Context(), "o", order.Request{Key: "k", Lines: units("a", 1)})
	require.NoError(t, err)
	assert.Equal(t, order.Returned, o.Status)
	assert.Empty(t, d.gateway.Payments())
	assert.EqualValues(t, 1, d.restocked())
}

func TestPage(t *testing.T) {
	d := newDesk(t)
	want := []order.ID{}
	for i := range 7 {
		o := sale(fmt.Sprintf("o-%d", i), [3]int64{1, 0, 0})
		want = append(want, d.place(t, o, false).ID)
	}
	got := []order.ID{}
	cursor := ""
	for pages := 0; ; pages++ {
		p, err := d.Page(t.Context(), order.Filter{Customer: "c"}, cursor, 3)
		require.NoError(t, err)
		for _, o := range p.Items {
			got = append(got, o.ID)
		}
		if cursor = p.Next; cursor == "" {
			require.Equal(t, 2, pages)
			break
		}
	}
	assert.Equal(t, want, got)
	_, err := d.Page(t.Context(), order.Filter{}, "", 0)
	assert.ErrorIs(t, err, flywheel.ErrLimit)
	_, err = d.Page(t.Context(), order.Filter{}, "%", 1)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}

// The laws of an order under any requests and any behaviour of the gateway: what
// the order says of its money is what the gateway did, refunded ≤ captured ≤
// authorized, units come back once, and when all came back without other refunds
// all of the money did.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		d := newDesk(t)
		line := rapid.Custom(func(t *rapid.T) [3]int64 {
			return [3]int64{rapid.Int64Range(1, 5).Draw(t, "quantity"), rapid.Int64Range(0, 300).Draw(t, "net"), rapid.Int64Range(0, 60).Draw(t, "tax")}
		})
		o := d.place(t, sale("o", rapid.SliceOfN(line, 1, 3).Draw(t, "lines")...), false)
		fault := rapid.Custom(func(t *rapid.T) payment.Fault { return payment.Fault(rapid.IntRange(0, 4).Draw(t, "fault")) })
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "key")) })
		goodwill := false
		check := func(err error) {
			if err != nil && !errors.Is(err, flywheel.ErrConflict) && !errors.Is(err, flywheel.ErrUnknownOutcome) {
				t.Fatalf("%v", err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"capture": func(t *rapid.T) {
				d.gateway.Intercept(payment.Sequence(fault.Draw(t, "fault")))
				_, err := d.Capture(ctx, "o")
				check(err)
			},
			"return": func(t *rapid.T) {
				d.gateway.Intercept(payment.Sequence(fault.Draw(t, "fault")))
				l := o.Lines[rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line")]
				_, err := d.Return(ctx, "o", order.Request{Key: key.Draw(t, "key"), Lines: units(l.ID, rapid.Int64Range(1, 5).Draw(t, "units"))})
				check(err)
			},
			"refund": func(t *rapid.T) {
				d.gateway.Intercept(payment.Sequence(fault.Draw(t, "fault")))
				goodwill = true
				_, err := d.Refund(ctx, "o", order.Request{Key: key.Draw(t, "key"), Amount: eur(rapid.Int64Range(1, 200).Draw(t, "amount"))})
				check(err)
			},
			"cancel": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "seldom") > 0 {
					return
				}
				d.gateway.Intercept(payment.Sequence(fault.Draw(t, "fault"), fault.Draw(t, "fault")))
				_, err := d.Cancel(ctx, "o", order.Request{Key: key.Draw(t, "key")})
				check(err)
			},
			"": func(t *rapid.T) {
				d.gateway.Intercept(nil)
				_, err := d.Resume(ctx)
				require.NoError(t, err)
				got, err := d.Get(ctx, "o")
				require.NoError(t, err)
				var back int64
				value := int64(0)
				for _, l := range got.Lines {
					require.LessOrEqual(t, l.Returned, l.Quantity)
					back += l.Returned
				}
				for _, e := range d.events {
					value += e.Value.Minor()
				}
				require.Equal(t, back, d.restocked())
				require.LessOrEqual(t, value, got.Total.Minor())
				if got.Payment.Authorization == "" {
					return
				}
				p, err := d.gateway.Payment(got.Payment.Authorization)
				require.NoError(t, err)
				if got.Status != order.Placed { // before, an answer may be lost
					require.Equal(t, p.Captured, got.Payment.Captured)
				}
				require.Equal(t, p.Refunded, got.Payment.Refunded)
				require.LessOrEqual(t, p.Refunded.Minor(), p.Captured.Minor())
				if got.Status == order.Returned && !goodwill {
					require.Equal(t, got.Payment.Captured, got.Payment.Refunded)
				}
				if got.Status == order.Returned || got.Status == order.Canceled {
					require.Equal(t, got.Total.Minor(), value, "what was sold is taken back to the last cent")
				}
			},
		})
	})
}

func BenchmarkMemoryPlaceAndCapture(b *testing.B) {
	lines := make([][3]int64, 27) // an average invoice of the Online Retail data
	for i := range lines {
		lines[i] = [3]int64{3, 1000, 200}
	}
	o := sale("o", lines...)
	s, err := order.New(nil, nil)
	require.NoError(b, err)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		o.ID = order.ID(fmt.Sprint("o-", n))
		o.Key, o.PlacedAt = string(o.ID), o.PlacedAt.Add(time.Second)
		auth, err := s.Gateway().Authorize(b.Context(), payment.Charge{Key: o.Key, Amount: o.Total})
		if err != nil {
			b.Fatal(err)
		}
		o.Payment.Authorization, o.Payment.Authorized = auth.ID, auth.Amount
		if _, err := s.Place(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Capture(b.Context(), o.ID); err != nil {
			b.Fatal(err)
		}
	}
}
