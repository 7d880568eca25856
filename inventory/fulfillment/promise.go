package fulfillment

import (
	"slices"
	"time"
)

// Promise returns the days between which a parcel reaches its buyer by an option,
// when it is ordered at an instant.
//
// Day 0 is the day of ordering in the zone of the place's calendar if that is a
// business day and the cut-off is still to come, else the next business day; it is
// not before the first business day on or after the parcel's date. Handling
// business days later the parcel is handed over, and reaches the buyer after the
// option's least and greatest number of carrier days. Holidays are neither. With no
// option, "", both are the day of handing over.
func (n *Network) Promise(p *Parcel, option string, at time.Time) (earliest, latest Date, err error) {
	place := n.place(p.Location)
	if place == nil {
		return Date{}, Date{}, refuse(ErrUnknown, "location", "place %q", p.Location)
	}
	var days [2]int
	if option != "" {
		o := n.option(option)
		if o == nil {
			return Date{}, Date{}, refuse(ErrUnknown, "option", "option %q", option)
		}
		days = o.Days
	}
	earliest, latest = place.promise(days, at, p.Date)
	return earliest, latest, nil
}

func (p *place) promise(days [2]int, at time.Time, notBefore Date) (earliest, latest Date) {
	c := p.calendar
	out := c.later(&c.business, c.day0(at, notBefore), c.handling)
	earliest = c.later(&c.carrier, out, days[0])
	return earliest, c.later(&c.carrier, earliest, days[1]-days[0])
}

// stop is where, and from which day on, parcels leave.
type stop struct {
	location Location
	date     Date
}

// stopsOf returns those of an allocation, each once.
func stopsOf(a *Allocation) (stops []stop) {
	for i := range a.Pieces {
		p := &a.Pieces[i]
		if s := (stop{p.Location, p.Date}); !p.Download && !slices.Contains(stops, s) {
			stops = append(stops, s)
		}
	}
	return stops
}

// promised returns the least and the greatest day over stops, zero days where
// there are none.
func (n *Network) promised(stops []stop, o *Option, at time.Time) (earliest, latest Date) {
	for i := range stops {
		place := n.place(stops[i].location)
		from, to := place.promise(o.Days, at, stops[i].date)
		if i == 0 || from.Compare(earliest) < 0 {
			earliest = from
		}
		if i == 0 || to.Compare(latest) > 0 {
			latest = to
		}
	}
	return earliest, latest
}
