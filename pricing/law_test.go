package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
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
	for i := range q.Lines {
		l := &q.Lines[i]
		require.Equal(t, plus(t, l.Net, l.Tax), l.Total, "total = net + tax")
		for _, a := range []money.Amount{l.Subtotal, l.Discount, l.Net, l.Tax, l.Total} {
			require.GreaterOrEqual(t, a.Minor(), int64(0), "no negative line")
			require.Equal(t, q.Currency, a.Currency())
		}
		require.LessOrEqual(t, l.Discount.Minor(), l.Subtotal.Minor())
		require.Equal(t, l.Total, replay(t, l), "the trace gives the total")
		subtotal, discount = plus(t, subtotal, l.Subtotal), plus(t, discount, l.Discount)
		net, tax, total = plus(t, net, l.Net), plus(t, tax, l.Tax), plus(t, total, l.Total)
	}
	require.Equal(t, subtotal, q.Subtotal)
	require.Equal(t, discount, q.Discount)
	require.Equal(t, net, q.Net)
	require.Equal(t, tax, q.Tax)
	require.Equal(t, total, q.Total)

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

// replay computes each step of a trace again from what it says and returns
// where it leads. Shares are taken as given: they need the other lines.
func replay(t fataler, l *pricing.QuoteLine) money.Amount {
	t.Helper()
	var total, promised money.Amount
	for i, s := range l.Trace {
		var again money.Amount
		var err error
		one := int64(1)
		for range s.Rate.Scale() {
			one *= 10
		}
		switch s.Kind {
		case pricing.StepPrice:
			require.Zero(t, i)
			again, err = s.Base.Times(l.Quantity, s.Rounding)
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
		case pricing.StepTax:
			again, err = s.Base.MulRatio(s.Rate.Coefficient(), one, s.Rounding)
		case pricing.StepTaxIncluded, pricing.StepTaxRemoved:
			again, err = s.Base.MulRatio(s.Rate.Coefficient(), one+s.Rate.Coefficient(), s.Rounding)
			if s.Kind == pricing.StepTaxRemoved {
				again = money.New(-again.Minor(), again.Currency())
			} else {
				promised = again
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
	require.Equal(t, promised.Minor()*boolInt(l.TaxIncluded), promised.Minor())
	return total
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
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
