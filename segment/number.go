package segment

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Arrival is what numbering needs of an event that has no position yet.
type Arrival struct {
	// Number identifies the event in its store and ascends in the order of
	// Append.
	Number int64
	// Told is the writer's clock at Append, and Teller the consumer that told the
	// event, "" for one told by anybody else.
	Told     time.Time
	Teller   string
	Name     string
	Time     time.Time // claimed
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
}

// Numbering says how committed events get their places in the log.
type Numbering struct {
	// Now is the numberer's clock.
	Now time.Time
	// Skew is how far ahead of its receipt an event's time is believed.
	Skew time.Duration
	// Identity says whose nameless events are.
	Identity Identity
}

// Numbered is the place of an event, as an Arrival names it.
type Numbered struct {
	Number   int64
	Position flywheel.Position
	Received time.Time
	Person   flywheel.Person
	Name     string
}

// Assign gives arrivals the places after head, whose entry was received at last:
// first those of nobody's telling in the order of arrival, then those told by
// consumers, by the consumer's name and arrival. Received is
// max(last, min(told, now)). links are the links of the visitors of the arrivals;
// added and removed are the changes that the arrivals make to them, of removed
// only Visitor and Customer are set. It is for authors of a [LogStore]; it sorts
// arrivals in place. Cost: O(n log n).
func (n Numbering) Assign(head flywheel.Position, last time.Time, arrivals []Arrival, links []Link) (rows []Numbered, added, removed []Link) {
	slices.SortFunc(arrivals, func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(a.Teller, b.Teller), cmp.Compare(a.Number, b.Number))
	})
	byVisitor := map[flywheel.VisitorID][]Link{}
	for _, l := range links {
		byVisitor[l.Visitor] = append(byVisitor[l.Visitor], l)
	}
	for _, of := range byVisitor {
		slices.SortFunc(of, compareLinks)
	}
	rows = make([]Numbered, 0, len(arrivals))
	for i := range arrivals {
		a := &arrivals[i]
		head++
		received := a.Told
		if n.Now.Before(received) {
			received = n.Now
		}
		if received.Before(last) {
			received = last
		}
		last = received
		row := Numbered{Number: a.Number, Position: head, Received: received, Name: a.Name}
		effective := effectiveTime(a.Time, received, n.Skew)
		switch known := byVisitor[a.Visitor]; {
		case a.Customer != "" && a.Visitor != "" && a.Name == EventUnlinked:
			if rest := removeLinks(slices.Clone(known), a.Customer); len(rest) != len(known) {
				byVisitor[a.Visitor] = rest
				removed = append(removed, Link{Visitor: a.Visitor, Customer: a.Customer})
				added = slices.DeleteFunc(added, func(l Link) bool { return l.Visitor == a.Visitor && l.Customer == a.Customer })
			}
			row.Person = flywheel.PersonOf(a.Customer, "")
		case a.Customer != "":
			if a.Visitor != "" {
				l := Link{a.Visitor, a.Customer, effective, head}
				if with, is := n.Identity.addLink(slices.Clone(known), l); is {
					byVisitor[a.Visitor] = with
					added = append(added, l)
				}
			}
			row.Person = flywheel.PersonOf(a.Customer, "")
		case a.Visitor != "":
			row.Person = flywheel.PersonOf(n.Identity.owner(known, effective), a.Visitor)
		}
		rows = append(rows, row)
	}
	return rows, added, removed
}

// effectiveTime is the earlier of the claimed time and the receipt plus skew.
func effectiveTime(claimed, received time.Time, skew time.Duration) time.Time {
	if limit := received.Add(skew); claimed.After(limit) {
		return limit
	}
	return claimed
}
