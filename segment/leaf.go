package segment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Aggregate is the number that a [Leaf] makes of the events that it takes.
type Aggregate string

// The aggregates: how many events; the sum of their values in major units, of
// events in the leaf's currency only; how many different values of a property.
const (
	CountOf    Aggregate = "count"
	SumOf      Aggregate = "sum"
	DistinctOf Aggregate = "distinct"
)

// Leaf is a number about a person that a live segment's rule may ask for.
type Leaf struct {
	// Events are the names of the events taken.
	Events []string `json:"events"`
	// Where, if it is set, is a condition of package rule on the event's own
	// fields and properties.
	Where json.RawMessage `json:"where,omitempty"`
	// Agg is the aggregate; default [CountOf].
	Agg Aggregate `json:"agg,omitempty"`
	// Currency is that of a sum.
	Currency string `json:"currency,omitempty"`
	// Of is the property whose different values are counted.
	Of string `json:"of,omitempty"`
	// Window leaves out events whose effective time is this long ago or longer, such as
	// "P30D" or "PT36H": ISO 8601 in days and clock time, a day being 24 hours, at most a
	// hundred years. Without it events count for ever.
	Window string `json:"window,omitempty"`
}

// LeafState is what a profile keeps of a leaf.
type LeafState struct {
	// Number is the count, the sum in minor units, or the number of different
	// values.
	Number int64 `json:"number"`
	// First is the earliest of the moments that are counted, where the leaf has a
	// window; Until is up to when time has passed for it.
	First time.Time `json:"first,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// compiledLeaf is a leaf that is ready to take events.
type compiledLeaf struct {
	Leaf
	key      string
	where    *rule.Rule
	currency money.Currency
	window   time.Duration // 0 for ever
	slot     rule.Slot
}

// Key returns under what name the state of the leaf is kept: the same leaf in
// another segment, or in another version of the segment, is the same state.
func (l Leaf) Key() string {
	if l.Agg == "" {
		l.Agg = CountOf
	}
	l.Events = slices.Compact(slices.Sorted(slices.Values(l.Events)))
	data, err := json.Marshal(l)
	if err != nil {
		return "" // a condition that is no JSON, which compile refuses
	}
	sum := sha256.Sum256(data)
	return "leaf:" + hex.EncodeToString(sum[:12])
}

func (l Leaf) compile() (*compiledLeaf, error) {
	c := &compiledLeaf{Leaf: l, key: l.Key()}
	if c.Agg == "" {
		c.Agg = CountOf
	}
	fail := func(field string, err error) error { return &flywheel.FieldError{Field: field, Err: err} }
	if len(l.Events) == 0 {
		return nil, fail("events", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	for i, name := range l.Events {
		if err := flywheel.CheckID(name); err != nil {
			return nil, fail(fmt.Sprintf("events[%d]", i), err)
		}
	}
	var err error
	if l.Window != "" {
		if c.window, err = parseWindow(l.Window); err != nil {
			return nil, fail("window", err)
		}
	}
	if len(l.Where) > 0 {
		if c.where, err = rule.Compile(l.Where, nil); err != nil {
			return nil, fail("where", err)
		}
	}
	switch c.Agg {
	case CountOf:
	case SumOf:
		if c.currency, err = money.ParseCurrency(l.Currency); err != nil {
			return nil, fail("currency", err)
		}
	case DistinctOf:
		if err := flywheel.CheckID(l.Of); err != nil {
			return nil, fail("of", err)
		}
	default:
		return nil, fail("agg", fmt.Errorf("%q is none of count, sum, distinct: %w", l.Agg, flywheel.ErrInvalid))
	}
	return c, nil
}

// take adds an event at a place of the log to the state of a profile. counted adds one
// to the count of a value and returns it.
func (c *compiledLeaf) take(p *Profile, e *flywheel.Event, at flywheel.Position, value money.Amount, counted func(of, value string) (int64, error)) (bool, error) {
	if !slices.Contains(c.Events, e.Name) {
		return false, nil
	}
	fields := eventFields(e)
	if c.where != nil && !c.where.Match(fields) {
		return false, nil
	}
	state := p.Leaves[c.key]
	before := state.Number
	m := Moment{At: e.Time, Position: at}
	switch c.Agg {
	case CountOf:
		state.Number++
	case SumOf:
		if value.Currency() != c.currency {
			return false, nil
		}
		sum, err := money.New(state.Number, c.currency).Add(value)
		if err != nil {
			return false, err
		}
		m.Number, state.Number = value.Minor(), sum.Minor()
	case DistinctOf:
		seen, ok := fields[c.Of]
		if !ok || seen == nil {
			return false, nil
		}
		var err error
		if m.Value, err = valueText(c.Of, seen); err != nil {
			return false, err
		}
	}
	if c.window > 0 && !c.enter(p, &state, m) {
		return false, nil
	}
	if c.Agg == DistinctOf {
		n, err := counted(c.key, m.Value)
		if err != nil || n > 1 && c.window == 0 {
			return false, err
		}
		if n == 1 {
			state.Number++
		}
	}
	if p.Leaves == nil {
		p.Leaves = map[string]LeafState{}
	}
	p.Leaves[c.key] = state
	return state.Number != before, nil
}

// number is the leaf's value in rules.
func (c *compiledLeaf) number(p *Profile) float64 {
	n := p.Leaves[c.key].Number
	if c.Agg == SumOf {
		return major(money.New(n, c.currency))
	}
	return float64(n)
}

// eventFields is an event as conditions see it: its properties, and its fields
// under their JSON names, which come first.
func eventFields(e *flywheel.Event) map[string]any {
	fields := make(map[string]any, len(e.Properties)+8)
	for k, v := range e.Properties {
		fields[k] = v
	}
	fields["id"], fields["name"] = e.ID, e.Name
	set := func(name, value string) {
		if value != "" {
			fields[name] = value
		}
	}
	set("customer", string(e.Customer))
	set("visitor", string(e.Visitor))
	set("session", e.Session)
	set("ref", e.Ref)
	if e.Value != (money.Amount{}) {
		fields["value"], fields["currency"] = major(e.Value), e.Value.Currency().String()
	}
	if len(e.Lines) > 0 {
		skus := make([]any, len(e.Lines))
		for i := range e.Lines {
			skus[i] = string(e.Lines[i].SKU)
		}
		fields["skus"] = skus
	}
	return fields
}

// mergeLeaves adds the leaves of another alias. Distinct values of both are counted
// by values.
func mergeLeaves(ctx context.Context, p, other *Profile, leaves map[string]*compiledLeaf, values func(context.Context, string) (int64, error)) error {
	for key, state := range other.Leaves {
		leaf := leaves[key]
		if leaf == nil {
			continue // of a segment that is no more
		}
		own, both := p.Leaves[key]
		switch {
		case !both:
			own = state
		case leaf.Agg == DistinctOf:
			n, err := values(ctx, key)
			if err != nil {
				return err
			}
			own.Number = n
		case leaf.Agg == SumOf:
			sum, err := money.New(own.Number, leaf.currency).Add(money.New(state.Number, leaf.currency))
			if err != nil {
				return err
			}
			own.Number = sum.Minor()
		default:
			own.Number += state.Number
		}
		if own.Until = later(own.Until, state.Until); own.First.IsZero() || !state.First.IsZero() && state.First.Before(own.First) {
			own.First = state.First
		}
		if p.Leaves == nil {
			p.Leaves = map[string]LeafState{}
		}
		p.Leaves[key] = own
	}
	return nil
}
