package referral

import (
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// CommissionRules say what bringing customers earns. RatesBP is needed.
type CommissionRules struct {
	// RatesBP are the rates by level, hundredths of a percent of the base: of who
	// brought the customer, of who brought that person, and so on. Each is 0 to 10,000,
	// and so is their sum.
	RatesBP []int64
	// Hold is how long after receipt a commission becomes available.
	Hold time.Duration
	// LastBinds lets a later referrer take the place of a living bond; else the first
	// stays.
	LastBinds bool
	// BindDays is how many days a bond lives; 0 is for good.
	BindDays int
	// SelfPurchase lets customers earn the first level of their own orders, which moves
	// everybody else a level up.
	SelfPurchase bool
}

// Account is what somebody has earned.
type Account struct {
	Pending   int64 `json:"pending"`
	Available int64 `json:"available"` // below zero where more was taken back than was there
	Withdrawn int64 `json:"withdrawn"`
}

// Share is a part of an order's commission.
type Share struct {
	User   string `json:"user"`
	Amount int64  `json:"amount"`
}

type bond struct {
	to   string
	ends time.Time // zero is never
}

type earning struct {
	buyer  string
	base   int64
	left   int64
	shares []Share
	due    time.Time // when it becomes available; zero until received
	done   bool
}

// Commissions is one program of commissions in memory. Steps come in the order of
// time; each first lets become available what is due. It is not safe for concurrent
// use.
type Commissions struct {
	rules    CommissionRules
	bonds    map[string]bond
	accounts map[string]*Account
	orders   map[string]*earning
	waiting  []*earning // received, in the order of becoming due
}

// NewCommissions returns a program without bonds.
func NewCommissions(r CommissionRules) (*Commissions, error) {
	sum := int64(0)
	for i, rate := range r.RatesBP {
		if rate < 0 || rate > 10_000 {
			return nil, wrong(fmt.Sprintf("rates_bp[%d]", i), "%d is not from 0 to 10,000", rate)
		}
		sum += rate
	}
	switch {
	case len(r.RatesBP) == 0 || len(r.RatesBP) > 100:
		return nil, wrong("rates_bp", "%d levels are not from 1 to 100", len(r.RatesBP))
	case sum > 10_000:
		return nil, wrong("rates_bp", "%d in all are more than the base", sum)
	case r.Hold < 0:
		return nil, wrong("hold", "%v is negative", r.Hold)
	case r.BindDays < 0 || r.BindDays > 100_000:
		return nil, wrong("bind_days", "%d", r.BindDays)
	}
	r.RatesBP = slices.Clone(r.RatesBP)
	return &Commissions{rules: r, bonds: map[string]bond{}, accounts: map[string]*Account{}, orders: map[string]*earning{}}, nil
}

// Advance lets become available what is due at an instant.
func (c *Commissions) Advance(at time.Time) {
	for len(c.waiting) > 0 && !c.waiting[0].due.After(at) {
		e := c.waiting[0]
		c.waiting = c.waiting[1:]
		e.done = true
		for _, s := range e.shares {
			a := c.account(s.User)
			a.Pending -= s.Amount
			a.Available += s.Amount
		}
	}
}

func (c *Commissions) account(user string) *Account {
	a := c.accounts[user]
	if a == nil {
		a = &Account{}
		c.accounts[user] = a
	}
	return a
}

// Account returns what somebody has earned.
func (c *Commissions) Account(user string) Account {
	if a := c.accounts[user]; a != nil {
		return *a
	}
	return Account{}
}

// referrer returns to whom a customer is bound at an instant.
func (c *Commissions) referrer(user string, at time.Time) string {
	b, ok := c.bonds[user]
	if !ok || !b.ends.IsZero() && !at.Before(b.ends) {
		return ""
	}
	return b.to
}

// Bind binds a customer to who brought them.
func (c *Commissions) Bind(user, referrer string, at time.Time) error {
	if err := checkIDs("user", user, "referrer", referrer); err != nil {
		return err
	}
	c.Advance(at)
	if user == referrer {
		return refused(Self)
	}
	seen := map[string]bool{}
	for up := c.referrer(referrer, at); up != "" && !seen[up]; up = c.referrer(up, at) {
		if up == user {
			return refused(Loop)
		}
		seen[up] = true
	}
	if c.referrer(user, at) != "" && !c.rules.LastBinds {
		return refused(Bound)
	}
	b := bond{to: referrer}
	if c.rules.BindDays > 0 {
		b.ends = at.Add(time.Duration(c.rules.BindDays) * 24 * time.Hour)
	}
	c.bonds[user] = b
	return nil
}

// maxBase bounds what an order earns for, so that sums of many orders fit.
const maxBase = 1 << 50

// Paid notes that a customer paid an order with a base in minor units, and returns
// what it earns, by level, without those who earn nothing. It is pending. The same
// order again is answered as the first time.
func (c *Commissions) Paid(order, user string, base int64, at time.Time) ([]Share, error) {
	if err := checkIDs("order", order, "user", user); err != nil {
		return nil, err
	}
	if base < 0 || base > maxBase {
		return nil, wrong("base", "%d is not from 0 to %d", base, int64(maxBase))
	}
	c.Advance(at)
	if e := c.orders[order]; e != nil {
		if e.buyer != user || e.base != base {
			return nil, refused(Known)
		}
		return c.earned(e, base), nil
	}
	e := &earning{buyer: user, base: base, left: base}
	next := user
	if !c.rules.SelfPurchase {
		next = c.referrer(user, at)
	}
	for range c.rules.RatesBP {
		if next == "" {
			break
		}
		e.shares = append(e.shares, Share{User: next})
		next = c.referrer(next, at)
	}
	for i := range e.shares {
		e.shares[i].Amount = part(base, c.rules.RatesBP[i])
		c.account(e.shares[i].User).Pending += e.shares[i].Amount
	}
	c.orders[order] = e
	return c.earned(e, base), nil
}

// earned returns the shares of an order of a base, without those of nothing.
func (c *Commissions) earned(e *earning, base int64) (shares []Share) {
	for i, s := range e.shares {
		if amount := part(base, c.rules.RatesBP[i]); amount > 0 {
			shares = append(shares, Share{s.User, amount})
		}
	}
	return shares
}

// part returns floor(base·rate/10000), exactly.
func part(base, rate int64) int64 {
	high, low := bits.Mul64(uint64(base), uint64(rate))
	q, _ := bits.Div64(high, low, 10_000)
	return int64(q)
}

// Received notes that the goods of an order arrived: its commission becomes
// available after the hold. Repeated it changes nothing.
func (c *Commissions) Received(order string, at time.Time) error {
	c.Advance(at)
	e := c.orders[order]
	if e == nil {
		return refused(UnknownOrder)
	}
	if !e.due.IsZero() {
		return nil
	}
	e.due = at.Add(c.rules.Hold)
	c.waiting = append(c.waiting, e)
	c.Advance(at)
	return nil
}

// Refund notes that a part of an order's base was given back, and returns by how much
// the commissions change: what they are on the rest, less what they were. It is
// taken from what is pending, or after the hold from what is available.
func (c *Commissions) Refund(order string, amount int64, at time.Time) ([]Share, error) {
	c.Advance(at)
	e := c.orders[order]
	switch {
	case e == nil:
		return nil, refused(UnknownOrder)
	case amount < 1:
		return nil, wrong("amount", "%d is not positive", amount)
	case amount > e.left:
		return nil, refused(Amount)
	}
	e.left -= amount
	var changes []Share
	for i := range e.shares {
		s := &e.shares[i]
		change := part(e.left, c.rules.RatesBP[i]) - s.Amount
		if change == 0 {
			continue
		}
		s.Amount += change
		if a := c.account(s.User); e.done {
			a.Available += change
		} else {
			a.Pending += change
		}
		changes = append(changes, Share{s.User, change})
	}
	return changes, nil
}

// Withdraw pays out a part of what is available.
func (c *Commissions) Withdraw(user string, amount int64, at time.Time) error {
	if err := checkIDs("user", user); err != nil {
		return err
	}
	if amount < 1 {
		return wrong("amount", "%d is not positive", amount)
	}
	c.Advance(at)
	if c.Account(user).Available < amount {
		return refused(Balance)
	}
	a := c.account(user)
	a.Available -= amount
	a.Withdrawn += amount
	return nil
}
