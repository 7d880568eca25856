package community

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// LatePayment says what becomes of a payment that has no seat.
type LatePayment string

// The policies.
const (
	RefundLate   LatePayment = "refund"    // it is given back
	NewGroupLate LatePayment = "new_group" // the payer leads a new group, while the activity runs
)

// LeaderLeaves says what becomes of a group whose leader leaves it.
type LeaderLeaves string

// The policies.
const (
	Promote  LeaderLeaves = "promote"  // the member who paid first leads
	Dissolve LeaderLeaves = "dissolve" // the group fails
)

// GroupRules are the rules of a group purchase. Size is needed; zero elsewhere means
// the default.
type GroupRules struct {
	Size     int           // seats of a group, at least 2
	Duration time.Duration // from the leader's payment on; default a day
	// ActivityEnd is the first instant at which no group can be opened; zero is none.
	// Groups end then, too, unless RunOn says that they have their whole duration.
	ActivityEnd time.Time
	RunOn       bool
	PayTimeout  time.Duration // how long an unpaid order holds its seat; default 15 minutes
	// AutoComplete lets a group of at least AutoCompleteMinPaid paid orders (default 1)
	// succeed at its deadline with virtual members on the other seats.
	AutoComplete        bool
	AutoCompleteMinPaid int
	LeaderLeaves        LeaderLeaves // default Promote
	LatePayment         LatePayment  // default RefundLate
	// LimitPerUser is how many orders of the activity a person has that are unpaid,
	// paid or confirmed; default 1.
	LimitPerUser int
	// NewCustomersOnly lets only new customers join; anybody leads.
	NewCustomersOnly bool
}

// GroupState is how far a group is.
type GroupState string

// The states of a group.
const (
	GroupOpen      GroupState = "open"
	GroupSucceeded GroupState = "succeeded"
	GroupFailed    GroupState = "failed"
)

// Group is one group.
type Group struct {
	ID       string     `json:"id"`
	State    GroupState `json:"state"`
	Leader   string     `json:"leader"`
	Deadline time.Time  `json:"deadline"`
	// At is when it succeeded or failed, Reason why it failed: "deadline" or
	// "leader_left". Virtual are the seats of nobody in a group that was completed.
	At      time.Time `json:"at,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Virtual int       `json:"virtual,omitempty"`

	orders []*GroupOrder // in the order of joining
}

// GroupOrderState is how far an order of a group purchase is.
type GroupOrderState string

// The states of an order. A closed one has lost its seat without being paid; the
// money of one that is due for refund goes back.
const (
	OrderUnpaid    GroupOrderState = "unpaid"
	OrderPaid      GroupOrderState = "paid"
	OrderConfirmed GroupOrderState = "confirmed"
	OrderRefundDue GroupOrderState = "refund_due"
	OrderClosed    GroupOrderState = "closed"
)

// GroupOrder is one person's order.
type GroupOrder struct {
	ID    string          `json:"id"`
	User  string          `json:"user"`
	State GroupOrderState `json:"state"`
	Group string          `json:"group,omitempty"`
	// Reason is why the money is due: "left", "leader_left", "deadline" or
	// "late_payment".
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until"` // of the hold
	PaidAt time.Time `json:"paid_at,omitzero"`
	rank   int       // of the payment
}

// Outcome is what a payment caused.
type Outcome string

// The outcomes of payments. Those of flash sales have no group.
const (
	Opened    Outcome = "opened"    // a group
	Joined    Outcome = "joined"    // a group
	Succeeded Outcome = "succeeded" // the group is complete
	Refunded  Outcome = "refund"    // there is no seat, or no unit
	Duplicate Outcome = "duplicate" // the notice is known
	PaidNow   Outcome = "paid"
	PaidLate  Outcome = "paid_late" // the hold was over and a unit still there
)

// GroupBuy is one activity of group purchases (pin tuan) in memory. Steps come in
// the order of time; each first does what time alone caused. It is not safe for
// concurrent use.
type GroupBuy struct {
	rules  GroupRules
	groups []*Group
	byID   map[string]*Group
	orders []*GroupOrder
	byName map[string]*GroupOrder
	byUser map[string][]*GroupOrder
	paid   int

	nextOrder, nextGroup int // before them nobody waits
}

