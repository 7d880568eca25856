package supplier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Landing is what brought units of an order onto the shelf: the freight, the duty and
// the rates of a shipment.
type Landing struct {
	// ID makes it idempotent, as that of a [Document]; At is the moment whose exchange
	// rates hold.
	ID    string
	At    time.Time
	Lines []LandingLine
	// Dutiable are charges that duty is paid on, Others those that it is not.
	Dutiable, Others []Charge
}

// LandingLine are units of a line of an order in a [Landing].
type LandingLine struct {
	// Line is the index in the order; Quantity units of it were received and not
	// rejected.
	Line     int
	Quantity int64
	// Duty, Weight and Volume are those of [LandedLine].
	Duty           money.Rate
	Weight, Volume float64
}

// Land computes what units of an order cost on the shelf, see [Shipment.Landed], at the
// agreed prices, and keeps it with the order by a [Land] document, from where
// [Service.Holdings] and [Service.UnitCosts] read it. The same landing again changes
// nothing; its costs stay those of the rates that held when it was kept first. A
// landing in another currency than that of the shop needs Options.Exchange.
func (s *Service) Land(ctx context.Context, order string, l Landing) (Order, error) {
	exchange, err := s.exchange(ctx)
	if err != nil {
		return Order{}, err
	}
	return s.change(ctx, order, func(_ context.Context, o Order) (Order, error) {
		if i := slices.IndexFunc(o.Documents, func(d Document) bool { return d.ID == l.ID }); i >= 0 {
			d := o.Documents[i]
			same := d.Kind == Land && d.At.Equal(l.At) && slices.EqualFunc(d.Lines, l.Lines, func(a DocumentLine, b LandingLine) bool {
				return a.Line == b.Line && a.Quantity == b.Quantity
			})
			if !same {
				return o, refuse("document "+l.ID, "applied with another content", ErrReused)
			}
			return o, nil
		}
		shipment := Shipment{Dutiable: l.Dutiable, Others: l.Others, At: l.At}
		for i, line := range l.Lines {
			if line.Line < 0 || line.Line >= len(o.Lines) {
				return o, refuse(fmt.Sprintf("landing %s lines[%d] line", l.ID, i), line.Line, ErrUnknown)
			}
			ordered := &o.Lines[line.Line]
			goods, err := ordered.Price.Times(line.Quantity, money.HalfEven)
			if err != nil {
				return o, fmt.Errorf("landing %s lines[%d]: %w", l.ID, i, err)
			}
			shipment.Lines = append(shipment.Lines, LandedLine{
				SKU: ordered.SKU, Quantity: line.Quantity, Goods: goods, Duty: line.Duty, Weight: line.Weight, Volume: line.Volume,
			})
		}
		rates := exchange
		if rates == nil { // the order's own currency is that of the shop
			var err error
			if rates, err = money.NewExchange(o.Currency); err != nil {
				return o, err
			}
		}
		costs, err := shipment.Landed(rates)
		if err != nil {
			return o, fmt.Errorf("landing %s: %w", l.ID, err)
		}
		d := Document{ID: l.ID, Kind: Land, At: l.At}
		for i, c := range costs {
			d.Lines = append(d.Lines, DocumentLine{Line: l.Lines[i].Line, Quantity: c.Quantity, Cost: c.Total})
		}
		next, _, err := o.Apply(d)
		return next, err
	})
}

// exchange returns the rates of the shop, nil without.
func (s *Service) exchange(ctx context.Context) (*money.Exchange, error) {
	if s.opts.Exchange == nil {
		return nil, nil
	}
	exchange, err := s.opts.Exchange(ctx)
	if err == nil && exchange == nil {
		err = refuse("exchange", "none", ErrInput)
	}
	return exchange, err
}
