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
		m.Intercept(func(payment.Call) payment.Fault { return payment.Fault(rapid.IntRange(0, 5).Draw(t, "fault")) })
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "key")) })
		amount := rapid.Custom(func(t *rapid.T) money.Amount { return eur(rapid.Int64Range(-1, 1001).Draw(t, "amount")) })
		t.Repeat(map[string]func(*rapid.T){
			"capture": func(t *rapid.T) { _ = m.Capture(ctx, "c"+key.Draw(t, "key"), id, amount.Draw(t, "amount")) },
			"refund":  func(t *rapid.T) { _ = m.Refund(ctx, "r"+key.Draw(t, "key"), id, amount.Draw(t, "amount")) },
			"release": func(t *rapid.T) { _ = m.Release(ctx, "g"+key.Draw(t, "key"), id, amount.Draw(t, "amount")) },
			"void":    func(t *rapid.T) { _ = m.Void(ctx, "v", id) },
			"": func(t *rapid.T) {
				p, err := m.Payment(id)
				require.NoError(t, err)
				require.LessOrEqual(t, p.Captured.Minor()+p.Released.Minor(), p.Authorized.Minor())
				require.LessOrEqual(t, p.Refunded.Minor(), p.Captured.Minor())
				require.False(t, p.Voided && !p.Captured.IsZero())
			},
		})
	})
}

// What a key did is found before a fault is asked for: nothing is declined that has
// happened.
func TestExecutedKeyIsNotDeclined(t *testing.T) {
	for _, fault := range []payment.Fault{payment.Decline, payment.Ask, payment.Pass, payment.Twice} {
		m := new(payment.Memory)
		id := authorized(t, m, 1000)
		require.NoError(t, m.Capture(t.Context(), "c", id, eur(1000)))
		m.Intercept(payment.Sequence(payment.LostAnswer, fault, fault))
		require.ErrorIs(t, m.Refund(t.Context(), "r", id, eur(595)), payment.ErrNoAnswer)
		require.NoError(t, m.Refund(t.Context(), "r", id, eur(595)), "fault %d", fault)
		_, err := m.Authorize(t.Context(), payment.Charge{Key: "authorize", Amount: eur(1000)})
		require.NoError(t, err)
		p, err := m.Payment(id)
		require.NoError(t, err)
		require.Equal(t, eur(595), p.Refunded)
	}
}

// An authorization that waits for the buyer sets nothing aside until the buyer has
// acted.
func TestAction(t *testing.T) {
	charge := payment.Charge{Key: "k", Amount: eur(1000)}
	for _, ok := range []bool{true, false} {
		for _, late := range []bool{true, false} {
			m := new(payment.Memory)
			m.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
			_, err := m.Authorize(t.Context(), charge)
			action, is := errors.AsType[*payment.ActionError](err)
			require.True(t, is, "%v", err)
			require.False(t, payment.Uncertain(err))
			_, err = m.Find(t.Context(), action.Authorization)
			require.ErrorIs(t, err, payment.ErrAction)
			require.ErrorIs(t, m.Capture(t.Context(), "c", action.Authorization, eur(1)), payment.ErrAction)
			require.ErrorIs(t, m.Release(t.Context(), "g", action.Authorization, eur(1)), payment.ErrAction)
			_, err = m.Authorize(t.Context(), charge)
			require.ErrorIs(t, err, payment.ErrAction, "still")
			if late {
				require.NoError(t, m.Answer("k", ok))
			} else {
				require.NoError(t, m.Finish(action.Authorization, ok))
			}
			require.ErrorIs(t, m.Finish(action.Authorization, ok), flywheel.ErrConflict, "once")
			auth, err := m.Find(t.Context(), action.Authorization)
			if !ok {
				require.ErrorIs(t, err, payment.ErrDeclined)
				p, err := m.Payment(action.Authorization)
				require.NoError(t, err)
				require.Zero(t, p.Authorized.Minor())
				_, err = m.Authorize(t.Context(), charge)
				require.NoError(t, err, "the key is free")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, payment.Authorization{ID: action.Authorization, Amount: eur(1000)}, auth)
			again, err := m.Authorize(t.Context(), charge)
			require.NoError(t, err)
			require.Equal(t, auth, again)
			require.NoError(t, m.Capture(t.Context(), "c", auth.ID, eur(1000)))
		}
	}
	m := new(payment.Memory)
	m.Intercept(payment.Sequence(payment.Ask))
	_, err := m.Authorize(t.Context(), charge)
	action, _ := errors.AsType[*payment.ActionError](err)
	require.NoError(t, m.Void(t.Context(), "v", action.Authorization))
	require.ErrorIs(t, m.Finish(action.Authorization, true), flywheel.ErrConflict)
	_, err = m.Find(t.Context(), action.Authorization)
	require.ErrorIs(t, err, payment.ErrVoided)
	p, err := m.Payment(action.Authorization)
	require.NoError(t, err)
	require.Zero(t, p.Authorized.Minor()+p.Released.Minor(), "nothing was set aside, so nothing was let go")
}

