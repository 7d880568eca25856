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
	mu         sync.Mutex
	intercept  func(Call) Fault
	payments   map[string]*Payment // by ID
	seen       map[string]Call     // successful calls by key
	unanswered map[string]Charge   // timed out without effect, by key
	abandoned  map[string]bool     // keys that set nothing aside any more
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
	Authorized money.Amount // zero while it waits for the buyer
	Captured   money.Amount
	Released   money.Amount // parts given up, and all that a void let go
	Refunded   money.Amount
	Voided     bool
	// Waiting is what is set aside when the buyer has acted, zero else.
	Waiting money.Amount
	// Refused says that the buyer or the bank refused the action.
	Refused bool
}

// Intercept lets f decide how each following call goes; nil ends it. f runs
// before the call, outside of the gateway's lock, and may block. Find is not
// intercepted.
func (m *Memory) Intercept(f func(Call) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.intercept = f
}

// Authorize implements [Gateway].
func (m *Memory) Authorize(ctx context.Context, c Charge) (Authorization, error) {
	call := Call{Operation: OpAuthorize, Key: c.Key, Amount: c.Amount, Method: c.Method}
	fault, err := m.begin(ctx, &call)
	if err != nil {
		return Authorization{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if fault == Timeout && !m.done(call) {
		if m.unanswered == nil {
			m.unanswered = map[string]Charge{}
		}
		m.unanswered[c.Key] = c
	}
	var auth Authorization
	err = m.once(call, fault, func() error {
		if m.abandoned[c.Key] {
			return ErrVoided
		}
		m.authorize(c, fault == Ask)
		return nil
	})
	if err == nil {
		p := m.byKey(c.Key)
		if auth, err = m.look(p.ID); p.Voided && !m.abandoned[c.Key] {
			auth, err = Authorization{ID: p.ID, Amount: c.Amount}, nil // as the first time
		}
	}
	if fault == LostAnswer {
		return Authorization{}, ErrNoAnswer
	}
	return auth, err
}

// byKey returns the payment of a charge, nil when there is none.
func (m *Memory) byKey(key string) *Payment {
	if p, ok := m.payments[idOf(key)]; ok {
		return p
	}
	for _, p := range m.payments { // restored under an id of its own
		if p.Key == key {
			return p
		}
	}
	return nil
}

func idOf(key string) string { return "authorization-" + key }

// authorize records what a charge sets aside, or that it waits for the buyer.
func (m *Memory) authorize(c Charge, waits bool) {
	if m.payments == nil {
		m.payments = map[string]*Payment{}
	}
	none := money.New(0, c.Amount.Currency())
	p := &Payment{
		ID: idOf(c.Key), Key: c.Key, Method: c.Method, Ref: c.Ref, Customer: c.Customer,
		Authorized: c.Amount, Captured: none, Released: none, Refunded: none, Waiting: none,
	}
	if waits {
		p.Authorized, p.Waiting = none, c.Amount
	}
	m.payments[p.ID] = p
	delete(m.unanswered, c.Key)
}

// Finish is what the buyer does at the bank for an authorization that waits: ok
// sets the amount aside, else it is declined and its key is free. One that does
// not wait any more reports an error matching flywheel.ErrConflict.
func (m *Memory) Finish(authorization string, ok bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.find(authorization)
	if err != nil {
		return err
	}
	if p.Waiting.IsZero() || p.Voided {
		return fmt.Errorf("payment: authorization %q does not wait for the buyer: %w", authorization, flywheel.ErrConflict)
	}
	m.finish(p, ok)
	return nil
}

func (m *Memory) finish(p *Payment, ok bool) {
	none := money.New(0, p.Waiting.Currency())
	if ok {
		p.Authorized = p.Waiting
	} else {
		p.Refused = true
		delete(m.seen, p.Key)
	}
	p.Waiting = none
}

// Answer is the late answer of the bank to the charge of a key that waits for the
// buyer, or of which no answer came and which had no effect yet: ok sets the amount
// aside, else it is declined. A charge that stands already and is answered with ok
// stays; any other state reports an error matching flywheel.ErrConflict, an unknown
// key one matching flywheel.ErrNotFound.
func (m *Memory) Answer(key string, ok bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.byKey(key)
	c, open := m.unanswered[key]
	switch {
	case open:
		delete(m.unanswered, key)
		if ok && !m.abandoned[key] {
			m.authorize(c, false)
			m.remember(Call{Operation: OpAuthorize, Key: c.Key, Amount: c.Amount, Method: c.Method})
		}
	case p == nil:
		return fmt.Errorf("payment: charge %q: %w", key, flywheel.ErrNotFound)
	case !p.Waiting.IsZero() && !p.Voided:
		m.finish(p, ok)
	case ok && !p.Authorized.IsZero() && !p.Voided, !ok && p.Refused:
	default:
		return fmt.Errorf("payment: charge %q is settled otherwise: %w", key, flywheel.ErrConflict)
	}
	return nil
}

// Find implements [Gateway].
func (m *Memory) Find(ctx context.Context, authorization string) (Authorization, error) {
	if err := ctx.Err(); err != nil {
		return Authorization{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.look(authorization)
}

// look tells what an authorization is now.
func (m *Memory) look(authorization string) (Authorization, error) {
	p, err := m.find(authorization)
	switch {
	case err != nil:
		return Authorization{}, err
	case p.Refused:
		return Authorization{}, &DeclinedError{Reason: "the buyer did not confirm"}
	case p.Voided:
		return Authorization{}, ErrVoided
	case !p.Waiting.IsZero():
		return Authorization{}, &ActionError{Authorization: p.ID, Type: "redirect", URL: "https://bank.example/confirm/" + p.ID}
	}
	return Authorization{ID: p.ID, Amount: p.Authorized}, nil
}

// Capture implements [Gateway].
func (m *Memory) Capture(ctx context.Context, key, authorization string, amount money.Amount) error {
	call := Call{Operation: OpCapture, Key: key, Authorization: authorization, Amount: amount}
	return m.do(ctx, call, func() error {
		p, err := m.standing(authorization)
		if err != nil {
			return err
		}
		return move(OpCapture, &p.Captured, amount, p.Authorized, p.Captured, p.Released)
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
		return p.void()
	})
}

// Release implements [Gateway].
func (m *Memory) Release(ctx context.Context, key, authorization string, amount money.Amount) error {
	call := Call{Operation: OpRelease, Key: key, Authorization: authorization, Amount: amount}
	return m.do(ctx, call, func() error {
		p, err := m.standing(authorization)
		if err != nil {
			return err
		}
		return move(OpRelease, &p.Released, amount, p.Authorized, p.Captured, p.Released)
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
		return move(OpRefund, &p.Refunded, amount, p.Captured, p.Refunded)
	})
}

// Abandon implements [Gateway].
func (m *Memory) Abandon(ctx context.Context, c Charge) error {
	call := Call{Operation: OpAbandon, Key: c.Key, Amount: c.Amount, Method: c.Method}
	fault, err := m.begin(ctx, &call)
	if err != nil {
		return err
	}
	switch fault {
	case Decline:
		return &DeclinedError{Reason: "asked to"}
	case Timeout:
		return ErrNoAnswer
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.seen[c.Key]; ok && before != (Call{Operation: OpAuthorize, Key: c.Key, Amount: c.Amount, Method: c.Method}) {
		return ErrKeyReused
	}
	if p := m.byKey(c.Key); p != nil && !p.Refused {
		if err := p.void(); err != nil {
			return err
		}
	}
	if m.abandoned == nil {
		m.abandoned = map[string]bool{}
	}
	m.abandoned[c.Key] = true
	delete(m.unanswered, c.Key)
	if fault == LostAnswer {
		return ErrNoAnswer
	}
	return nil
}

// void lets go of what is set aside.
func (p *Payment) void() error {
	if !p.Captured.IsZero() {
		return ErrCaptured
	}
	p.Voided, p.Released = true, p.Authorized
	return nil
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
	none := money.New(0, p.Authorized.Currency())
	for _, a := range []*money.Amount{&p.Captured, &p.Released, &p.Refunded, &p.Waiting} {
		if *a == (money.Amount{}) {
			*a = none
		}
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

// begin checks a call and asks the interceptor how it goes.
func (m *Memory) begin(ctx context.Context, call *Call) (Fault, error) {
	if err := ctx.Err(); err != nil {
		return Pass, err
	}
	if err := call.check(); err != nil {
		return Pass, err
	}
	m.mu.Lock()
	intercept, asked := m.intercept, *call
	asked.Repeated = m.done(*call)
	m.mu.Unlock()
	if intercept == nil {
		return Pass, nil
	}
	return intercept(asked), nil
}

// do runs one call: faults, idempotency, then the effect.
func (m *Memory) do(ctx context.Context, call Call, effect func() error) error {
	fault, err := m.begin(ctx, &call)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err = m.once(call, fault, effect)
	if fault == LostAnswer {
		return ErrNoAnswer
	}
	return err
}

// done reports whether the call had its effect before.
func (m *Memory) done(call Call) bool {
	before, ok := m.seen[call.Key]
	return ok && before == call
}

// once runs the effect of a call that did not have it before.
func (m *Memory) once(call Call, fault Fault, effect func() error) error {
	if fault == Timeout {
		return ErrNoAnswer
	}
	if before, ok := m.seen[call.Key]; ok {
		if before != call {
			return ErrKeyReused
		}
		return nil
	}
	if fault == Decline {
		return &DeclinedError{Reason: "asked to"}
	}
	if err := effect(); err != nil {
		return err
	}
	m.remember(call)
	if fault == Twice {
		return m.once(call, Pass, effect)
	}
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

// standing returns a payment whose amount is set aside.
func (m *Memory) standing(authorization string) (*Payment, error) {
	if _, err := m.look(authorization); err != nil {
		return nil, err
	}
	return m.payments[authorization], nil
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

// move adds amount to total. What is used of limit, total included, stays at or
// below it.
func move(op Operation, total *money.Amount, amount, limit money.Amount, used ...money.Amount) error {
	left := limit
	for _, u := range used {
		var err error
		if left, err = left.Sub(u); err != nil {
			return fmt.Errorf("payment: %s: %w", op, err)
		}
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
