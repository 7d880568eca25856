package segment

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// day is the unit of the attributes that count time: 24 hours.
const day = 24 * time.Hour

// attribute is one value that rules may ask of a profile.
type attribute struct {
	name string
	kind rule.Type
	slot rule.Slot
	read func(p *Profile, now time.Time) any // nil when missing
	// since is the moment from which the attribute counts days; nil for one that
	// does not change with time alone.
	since func(p *Profile) time.Time
}

// builtin are the attributes of every profile.
var builtin = []attribute{
	{name: "customer", kind: rule.String, read: func(p *Profile, _ time.Time) any { return string(p.Customer()) }},
	{name: "events", kind: rule.Int, read: func(p *Profile, _ time.Time) any { return float64(p.Events) }},
	{name: "orders", kind: rule.Int, read: func(p *Profile, _ time.Time) any { return float64(p.Orders) }},
	{name: "items", kind: rule.Int, read: func(p *Profile, _ time.Time) any { return float64(p.Items) }},
	{name: "refunds", kind: rule.Int, read: func(p *Profile, _ time.Time) any { return float64(p.Refunds) }},
	{name: "revenue", kind: rule.Number, read: func(p *Profile, _ time.Time) any { return major(p.Revenue()) }},
	{name: "refunded", kind: rule.Number, read: func(p *Profile, _ time.Time) any { return major(p.Refunded()) }},
	{name: "average_order", kind: rule.Number, read: averageOrder},
	{name: "currency", kind: rule.String, read: currency},
	instant("first_seen", func(p *Profile) time.Time { return p.FirstSeen }),
	instant("last_seen", func(p *Profile) time.Time { return p.LastSeen }),
	instant("first_purchase", func(p *Profile) time.Time { return p.FirstPurchase }),
	instant("last_purchase", func(p *Profile) time.Time { return p.LastPurchase }),
	daysSince("first_seen", func(p *Profile) time.Time { return p.FirstSeen }),
	daysSince("last_seen", func(p *Profile) time.Time { return p.LastSeen }),
	daysSince("first_purchase", func(p *Profile) time.Time { return p.FirstPurchase }),
	daysSince("last_purchase", func(p *Profile) time.Time { return p.LastPurchase }),
}

func averageOrder(p *Profile, _ time.Time) any {
	average, err := p.AverageOrder()
	if err != nil || p.Orders == 0 {
		return nil
	}
	return major(average)
}

func currency(p *Profile, _ time.Time) any {
	if c := p.Revenue().Currency(); !c.IsZero() {
		return c.String()
	}
	return nil
}

// instant is a time as text, which orders as times do.
func instant(name string, of func(p *Profile) time.Time) attribute {
	return attribute{name: name, kind: rule.String, read: func(p *Profile, _ time.Time) any {
		if t := of(p); !t.IsZero() {
			return t.Format("2006-01-02T15:04:05.000000Z")
		}
		return nil
	}}
}

// daysSince is the number of whole days since a moment.
func daysSince(name string, of func(p *Profile) time.Time) attribute {
	return attribute{name: "days_since_" + name, kind: rule.Int, since: of, read: func(p *Profile, now time.Time) any {
		if t := of(p); !t.IsZero() {
			return float64(days(t, now))
		}
		return nil
	}}
}

// days counts whole days, none before t.
func days(t, now time.Time) int64 { return max(0, (now.UnixMicro()-t.UnixMicro())/day.Microseconds()) }

// major is an amount in major units: the float64 nearest to the decimal number,
// as a rule's JSON has it.
func major(a money.Amount) float64 {
	return float64(a.Minor()) / math.Pow10(a.Currency().Digits())
}

// attributesOf returns all attributes, those of traits after the built-in ones,
// and their schema.
func attributesOf(traits []Trait) ([]attribute, *rule.Schema, error) {
	all := slices.Clone(builtin)
	for i := range traits {
		t := &traits[i]
		all = append(all, attribute{name: t.Name, kind: t.valueType(), read: func(p *Profile, _ time.Time) any {
			if i < len(p.Traits) {
				return t.read(&p.Traits[i])
			}
			return t.read(&TraitState{})
		}})
	}
	types := map[string]rule.Type{}
	for i := range all {
		if _, twice := types[all[i].name]; twice {
			return nil, nil, fmt.Errorf("segment: trait %q: the name is taken: %w", all[i].name, flywheel.ErrInvalid)
		}
		types[all[i].name] = all[i].kind
	}
	schema, err := rule.NewSchema(types)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		all[i].slot, _ = schema.Slot(all[i].name)
	}
	return all, schema, nil
}

// read returns the attribute's value, nil before the first event except for what
// is zero then.
func (t *Trait) read(s *TraitState) any {
	switch {
	case t.Kind == Count:
		return float64(s.Count)
	case t.Kind == Distinct:
		return float64(s.Values)
	case s.Count == 0 && t.Kind == Sum:
		return 0.0
	case s.Count == 0:
		return nil
	case t.ofMoney():
		return major(s.Amount)
	case t.Kind == Sum, t.Kind == Min, t.Kind == Max:
		return s.Number
	case t.Kind == Values:
		values := make([]any, len(s.List))
		for i := range s.List {
			values[i] = s.List[i]
		}
		return values
	}
	return s.Value
}
