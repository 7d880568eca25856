package tax

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Entry says that a tax is levied in a place on a class of products in a span of
// time.
type Entry struct {
	// Place is the country, and perhaps the region and the beginning of the
	// postal code, where the tax is levied.
	Place Place `json:"place"`
	// Class is the class of products, empty for all that have no entry.
	Class string `json:"class,omitempty"`
	Tax   Tax    `json:"tax"`
	// From is when it begins, inclusive, and Until when it is over, exclusive;
	// the zero times stand for always.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Exemption says that a customer pays no tax in a country, perhaps only in a
// region of it, in a span of time.
type Exemption struct {
	Customer flywheel.CustomerID `json:"customer"`
	Country  string              `json:"country"`
	Region   string              `json:"region,omitempty"`
	Reason   string              `json:"reason,omitempty"`
	From     time.Time           `json:"from,omitzero"`
	Until    time.Time           `json:"until,omitzero"`
}

// Table is a [Provider] made of rows. A sale bears one tax of each code that has
// an entry for its place: the entry of the longest postal code, else of the
// region, else of the country, and among these the one of the class before the
// one of all classes. Taxes of several codes add up in the order of their first
// entries, so that a city's comes on top of the state's. Postal codes compare
// without case, spaces and dashes. A tax that a class or
// place does not bear has an entry with the rate 0. Table is immutable and safe
// for concurrent use.
type Table struct {
	countries  map[string][]Entry
	exemptions map[flywheel.CustomerID][]Exemption
}

// NewTable checks the rows and returns the table. Two entries of the same code,
// place and class whose spans overlap are a [*FieldError].
func NewTable(entries []Entry, exemptions []Exemption) (*Table, error) {
	t := &Table{countries: map[string][]Entry{}, exemptions: map[flywheel.CustomerID][]Exemption{}}
	for i, e := range entries {
		if err := e.check(); err != nil {
			return nil, within(err, "entries[%d]", i)
		}
		e.Place.Postal = foldPostal(e.Place.Postal)
		of := t.countries[e.Place.Country]
		for _, other := range of {
			if e.Tax.Code == other.Tax.Code && e.Place == other.Place && e.Class == other.Class && overlap(e.From, e.Until, other.From, other.Until) {
				return nil, field(invalid("%s for %q in %s overlaps with an entry before", e.Tax.Code, e.Class, e.Place), "entries[%d].from", i)
			}
		}
		t.countries[e.Place.Country] = append(of, e)
	}
	for i, x := range exemptions {
		place := Place{Country: x.Country, Region: x.Region}
		err := place.check()
		if err == nil {
			if bad := flywheel.CheckID(string(x.Customer)); bad != nil {
				err = field(bad, "customer")
			}
		}
		if err == nil {
			err = checkSpan(x.From, x.Until)
		}
		if err != nil {
			return nil, within(err, "exemptions[%d]", i)
		}
		t.exemptions[x.Customer] = append(t.exemptions[x.Customer], x)
	}
	return t, nil
}

func (e *Entry) check() error {
	if err := e.Place.check(); err != nil {
		return within(err, "place")
	}
	if e.Class != "" {
		if err := flywheel.CheckID(e.Class); err != nil {
			return field(err, "class")
		}
	}
	if err := e.Tax.check(); err != nil {
		return within(err, "tax")
	}
	return checkSpan(e.From, e.Until)
}

func checkSpan(from, until time.Time) error {
	if !until.IsZero() && !from.Before(until) {
		return field(invalid("%s is not after %s", until.Format(time.RFC3339), from.Format(time.RFC3339)), "until")
	}
	return nil
}

func overlap(from1, until1, from2, until2 time.Time) bool {
	return (until1.IsZero() || from2.Before(until1)) && (until2.IsZero() || from1.Before(until2))
}

func in(at, from, until time.Time) bool {
	return !at.Before(from) && (until.IsZero() || at.Before(until))
}

// Taxes implements [Provider]. A place without any entry is an error matching
// flywheel.ErrNotFound: where nothing is levied an entry of rate 0 says so.
func (t *Table) Taxes(ctx context.Context, q Query) (Decision, error) {
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	if err := q.Place.check(); err != nil {
		return Decision{}, within(err, "place")
	}
	if q.At.IsZero() {
		return Decision{}, field(invalid("missing"), "at")
	}
	q.Place.Postal = foldPostal(q.Place.Postal)
	var best []*Entry
	list := t.countries[q.Place.Country]
	for i := range list {
		e := &list[i]
		if !e.covers(&q) {
			continue
		}
		at := slices.IndexFunc(best, func(b *Entry) bool { return b.Tax.Code == e.Tax.Code })
		if at < 0 {
			best = append(best, e)
		} else if e.closer(best[at]) {
			best[at] = e
		}
	}
	if best == nil {
		return Decision{}, field(fmt.Errorf("nothing is known of %s at %s: %w", q.Place, q.At.Format(time.RFC3339), flywheel.ErrNotFound), "place")
	}
	d := Decision{Taxes: make([]Tax, len(best))}
	for i, e := range best {
		d.Taxes[i] = e.Tax
	}
	for _, x := range t.exemptions[q.Customer] {
		if x.Country == q.Place.Country && (x.Region == "" || x.Region == q.Place.Region) && in(q.At, x.From, x.Until) {
			d.Exempt, d.Reason = true, x.Reason
			break
		}
	}
	return d, nil
}

func (e *Entry) covers(q *Query) bool {
	return (e.Place.Region == "" || e.Place.Region == q.Place.Region) &&
		strings.HasPrefix(q.Place.Postal, e.Place.Postal) &&
		(e.Class == "" || e.Class == q.Class) &&
		in(q.At, e.From, e.Until)
}

// closer reports whether e is nearer to what it covers than other.
func (e *Entry) closer(other *Entry) bool {
	return cmp.Or(
		cmp.Compare(len(e.Place.Postal), len(other.Place.Postal)),
		cmp.Compare(len(e.Place.Region), len(other.Place.Region)),
		cmp.Compare(len(e.Class), len(other.Class)),
	) > 0
}