// NewGroupBuy returns an activity without groups.
func NewGroupBuy(r GroupRules) (*GroupBuy, error) {
	switch {
	case r.Size < 2 || r.Size > 1000:
		return nil, wrong("size", "%d is not from 2 to 1,000", r.Size)
	case r.Duration < 0:
		return nil, wrong("duration", "%v", r.Duration)
	case r.PayTimeout < 0:
		return nil, wrong("pay_timeout", "%v", r.PayTimeout)
	case r.AutoCompleteMinPaid < 0 || r.AutoCompleteMinPaid > r.Size:
		return nil, wrong("auto_complete_min_paid", "%d is not from 1 to %d", r.AutoCompleteMinPaid, r.Size)
	case r.LimitPerUser < 0:
		return nil, wrong("limit_per_user", "%d", r.LimitPerUser)
	}
	fill(&r.Duration, 24*time.Hour)
	fill(&r.PayTimeout, 15*time.Minute)
	fill(&r.AutoCompleteMinPaid, 1)
	fill(&r.LimitPerUser, 1)
	fill(&r.LeaderLeaves, Promote)
	fill(&r.LatePayment, RefundLate)
	if r.LeaderLeaves != Promote && r.LeaderLeaves != Dissolve || r.LatePayment != RefundLate && r.LatePayment != NewGroupLate {
		return nil, fmt.Errorf("community: policies %.40q, %.40q: %w", r.LeaderLeaves, r.LatePayment, flywheel.ErrInvalid)
	}
	return &GroupBuy{rules: r, byID: map[string]*Group{}, byName: map[string]*GroupOrder{}, byUser: map[string][]*GroupOrder{}}, nil
}

// fill gives a rule that is not set its default.
func fill[T comparable](rule *T, value T) {
	var zero T
	if *rule == zero {
		*rule = value
	}
}

// Group returns a group; ok is false where there is none.
func (b *GroupBuy) Group(id string) (g Group, ok bool) {
	if there := b.byID[id]; there != nil {
		return *there, true
	}
	return g, false
}

// Order returns an order; ok is false where there is none.
func (b *GroupBuy) Order(id string) (o GroupOrder, ok bool) {
	if there := b.byName[id]; there != nil {
		return *there, true
	}
	return o, false
}

// Advance does what time alone causes up to an instant: holds end, then
// groups, in the order of time.
func (b *GroupBuy) Advance(at time.Time) {
	for {
		// Holds are as long as each other, and groups as well, up to a common end: both
		// queues are in the order of their ends.
		for b.nextOrder < len(b.orders) && b.orders[b.nextOrder].State != OrderUnpaid {
			b.nextOrder++
		}
		for b.nextGroup < len(b.groups) && b.groups[b.nextGroup].State != GroupOpen {
			b.nextGroup++
		}
		var order *GroupOrder
		var group *Group
		if b.nextOrder < len(b.orders) && !b.orders[b.nextOrder].Until.After(at) {
			order = b.orders[b.nextOrder]
		}
		if b.nextGroup < len(b.groups) && !b.groups[b.nextGroup].Deadline.After(at) {
			group = b.groups[b.nextGroup]
		}
		switch {
		case order != nil && (group == nil || !group.Deadline.Before(order.Until)):
			order.State = OrderClosed
		case group != nil:
			b.end(group)
		default:
			return
		}
	}
}

// end ends a group at its deadline.
func (b *GroupBuy) end(g *Group) {
	if paid := g.count(OrderPaid); b.rules.AutoComplete && paid >= b.rules.AutoCompleteMinPaid {
		g.succeed(g.Deadline)
		g.Virtual = b.rules.Size - paid
		return
	}
	g.fail(g.Deadline, "deadline")
}

func (g *Group) count(states ...GroupOrderState) (n int) {
	for _, o := range g.orders {
		for _, s := range states {
			if o.State == s {
				n++
			}
		}
	}
	return n
}

func (g *Group) succeed(at time.Time) {
	g.State, g.At = GroupSucceeded, at
	for _, o := range g.orders {
		switch o.State {
		case OrderPaid:
			o.State = OrderConfirmed
		case OrderUnpaid:
			o.State = OrderClosed
		}
	}
}

func (g *Group) fail(at time.Time, reason string) {
	g.State, g.At, g.Reason = GroupFailed, at, reason
	for _, o := range g.orders {
		switch o.State {
		case OrderPaid:
			o.State, o.Reason = OrderRefundDue, reason
		case OrderUnpaid:
			o.State = OrderClosed
		}
	}
}

// running reports whether groups can be opened.
func (b *GroupBuy) running(at time.Time) bool {
	return b.rules.ActivityEnd.IsZero() || at.Before(b.rules.ActivityEnd)
}

// live counts a person's orders that are unpaid, paid or confirmed.
func (b *GroupBuy) live(user string) (n int) {
	for _, o := range b.byUser[user] {
		if o.State == OrderUnpaid || o.State == OrderPaid || o.State == OrderConfirmed {
			n++
		}
	}
	return n
}

func (b *GroupBuy) add(user, order string, g *Group, at time.Time) {
	o := &GroupOrder{ID: order, User: user, State: OrderUnpaid, Until: at.Add(b.rules.PayTimeout)}
	if g != nil {
		o.Group = g.ID
		g.orders = append(g.orders, o)
	}
	b.orders = append(b.orders, o)
	b.byName[order] = o
	b.byUser[user] = append(b.byUser[user], o)
}

// Open places the order of somebody who will lead a group: the group starts with its
// payment.
func (b *GroupBuy) Open(user, order string, at time.Time) error {
	if err := checkIDs("user", user, "order", order); err != nil {
		return err
	}
	b.Advance(at)
	switch {
	case b.byName[order] != nil:
		return refused(Known)
	case !b.running(at):
		return refused(ActivityOver)
	case b.live(user) >= b.rules.LimitPerUser:
		return refused(LimitReached)
	}
	b.add(user, order, nil, at)
	return nil
}

