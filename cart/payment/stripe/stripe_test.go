package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func charge(key string, minor int64) payment.Charge {
	return payment.Charge{Key: key, Amount: eur(minor), Method: "pm_card_visa", Ref: "session-1", Customer: "ann", Return: "https://shop.example/back"}
}

func client(t testing.TB, s *server) *stripe.Client {
	// net/http repeats a request with an idempotency key by itself where a connection
	// that it kept breaks: here each has one of its own.
	c, err := stripe.New("sk_test_1", &stripe.Options{URL: s.URL, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	require.NoError(t, err)
	return c
}

func authorized(t *testing.T, c *stripe.Client, key string, minor int64) string {
	t.Helper()
	auth, err := c.Authorize(t.Context(), charge(key, minor))
	require.NoError(t, err)
	require.Equal(t, eur(minor), auth.Amount)
	return auth.ID
}

func TestAuthorize(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	id := authorized(t, c, "k", 1000)
	require.Equal(t, id, authorized(t, c, "k", 1000), "again")
	_, err := c.Authorize(ctx, charge("k", 1001))
	require.ErrorIs(t, err, payment.ErrKeyReused)

	s.next("declined", "declined", "ok")
	for range 2 {
		_, err = c.Authorize(ctx, charge("d", 500))
		declined, ok := errors.AsType[*payment.DeclinedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "insufficient_funds", declined.Reason)
		require.False(t, payment.Uncertain(err))
	}
	retried := authorized(t, c, "d", 500) // Stripe remembers the decline, the contract does not
	require.Equal(t, retried, authorized(t, c, "d", 500))

	for _, lost := range []string{"lost", "timeout", "500", "409", "html"} {
		s.next(lost)
		_, err = c.Authorize(ctx, charge(lost, 300))
		require.ErrorIs(t, err, payment.ErrNoAnswer, lost)
		require.True(t, payment.Uncertain(err))
		authorized(t, c, lost, 300)
	}
	s.next("declined", "lost")
	_, err = c.Authorize(ctx, charge("e", 70))
	require.ErrorIs(t, err, payment.ErrDeclined)
	_, err = c.Authorize(ctx, charge("e", 70)) // the second try stands, but its answer is lost
	require.ErrorIs(t, err, payment.ErrNoAnswer)
	authorized(t, c, "e", 70)

	s.next("429")
	_, err = c.Authorize(ctx, charge("r", 1))
	require.ErrorIs(t, err, flywheel.ErrRateLimited)
	require.False(t, payment.Uncertain(err))
	s.next("processing")
	_, err = c.Authorize(ctx, charge("p", 1))
	require.ErrorIs(t, err, payment.ErrNoAnswer)
	_, _, capturable := s.sums()
	require.EqualValues(t, 1000+500+5*300+70, capturable)
}

func TestAction(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	for _, ok := range []bool{true, false} {
		key := fmt.Sprint(ok)
		s.next("action")
		_, err := c.Authorize(ctx, charge(key, 1000))
		action, is := errors.AsType[*payment.ActionError](err)
		require.True(t, is, "%v", err)
		require.Equal(t, "https://bank.example/3ds", action.URL)
		_, err = c.Authorize(ctx, charge(key, 1000))
		require.ErrorIs(t, err, payment.ErrAction, "still")
		require.ErrorIs(t, c.Capture(ctx, key+"c", action.Authorization, eur(1)), payment.ErrAction)
		s.finish(action.Authorization, ok)
		auth, err := c.Find(ctx, action.Authorization)
		if !ok {
			declined, is := errors.AsType[*payment.DeclinedError](err)
			require.True(t, is, "%v", err)
			require.Equal(t, "payment_intent_authentication_failure", declined.Reason)
			authorized(t, c, key, 1000) // tries again
			continue
		}
		require.NoError(t, err)
		require.Equal(t, payment.Authorization{ID: action.Authorization, Amount: eur(1000)}, auth)
		authorized(t, c, key, 1000)
	}
	s.next("action")
	_, err := c.Authorize(ctx, charge("v", 1000))
	action, _ := errors.AsType[*payment.ActionError](err)
	require.NoError(t, c.Void(ctx, "void", action.Authorization))
	require.NoError(t, c.Void(ctx, "again", action.Authorization))
	_, err = c.Find(ctx, action.Authorization)
	require.ErrorIs(t, err, payment.ErrVoided)
}

func TestCaptures(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	id := authorized(t, c, "k", 1000)
	require.NoError(t, c.Capture(ctx, "c1", id, eur(500)))
	require.NoError(t, c.Capture(ctx, "c1", id, eur(500)))
	require.ErrorIs(t, c.Capture(ctx, "c1", id, eur(400)), payment.ErrKeyReused)
	s.forget()
	require.NoError(t, c.Capture(ctx, "c1", id, eur(500)), "a day later")
	require.ErrorIs(t, c.Void(ctx, "v", id), payment.ErrCaptured)
	require.NoError(t, c.Release(ctx, "g", id, eur(100)))
	require.NoError(t, c.Release(ctx, "g", id, eur(100)))
	limit, ok := errors.AsType[*payment.LimitError](c.Capture(ctx, "c2", id, eur(401)))
	require.True(t, ok)
	require.Equal(t, payment.LimitError{Operation: "capture", Want: eur(401), Left: eur(400)}, *limit)
	s.next("lost", "ok")
	require.ErrorIs(t, c.Capture(ctx, "c2", id, eur(400)), payment.ErrNoAnswer)
	require.NoError(t, c.Capture(ctx, "c2", id, eur(400)))
	require.ErrorIs(t, c.Capture(ctx, "c3", id, eur(1)), flywheel.ErrInvalid)
	captured, _, capturable := s.sums()
	require.EqualValues(t, [2]int64{900, 0}, [2]int64{captured, capturable}, "the last capture lets go of the rest")

	// The last part that is released cancels what is left.
	id = authorized(t, c, "l", 1000)
	require.NoError(t, c.Capture(ctx, "l1", id, eur(300)))
	require.NoError(t, c.Release(ctx, "l2", id, eur(300)))
	s.next("ok", "lost")
	require.ErrorIs(t, c.Release(ctx, "l3", id, eur(400)), payment.ErrNoAnswer)
	require.NoError(t, c.Release(ctx, "l3", id, eur(400)))
	require.ErrorIs(t, c.Release(ctx, "l4", id, eur(1)), flywheel.ErrInvalid)
	_, _, capturable = s.sums()
	require.Zero(t, capturable)

	// A declined capture is tried again under another key only.
	id = authorized(t, c, "m", 100)
	s.next("declined")
	require.ErrorIs(t, c.Capture(ctx, "m1", id, eur(100)), payment.ErrDeclined)
	require.NoError(t, c.Capture(ctx, "m2", id, eur(100)))

	// A card that allows one capture: the rest is gone.
	s.single = true
	id = authorized(t, c, "s", 1000)
	require.NoError(t, c.Capture(ctx, "s1", id, eur(300)))
	require.NoError(t, c.Capture(ctx, "s1", id, eur(300)))
	require.ErrorIs(t, c.Capture(ctx, "s2", id, eur(300)), payment.ErrVoided)
	require.NoError(t, c.Refund(ctx, "s3", id, eur(300)))
}

func TestVoidAndAbandon(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	id := authorized(t, c, "k", 1000)
	s.next("lost")
	require.ErrorIs(t, c.Void(ctx, "v", id), payment.ErrNoAnswer)
	require.NoError(t, c.Void(ctx, "v", id))
	require.ErrorIs(t, c.Capture(ctx, "c", id, eur(1)), payment.ErrVoided)
	require.ErrorIs(t, c.Void(ctx, "v", "pi_none"), flywheel.ErrNotFound)
	for _, lost := range []string{"lost", "timeout", "declined", "action"} {
		s.next(lost)
		_, err := c.Authorize(ctx, charge(lost, 300))
		require.Error(t, err)
		require.NoError(t, c.Abandon(ctx, charge(lost, 300)), lost)
		require.NoError(t, c.Abandon(ctx, charge(lost, 300)), lost)
		_, err = c.Authorize(ctx, charge(lost, 300))
		require.ErrorIs(t, err, payment.ErrVoided, lost)
	}
	_, _, capturable := s.sums()
	require.Zero(t, capturable)
	id = authorized(t, c, "taken", 100)
	require.NoError(t, c.Capture(ctx, "c", id, eur(100)))
	require.ErrorIs(t, c.Abandon(ctx, charge("taken", 100)), payment.ErrCaptured)
	require.ErrorIs(t, c.Abandon(ctx, payment.Charge{Key: "k"}), flywheel.ErrInvalid)
}

func TestRefunds(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	id := authorized(t, c, "k", 1000)
	require.ErrorIs(t, c.Refund(ctx, "r0", id, eur(1)), flywheel.ErrInvalid, "nothing was captured")
	require.NoError(t, c.Capture(ctx, "c", id, eur(1000)))
	s.next("lost")
	require.ErrorIs(t, c.Refund(ctx, "r1", id, eur(600)), payment.ErrNoAnswer)
	s.forget()
	require.NoError(t, c.Refund(ctx, "r1", id, eur(600)), "a day later")
	require.ErrorIs(t, c.Refund(ctx, "r1", id, eur(500)), payment.ErrKeyReused)
	limit, ok := errors.AsType[*payment.LimitError](c.Refund(ctx, "r2", id, eur(401)))
	require.True(t, ok)
	require.Equal(t, eur(400), limit.Left)
	s.next("declined")
	require.ErrorIs(t, c.Refund(ctx, "r3", id, eur(400)), payment.ErrDeclined)
	require.NoError(t, c.Refund(ctx, "r3", id, eur(400)), "the same key is tried again")
	require.ErrorIs(t, c.Refund(ctx, "r4", id, money.New(1, money.USD)), flywheel.ErrInvalid)
	_, refunded, _ := s.sums()
	require.EqualValues(t, 1000, refunded)
}

func TestRefused(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	ctx := t.Context()
	id := authorized(t, c, "k", 1000)
	before := s.count("POST")
	for name, call := range map[string]func() error{
		"no key to authorize": func() error { _, err := c.Authorize(ctx, charge("", 1)); return err },
		"nothing":             func() error { _, err := c.Authorize(ctx, charge("x", 0)); return err },
		"no key to capture":   func() error { return c.Capture(ctx, "", id, eur(1)) },
		"no amount":           func() error { return c.Capture(ctx, "x", id, eur(0)) },
		"another currency":    func() error { return c.Capture(ctx, "x", id, money.New(1, money.USD)) },
		"no key to void":      func() error { return c.Void(ctx, "", id) },
		"no key to refund":    func() error { return c.Refund(ctx, "", id, eur(1)) },
		"no amount to refund": func() error { return c.Refund(ctx, "x", id, eur(-1)) },
		"no authorization":    func() error { _, err := c.Find(ctx, ""); return err },
	} {
		require.ErrorIs(t, call(), flywheel.ErrInvalid, name)
	}
	for _, path := range []string{"../refunds", "pi_1/cancel", "pi_1?x=y", "pi%2f1", ".."} {
		_, err := c.Find(ctx, path)
		require.ErrorIs(t, err, flywheel.ErrNotFound, path)
		require.ErrorIs(t, c.Refund(ctx, "x", path, eur(1)), flywheel.ErrNotFound, path)
	}
	require.Equal(t, before, s.count("POST"), "nothing was sent")
	_, err := c.Find(ctx, "pi_none")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	for field, make := range map[string]func() error{
		"key": func() error { _, err := stripe.New("", nil); return err },
		"url": func() error { _, err := stripe.New("k", &stripe.Options{URL: "file:///etc/passwd"}); return err },
	} {
		wrong, ok := errors.AsType[*flywheel.FieldError](make())
		require.True(t, ok)
		require.Equal(t, field, wrong.Field)
	}
	stranger, err := stripe.New("sk_test_2", &stripe.Options{URL: s.URL})
	require.NoError(t, err)
	_, err = stranger.Authorize(ctx, charge("x", 1))
	require.ErrorIs(t, err, flywheel.ErrUnauthenticated)
	failed, ok := errors.AsType[*stripe.APIError](err)
	require.True(t, ok)
	require.Equal(t, 401, failed.Status)
	require.NotContains(t, err.Error(), "sk_test", "no key in an error")

	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err = c.Authorize(over, charge("x", 1))
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, payment.Uncertain(err))
	s.Close()
	_, err = c.Authorize(ctx, charge("x", 1))
	require.ErrorIs(t, err, payment.ErrNoAnswer)
}

// Whatever goes wrong, captured + released ≤ authorized, refunded ≤ captured, and what
// is repeated until the answer is certain has one effect.
func TestLaws(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		n++
		own := func(key string) string { return fmt.Sprint(n, "-", key) }
		s.next()
		auth, err := c.Authorize(ctx, payment.Charge{Key: own("a"), Amount: eur(1000), Method: "pm"})
		require.NoError(t, err)
		want := [3]int64{} // captured, released, refunded
		for i := range rapid.IntRange(1, 8).Draw(t, "calls") {
			amount := rapid.Int64Range(1, 600).Draw(t, "amount")
			kind := rapid.IntRange(0, 2).Draw(t, "kind")
			call := []func(ctx context.Context, key, authorization string, amount money.Amount) error{c.Capture, c.Release, c.Refund}[kind]
			for range 8 {
				s.next(rapid.SampledFrom([]string{"ok", "lost", "timeout", "500"}).Draw(t, "how"))
				err = call(ctx, own(fmt.Sprint(i)), auth.ID, eur(amount))
				if err == nil || !payment.Uncertain(err) {
					break
				}
			}
			s.next()
			if err != nil && payment.Uncertain(err) {
				err = call(ctx, own(fmt.Sprint(i)), auth.ID, eur(amount))
			}
			if err == nil {
				want[kind] += amount
			} else {
				require.NoError(t, suite.First(suite.Wrong("call", err, flywheel.ErrInvalid)))
			}
			require.LessOrEqual(t, want[0]+want[1], int64(1000))
			require.LessOrEqual(t, want[2], want[0])
		}
		s.mu.Lock()
		i := *s.intents[auth.ID]
		captured, refunded := i["amount_received"].(int64), i["latest_charge"].(object)["amount_refunded"].(int64)
		s.mu.Unlock()
		require.Equal(t, [2]int64{want[0], want[2]}, [2]int64{captured, refunded})
	})
}

