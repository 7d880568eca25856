package payment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func authorized(t require.TestingT, m *payment.Memory, minor int64) string {
	a, err := m.Authorize(context.Background(), payment.Charge{Key: "authorize", Amount: eur(minor)})
	require.NoError(t, err)
	return a.ID
}

func TestRefused(t *testing.T) {
	m := new(payment.Memory)
	id := authorized(t, m, 1000)
	require.NoError(t, m.Capture(t.Context(), "c", id, eur(600)))
	before := m.Payments()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		kind error
		call func() error
	}{
		{"capture above the authorized", flywheel.ErrInvalid, func() error { return m.Capture(t.Context(), "k", id, eur(401)) }},
		{"refund above the captured", flywheel.ErrInvalid, func() error { return m.Refund(t.Context(), "k", id, eur(601)) }},
		{"void of a captured one", payment.ErrCaptured, func() error { return m.Void(t.Context(), "k", id) }},
		{"another currency", flywheel.ErrInvalid, func() error { return m.Capture(t.Context(), "k", id, money.New(1, money.USD)) }},
		{"nothing", flywheel.ErrInvalid, func() error { return m.Refund(t.Context(), "k", id, eur(0)) }},
		{"less than nothing", flywheel.ErrInvalid, func() error { return m.Refund(t.Context(), "k", id, eur(math.MinInt64)) }},
		{"no key", flywheel.ErrInvalid, func() error { return m.Capture(t.Context(), "", id, eur(1)) }},
		{"an unknown authorization", flywheel.ErrNotFound, func() error { return m.Void(t.Context(), "k", "none") }},
		{"a key with another amount", payment.ErrKeyReused, func() error { return m.Capture(t.Context(), "c", id, eur(400)) }},
		{"a key of another call", payment.ErrKeyReused, func() error { return m.Refund(t.Context(), "c", id, eur(600)) }},
		{"the key of the authorization with another amount", payment.ErrKeyReused, func() error {
			_, err := m.Authorize(t.Context(), payment.Charge{Key: "authorize", Amount: eur(1)})
			return err
		}},
		{"a cancelled context", context.Canceled, func() error { return m.Capture(over, "k", id, eur(1)) }},
		{"restore without a key", flywheel.ErrInvalid, func() error { return m.Restore(payment.Payment{ID: "x"}) }},
		{"restore without an id", flywheel.ErrInvalid, func() error { return m.Restore(payment.Payment{Key: "x"}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.ErrorIs(t, c.call(), c.kind)
			assert.Equal(t, before, m.Payments())
		})
	}
}

func TestVoid(t *testing.T) {
	m := new(payment.Memory)
	id := authorized(t, m, 1000)
	require.NoError(t, m.Void(t.Context(), "v", id))
	require.NoError(t, m.Void(t.Context(), "again", id))
	require.ErrorIs(t, m.Capture(t.Context(), "c", id, eur(1)), payment.ErrVoided)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault     payment.Fault
		err       error
		effect    bool
		uncertain bool
	}{
		{payment.Pass, nil, true, false},
		{payment.Decline, payment.ErrDeclined, false, false},
		{payment.Timeout, payment.ErrNoAnswer, false, true},
		{payment.LostAnswer, payment.ErrNoAnswer, true, true},
		{payment.Twice, nil, true, false},
	} {
		m := new(payment.Memory)
		id := authorized(t, m, 1000)
		m.Intercept(payment.Sequence(c.fault))
		err := m.Capture(t.Context(), "c", id, eur(700))
		if c.err == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, c.err)
		}
		assert.Equal(t, c.uncertain, payment.Uncertain(err))
		p, err := m.Payment(id)
		require.NoError(t, err)
		assert.Equal(t, c.effect, p.Captured == eur(700), "fault %d", c.fault)
		require.NoError(t, m.Capture(t.Context(), "c", id, eur(700)), "the same key again")
		p, err = m.Payment(id)
		require.NoError(t, err)
		assert.Equal(t, eur(700), p.Captured)
	}
}

func TestUncertain(t *testing.T) {
	for err, want := range map[error]bool{
		nil: false, payment.ErrDeclined: false, payment.ErrNoAnswer: true, context.DeadlineExceeded: true,
		errors.New("connection reset"): true, fmt.Errorf("x: %w", flywheel.ErrNotFound): false,
		&payment.LimitError{}: false, &payment.DeclinedError{}: false,
	} {
		assert.Equal(t, want, payment.Uncertain(err), "%v", err)
	}
}

func TestParallelRefunds(t *testing.T) {
	m := new(payment.Memory)
	id := authorized(t, m, 1000)
	require.NoError(t, m.Capture(t.Context(), "c", id, eur(1000)))
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = m.Refund(t.Context(), fmt.Sprint("r", i), id, eur(600)) })
	}
	wg.Wait()
	p, err := m.Payment(id)
	require.NoError(t, err)
	require.Equal(t, eur(600), p.Refunded)
	require.True(t, (errs[0] == nil) != (errs[1] == nil), "one succeeds: %v", errs)
}

// Whatever is asked for, refunded ≤ captured ≤ authorized, and a key acts once.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		m := new(payment.Memory)
		id := authorized(t, m, 1000)
		m.Intercept(func(payment.Call) payment.Fault { return payment.Fault(rapid.IntRange(0, 4).Draw(t, "fault")) })
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "key")) })
		amount := rapid.Custom(func(t *rapid.T) money.Amount { return eur(rapid.Int64Range(-1, 1001).Draw(t, "amount")) })
		t.Repeat(map[string]func(*rapid.T){
			"capture": func(t *rapid.T) { _ = m.Capture(ctx, "c"+key.Draw(t, "key"), id, amount.Draw(t, "amount")) },
			"refund":  func(t *rapid.T) { _ = m.Refund(ctx, "r"+key.Draw(t, "key"), id, amount.Draw(t, "amount")) },
			"void":    func(t *rapid.T) { _ = m.Void(ctx, "v", id) },
			"": func(t *rapid.T) {
				p, err := m.Payment(id)
				require.NoError(t, err)
				require.LessOrEqual(t, p.Captured.Minor(), p.Authorized.Minor())
				require.LessOrEqual(t, p.Refunded.Minor(), p.Captured.Minor())
				require.False(t, p.Voided && !p.Captured.IsZero())
			},
		})
	})
}
