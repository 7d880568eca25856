package tax

import (
	"strconv"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Shipping taxes a charge that follows the goods: it is shared over them by their
// net, by largest remainder, and each share is taxed as the goods are. Goods
// without any value share it alike. The statement has a line for each of goods,
// with the number of the goods as its ID.
func (r Rule) Shipping(charge money.Amount, included bool, goods []RateTax) (Statement, error) {
	if charge.Sign() < 0 || charge.Currency().IsZero() {
		return Statement{}, field(invalid("%s", charge), "charge")
	}
	if len(goods) == 0 {
		return Statement{}, field(invalid("none"), "goods")
	}
	weights := make([]int64, len(goods))
	worth := false
	for i := range goods {
		weights[i] = goods[i].Net.Minor()
		if weights[i] < 0 {
			return Statement{}, field(invalid("%s is negative", goods[i].Net), "goods[%d].net", i)
		}
		worth = worth || weights[i] > 0
	}
	for i := range weights {
		if !worth {
			weights[i] = 1
		}
	}
	shares, err := charge.Allocate(weights...)
	if err != nil {
		return Statement{}, field(err, "goods")
	}
	lines := make([]Line, len(goods))
	for i := range goods {
		lines[i] = Line{
			ID: strconv.Itoa(i), Unit: money.PriceOf(shares[i]), Quantity: 1,
			Taxes: goods[i].Taxes, Included: included, Exempt: goods[i].Exempt,
		}
	}
	return r.Compute(lines...)
}
