package payment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Memory is a [Gateway] in memory, for tests and examples. It keeps the whole
// contract and can be told to misbehave. The zero value is ready, and it is
// safe for concurrent use.
type Memory struct {
	mu        sync.Mutex
	intercept func(Call) Fault
	payments  map[string]*Payment // by ID
	seen      map[string]Call     // successful calls by key
}

// Payment is what a [Memory] gateway knows of one authorization.
type Payment struct {
	// ID is the authorization's: derived from Key, so that it is the same in
	// every run.
	ID         string
	Key        string
	Method     string
	Ref        string
	Customer   flywheel.CustomerID
	Authorized money.Amount
	Captured   money.Amount
	Refunded   money.Amount
	Voided     bool
}

// Intercept lets f decide how each following call goes; nil ends it. f runs
// before the call, outside of the gateway's lock, and may block.
func (m *Memory) Intercept(f func(Call) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.intercept = f
}

// Authorize implements [Gateway].
func (m *Memory) Authorize(ctx context.Context, c Charge) (Authorization, error) {
	auth := Authorization{ID: "authorization-" + c.Key, Amount: c.Amount}
	call := Call{Operation: OpAuthorize, Key: c.Key, Amount: c.Amount, Method: c.Method}
	err := m.do(ctx, call, func() error {
		if m.payments == nil {
			m.payments = map[string]*Payment{}
		}
		none := money.New(0, c.Amount.Currency())
		m.payments[auth.ID] = &Payment{
			ID: auth.ID, Key: c.Key, Method: c.Method, Ref: c.Ref, Customer: c.Customer,
			Authorized: c.Amount, Captured: none, Refunded: none,
		}
		return nil
	})
	if err != nil {
		return Authorization{}, err
	}
	return auth, nil
}

// Capture implements [Gateway].
func (m *Memory) Capture(ctx context.Context, key, authorization string, amount money.Amount) error {
	call := Call{Operation: OpCapture, Key: key, Authorization: authorization, Amount: amount}
	return m.do(ctx, call, func() error {
		p, err := m.find(authorization)
		if err != nil {
			return err
		}
		if p.Voided {
			return ErrVoided
		}
		return move(OpCapture, &p.Captured, amount, p.Authorized)
	})
}

// Void implements [Gateway].
func (m *Memory) Void(ctx context.Context, key, authorization string) error {
	call := Call{Operation: OpVoid, Key: key, Authorization: authorization}
	return m.do(ctx, call, func() error {
		p, err := m.find(authorization)
		if err != nil {
			return err
		}
		if !p.Captured.IsZero() {
			return ErrCaptured
		}
		p.Voided = true
		return nil
	})
}

// Refund implements [Gateway].
func (m *Memory) Refund(ctx context.Context, key, authorization string, amount money.Amount) error {
	call := Call{Operation: OpRefund, Key: key, Authorization: authorization, Amount: amount}
	return m.do(ctx, call, func() error {
		p, err := m.find(authorization)
		if err != nil {
			return err
		}
		return move(OpRefund, &p.Refunded, amount, p.Captured)
	})
}

// Payment returns what is known of an authorization.
func (m *Memory) Payment(authorization string) (Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.find(authorization)
	if err != nil {
		return Payment{}, err
	}
	return *p, nil
}

// Payments returns all that is known, ordered by ID.
func (m *Memory) Payments() []Payment {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Payment, 0, len(m.payments))
	for _, p := range m.payments {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Payment) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Restore puts back a payment that an earlier process made, so that a program
// whose orders outlive it can go on capturing and refunding. Keys of earlier
// captures and refunds are not known again.
func (m *Memory) Restore(p Payment) error {
	if p.ID == "" {
		return fmt.Errorf("payment: restore: id: missing: %w", flywheel.ErrInvalid)
	}
	if err := flywheel.CheckID(p.Key); err != nil {
		return fmt.Errorf("payment: restore: key: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.payments == nil {
		m.payments = map[string]*Payment{}
	}
	m.payments[p.ID] = &p
	m.remember(Call{Operation: OpAuthorize, Key: p.Key, Amount: p.Authorized, Method: p.Method})
	return nil
}

// do runs one call: faults, idempotency, then the effect.
func (m *Memory) do(ctx context.Context, call Call, effect func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := call.check(); err != nil {
		return err
	}
	m.mu.Lock()
	intercept := m.intercept
	m.mu.Unlock()
	fault := Pass
	if intercept != nil {
		fault = intercept(call)
	}
	switch fault {
	case Decline:
		return &DeclinedError{Reason: "asked to"}
	case Timeout:
		return ErrNoAnswer
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.once(call, effect)
	if fault == Twice && err == nil {
		err = m.once(call, effect)
	}
	if fault == LostAnswer {
		return ErrNoAnswer
	}
	return err
}

func (m *Memory) once(call Call, effect func() error) error {
	if before, ok := m.seen[call.Key]; ok {
		if before != call {
			return ErrKeyReused
		}
		return nil
	}
	if err := effect(); err != nil {
		return err
	}
	m.remember(call)
	return nil
}

func (m *Memory) remember(call Call) {
	if m.seen == nil {
		m.seen = map[string]Call{}
	}
	m.seen[call.Key] = call
}

func (m *Memory) find(authorization string) (*Payment, error) {
	p, ok := m.payments[authorization]
	if !ok {
		return nil, fmt.Errorf("payment: authorization %q: %w", authorization, flywheel.ErrNotFound)
	}
	return p, nil
}

func (c *Call) check() error {
	if err := flywheel.CheckID(c.Key); err != nil {
		return fmt.Errorf("payment: %s: key: %w", c.Operation, err)
	}
	if c.Operation != OpVoid && c.Amount.Minor() <= 0 {
		return fmt.Errorf("payment: %s of %v: must be positive: %w", c.Operation, c.Amount, flywheel.ErrInvalid)
	}
	return nil
}

// move adds amount to total, which stays at or below limit.
func move(op Operation, total *money.Amount, amount, limit money.Amount) error {
	left, err := limit.Sub(*total)
	if err != nil {
		return fmt.Errorf("payment: %s: %w", op, err)
	}
	order, err := amount.Cmp(left)
	if err != nil {
		return fmt.Errorf("payment: %s: %w", op, err)
	}
	if order > 0 {
		return &LimitError{Operation: string(op), Want: amount, Left: left}
	}
	sum, err := total.Add(amount)
	if err != nil {
		return fmt.Errorf("payment: %s: %w", op, err)
	}
	*total = sum
	return nil
}
