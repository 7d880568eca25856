package live

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// EventJoined reports that somebody watches a live event or its replay: Ref is the
// live event, the property [PropertyReplay] true for a replay.
const (
	EventJoined    = "live_joined"
	PropertyReplay = "replay"
)

// SlotResult is what a slot brought.
type SlotResult struct {
	Slot   string
	Orders int // with a line of it
	Units  int64
	// Revenue is the sum of the amounts of its lines.
	Revenue money.Amount
}

// Result is what an event brought.
type Result struct {
	// Viewers watched it live, ReplayViewers only the replay.
	Viewers, ReplayViewers int
	Buyers, Orders         int
	// ReplayOrders are those of the orders whose buyer had watched only the replay.
	ReplayOrders int
	Revenue      money.Amount
	// Slots are those that brought something, in the order of the event.
	Slots []SlotResult
}

// Attribute returns what an event brought by the log, whose entries come in their
// order: purchases of its SKUs by people who joined before, at most window before.
// An order counts once. Revenue in a second currency is an error matching
// flywheel.ErrInvalid. O(entries).
func Attribute(e *Event, entries iter.Seq2[flywheel.Entry, error], window time.Duration) (Result, error) {
	if window <= 0 {
		return Result{}, fmt.Errorf("live: %w", &flywheel.FieldError{Field: "window", Err: fmt.Errorf("%v is not positive: %w", window, flywheel.ErrOutOfRange)})
	}
	slotOf := map[flywheel.SKU]int{}
	results := make([]SlotResult, len(e.Slots))
	for i, s := range e.Slots {
		results[i].Slot = s.ID
		for _, sku := range s.SKUs {
			if _, known := slotOf[sku]; !known {
				slotOf[sku] = i
			}
		}
	}
	type joined struct {
		at   time.Time // the last time
		live bool      // ever
	}
	people, buyers, orders := map[flywheel.Person]joined{}, map[flywheel.Person]bool{}, map[string]bool{}
	var r Result
	for entry, err := range entries {
		if err != nil {
			return Result{}, err
		}
		event := &entry.Event
		switch {
		case entry.Person == "":
		case event.Name == EventJoined && event.Ref == e.ID:
			replay, _ := event.Properties[PropertyReplay].(bool)
			j := people[entry.Person]
			people[entry.Person] = joined{entry.Effective, j.live || !replay}
		case event.Name == flywheel.EventPurchase:
			j, watched := people[entry.Person]
			order := event.Ref
			if order == "" {
				order = event.ID
			}
			if age := entry.Effective.Sub(j.at); !watched || age < 0 || age >= window || orders[order] {
				continue
			}
			counted := map[int]bool{}
			for _, l := range event.Lines {
				i, ours := slotOf[l.SKU]
				if !ours {
					continue
				}
				if !counted[i] {
					counted[i] = true
					results[i].Orders++
				}
				results[i].Units += l.Quantity
				if l.Amount.Currency().IsZero() {
					continue
				}
				for _, sum := range []*money.Amount{&results[i].Revenue, &r.Revenue} {
					if sum.Currency().IsZero() {
						*sum = money.New(0, l.Amount.Currency())
					}
					if *sum, err = sum.Add(l.Amount); err != nil {
						return Result{}, &flywheel.EntryError{Position: entry.Position, ID: event.ID, Err: err}
					}
				}
			}
			if len(counted) > 0 {
				orders[order], buyers[entry.Person] = true, true
				r.Orders++
				if !j.live {
					r.ReplayOrders++
				}
			}
		}
	}
	for _, j := range people {
		if j.live {
			r.Viewers++
		} else {
			r.ReplayViewers++
		}
	}
	r.Buyers = len(buyers)
	r.Slots = slices.DeleteFunc(results, func(s SlotResult) bool { return s.Orders == 0 })
	return r, nil
}
