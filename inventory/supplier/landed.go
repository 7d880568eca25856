package supplier

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ShareBy is how a charge is shared among lines.
type ShareBy uint8

// Ways to share a charge.
const (
	ByValue ShareBy = iota
	ByQuantity
	ByWeight
	ByVolume
)

// Charge is a cost of a shipment beside its goods, such as freight or insurance.
type Charge struct {
	Name   string
	Amount money.Amount
	By     ShareBy
}

// LandedLine is a line of a shipment.
type LandedLine struct {
	SKU      flywheel.SKU
	Quantity int64
	// Goods is the value of the line in the currency of the invoice.
	Goods money.Amount
	// Duty is the rate on the value of the goods with the charges that are shared
	// before duty.
	Duty money.Rate
	// Weight and Volume are of the whole line, in any unit.
	Weight, Volume float64
}

// Shipment is what is brought in together.
type Shipment struct {
	Lines []LandedLine
	// Dutiable are charges that duty is paid on, such as freight to the border,
	// Others those that it is not.
	Dutiable, Others []Charge
	// At is the moment whose exchange rates hold, such as that of the customs entry.
	At time.Time
}

// LandedCost is what a line costs on the shelf, in the home currency.
type LandedCost struct {
	SKU      flywheel.SKU
	Quantity int64
	// Goods, Charges (all that were shared) and Duty add up to Total.
	Goods, Charges, Duty, Total money.Amount
	// Unit is Total per unit, with six more decimals than the currency has.
	Unit money.Price
}

// Landed converts everything at the rates in force at s.At, shares the charges by
// largest remainder, so that they add up to the cent, and computes duty per line.
// The result is in the currency that exchange has as base. A currency without a
// rate by that day is an error.
func (s Shipment) Landed(exchange *money.Exchange) ([]LandedCost, error) {
	if len(s.Lines) == 0 {
		return nil, refuse("lines", 0, ErrInput)
	}
	home := exchange.Base()
	convert := func(a money.Amount) (money.Amount, error) {
		if a.Currency() == home {
			return a, nil
		}
		return exchange.Convert(a, home, s.At, money.HalfEven)
	}
	costs := make([]LandedCost, len(s.Lines))
	for i, l := range s.Lines {
		if l.Quantity < 1 || l.Quantity > MostQuantity {
			return nil, refuse(fmt.Sprintf("lines[%d] quantity", i), l.Quantity, ErrRange)
		}
		if l.Goods.Sign() < 0 {
			return nil, refuse(fmt.Sprintf("lines[%d] goods", i), l.Goods, ErrRange)
		}
		goods, err := convert(l.Goods)
		if err != nil {
			return nil, fmt.Errorf("lines[%d] goods: %w", i, err)
		}
		costs[i] = LandedCost{SKU: l.SKU, Quantity: l.Quantity, Goods: goods, Charges: money.New(0, home)}
	}
	share := func(list string, charges []Charge) error {
		for k, c := range charges {
			if c.Amount.Sign() < 0 {
				return refuse(fmt.Sprintf("%s[%d] amount", list, k), c.Amount, ErrRange)
			}
			amount, err := convert(c.Amount)
			if err != nil {
				return fmt.Errorf("%s[%d] (%s): %w", list, k, c.Name, err)
			}
			weights, err := s.weights(c.By, costs)
			if err != nil {
				return fmt.Errorf("%s[%d] (%s): %w", list, k, c.Name, err)
			}
			parts, err := amount.Allocate(weights...)
			if err != nil {
				return fmt.Errorf("%s[%d] (%s): %w", list, k, c.Name, err)
			}
			for i := range costs {
				if costs[i].Charges, err = costs[i].Charges.Add(parts[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := share("dutiable", s.Dutiable); err != nil {
		return nil, err
	}
	for i, l := range s.Lines {
		base, err := costs[i].Goods.Add(costs[i].Charges)
		if err != nil {
			return nil, err
		}
		if costs[i].Duty, err = base.MulRate(l.Duty, money.HalfUp); err != nil {
			return nil, fmt.Errorf("lines[%d] duty: %w", i, err)
		}
		if costs[i].Duty.Sign() < 0 {
			return nil, refuse(fmt.Sprintf("lines[%d] duty", i), l.Duty, ErrRange)
		}
	}
	if err := share("others", s.Others); err != nil {
		return nil, err
	}
	for i := range costs {
		c := &costs[i]
		var err error
		if c.Total, err = money.Sum(c.Goods, c.Charges, c.Duty); err != nil {
			return nil, err
		}
		unit := c.Total.Decimal().DivRound(decimalOf(c.Quantity), int32(home.Digits()+6))
		if c.Unit, err = money.PriceFromDecimal(unit, home); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

// weights returns whole weights for a share, from figures in proportion.
func (s Shipment) weights(by ShareBy, costs []LandedCost) ([]int64, error) {
	weights := make([]int64, len(costs))
	if by == ByWeight || by == ByVolume {
		most := 0.0
		figures := make([]float64, len(costs))
		for i, l := range s.Lines {
			figures[i] = l.Weight
			if by == ByVolume {
				figures[i] = l.Volume
			}
			if !(figures[i] >= 0 && figures[i] <= 1e12) {
				return nil, refuse(fmt.Sprintf("lines[%d] weight or volume", i), figures[i], ErrRange)
			}
			most = math.Max(most, figures[i])
		}
		if most == 0 {
			return nil, refuse("weights or volumes", "all zero", ErrInput)
		}
		for i, f := range figures {
			weights[i] = int64(math.Round(f / most * 1e12))
		}
		return weights, nil
	}
	total := int64(0)
	for i, c := range costs {
		switch by {
		case ByValue:
			weights[i] = c.Goods.Minor()
		case ByQuantity:
			weights[i] = c.Quantity
		default:
			return nil, refuse("way to share", uint8(by), ErrInput)
		}
		total += weights[i]
	}
	if total == 0 {
		return nil, refuse("value of goods", total, ErrInput)
	}
	return weights, nil
}
