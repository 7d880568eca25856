package cart

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// MaxCoupons is how many coupons a cart may have.
const MaxCoupons = 20

// AddCoupons attaches coupon codes. Whether a code is worth something is for the
// quote to say, at the time of the quote. Codes are kept as coupon.Normalize has
// them, so that one that is attached already, in whatever form, stays as it is.
func (s *Service) AddCoupons(ctx context.Context, id ID, codes ...string) (Cart, error) {
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) { return nil, c.attach(codes) })
}

// RemoveCoupon takes a code off the cart. One that is not there is no error.
func (s *Service) RemoveCoupon(ctx context.Context, id ID, code string) (Cart, error) {
	code = coupon.Normalize(code)
	return s.change(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		c.Coupons = slices.DeleteFunc(c.Coupons, func(there string) bool { return coupon.Normalize(there) == code })
		return nil, nil
	})
}

func (c *Cart) attach(codes []string) error {
	for _, typed := range codes {
		code := typed
		if len(typed) <= flywheel.MaxIDBytes && utf8.ValidString(typed) {
			code = coupon.Normalize(typed)
		}
		if err := flywheel.CheckID(code); err != nil {
			return fmt.Errorf("cart %q: coupon: %w", c.ID, err)
		}
		if slices.ContainsFunc(c.Coupons, func(there string) bool { return coupon.Normalize(there) == code }) {
			continue
		}
		if len(c.Coupons) == MaxCoupons {
			return fmt.Errorf("cart %q: more than %d coupons: %w", c.ID, MaxCoupons, flywheel.ErrLimit)
		}
		c.Coupons = append(c.Coupons, code)
	}
	return nil
}
