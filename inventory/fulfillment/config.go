package fulfillment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Config is what a shop decides about delivery. [New] compiles it.
type Config struct {
	// Calendar is that of the shop.
	Calendar Calendar `json:"calendar,omitzero"`
	// Places hold stock. None: [DefaultLocation] alone.
	Places []Place `json:"places,omitempty"`
	// Options are the ways in which an order can reach its buyer, in the order in
	// which they are offered.
	Options []Option `json:"options,omitempty"`
	// Sourcing says which places an order is best taken from.
	Sourcing Sourcing `json:"sourcing,omitzero"`
}

// Place is a location that orders are packed at.
type Place struct {
	ID Location `json:"id"`
	// Priority orders places, the lowest first; ties go by ID.
	Priority int `json:"priority,omitempty"`
	// Country and Region say where the place is.
	Country string `json:"country,omitempty"`
	Region  string `json:"region,omitempty"`
	// Latitude and Longitude are in degrees, for [Sourcing] by distance.
	Latitude  float64 `json:"latitude,omitempty"`
	Longitude float64 `json:"longitude,omitempty"`
	// CutOff and Handling replace those of the calendar.
	CutOff   *Clock `json:"cutOff,omitempty"`
	Handling *int   `json:"handling,omitempty"`
	// Calendar replaces that of the shop.
	Calendar *Calendar `json:"calendar,omitempty"`
	// ParcelCost and UnitCost are what a parcel and a unit from here cost in
	// addition, for [Sourcing] by cost.
	ParcelCost int64 `json:"parcelCost,omitempty"`
	UnitCost   int64 `json:"unitCost,omitempty"`
}

// Type says how an option reaches the buyer.
type Type string

// The types of options.
const (
	// Shipping goes to the buyer's address.
	Shipping Type = "shipping"
	// Pickup waits for the buyer at a place.
	Pickup Type = "pickup"
)

// Measure says what the rates of an option go by.
type Measure string

// The measures.
const (
	// Flat options have one rate.
	Flat Measure = ""
	// ByWeight rates go by the grams of what is shipped.
	ByWeight Measure = "weight"
	// ByValue rates go by the value of the goods after discounts, in minor units.
	ByValue Measure = "value"
)

// Rate is what delivery costs up to a bound.
type Rate struct {
	// To is the greatest measure that the rate is for. Nil: no bound.
	To *int64 `json:"to,omitempty"`
	// Price is the charge.
	Price money.Amount `json:"price"`
}

// Tariff is what an option costs in one more currency, by the same measure.
type Tariff struct {
	Rates    []Rate        `json:"rates"`
	FreeFrom *money.Amount `json:"freeFrom,omitempty"`
}

