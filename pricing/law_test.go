package pricing_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

type fataler interface {
	require.TestingT
	Helper()
}

// checkLaws fails unless the laws that [pricing.Quote] promises hold.
func checkLaws(t fataler, q *pricing.Quote) {
	t.Helper()
	zero := money.New(0, q.Currency)
	subtotal, discount, net, tax, total := zero, zero, zero, zero, zero
	for i := range len(q.Lines) + len(q.Shipping) {
		l := lineAt(q, i)
		require.Equal(t, plus(t, l.Net, l.Tax), l.Total, "total = net + tax")
		for _, a := range []money.Amount{l.Subtotal, l.Discount, l.Net, l.Tax, l.Total} {
			require.GreaterOrEqual(t, a.Minor(), int64(0), "no negative line")
			require.Equal(t, q.Currency, a.Currency())
		}
		require.LessOrEqual(t, l.Discount.Minor(), l.Subtotal.Minor())
		if len(l.Taxes) > 0 {
			parts := zero
			for _, p := range l.Taxes {
				parts = plus(t, parts, p.Tax)
			}
			require.Equal(t, l.Tax, parts, "the parts sum to the tax")
		}
		require.Equal(t, l.Total, replay(t, l), "the trace gives the total")
		subtotal, discount = plus(t, subtotal, l.Subtotal), plus(t, discount, l.Discount)
		net, tax, total = plus(t, net, l.Net), plus(t, tax, l.Tax), plus(t, total, l.Total)
	}
	require.Equal(t, subtotal, q.Subtotal)
	require.Equal(t, discount, q.Discount)
	require.Equal(t, net, q.Net)
	require.Equal(t, tax, q.Tax)
	require.Equal(t, total, q.Total)

	byRateNet, byRateTax := zero, zero
	for _, r := range q.Taxes {
		require.Equal(t, plus(t, r.Net, r.Tax), r.Total)
		byRateNet, byRateTax = plus(t, byRateNet, r.Net), plus(t, byRateTax, r.Tax)
	}
	require.Equal(t, net, byRateNet, "the breakdown by rate sums")
	require.Equal(t, tax, byRateTax, "the breakdown by rate sums")

	applied := zero
	for _, a := range q.Applied {
		require.Positive(t, a.Discount.Minor())
		require.Positive(t, a.Lines)
		if !a.Percent.IsZero() && a.Level == pricing.OrderLevel {
			most, err := a.Base.MulRate(a.Percent, money.Up)
			require.NoError(t, err)
			require.LessOrEqual(t, a.Discount.Minor(), most.Minor())
		}
		applied = plus(t, applied, a.Discount)
	}
	require.Equal(t, discount, applied, "the promotions sum to the discount")
}

func plus(t require.TestingT, a, b money.Amount) money.Amount {
	sum, err := a.Add(b)
	require.NoError(t, err)
	return sum
}

func lineAt(q *pricing.Quote, i int) *pricing.QuoteLine {
	if i < len(q.Lines) {
		return &q.Lines[i]
	}
	return &q.Shipping[i-len(q.Lines)]
}

// replay computes each step of a trace again from what it says and returns
// where it leads. Shares are taken as given: they need the other lines.
func replay(t fataler, l *pricing.QuoteLine) money.Amount {
	t.Helper()
	var total, included money.Amount
	tiers := new(big.Rat) // in major units
	for i, s := range l.Trace {
		var again money.Amount
		var err error
		one := int64(1)
		for range s.Rate.Scale() {
			one *= 10
		}
		within, coefficient := one, s.Rate.Coefficient()
		if s.Kind == pricing.StepTaxIncluded || s.Kind == pricing.StepTaxRemoved {
			within += s.Rate.Coefficient()
		}
		if !s.Whole.IsZero() { // Rate/(1+Whole) in the same decimals
			scale := max(s.Rate.Scale(), s.Whole.Scale())
			in := func(r money.Rate) int64 {
				c := r.Coefficient()
				for range scale - r.Scale() {
					c *= 10
				}
				return c
			}
			within = in(money.MustRate("1")) + in(s.Whole)
			coefficient = in(s.Rate)
		}
		switch s.Kind {
		case pricing.StepTier:
			part := new(big.Rat).SetFrac(big.NewInt(s.Base.Coefficient()), power(s.Base.Scale()))
			tiers.Add(tiers, part.Mul(part, new(big.Rat).SetInt64(s.Quantity)))
			again = s.Amount
			require.True(t, again.IsZero())
		case pricing.StepPrice:
			if i > 0 {
				exact := new(big.Rat).SetFrac(big.NewInt(s.Base.Coefficient()), power(s.Base.Scale()))
				require.Zero(t, tiers.Cmp(exact), "the tiers sum to the base")
			}
			again, err = s.Base.Times(s.Quantity, s.Rounding)
		case pricing.StepLine:
			again = s.Amount
			if !s.Rate.IsZero() {
				again, err = s.Base.MulRatio(-s.Rate.Coefficient(), one, mirrored(s.Rounding))
				if -again.Minor() > total.Minor() { // never more than is left
					again, err = total.Neg()
				}
			}
		case pricing.StepShare:
			again = s.Amount
		case pricing.StepTax, pricing.StepTaxIncluded, pricing.StepTaxRemoved:
			switch s.Scope {
			case tax.PerRate:
				again = s.Amount
			case tax.PerUnit:
				again, err = s.Base.MulRatio(coefficient, within*s.Quantity, s.Rounding)
				again = money.New(again.Minor()*s.Quantity, again.Currency())
				if s.Kind != pricing.StepTax {
					again = money.New(min(again.Minor(), total.Minor()), again.Currency())
				}
			default:
				again, err = s.Base.MulRatio(coefficient, within, s.Rounding)
			}
			switch {
			case s.Kind == pricing.StepTaxIncluded:
				included = plus(t, included, again)
			case s.Kind == pricing.StepTaxRemoved && s.Scope != tax.PerRate:
				again = money.New(-again.Minor(), again.Currency())
			}
		default:
			require.Fail(t, "unknown step", "%v", s.Kind)
		}
		require.NoError(t, err)
		require.Equal(t, s.Amount, again, "step %d of %s: %+v", i, l.ID, s)
		if s.Kind != pricing.StepTaxIncluded {
			total = plus(t, total, s.Amount)
		}
	}
	if l.TaxIncluded {
		require.Equal(t, l.Tax.Minor(), included.Minor(), "the included tax is told")
	} else {
		require.Zero(t, included.Minor())
	}
	return total
}

// mirrored is the mode that rounds -x to minus what mode rounds x to.
func mirrored(mode money.Rounding) money.Rounding {
	switch mode {
	case money.Ceiling:
		return money.Floor
	case money.Floor:
		return money.Ceiling
	}
	return mode
}

var _ fataler = (*testing.T)(nil)