// A part that was released cannot be captured, and what is left is no more.
func TestRelease(t *testing.T) {
	m := new(payment.Memory)
	id := authorized(t, m, 1000)
	require.NoError(t, m.Release(t.Context(), "g", id, eur(300)))
	require.NoError(t, m.Release(t.Context(), "g", id, eur(300)), "the same key again")
	require.NoError(t, m.Capture(t.Context(), "c", id, eur(500)))
	limit, ok := errors.AsType[*payment.LimitError](m.Capture(t.Context(), "d", id, eur(201)))
	require.True(t, ok)
	require.Equal(t, eur(200), limit.Left)
	require.NoError(t, m.Release(t.Context(), "h", id, eur(200)))
	require.ErrorIs(t, m.Release(t.Context(), "i", id, eur(1)), flywheel.ErrInvalid)
	p, err := m.Payment(id)
	require.NoError(t, err)
	require.Equal(t, [3]money.Amount{eur(1000), eur(500), eur(500)}, [3]money.Amount{p.Authorized, p.Captured, p.Released})
}

// An abandoned charge never stands, whether it had been authorized or not.
func TestAbandon(t *testing.T) {
	charge := payment.Charge{Key: "k", Amount: eur(1000)}
	for _, fault := range []payment.Fault{payment.Timeout, payment.LostAnswer, payment.Ask} {
		m := new(payment.Memory)
		m.Intercept(payment.Sequence(fault))
		_, err := m.Authorize(t.Context(), charge)
		require.Error(t, err)
		require.NoError(t, m.Abandon(t.Context(), charge))
		require.NoError(t, m.Abandon(t.Context(), charge), "again")
		_, err = m.Authorize(t.Context(), charge)
		require.ErrorIs(t, err, payment.ErrVoided)
		for _, p := range m.Payments() {
			require.True(t, p.Voided)
			require.Equal(t, p.Authorized, p.Released)
		}
		require.ErrorIs(t, m.Abandon(t.Context(), payment.Charge{Key: "k"}), flywheel.ErrInvalid)
	}
	m := new(payment.Memory)
	id := authorized(t, m, 1000)
	require.NoError(t, m.Capture(t.Context(), "c", id, eur(1)))
	require.ErrorIs(t, m.Abandon(t.Context(), payment.Charge{Key: "authorize", Amount: eur(1000)}), payment.ErrCaptured)
	require.ErrorIs(t, m.Abandon(t.Context(), payment.Charge{Key: "authorize", Amount: eur(1)}), payment.ErrKeyReused)
}

// The bank may answer after nobody waits any more.
func TestLateAnswer(t *testing.T) {
	charge := payment.Charge{Key: "k", Amount: eur(1000)}
	m := new(payment.Memory)
	m.Intercept(payment.Script{payment.OpAuthorize: {payment.Timeout, payment.Decline}}.Intercept())
	_, err := m.Authorize(t.Context(), charge)
	require.ErrorIs(t, err, payment.ErrNoAnswer)
	require.Empty(t, m.Payments())
	require.ErrorIs(t, m.Answer("other", true), flywheel.ErrNotFound)
	require.NoError(t, m.Answer("k", true))
	require.NoError(t, m.Answer("k", true), "again")
	require.ErrorIs(t, m.Answer("k", false), flywheel.ErrConflict)
	auth, err := m.Authorize(t.Context(), charge)
	require.NoError(t, err, "found, no entry of the script taken")
	require.Equal(t, eur(1000), auth.Amount)
	other := payment.Charge{Key: "l", Amount: eur(1)}
	_, err = m.Authorize(t.Context(), other)
	require.ErrorIs(t, err, payment.ErrDeclined)
	require.Len(t, m.Payments(), 1)
}

func TestParseFault(t *testing.T) {
	for _, c := range []struct {
		answer string
		effect bool
		want   payment.Fault
		ok     bool
	}{
		{"ok", false, payment.Pass, true},
		{"ok", true, payment.Pass, true},
		{"declined", false, payment.Decline, true},
		{"declined", true, 0, false},
		{"timeout", false, payment.Timeout, true},
		{"timeout", true, payment.LostAnswer, true},
		{"action", false, payment.Ask, true},
		{"later", false, 0, false},
	} {
		got, err := payment.ParseFault(c.answer, c.effect)
		require.Equal(t, c.ok, err == nil, "%v", err)
		require.Equal(t, c.want, got)
		if err != nil {
			require.ErrorIs(t, err, flywheel.ErrInvalid)
		}
	}
}
