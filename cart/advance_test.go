package cart_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// shelf is a service whose clock the test sets and whose events it keeps.
type shelf struct {
	*cart.Service
	mu     sync.Mutex
	now    time.Time
	events []flywheel.Event
	fail   error
}

func (s *shelf) tell(_ context.Context, events ...flywheel.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	for _, e := range events {
		if e.Name == cart.EventCartAbandoned {
			s.events = append(s.events, e)
		}
	}
	return nil
}

func newShelf(t *testing.T, store cart.Store, abandon, expire time.Duration) *shelf {
	s := &shelf{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	var err error
	s.Service, err = cart.New(store, &cart.Options{AbandonAfter: abandon, ExpireAfter: expire, Sink: flywheel.SinkFunc(s.tell), Now: func() time.Time { return s.now }})
	require.NoError(t, err)
	return s
}

func (s *shelf) fill(t *testing.T, c cart.Cart) {
	t.Helper()
	c.Currency = money.EUR
	_, err := s.Create(t.Context(), c)
	require.NoError(t, err)
	_, err = s.Add(t.Context(), c.ID, cart.Line{SKU: "MUG", Quantity: 2})
	require.NoError(t, err)
}

// pass lets time pass until nothing is due.
func (s *shelf) pass(t *testing.T, d time.Duration) {
	t.Helper()
	s.now = s.now.Add(d)
	for more := true; more; {
		var err error
		more, err = s.Advance(t.Context(), s.now)
		require.NoError(t, err)
	}
	for more := true; more; { // what the sink refused when it happened
		var err error
		more, err = s.Deliver(t.Context(), s.now.Add(time.Hour))
		require.NoError(t, err)
	}
}

func TestAbandonedAndExpired(t *testing.T) {
	ctx := t.Context()
	s := newShelf(t, nil, time.Hour, 24*time.Hour)
	morning := s.now
	s.fill(t, cart.Cart{ID: "anna's", Customer: "anna"})
	s.fill(t, cart.Cart{ID: "guest's", Visitor: "phone", Session: "s"})
	_, err := s.Create(ctx, cart.Cart{ID: "empty", Customer: "ben", Currency: money.EUR})
	require.NoError(t, err)
	s.pass(t, time.Hour-1)
	require.Empty(t, s.events)

	// Noticed late, but abandoned since 10:00; once.
	s.pass(t, 30*time.Minute)
	s.pass(t, time.Hour)
	mugs := []flywheel.Line{{SKU: "MUG", Quantity: 2}}
	require.Equal(t, []flywheel.Event{
		{ID: "cart_abandoned:anna's:3", Name: cart.EventCartAbandoned, Time: morning.Add(time.Hour), Customer: "anna", Ref: "anna's", Lines: mugs},
		{ID: "cart_abandoned:guest's:3", Name: cart.EventCartAbandoned, Time: morning.Add(time.Hour), Visitor: "phone", Session: "s", Ref: "guest's", Lines: mugs},
	}, s.events)
	c, err := s.Get(ctx, "guest's")
	require.NoError(t, err)
	require.Equal(t, [3]time.Time{morning, morning.Add(time.Hour), morning.Add(24 * time.Hour)}, [3]time.Time{c.UpdatedAt, c.AbandonedAt, c.Due})

	// Touched, it may be abandoned again; ordered or emptied, it may not.
	for _, id := range []cart.ID{"anna's", "guest's"} {
		_, err = s.SetQuantity(ctx, id, "1", 3)
		require.NoError(t, err)
	}
	_, err = s.Close(ctx, "anna's", 0, "order")
	require.NoError(t, err)
	s.pass(t, 2*time.Hour)
	require.Len(t, s.events, 3)
	_, err = s.Remove(ctx, "guest's", "1")
	require.NoError(t, err)
	s.pass(t, 2*time.Hour)
	require.Len(t, s.events, 3)

	// A day untouched, it is over; one that was due for both only expires.
	s.fill(t, cart.Cart{ID: "late", Visitor: "phone"})
	s.pass(t, 48*time.Hour)
	require.Len(t, s.events, 3)
	for id, want := range map[cart.ID]cart.Status{"anna's": cart.Ordered, "guest's": cart.Expired, "empty": cart.Expired, "late": cart.Expired} {
		c, err := s.Get(ctx, id)
		require.NoError(t, err)
		require.Equal(t, want, c.Status, id)
		require.Zero(t, c.Due, id)
	}
	_, err = s.Add(ctx, "late", cart.Line{SKU: "MUG", Quantity: 1})
	var closed *cart.ClosedError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, cart.Expired, closed.Status)

	require.NoError(t, s.Forget(ctx, "anna"))
	_, err = s.Get(ctx, "anna's")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = cart.New(nil, &cart.Options{AbandonAfter: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// Without the options nothing is ever due, and carts that were saved under others
// are left alone.
func TestNothingIsDueUnasked(t *testing.T) {
	store := cart.NewMemory(nil)
	s := newShelf(t, store, time.Hour, 0)
	s.fill(t, cart.Cart{ID: "c", Customer: "anna"})
	plain := newShelf(t, store, 0, 0)
	plain.pass(t, 1000*time.Hour)
	require.Empty(t, plain.events)
	c, err := plain.Get(t.Context(), "c")
	require.NoError(t, err)
	require.Zero(t, c.Due)
}

// Many workers abandon each of many carts once, in batches.
func TestAbandonedOnce(t *testing.T) {
	const carts = 600
	for _, transactions := range []bool{true, false} {
		var store cart.Store = cart.NewMemory(nil)
		if !transactions {
			store = struct{ cart.Store }{store}
		}
		s := newShelf(t, store, time.Hour, 0)
		for i := range carts {
			s.fill(t, cart.Cart{ID: cart.ID(fmt.Sprintf("c-%03d", i)), Visitor: "v"})
		}
		s.now = s.now.Add(2 * time.Hour)
		require.NoError(t, errors.Join(suite.Parallel(4, func(int) error {
			for more := true; more; {
				var err error
				if more, err = s.Advance(t.Context(), s.now); err != nil {
					return err
				}
			}
			return nil
		})...))
		ids := map[string]bool{}
		for _, e := range s.events {
			ids[e.ID] = true
		}
		require.Len(t, s.events, carts)
		require.Len(t, ids, carts)
	}
}

// Whatever call fails, the cart is abandoned and reported once in the end.
func TestAbandonmentSurvivesFailures(t *testing.T) {
	down := errors.New("down")
	for failAt := range 12 {
		calls, failing := 0, 0
		memory := cart.NewMemory(nil)
		tick := func(string, bool) error {
			if calls++; calls == failing {
				return down
			}
			return nil
		}
		s := &shelf{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		var err error
		s.Service, err = cart.New(carttest.Failing(memory, tick), &cart.Options{
			AbandonAfter: time.Hour, Sink: flywheel.SinkFunc(s.tell), Tx: memory, Now: func() time.Time { return s.now },
		})
		require.NoError(t, err)
		s.fill(t, cart.Cart{ID: "c", Customer: "anna"})
		calls, failing = 0, failAt
		s.fail = map[bool]error{true: down}[failAt == 11]
		s.now = s.now.Add(2 * time.Hour)
		_, err = s.Advance(t.Context(), s.now)
		require.True(t, err == nil || errors.Is(err, down))
		s.fail, failing = nil, 0
		s.pass(t, 0)
		require.Len(t, s.events, 1, failAt)
	}
}
