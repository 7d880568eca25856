package payment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

type object = map[string]any

// areas answer the areas of abuse cases that are about payments.
var areas = map[string]func(t *testing.T, input json.RawMessage) object{
	"webhook_signature": webhookSignature,
	"webhook_order":     webhookOrder,
	"payment_state":     paymentState,
}

func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack string
		Input, Expected  json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, "../../pricing", "security", "abuse.json"), &cases))
	ran := 0
	for _, c := range cases {
		run, mine := areas[c.Area]
		if !mine {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			text, err := json.Marshal(run(t, c.Input))
			require.NoError(t, err)
			var got, want object
			require.NoError(t, json.Unmarshal(text, &got))
			require.NoError(t, json.Unmarshal(c.Expected, &want))
			allowed := []any{want}
			if list, ok := want["one_of"].([]any); ok {
				allowed = list
			}
			for _, want := range allowed {
				if holds(got, want.(object)) {
					return
				}
			}
			t.Errorf("%s: got %s, want %s", c.Attack, text, c.Expected)
		})
	}
	if ran == 0 && !testkit.Overridden() {
		t.Error("no case is about payments")
	}
}

// holds reports whether every field of want holds.
func holds(got, want object) bool {
	for name, value := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(value) {
			return false
		}
	}
	return true
}

// answer tells an error by its kind.
func answer(err error) object {
	if err == nil {
		return object{"result": "accepted"}
	}
	for _, k := range []struct {
		err  error
		name string
	}{
		{flywheel.ErrUnauthenticated, "unauthenticated"}, {flywheel.ErrExpired, "expired"}, {flywheel.ErrInvalid, "invalid"},
		{flywheel.ErrLimit, "limit"}, {flywheel.ErrConflict, "conflict"}, {flywheel.ErrOutOfRange, "out_of_range"},
	} {
		if errors.Is(err, k.err) {
			return object{"result": "refused", "kind": k.name}
		}
	}
	return object{"result": err.Error()}
}

func webhookSignature(t *testing.T, input json.RawMessage) object {
	var in struct {
		Secrets         []string
		Tolerance       int   `json:"tolerance_s"`
		Now             int64 `json:"now"`
		Payload, Header string
	}
	testkit.Strict(t, input, &in)
	v, err := payment.NewVerifier(time.Duration(in.Tolerance)*time.Second, in.Secrets...)
	require.NoError(t, err)
	return answer(v.Verify(in.Header, []byte(in.Payload), time.Unix(in.Now, 0)))
}

type tokens struct {
	Total, Amount int64
	Currency      string
}

func (s tokens) money(t *testing.T, minor int64) money.Amount {
	c, err := money.ParseCurrency(s.Currency)
	require.NoError(t, err)
	return money.New(minor, c)
}

func webhookOrder(t *testing.T, input json.RawMessage) object {
	var in struct {
		Deliveries       []string
		Captured, Refund int64
		Order, Notice    *tokens
		Claim            string `json:"storefront_claim"`
		Gateway          string
	}
	testkit.Strict(t, input, &in)
	inbox, err := payment.NewInbox(nil, nil)
	require.NoError(t, err)
	if in.Order == nil {
		in.Order = &tokens{Total: in.Captured, Currency: "EUR"}
	}
	r := payment.NewRecord(in.Order.money(t, in.Order.Total))
	var failed error
	changes := 0
	deliver := func(n payment.Notice) {
		_, err := inbox.Once(t.Context(), n, func(context.Context) error {
			changed, err := r.Apply(n)
			if changed {
				changes++
			}
			return err
		})
		failed = errors.Join(failed, err)
	}
	for _, id := range in.Deliveries {
		switch id {
		case "evt_capture":
			deliver(payment.Notice{ID: id, Type: payment.NoticeCaptured, Amount: in.Order.money(t, in.Captured)})
		case "evt_refund":
			deliver(payment.Notice{ID: id, Type: payment.NoticeRefunded, Amount: in.Order.money(t, in.Refund)})
		default:
			t.Fatalf("unknown delivery %q", id)
		}
	}
	if in.Notice != nil {
		deliver(payment.Notice{ID: "notice", Type: payment.NoticeCaptured, Amount: in.Notice.money(t, in.Notice.Amount)})
	}
	if in.Claim != "" || in.Notice != nil { // what the browser says is not even asked
		failed = errors.Join(failed, r.Paid())
	}
	got := answer(failed)
	got["captured"], got["refunded"], got["state_changes"], got["paid"] = r.Captured.Minor(), r.Refunded.Minor(), changes, r.Paid() == nil
	return got
}

func paymentState(t *testing.T, input json.RawMessage) object {
	var in struct {
		Authorized, Captured, Refunded int64
		Voided                         bool
		Capture, Refund                int64
		Captures, Refunds              []int64
		ParallelCaptures               []int64 `json:"parallel_captures"`
		ParallelRefunds                []int64 `json:"parallel_refunds"`
		Bought                         int64
		ParallelReturns                []int64 `json:"parallel_returns"`
	}
	testkit.Strict(t, input, &in)
	if in.ParallelReturns != nil {
		t.Skip("of orders: package cart/order answers it")
	}
	ctx := t.Context()
	m := new(payment.Memory)
	if in.Authorized == 0 {
		in.Authorized = in.Captured
	}
	auth, err := m.Authorize(ctx, payment.Charge{Key: "a", Amount: eur(in.Authorized)})
	require.NoError(t, err)
	if in.Captured > 0 {
		require.NoError(t, m.Capture(ctx, "captured", auth.ID, eur(in.Captured)))
	}
	if in.Refunded > 0 {
		require.NoError(t, m.Refund(ctx, "refunded", auth.ID, eur(in.Refunded)))
	}
	if in.Voided {
		require.NoError(t, m.Void(ctx, "voided", auth.ID))
	}
	succeeded := 0
	var failed error
	count := func(err error) {
		if err == nil {
			succeeded++
		}
		failed = errors.Join(failed, err)
	}
	one := func(n int64) []int64 {
		if n == 0 {
			return nil
		}
		return []int64{n}
	}
	for i, n := range append(one(in.Capture), in.Captures...) {
		count(m.Capture(ctx, fmt.Sprint("c", i), auth.ID, eur(n)))
	}
	for i, n := range append(one(in.Refund), in.Refunds...) {
		count(m.Refund(ctx, fmt.Sprint("r", i), auth.ID, eur(n)))
	}
	parallel := func(amounts []int64, call func(ctx context.Context, key, authorization string, amount money.Amount) error) {
		for _, err := range suite.Parallel(len(amounts), func(i int) error { return call(ctx, fmt.Sprint("p", i), auth.ID, eur(amounts[i])) }) {
			if count(err); err != nil {
				failed = nil // some of them must fail
				require.ErrorIs(t, err, flywheel.ErrInvalid)
			}
		}
	}
	parallel(in.ParallelCaptures, m.Capture)
	parallel(in.ParallelRefunds, m.Refund)
	p, err := m.Payment(auth.ID)
	require.NoError(t, err)
	got := answer(failed)
	got["captured"], got["refunded"], got["succeeded"] = p.Captured.Minor(), p.Refunded.Minor(), succeeded
	return got
}