// Window is when an option can be ordered, on the clocks of the shop's calendar.
type Window struct {
	// Days are days of the week. None: all.
	Days []time.Weekday `json:"days,omitempty"`
	// From is the first time of day, To the first that is too late. Equal: all day.
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// Option is a way in which an order can reach its buyer.
type Option struct {
	ID   string `json:"id"`
	Type Type   `json:"type"`
	// Zones are where a shipping option goes: countries as in "DE" and regions as
	// in "US-NY".
	Zones []string `json:"zones,omitempty"`
	// Location is the place of a pickup option.
	Location Location `json:"location,omitempty"`
	// By is the measure of Rates. The first rate whose To is not below the measure
	// is the charge; where there is none the option is not offered.
	By    Measure `json:"by,omitempty"`
	Rates []Rate  `json:"rates"`
	// FreeFrom is the value of the goods after discounts from which on there is no
	// charge. Nil: never.
	FreeFrom *money.Amount `json:"freeFrom,omitempty"`
	// Tariffs are the charges in further currencies: an order is charged in that of
	// its goods. With tariffs, goods in a currency that neither they nor Rates have are
	// refused.
	Tariffs []Tariff `json:"tariffs,omitempty"`
	// Days are the least and the greatest number of carrier days from the carrier
	// to the buyer.
	Days [2]int `json:"days"`
	// Tax says how the charge is taxed. It is passed on to pricing.
	Tax string `json:"tax,omitempty"`
	// NotFor are categories that the option does not take.
	NotFor []string `json:"notFor,omitempty"`
	// Largest is the size that every unit must fit into. Zero: any.
	Largest Size `json:"largest,omitzero"`
	// Window is when the option can be ordered. Nil: always.
	Window *Window `json:"window,omitempty"`
}

// Network is a compiled [Config]. It never changes and is safe for concurrent use.
type Network struct {
	calendar *calendar
	places   []place // by priority and ID
	options  []Option
	sourcing Sourcing
	byValue  bool
}

// place is a compiled Place.
type place struct {
	Place
	calendar *calendar
}

// maxPlaces bounds the places of a shop.
const maxPlaces = 10_000

// New compiles a configuration. What is wrong with it is a *flywheel.FieldError.
func New(c Config) (*Network, error) {
	n := &Network{sourcing: c.Sourcing}
	var err error
	if n.calendar, err = c.Calendar.compile("calendar"); err != nil {
		return nil, err
	}
	places := c.Places
	if len(places) == 0 {
		places = []Place{{ID: DefaultLocation}}
	}
	if len(places) > maxPlaces {
		return nil, refuse(ErrRange, "places", "%d places, at most %d", len(places), maxPlaces)
	}
	for i := range places {
		if err := n.addPlace(fmt.Sprintf("places[%d]", i), places[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(n.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	for i := range c.Options {
		if err := n.addOption(fmt.Sprintf("options[%d]", i), c.Options[i]); err != nil {
			return nil, err
		}
	}
	if err := c.Sourcing.check("sourcing"); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *Network) addPlace(field string, p Place) error {
	if err := flywheel.CheckID(string(p.ID)); err != nil {
		return inField(field+".id", err)
	}
	if n.place(p.ID) != nil {
		return refuse(ErrInput, field+".id", "place %q is there twice", p.ID)
	}
	handling := 0
	if p.Handling != nil {
		own := *p.Handling
		handling, p.Handling = own, &own
	}
	if p.CutOff != nil {
		own := *p.CutOff
		p.CutOff = &own
	}
	if err := checkHours(field, p.CutOff, handling); err != nil {
		return err
	}
	if !(p.Latitude >= -90 && p.Latitude <= 90) {
		return refuse(ErrRange, field+".latitude", "%v is not between -90 and 90", p.Latitude)
	}
	if !(p.Longitude >= -180 && p.Longitude <= 180) {
		return refuse(ErrRange, field+".longitude", "%v is not between -180 and 180", p.Longitude)
	}
	if err := checkCosts(field, p.ParcelCost, p.UnitCost); err != nil {
		return err
	}
	base := n.calendar
	if p.Calendar != nil {
		own, err := p.Calendar.compile(field + ".calendar")
		if err != nil {
			return err
		}
		base, p.Calendar = own, nil
	}
	n.places = append(n.places, place{p, base.with(p.CutOff, p.Handling)})
	return nil
}

func (n *Network) addOption(field string, o Option) error {
	if err := flywheel.CheckID(o.ID); err != nil {
		return inField(field+".id", err)
	}
	if n.option(o.ID) != nil {
		return refuse(ErrInput, field+".id", "option %q is there twice", o.ID)
	}
	switch o.Type {
	case Shipping:
		if o.Location != "" {
			return refuse(ErrInput, field+".location", "a shipping option is of no place")
		}
	case Pickup:
		if n.place(o.Location) == nil {
			return refuse(ErrUnknown, field+".location", "place %q", o.Location)
		}
		if len(o.Zones) > 0 {
			return refuse(ErrInput, field+".zones", "a pickup option goes to no zone")
		}
	default:
		return refuse(ErrInput, field+".type", "%q is neither shipping nor pickup", o.Type)
	}
	switch o.By {
	case Flat, ByWeight, ByValue:
	default:
		return refuse(ErrInput, field+".by", "%q is neither weight nor value", o.By)
	}
	if err := checkTariffs(field, &o); err != nil {
		return err
	}
	if o.Days[0] < 0 || o.Days[1] < o.Days[0] || o.Days[1] > maxDays {
		return refuse(ErrRange, field+".days", "%d to %d days, not ascending from 0 to %d", o.Days[0], o.Days[1], maxDays)
	}
	if err := o.Largest.check(field + ".largest"); err != nil {
		return err
	}
	if w := o.Window; w != nil {
		if err := w.check(field + ".window"); err != nil {
			return err
		}
		own := *w
		own.Days = slices.Clone(w.Days)
		o.Window = &own
	}
	o.Zones, o.NotFor = slices.Clone(o.Zones), slices.Clone(o.NotFor)
	n.options = append(n.options, o)
	n.byValue = n.byValue || o.By == ByValue || o.FreeFrom != nil || slices.ContainsFunc(o.Tariffs, func(t Tariff) bool { return t.FreeFrom != nil })
	return nil
}

// checkTariffs checks the charges of an option, and takes copies of them.
func checkTariffs(field string, o *Option) error {
	first, err := checkTariff(field, Tariff{o.Rates, o.FreeFrom})
	if err != nil {
		return err
	}
	o.Rates, o.FreeFrom, o.Tariffs = first.Rates, first.FreeFrom, slices.Clone(o.Tariffs)
	for i := range o.Tariffs {
		place := fmt.Sprintf("%s.tariffs[%d]", field, i)
		if o.Tariffs[i], err = checkTariff(place, o.Tariffs[i]); err != nil {
			return err
		}
		currency := o.Tariffs[i].currency()
		if currency == first.currency() || slices.ContainsFunc(o.Tariffs[:i], func(t Tariff) bool { return t.currency() == currency }) {
			return refuse(ErrInput, place, "the charges in %s are there", currency)
		}
	}
	return nil
}

func (t *Tariff) currency() money.Currency { return t.Rates[0].Price.Currency() }

// checkTariff returns a copy of a tariff that is right.
func checkTariff(field string, t Tariff) (Tariff, error) {
	if len(t.Rates) == 0 {
		return Tariff{}, refuse(ErrInput, field+".rates", "an option needs a rate")
	}
	t.Rates = slices.Clone(t.Rates)
	currency := t.currency()
	for i := range t.Rates {
		r, place := &t.Rates[i], fmt.Sprintf("%s.rates[%d]", field, i)
		if r.Price.Minor() < 0 {
			return Tariff{}, refuse(ErrRange, place+".price", "%v is below zero", r.Price)
		}
		if r.Price.Currency() != currency {
			return Tariff{}, refuse(ErrInput, place+".price", "%v is not in %s", r.Price, currency)
		}
		if r.To != nil && *r.To < 0 {
			return Tariff{}, refuse(ErrRange, place+".to", "%d is below zero", *r.To)
		}
		if i > 0 && (t.Rates[i-1].To == nil || r.To != nil && *r.To <= *t.Rates[i-1].To) {
			return Tariff{}, refuse(ErrInput, place+".to", "the bounds do not ascend")
		}
		if r.To != nil {
			to := *r.To
			r.To = &to
		}
	}
	if t.FreeFrom == nil {
		return t, nil
	}
	if t.FreeFrom.Currency() != currency {
		return Tariff{}, refuse(ErrInput, field+".freeFrom", "%v is not in %s", *t.FreeFrom, currency)
	}
	from := *t.FreeFrom
	t.FreeFrom = &from
	return t, nil
}

func (w *Window) check(field string) error {
	if !w.From.valid() || !w.To.valid() || w.To.minutes() < w.From.minutes() {
		return refuse(ErrRange, field, "%s to %s is no part of a day", w.From, w.To)
	}
	_, err := weekdays(field+".days", w.Days)
	return err
}

func (c Clock) minutes() int { return 60*c.Hour + c.Minute }

// place returns the place of an ID, nil when there is none.
func (n *Network) place(id Location) *place {
	for i := range n.places {
		if n.places[i].ID == id {
			return &n.places[i]
		}
	}
	return nil
}

// ByValue reports whether a charge depends on the value of the goods. If none does,
// [Request] needs no Value.
func (n *Network) ByValue() bool { return n.byValue }

// Option returns the option with an ID, and whether there is one.
func (n *Network) Option(id string) (o Option, known bool) {
	if there := n.option(id); there != nil {
		return *there, true
	}
	return Option{}, false
}

// option returns the option of an ID, nil when there is none.
func (n *Network) option(id string) *Option {
	for i := range n.options {
		if n.options[i].ID == id {
			return &n.options[i]
		}
	}
	return nil
}

// Places returns the places, by priority and ID.
func (n *Network) Places() []Place {
	places := make([]Place, len(n.places))
	for i := range n.places {
		places[i] = n.places[i].Place
	}
	return places
}