func TestAmounts(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	for code, amounts := range map[string][2]int64{"JPY": {500, 500}, "KWD": {1230, 1230}, "ISK": {5, 500}, "UGX": {5, 500}, "MGA": {500, 5}, "USD": {5, 5}} {
		currency, err := money.ParseCurrency(code)
		require.NoError(t, err)
		a := money.New(amounts[0], currency)
		auth, err := c.Authorize(t.Context(), payment.Charge{Key: code, Amount: a})
		require.NoError(t, err, code)
		require.Equal(t, a, auth.Amount, code)
		require.Equal(t, amounts[1], (*s.intents[auth.ID])["amount"], code)
	}
	ariary, err := money.ParseCurrency("MGA")
	require.NoError(t, err)
	_, err = c.Authorize(t.Context(), payment.Charge{Key: "x", Amount: money.New(505, ariary)})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	crown, err := money.ParseCurrency("ISK")
	require.NoError(t, err)
	_, err = c.Authorize(t.Context(), payment.Charge{Key: "x", Amount: money.New(1<<62, crown)})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestParseEvent(t *testing.T) {
	event := func(kind, object string) []byte {
		return []byte(`{"id":"evt_1","object":"event","api_version":"x","created":1767225600,"type":"` + kind + `","data":{"object":` + object + `}}`)
	}
	pi := `{"id":"pi_1","object":"payment_intent","amount":2599,"amount_received":2000,"currency":"eur","latest_charge":"ch_1","metadata":{"flywheel_charge":"k","flywheel_ref":"s"},"last_payment_error":{"code":"card_declined"}}`
	at := time.Unix(1767225600, 0).UTC()
	intent := payment.Notice{ID: "evt_1", At: at, Authorization: "pi_1", Charge: "k", Session: "s"}
	with := func(n payment.Notice, t payment.NoticeType, minor int64, reason string) payment.Notice {
		n.Type, n.Amount, n.Reason = t, eur(minor), reason
		return n
	}
	moved := payment.Notice{ID: "evt_1", At: at, Authorization: "pi_1", Subject: "x_1"}
	of := func(status string) string {
		return `{"id":"x_1","amount":500,"currency":"eur","payment_intent":"pi_1","reason":"fraudulent","status":"` + status + `","failure_reason":"expired"}`
	}
	for name, c := range map[string]struct {
		body []byte
		want payment.Notice
	}{
		"authorized":    {event("payment_intent.amount_capturable_updated", pi), with(intent, payment.NoticeAuthorized, 2599, "")},
		"declined":      {event("payment_intent.payment_failed", pi), with(intent, payment.NoticeDeclined, 2599, "card_declined")},
		"canceled":      {event("payment_intent.canceled", pi), with(intent, payment.NoticeVoided, 599, "")},
		"captured":      {event("payment_intent.succeeded", pi), with(intent, payment.NoticeCaptured, 2000, "")},
		"refunded":      {event("refund.created", of("succeeded")), with(moved, payment.NoticeRefunded, 500, "fraudulent")},
		"refund failed": {event("refund.failed", of("failed")), with(moved, payment.NoticeRefundFailed, 500, "expired")},
		"disputed":      {event("charge.dispute.created", of("needs_response")), with(moved, payment.NoticeDisputeOpened, 500, "fraudulent")},
		"dispute lost":  {event("charge.dispute.closed", of("lost")), with(moved, payment.NoticeDisputeLost, 500, "fraudulent")},
		"dispute won":   {event("charge.dispute.closed", of("won")), with(moved, payment.NoticeDisputeWon, 500, "fraudulent")},
		"paid out":      {event("payout.paid", of("paid")), with(moved, payment.NoticePayout, 500, "fraudulent")},
		"another":       {event("customer.created", `{"id":"cus_1"}`), payment.Notice{ID: "evt_1", Type: "customer.created", At: at}},
	} {
		got, err := stripe.ParseEvent(c.body)
		require.NoError(t, err, name)
		require.Equal(t, c.want, got, name)
	}
	for name, body := range map[string][]byte{
		"nothing": nil, "no JSON": []byte("x"), "no event": []byte(`{"id":"pi_1","object":"payment_intent"}`), "a list": []byte(`[]`),
		"a name twice": []byte(`{"id":"a","id":"b","object":"event","type":"x"}`), "no id": []byte(`{"object":"event","type":"x"}`),
		"an amount that is none":  event("payment_intent.succeeded", `{"id":"pi_1","amount":"x"}`),
		"a currency that is none": event("payment_intent.succeeded", `{"id":"pi_1","amount":1,"currency":"xx"}`),
		"below zero":              event("refund.created", `{"id":"re_1","amount":-1,"currency":"eur"}`),
	} {
		_, err := stripe.ParseEvent(body)
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"id":"evt_1","object":"event","type":"refund.created","data":{"object":{"id":"re_1","amount":1,"currency":"eur"}}}`))
	f.Add([]byte(`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"latest_charge":{"id":1}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n, err := stripe.ParseEvent(body); err == nil && n.Check() != nil {
			t.Fatalf("%+v", n)
		}
	})
}

