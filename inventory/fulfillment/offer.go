package fulfillment

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Address is where an order goes, as far as delivery is concerned. The zero Address
// is none.
type Address struct {
	Country  string
	Region   string
	Postcode string
	// Latitude and Longitude are in degrees; nil where they are not known.
	Latitude, Longitude *float64
}

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a.Country == "" }

func (a Address) check(field string) error {
	if a.Latitude != nil && !(*a.Latitude >= -90 && *a.Latitude <= 90) {
		return refuse(ErrRange, field+".latitude", "%v is not between -90 and 90", *a.Latitude)
	}
	if a.Longitude != nil && !(*a.Longitude >= -180 && *a.Longitude <= 180) {
		return refuse(ErrRange, field+".longitude", "%v is not between -180 and 180", *a.Longitude)
	}
	return nil
}

// Request asks how an order can reach its buyer.
type Request struct {
	Items   []Item
	Stock   Stock
	Address Address
	// Value is that of the goods after discounts.
	Value money.Amount
	// At is when the order would be placed.
	At time.Time
	// Memory is an allocation that nobody needs any more; the new one is made in its
	// memory. Nil: in new memory.
	Memory *Allocation
	// Chosen names an option that was chosen before: a pickup stays in the answer
	// although its place has too little.
	Chosen string
}

// Offer is an option that is offered.
type Offer struct {
	ID       string
	Type     Type
	Location Location // of a pickup option
	// Charge is the price of the rate that fits, or 0 where the goods are worth
	// enough.
	Charge money.Amount
	// Tax is that of the option.
	Tax string
	// Earliest and Latest are the least and the greatest promised day over the
	// parcels. Both are zero while something is short and where nothing is shipped.
	Earliest, Latest Date
}

// Offers returns the options that are offered, in the order of the configuration.
//
// An option is offered when it goes to the address, takes the categories and sizes of
// all items, can be ordered at the time, and has a rate that fits. Weight is that of
// what is shipped. A pickup option is offered whatever the address, if its place has
// everything; while something is short anywhere, or nothing is shipped, it is offered
// in any case, and then no offer has dates.
func (n *Network) Offers(r Request) ([]Offer, error) {
	offers, _, err := n.Plan(r)
	return offers, err
}

// Plan returns the offers and the allocation over all places on which those of
// shipping options stand.
func (n *Network) Plan(r Request) ([]Offer, Allocation, error) {
	if err := checkItems(r.Items); err != nil {
		return nil, Allocation{}, err
	}
	weight, err := shippedWeight(r.Items)
	if err != nil {
		return nil, Allocation{}, err
	}
	var memory []Piece
	if r.Memory != nil {
		memory = r.Memory.Pieces
	}
	all, err := n.allocateChecked(r.Address, r.Items, r.Stock, "", memory)
	if err != nil {
		return nil, Allocation{}, err
	}
	undated := len(all.Short) > 0 || !ships(r.Items)
	var stops []stop
	if !undated {
		stops = stopsOf(&all)
	}
	var offers []Offer
	var elsewhere []Piece // memory of what pickup options would take
	for i := range n.options {
		o := &n.options[i]
		if !n.takes(o, &r) {
			continue
		}
		charge, ok, err := o.charge(weight, r.Value)
		if err != nil {
			return nil, Allocation{}, err
		}
		if !ok {
			continue
		}
		offer := Offer{ID: o.ID, Type: o.Type, Location: o.Location, Charge: charge, Tax: o.Tax}
		from := stops
		if o.Type == Pickup && !undated {
			here, err := n.allocateChecked(Address{}, r.Items, r.Stock, o.Location, elsewhere)
			if err != nil {
				return nil, Allocation{}, err
			}
			elsewhere = here.Pieces
			switch {
			case len(here.Short) == 0:
				from = stopsOf(&here)
			case o.ID == r.Chosen:
				offers = append(offers, offer)
				continue
			default:
				continue
			}
		}
		offer.Earliest, offer.Latest = n.promised(from, o, r.At)
		offers = append(offers, offer)
	}
	return offers, all, nil
}

// takes reports whether an option goes to the address, takes all items, and can be
// ordered at the time.
func (n *Network) takes(o *Option, r *Request) bool {
	if o.Type == Shipping && !o.reaches(r.Address) {
		return false
	}
	if o.Window != nil && !o.Window.open(r.At.In(n.calendar.zone)) {
		return false
	}
	if len(o.NotFor) == 0 && o.Largest.IsZero() {
		return true
	}
	for i := range r.Items {
		item := &r.Items[i]
		if slices.ContainsFunc(item.Categories, func(c string) bool { return slices.Contains(o.NotFor, c) }) {
			return false
		}
		if !o.Largest.IsZero() && !item.Download && !item.Size.Fits(o.Largest) {
			return false
		}
	}
	return true
}

// reaches reports whether a shipping option goes to an address.
func (o *Option) reaches(a Address) bool {
	return !a.IsZero() && (slices.Contains(o.Zones, a.Country) ||
		a.Region != "" && slices.Contains(o.Zones, a.Country+"-"+a.Region))
}

// Reaches reports whether any shipping option goes to an address, whatever the order.
func (n *Network) Reaches(a Address) bool {
	for i := range n.options {
		if o := &n.options[i]; o.Type == Shipping && o.reaches(a) {
			return true
		}
	}
	return false
}

func (w *Window) open(local time.Time) bool {
	if len(w.Days) > 0 && !slices.Contains(w.Days, local.Weekday()) {
		return false
	}
	return w.From == w.To || !w.From.after(local) && w.To.after(local)
}

// tariff returns the charges in the currency of the goods, those of Rates where the goods
// have no value.
func (o *Option) tariff(value money.Amount) (Tariff, error) {
	first := Tariff{o.Rates, o.FreeFrom}
	currency := value.Currency()
	if value == (money.Amount{}) || currency == first.currency() {
		return first, nil
	}
	for i := range o.Tariffs {
		if o.Tariffs[i].currency() == currency {
			return o.Tariffs[i], nil
		}
	}
	if len(o.Tariffs) > 0 || o.By == ByValue || o.FreeFrom != nil {
		return Tariff{}, refuse(ErrInput, "value", "%v is not in %s", value, first.currency())
	}
	return first, nil
}

// charge returns the price of the first rate that fits, and whether there is one.
func (o *Option) charge(weight int64, value money.Amount) (charge money.Amount, ok bool, err error) {
	t, err := o.tariff(value)
	if err != nil {
		return charge, false, err
	}
	measure := weight
	switch o.By {
	case ByValue:
		measure = value.Minor()
	case Flat:
		measure = 0
	}
	at := slices.IndexFunc(t.Rates, func(r Rate) bool { return r.To == nil || *r.To >= measure })
	if at < 0 {
		return charge, false, nil
	}
	if t.FreeFrom != nil && value.Minor() >= t.FreeFrom.Minor() {
		return money.New(0, t.currency()), true, nil
	}
	return t.Rates[at].Price, true, nil
}
