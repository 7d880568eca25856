package fulfillment

import "time"

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

// promised returns the least and the greatest day over parcels, zero days where
// there are none.
func (n *Network) promised(parcels []Parcel, o *Option, at time.Time) (earliest, latest Date) {
	for i := range parcels {
		place := n.place(parcels[i].Location)
		from, to := place.promise(o.Days, at, parcels[i].Date)
		if i == 0 || from.Compare(earliest) < 0 {
			earliest = from
		}
		if i == 0 || to.Compare(latest) > 0 {
			latest = to
		}
	}
	return earliest, latest
}