func TestReport(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	row := func(id, kind string, amount, fee int64, source object) object {
		return object{"id": id, "type": kind, "currency": "eur", "amount": amount, "fee": fee, "created": 1767225600, "source": source}
	}
	s.balance = []object{
		row("txn_1", "charge", 1000, 39, object{"id": "ch_1", "payment_intent": "pi_1"}),
		row("txn_2", "stripe_fee", -100, 0, object{}),
		row("txn_3", "refund", -600, 0, object{"id": "re_1", "payment_intent": "pi_1", "metadata": object{"flywheel_refund": "r1"}}),
		row("txn_4", "adjustment", -400, 0, object{"id": "dp_1", "payment_intent": "pi_1"}),
		row("txn_5", "payout", -5, 0, object{"id": "po_1"}),
	}
	at := time.Unix(1767225600, 0).UTC()
	var rows []payment.Posting
	for p, err := range c.Report(t.Context(), at, at.Add(time.Hour)) {
		require.NoError(t, err)
		rows = append(rows, p)
	}
	require.Equal(t, []payment.Posting{
		{ID: "txn_1", Kind: payment.MoveCapture, Authorization: "pi_1", Amount: eur(1000), Fee: eur(39), At: at},
		{ID: "txn_3", Kind: payment.MoveRefund, Authorization: "pi_1", Reference: "r1", Amount: eur(600), Fee: eur(0), At: at},
		{ID: "txn_4", Kind: payment.MoveDispute, Authorization: "pi_1", Reference: "dp_1", Amount: eur(400), Fee: eur(0), At: at},
	}, rows)
	n := 0
	for p, err := range c.Payout(t.Context(), "po_1") {
		require.NoError(t, err)
		require.Equal(t, "po_1", p.Payout)
		if n++; n == 2 {
			break
		}
	}
	s.balance[0]["currency"] = "xx"
	for _, err := range c.Report(t.Context(), at, at) {
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	s.Close()
	for _, err := range c.Report(t.Context(), at, at) {
		require.ErrorIs(t, err, payment.ErrNoAnswer)
	}
}