// Join places an order that holds a seat of a group until it is paid or the hold
// ends.
func (b *GroupBuy) Join(user, order, group string, newCustomer bool, at time.Time) error {
	if err := checkIDs("user", user, "order", order, "group", group); err != nil {
		return err
	}
	b.Advance(at)
	g := b.byID[group]
	switch {
	case b.byName[order] != nil:
		return refused(Known)
	case g == nil || g.State != GroupOpen:
		return refused(NotOpen)
	case g.has(user):
		return refused(AlreadyInGroup)
	case b.live(user) >= b.rules.LimitPerUser:
		return refused(LimitReached)
	case b.rules.NewCustomersOnly && !newCustomer:
		return refused(NewCustomersOnly)
	case g.count(OrderPaid, OrderUnpaid) >= b.rules.Size:
		return refused(Full)
	}
	b.add(user, order, g, at)
	return nil
}

func (g *Group) has(user string) bool {
	for _, o := range g.orders {
		if o.User == user && (o.State == OrderUnpaid || o.State == OrderPaid) {
			return true
		}
	}
	return false
}

// Pay takes the notice that an order was paid, and returns what came of it and the
// group concerned. A notice that comes again is Duplicate.
func (b *GroupBuy) Pay(order string, at time.Time) (what Outcome, group string, err error) {
	b.Advance(at)
	o := b.byName[order]
	if o == nil {
		return "", "", refused(Unknown)
	}
	g := b.byID[o.Group]
	switch {
	case o.State == OrderPaid || o.State == OrderConfirmed || o.State == OrderRefundDue:
		return Duplicate, o.Group, nil
	case o.State == OrderUnpaid && g == nil:
		return b.lead(o, at)
	case o.State == OrderUnpaid,
		g != nil && g.State == GroupOpen && g.count(OrderPaid, OrderUnpaid) < b.rules.Size && b.live(o.User) < b.rules.LimitPerUser:
		b.pay(o, at)
		if g.count(OrderPaid) == b.rules.Size {
			g.succeed(at)
			return Succeeded, g.ID, nil
		}
		return Joined, g.ID, nil
	case b.rules.LatePayment == NewGroupLate && b.running(at) && b.live(o.User) < b.rules.LimitPerUser:
		return b.lead(o, at)
	}
	return b.tooLate(o, at), o.Group, nil
}

func (b *GroupBuy) tooLate(o *GroupOrder, at time.Time) Outcome {
	o.State, o.Reason, o.PaidAt = OrderRefundDue, "late_payment", at
	return Refunded
}

func (b *GroupBuy) pay(o *GroupOrder, at time.Time) {
	b.paid++
	o.State, o.PaidAt, o.rank = OrderPaid, at, b.paid
}

// lead starts a group with its payer.
func (b *GroupBuy) lead(o *GroupOrder, at time.Time) (Outcome, string, error) {
	deadline := at.Add(b.rules.Duration)
	if end := b.rules.ActivityEnd; !end.IsZero() && !b.rules.RunOn && end.Before(deadline) {
		deadline = end
	}
	if !deadline.After(at) {
		return b.tooLate(o, at), "", nil // the activity ended before the payment
	}
	g := &Group{ID: fmt.Sprintf("g%d", len(b.groups)+1), State: GroupOpen, Leader: o.User, Deadline: deadline, orders: []*GroupOrder{o}}
	b.groups, b.byID[g.ID] = append(b.groups, g), g
	if before := b.byID[o.Group]; before != nil {
		before.remove(o)
	}
	o.Group = g.ID
	b.pay(o, at)
	return Opened, g.ID, nil
}

func (g *Group) remove(o *GroupOrder) {
	for i := range g.orders {
		if g.orders[i] == o {
			g.orders = append(g.orders[:i:i], g.orders[i+1:]...)
			return
		}
	}
}

// Leave takes an order out of its group before the group succeeds. What was paid is
// due for refund.
func (b *GroupBuy) Leave(order string, at time.Time) error {
	b.Advance(at)
	o := b.byName[order]
	switch {
	case o == nil:
		return refused(Unknown)
	case o.State == OrderConfirmed:
		return refused(UseReturn)
	case o.State == OrderUnpaid:
		o.State = OrderClosed
		return nil
	case o.State != OrderPaid:
		return refused(NotActive)
	}
	o.State, o.Reason = OrderRefundDue, "left"
	g := b.byID[o.Group]
	if g.Leader != o.User {
		return nil
	}
	var next *GroupOrder
	for _, m := range g.orders {
		if m.State == OrderPaid && (next == nil || m.rank < next.rank) {
			next = m
		}
	}
	if next == nil || b.rules.LeaderLeaves == Dissolve {
		g.fail(at, "leader_left")
		return nil
	}
	g.Leader = next.User
	return nil
}
