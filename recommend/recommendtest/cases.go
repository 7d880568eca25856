package recommendtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
)

var cases = []testCase{
	{Name: "append/order", Rule: "All yields what was appended, in that order", Check: func(ctx context.Context, s recommend.Store) error {
		if err := holds(ctx, s); err != nil {
			return err
		}
		all := facts(5)
		all[1], all[3] = all[3], all[1] // neither by ID nor by time
		if err := s.Append(ctx, all[:2]...); err != nil {
			return err
		}
		if err := s.Append(ctx, all[2:]...); err != nil {
			return err
		}
		return holds(ctx, s, all...)
	}},
	{Name: "append/repeated", Rule: "an ID that is there with the same content is ignored", Check: func(ctx context.Context, s recommend.Store) error {
		all := facts(3)
		for range 2 {
			if err := s.Append(ctx, all[0], all[1], all[0]); err != nil {
				return err
			}
		}
		if err := s.Append(ctx, all[1], all[2]); err != nil {
			return err
		}
		return holds(ctx, s, all...)
	}},
	{Name: "append/other-body", Rule: "an ID that is there with other content is refused, and nothing of the call is kept", Check: func(ctx context.Context, s recommend.Store) error {
		if err := s.Append(ctx, fact(0)); err != nil {
			return err
		}
		for what, change := range map[string]func(*recommend.Interaction){
			"kind":       func(in *recommend.Interaction) { in.Kind = recommend.View },
			"time":       func(in *recommend.Interaction) { in.At = in.At.Add(time.Microsecond) },
			"actor":      func(in *recommend.Interaction) { in.Actor.Customer += "x" },
			"items":      func(in *recommend.Interaction) { in.Items[0] = "Tea" },
			"item order": func(in *recommend.Interaction) { in.Items[0], in.Items[1] = in.Items[1], in.Items[0] },
			"item count": func(in *recommend.Interaction) { in.Items, in.Details = in.Items[:2], in.Details[:2] },
			"quantity":   func(in *recommend.Interaction) { in.Details[0].Quantity++ },
			"value":      func(in *recommend.Interaction) { in.Details[0].Value = money.New(7, money.EUR) },
			"currency":   func(in *recommend.Interaction) { in.Details[0].Value = money.New(0, money.USD) },
			"slot":       func(in *recommend.Interaction) { in.Details[1].Slot++ },
			"propensity": func(in *recommend.Interaction) { in.Details[1].Propensity /= 3 },
			"no details": func(in *recommend.Interaction) { in.Details = nil },
			"session":    func(in *recommend.Interaction) { in.Session = "" },
			"device":     func(in *recommend.Interaction) { in.Device += "x" },
			"policy":     func(in *recommend.Interaction) { in.Policy = "other" },
		} {
			other := fact(0)
			change(&other)
			if err := suite.Wrong("other "+what, s.Append(ctx, fact(1), other), recommend.ErrOtherBody); err != nil {
				return err
			}
		}
		within := fact(2)
		within.Kind = recommend.AddToCart
		if err := suite.Wrong("within one call", s.Append(ctx, fact(2), within), flywheel.ErrConflict); err != nil {
			return err
		}
		return holds(ctx, s, fact(0))
	}},
	{Name: "append/invalid", Rule: "an interaction that is wrong is refused, and nothing of the call is kept", Check: func(ctx context.Context, s recommend.Store) error {
		bad := fact(1)
		bad.Items = nil
		if err := suite.Wrong("no items", s.Append(ctx, fact(0), bad), flywheel.ErrInvalid); err != nil {
			return err
		}
		return holds(ctx, s)
	}},
	{Name: "append/normal-form", Rule: "times are UTC to the microsecond, items distinct, and the visitor of a known customer is dropped", Check: func(ctx context.Context, s recommend.Store) error {
		in := fact(0)
		in.At = in.At.Add(999).In(time.FixedZone("elsewhere", 3600))
		in.Items = append(in.Items, "TEA", "tea")
		in.Details = append(in.Details, recommend.Detail{Quantity: 1, Value: money.New(1, money.EUR), Slot: 9}, recommend.Detail{})
		in.Details[0].Quantity, in.Details[0].Value = 1, money.New(-1, money.EUR)
		in.Actor.Visitor = "device"
		for range 2 {
			if err := s.Append(ctx, in); err != nil {
				return err
			}
		}
		return holds(ctx, s, fact(0))
	}},
	{Name: "append/odd-strings", Rule: "strings are kept byte for byte and differ by case", Check: func(ctx context.Context, s recommend.Store) error {
		var want []recommend.Interaction
		for i, odd := range []string{"a", "A", "ä", "a\u0308", "'; --", "%_\\", "日本", "😀", "a b", strings.Repeat("x", flywheel.MaxIDBytes)} {
			want = append(want, recommend.Interaction{ID: odd, Kind: recommend.View, At: start.Add(time.Duration(i) * time.Second),
				Actor: recommend.Actor{Visitor: flywheel.VisitorID(odd)}, Items: []flywheel.SKU{flywheel.SKU(odd)}})
		}
		if err := s.Append(ctx, want...); err != nil {
			return err
		}
		if err := holds(ctx, s, want...); err != nil {
			return err
		}
		got, err := suite.Collect(s.Of(ctx, recommend.Actor{Visitor: "A"}))
		if err != nil {
			return err
		}
		return same("Of visitor A", got, want[1:2])
	}},
	{Name: "append/copies", Rule: "the caller may change what it gave", Check: func(ctx context.Context, s recommend.Store) error {
		in := fact(0)
		if err := s.Append(ctx, in); err != nil {
			return err
		}
		in.Items[0], in.Details[0] = "CHANGED", recommend.Detail{}
		return holds(ctx, s, fact(0))
	}},
	{Name: "read/copies", Rule: "the caller may change what it gets", Check: func(ctx context.Context, s recommend.Store) error {
		if err := s.Append(ctx, fact(0)); err != nil {
			return err
		}
		for range 2 {
			for _, seq := range []string{"All", "Of"} {
				list := s.All(ctx)
				if seq == "Of" {
					list = s.Of(ctx, fact(0).Actor)
				}
				got, err := suite.Collect(list)
				if err != nil {
					return err
				}
				if err := same(seq, got, facts(1)); err != nil {
					return err
				}
				got[0].Items[0], got[0].Details[0] = "CHANGED", recommend.Detail{}
			}
		}
		return nil
	}},
	{Name: "of/actor", Rule: "Of yields the interactions of that actor alone, in the order of Append", Check: func(ctx context.Context, s recommend.Store) error {
		all := facts(9)
		all[4].Actor = recommend.Actor{}
		all[7].Actor = recommend.Actor{Visitor: "customer-0"} // a visitor, not the customer of that name
		if err := s.Append(ctx, all...); err != nil {
			return err
		}
		for actor, want := range map[recommend.Actor][]recommend.Interaction{
			{Customer: "customer-0"}:                    {all[0], all[3], all[6]},
			{Customer: "customer-0", Visitor: "device"}: {all[0], all[3], all[6]},
			{Customer: "customer-1"}:                    {all[1]},
			{Visitor: "customer-0"}:                     {all[7]},
			{Customer: "unknown"}:                       nil,
			{}:                                          nil,
		} {
			got, err := suite.Collect(s.Of(ctx, actor))
			if err != nil {
				return err
			}
			if err := same(fmt.Sprintf("Of %+v", actor), got, want); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "append/kinds", Rule: "every kind is kept, with and without details", Check: func(ctx context.Context, s recommend.Store) error {
		var all []recommend.Interaction
		for k := recommend.View; k <= recommend.Impression; k++ {
			in := fact(int(k))
			in.Kind = k
			if k%2 == 0 {
				in.Details, in.Session, in.Device, in.Policy = nil, "", "", ""
			}
			all = append(all, in)
		}
		if err := s.Append(ctx, all...); err != nil {
			return err
		}
		return holds(ctx, s, all...)
	}},
	{Name: "forget", Rule: "Forget removes the interactions of the actor alone, and their IDs stay known", Check: func(ctx context.Context, s recommend.Store) error {
		all := facts(7)
		all[5].Actor = recommend.Actor{Visitor: "customer-0"} // not the customer of that name
		all[6].Actor = recommend.Actor{}
		if err := s.Append(ctx, all...); err != nil {
			return err
		}
		for range 2 {
			if err := s.Forget(ctx, recommend.Actor{Customer: "customer-0", Visitor: "ignored"}); err != nil {
				return err
			}
			// Delivered again, perhaps changed, it is ignored.
			again := all[3]
			again.Kind = recommend.View
			if err := s.Append(ctx, all[0], again); err != nil {
				return err
			}
			if err := holds(ctx, s, all[1], all[2], all[4], all[5], all[6]); err != nil {
				return err
			}
		}
		if got, err := suite.Collect(s.Of(ctx, all[0].Actor)); err != nil || len(got) > 0 {
			return fmt.Errorf("Of the forgotten yields %d (%v)", len(got), err)
		}
		if err := s.Forget(ctx, recommend.Actor{}); err != nil {
			return err
		}
		next := fact(9) // of customer-0, who is back
		if err := s.Append(ctx, next); err != nil {
			return err
		}
		return holds(ctx, s, all[1], all[2], all[4], all[5], all[6], next)
	}},
	{Name: "clear", Rule: "Clear removes everything, to be recorded anew, except what was forgotten", Check: func(ctx context.Context, s recommend.Store) error {
		all := facts(5)
		if err := s.Append(ctx, all...); err != nil {
			return err
		}
		if err := s.Forget(ctx, all[0].Actor); err != nil { // 0 and 3
			return err
		}
		for range 2 {
			if err := s.Clear(ctx); err != nil {
				return err
			}
			if err := holds(ctx, s); err != nil {
				return err
			}
			if got, err := suite.Collect(s.Of(ctx, all[1].Actor)); err != nil || len(got) > 0 {
				return fmt.Errorf("Of yields %d after Clear (%v)", len(got), err)
			}
		}
		all[4].Kind = recommend.View // a changed rule of recording
		if err := s.Append(ctx, all...); err != nil {
			return err
		}
		return holds(ctx, s, all[1], all[2], all[4])
	}},
	{Name: "of/many", Rule: "All and Of yield more than a page, whatever the number", Check: func(ctx context.Context, s recommend.Store) error {
		all := facts(1203)
		for n := 0; n < len(all); n += 400 {
			if err := s.Append(ctx, all[n:min(n+400, len(all))]...); err != nil {
				return err
			}
		}
		if err := holds(ctx, s, all...); err != nil {
			return err
		}
		got, err := suite.Collect(s.Of(ctx, all[2].Actor))
		if err == nil && (len(got) != 401 || !got[400].Equal(all[1202])) {
			err = fmt.Errorf("Of yields %d, want 401", len(got))
		}
		return err
	}},
	{Name: "tx/forget", Rule: "what a transaction forgot is back when it fails", Transactions: true, Check: func(ctx context.Context, s recommend.Store) error {
		if err := s.Append(ctx, facts(4)...); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, s.(flywheel.Transactor), panics, func(ctx context.Context) error {
				if err := s.Forget(ctx, fact(0).Actor); err != nil {
					return err
				}
				return holds(ctx, s, fact(1), fact(2))
			})
			if err != nil {
				return err
			}
			if err := holds(ctx, s, facts(4)...); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "read/snapshot", Rule: "a range sees the store as it was when it began, may be left early, and may append", Check: func(ctx context.Context, s recommend.Store) error {
		if err := s.Append(ctx, facts(3)...); err != nil {
			return err
		}
		n := 0
		for _, err := range s.All(ctx) {
			if err != nil {
				return err
			}
			if err := s.Append(ctx, fact(10+n)); err != nil {
				return err
			}
			n++
		}
		if n != 3 {
			return fmt.Errorf("ranged over %d, want the 3 that were there", n)
		}
		for range s.All(ctx) {
			break
		}
		for range s.Of(ctx, fact(0).Actor) {
			break
		}
		return s.Append(ctx, fact(20))
	}},
	{Name: "append/concurrent", Rule: "of many writers of one ID, those with the content that came first succeed, and it is there once", Check: func(ctx context.Context, s recommend.Store) error {
		errs := suite.Parallel(16, func(i int) error {
			in := fact(0)
			in.Kind = []recommend.Kind{recommend.View, recommend.Purchase}[i%2]
			return s.Append(ctx, in)
		})
		got, err := suite.Collect(s.All(ctx))
		if err != nil {
			return err
		}
		if len(got) != 1 {
			return fmt.Errorf("%d interactions, want 1", len(got))
		}
		for i, err := range errs {
			won := []recommend.Kind{recommend.View, recommend.Purchase}[i%2] == got[0].Kind
			if won && err != nil || !won && !errors.Is(err, recommend.ErrOtherBody) {
				return fmt.Errorf("%v is stored, and writer %d got %v", got[0].Kind, i, err)
			}
		}
		return nil
	}},
	{Name: "cancelled", Rule: "a cancelled ctx is an error and changes nothing", Check: func(ctx context.Context, s recommend.Store) error {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := suite.Wrong("Append", s.Append(cancelled, fact(0)), context.Canceled); err != nil {
			return err
		}
		if _, err := suite.Collect(s.All(cancelled)); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("All: error %v", err)
		}
		if _, err := suite.Collect(s.Of(cancelled, fact(0).Actor)); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("Of: error %v", err)
		}
		return holds(ctx, s)
	}},
	{Name: "tx/rollback", Rule: "what a transaction appended is gone when it fails or panics, and was visible within", Transactions: true, Check: func(ctx context.Context, s recommend.Store) error {
		if err := s.Append(ctx, fact(0)); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, suite.Tx(s), panics, func(ctx context.Context) error {
				if err := s.Append(ctx, fact(1), fact(2)); err != nil {
					return err
				}
				if err := s.Append(ctx, fact(3)); err != nil {
					return err
				}
				return holds(ctx, s, facts(4)...)
			})
			if err != nil {
				return err
			}
			if err := holds(ctx, s, fact(0)); err != nil {
				return err
			}
			if got, err := suite.Collect(s.Of(ctx, fact(3).Actor)); err != nil || len(got) != 1 {
				return fmt.Errorf("Of yields %d after the rollback (%v), want 1", len(got), err)
			}
		}
		// What was rolled back can be appended, with other content even.
		other := fact(1)
		other.Kind = recommend.View
		if err := s.Append(ctx, other, fact(2)); err != nil {
			return err
		}
		return holds(ctx, s, fact(0), other, fact(2))
	}},
	{Name: "tx/refusal-within", Rule: "a call that is refused within a transaction takes back only itself", Transactions: true, Check: func(ctx context.Context, s recommend.Store) error {
		if err := suite.Tx(s).InTx(ctx, func(ctx context.Context) error {
			if err := s.Append(ctx, fact(0)); err != nil {
				return err
			}
			other := fact(0)
			other.Kind = recommend.View
			return suite.Wrong("Append", s.Append(ctx, fact(1), other), recommend.ErrOtherBody)
		}); err != nil {
			return err
		}
		return holds(ctx, s, fact(0))
	}},
}
