package pricing

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// PerUnit returns the price of one kilogram, liter, meter, square or cubic meter or piece
// of what is sold at a price, the unit price of Directive 98/6/EC, art. 2 (b): price
// divided by content, rounded once to the minor unit, ties away from zero. The directive
// asks for the final price with all taxes; the answer has them if the price has. It is
// [ErrInvalid] without a content and [ErrOutOfRange] for a negative price and an answer
// that is no Amount.
func PerUnit(price money.Price, content flywheel.NetContent) (money.Amount, error) {
	switch {
	case content.IsZero():
		return money.Amount{}, field(invalid("none"), "content")
	case price.Currency().IsZero():
		return money.Amount{}, field(invalid("none"), "price")
	case price.Sign() < 0:
		return money.Amount{}, field(outOfRange("%s is negative", price), "price")
	}
	return price.MulRatio(1_000_000, content.Millionths(), money.HalfUp)
}
