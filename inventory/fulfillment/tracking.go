package fulfillment

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Tracking is how far a shipment is.
type Tracking string

// The states of a shipment.
const (
	Announced      Tracking = "announced"        // there is a label
	InTransit      Tracking = "in_transit"       // the carrier has it
	OutForDelivery Tracking = "out_for_delivery" // it arrives today
	Attempted      Tracking = "attempted"        // nobody was there
	AwaitsPickup   Tracking = "awaits_pickup"    // it waits at a place for the buyer
	Delivered      Tracking = "delivered"        // final
	Returning      Tracking = "returning"        // on its way back to the sender
	Returned       Tracking = "returned"         // final: back at the sender
	Lost           Tracking = "lost"             // nobody knows; it may still turn up
)

// follows are the states that a state can be followed by.
var follows = map[Tracking][]Tracking{
	"":             {Announced, InTransit, OutForDelivery, AwaitsPickup, Delivered},
	Announced:      {InTransit, OutForDelivery, AwaitsPickup, Delivered, Returning, Returned, Lost},
	InTransit:      {InTransit, OutForDelivery, Attempted, AwaitsPickup, Delivered, Returning, Returned, Lost},
	OutForDelivery: {InTransit, OutForDelivery, Attempted, AwaitsPickup, Delivered, Returning, Returned, Lost},
	Attempted:      {InTransit, OutForDelivery, Attempted, AwaitsPickup, Delivered, Returning, Returned, Lost},
	AwaitsPickup:   {InTransit, AwaitsPickup, Delivered, Returning, Returned, Lost},
	Returning:      {Returning, Returned, Lost},
	Lost:           {InTransit, OutForDelivery, Attempted, AwaitsPickup, Delivered, Returning, Returned},
	Delivered:      {},
	Returned:       {},
}

// Final reports whether nothing follows.
func (t Tracking) Final() bool { return t == Delivered || t == Returned }

// Scan is what a carrier says about a shipment.
type Scan struct {
	// ID tells scans apart: a scan that comes again has no effect.
	ID    string    `json:"id"`
	State Tracking  `json:"state"`
	At    time.Time `json:"at"`
	// Where is the place in the words of the carrier.
	Where string `json:"where,omitempty"`
}

// Shipment follows a parcel to the door. The zero Shipment is one that nothing is
// known of yet.
type Shipment struct {
	Carrier string `json:"carrier,omitempty"`
	Number  string `json:"number,omitempty"`
	// State is that of the latest scan.
	State Tracking `json:"state,omitempty"`
	// Scans are ordered by time and ID.
	Scans []Scan `json:"scans,omitempty"`
}

// MaxScans bounds the scans of a shipment.
const MaxScans = 500

// Apply returns the shipment after a scan, and whether its state changed. Scans may
// come in any order: one that is older than the latest is kept in its place and
// changes no state. One that comes again changes nothing; the same ID with another
// content matches flywheel.ErrConflict, as does a state that cannot follow. Nothing
// follows a final state. On an error the shipment is as it was.
func (s Shipment) Apply(scan Scan) (next Shipment, changed bool, err error) {
	if err := flywheel.CheckID(scan.ID); err != nil {
		return s, false, inField("id", err)
	}
	if _, ok := follows[scan.State]; !ok || scan.State == "" {
		return s, false, refuse(ErrInput, "state", "%q is no state of a shipment", scan.State)
	}
	scan.At = scan.At.UTC().Truncate(time.Microsecond)
	for _, known := range s.Scans {
		if known.ID != scan.ID {
			continue
		}
		if known != scan {
			return s, false, refuse(ErrState, "id", "scan %q was something else", scan.ID)
		}
		return s, false, nil
	}
	if len(s.Scans) >= MaxScans {
		return s, false, refuse(ErrRange, "scans", "more than %d", MaxScans)
	}
	latest := len(s.Scans) == 0 || compareScans(scan, s.Scans[len(s.Scans)-1]) > 0
	if latest && !slices.Contains(follows[s.State], scan.State) {
		return s, false, refuse(ErrState, "state", "%s cannot follow %s", scan.State, s.State)
	}
	at, _ := slices.BinarySearchFunc(s.Scans, scan, compareScans)
	next = s
	next.Scans = slices.Insert(slices.Clone(s.Scans), at, scan)
	if latest {
		next.State = scan.State
	}
	return next, next.State != s.State, nil
}

func compareScans(a, b Scan) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// Late reports whether a shipment has not arrived by the end of the promised day, in
// the zone of the calendar at its place.
func (n *Network) Late(s Shipment, p *Parcel, promised Date, now time.Time) (bool, error) {
	place := n.place(p.Location)
	if place == nil {
		return false, refuse(ErrUnknown, "location", "place %q", p.Location)
	}
	day := DateOf(now.In(place.calendar.zone))
	if s.State == Delivered || s.State == AwaitsPickup {
		day = DateOf(s.Scans[len(s.Scans)-1].At.In(place.calendar.zone))
		for _, scan := range s.Scans {
			if scan.State == Delivered || scan.State == AwaitsPickup {
				day = DateOf(scan.At.In(place.calendar.zone))
				break
			}
		}
	}
	return day.Compare(promised) > 0, nil
}
