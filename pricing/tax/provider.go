package tax

import (
	"context"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Place is where a sale is taxed.
type Place struct {
	Country string `json:"country"`          // ISO 3166-1, two letters, as "DE"
	Region  string `json:"region,omitempty"` // ISO 3166-2 without the country, as "CA"
	Postal  string `json:"postal,omitempty"`
}

// String returns the parts, as in "US-CA 90210".
func (p Place) String() string {
	s := p.Country
	if p.Region != "" {
		s += "-" + p.Region
	}
	return strings.TrimSpace(s + " " + p.Postal)
}

func (p Place) check() error {
	if len(p.Country) != 2 || !isLetter(p.Country[0]) || !isLetter(p.Country[1]) {
		return field(invalid("%.10q is not two capital letters", p.Country), "country")
	}
	if p.Region != "" {
		if err := flywheel.CheckID(p.Region); err != nil {
			return field(err, "region")
		}
	}
	if p.Postal != "" {
		if err := flywheel.CheckID(p.Postal); err != nil {
			return field(err, "postal")
		}
	}
	return nil
}

func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' }

// Query asks which taxes a sale bears.
type Query struct {
	// Place is the place of supply, for many sales where the goods go. In the
	// European Union a [DistanceSale] tells it.
	Place Place
	At    time.Time
	// Class is the class of the product, such as "books"; empty is what most
	// goods are.
	Class string
	// Customer may be exempt.
	Customer flywheel.CustomerID
}

// Decision answers a [Query].
type Decision struct {
	// Taxes are those of the place and class, in the order in which they are
	// levied, also when Exempt: a price may include them.
	Taxes  []Tax
	Exempt bool
	// Reason says why, for the invoice.
	Reason string
}

// Provider reports which taxes a sale bears: a [Table], or a service elsewhere.
// An answer that cannot be given is an error, never an empty Decision.
// Implementations are safe for concurrent use.
type Provider interface {
	Taxes(ctx context.Context, q Query) (Decision, error)
}
