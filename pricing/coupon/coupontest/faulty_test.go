package coupontest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// whole is a memory store with its transactions, which the faulty ones spoil.
type whole struct {
	*coupon.MemoryStore
	*flywheel.Memory
}

func newWhole() whole {
	db := &flywheel.Memory{}
	return whole{coupon.NewMemory(db), db}
}

func TestRunPassesWhatIsRight(t *testing.T) {
	broken := func(fresh func() coupon.Store) []string { return contract(1, false).Broken(t.Context(), fresh) }
	if names := broken(func() coupon.Store { return newWhole() }); names != nil {
		t.Errorf("the memory store breaks %q", names)
	}
	for _, after := range []bool{false, true} {
		never := func() coupon.Store { return Failing(newWhole(), func(string, bool) error { return nil }) }
		if names := broken(never); names != nil {
			t.Errorf("a store that never fails breaks %q", names)
		}
		always := func() coupon.Store {
			return Failing(newWhole(), func(_ string, a bool) error {
				if a == after {
					return errTest
				}
				return nil
			})
		}
		if names := broken(always); len(names) < 20 {
			t.Errorf("a store that always fails breaks only %q", names)
		}
	}
}

// TestRunCatches gives the suite stores with one fault each. The named check
// must catch it.
func TestRunCatches(t *testing.T) {
	for _, f := range []struct {
		fault, check string
		fresh        func() coupon.Store
	}{
		{"checks first and writes later", "redeem/race", func() coupon.Store { return checksFirst{newWhole()} }},
		{"counts a repeated redemption again", "redeem/repeated", func() coupon.Store { return &forgetful{whole: newWhole()} }},
		{"takes any body for a key", "redeem/other-body", func() coupon.Store { return anyBody{newWhole()} }},
		{"adds to some tallies of a refused redemption", "redeem/limit", func() coupon.Store { return oneByOne{newWhole()} }},
		{"lets one use too many through", "redeem/limit", func() coupon.Store { return generous{newWhole()} }},
		{"gives back twice", "cancel/once", func() coupon.Store { return twice{newWhole()} }},
		{"gives back below zero", "cancel/below-zero", func() coupon.Store { return lenient{newWhole()} }},
		{"folds the case of codes", "codes/round-trip", func() coupon.Store { return folding{newWhole()} }},
		{"adds codes until one is taken", "codes/taken", func() coupon.Store { return piecemeal{newWhole()} }},
		{"ignores the version of a campaign", "campaign/version", func() coupon.Store { return lastWins{newWhole()} }},
		{"shares the tallies that it returns", "ledger/copy", func() coupon.Store { return &sharing{whole: newWhole()} }},
		{"keeps local times", "redeem/round-trip", func() coupon.Store { return local{newWhole()} }},
		{"holds a moment too long", "hold/over", func() coupon.Store { return lasting{newWhole()} }},
		{"commits what is over", "hold/over", func() coupon.Store { return timeless{newWhole()} }},
		{"forgets to give back what it releases", "hold/released", func() coupon.Store { return keeping{newWhole()} }},
		{"shortens a hold that is renewed", "hold/renewed", func() coupon.Store { return shortening{newWhole()} }},
		{"lists all as holds", "hold/counts", func() coupon.Store { return anyHold{newWhole()} }},
		{"lists codes of all campaigns", "codes/list", func() coupon.Store { return mixing{newWhole()} }},
		{"lists no cancelled redemptions", "redemptions/list", func() coupon.Store { return hiding{newWhole()} }},
		{"goes on after the context is over", "context/cancelled", func() coupon.Store { return deaf{newWhole()} }},
		{"keeps what a failed transaction did", "tx/rollback", func() coupon.Store { return noRollback{newWhole()} }},
		{"swallows a panic", "tx/panic", func() coupon.Store { return swallows{newWhole()} }},
	} {
		contract(1, false).Bites(t, f.fault, f.check, f.fresh)
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() coupon.Store {
		s := coupon.NewMemory(nil)
		_, err := s.SaveCampaign(ctx, campaign("c"))
		_, redeemErr := s.Redeem(ctx, use("k", coupon.Tally{Name: "t", Add: 1, Limit: 9}))
		_, holdErr := s.Redeem(ctx, held("h", 9))
		if err := errors.Join(err, redeemErr, holdErr, s.AddCodes(ctx, []coupon.Code{{Code: "x", Campaign: "c"}})); err != nil {
			t.Fatal(err)
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s coupon.Store) error{
		"Campaign":     func(s coupon.Store) error { return suite.Err(s.Campaign(ctx, "c")) },
		"SaveCampaign": func(s coupon.Store) error { return suite.Err(s.SaveCampaign(ctx, campaign("d"))) },
		"AddCodes":     func(s coupon.Store) error { return s.AddCodes(ctx, []coupon.Code{{Code: "y", Campaign: "c"}}) },
		"Code":         func(s coupon.Store) error { return suite.Err(s.Code(ctx, "x")) },
		"Codes":        func(s coupon.Store) error { return suite.Err(suite.Collect(s.Codes(ctx, "c"))) },
		"Redeem": func(s coupon.Store) error {
			return suite.Err(s.Redeem(ctx, use("l", coupon.Tally{Name: "t", Add: 2, Limit: 9})))
		},
		"Cancel":      func(s coupon.Store) error { return suite.Err(s.Cancel(ctx, "k", noon)) },
		"Settle":      func(s coupon.Store) error { return suite.Err(s.Settle(ctx, "h", true, noon)) },
		"Expire":      func(s coupon.Store) error { return suite.Err(s.Expire(ctx, "c", over)) },
		"Redemption":  func(s coupon.Store) error { return suite.Err(s.Redemption(ctx, "k")) },
		"Redemptions": func(s coupon.Store) error { return suite.Err(suite.Collect(s.Redemptions(ctx, "c", false))) },
		"Used":        func(s coupon.Store) error { return suite.Err(s.Used(ctx, "c", "t")) },
	}, func(s coupon.Store) (any, error) {
		c, err := s.Campaign(ctx, "d")
		if errors.Is(err, flywheel.ErrNotFound) {
			err = nil
		}
		codes, codesErr := suite.Collect(s.Codes(ctx, "c"))
		redemptions, redemptionsErr := suite.Collect(s.Redemptions(ctx, "c", false))
		used, usedErr := s.Used(ctx, "c", "t")
		return []any{c, codes, redemptions, used}, errors.Join(err, codesErr, redemptionsErr, usedErr)
	})
}

type checksFirst struct{ whole }

func (s checksFirst) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	for i := range r.Uses {
		used, err := s.Used(ctx, r.Campaign, r.Uses[i].Name)
		if err == nil {
			_, err = r.Uses[i].After(used)
		}
		if err != nil {
			return coupon.Redemption{}, err
		}
	}
	runtime.Gosched()
	time.Sleep(time.Millisecond)
	r = r.Stored()
	for i := range r.Uses {
		r.Uses[i].Limit = coupon.Unlimited
	}
	return s.whole.Redeem(ctx, r)
}

type forgetful struct {
	whole
	mu sync.Mutex
	n  int
}

func (s *forgetful) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.Redemption(ctx, r.Key); err == nil {
		s.n++
		again := r
		again.Key = fmt.Sprint(r.Key, s.n)
		if _, err := s.whole.Redeem(ctx, again); err != nil {
			return coupon.Redemption{}, err
		}
	}
	return s.whole.Redeem(ctx, r)
}

type anyBody struct{ whole }

func (s anyBody) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	answer, err := s.whole.Redeem(ctx, r)
	if errors.Is(err, coupon.ErrOtherBody) {
		return s.Redemption(ctx, r.Key)
	}
	return answer, err
}

type oneByOne struct{ whole }

func (s oneByOne) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	answer, err := s.whole.Redeem(ctx, r)
	if t, ok := errors.AsType[*coupon.TallyError](err); ok {
		part := r.Stored()
		part.Key += " part"
		part.Uses = slices.DeleteFunc(part.Uses, func(u coupon.Tally) bool { return u.Name >= t.Tally.Name })
		if _, err := s.whole.Redeem(ctx, part); err != nil {
			return coupon.Redemption{}, err
		}
	}
	return answer, err
}

type generous struct{ whole }

func (s generous) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	given := r.Stored()
	more := r.Stored()
	for i := range more.Uses {
		if more.Uses[i].Limit != coupon.Unlimited {
			more.Uses[i].Limit++
		}
	}
	answer, err := s.whole.Redeem(ctx, more)
	answer.Uses = given.Uses
	return answer, err
}

type twice struct{ whole }

func (s twice) Cancel(ctx context.Context, key string, at time.Time) (coupon.Redemption, error) {
	before, err := s.Redemption(ctx, key)
	if err == nil && !before.Canceled.IsZero() {
		back := before.Stored()
		back.Key = key + at.String()
		for i := range back.Uses {
			back.Uses[i].Add = -back.Uses[i].Add
		}
		s.whole.Redeem(ctx, back)
	}
	return s.whole.Cancel(ctx, key, at)
}

type lenient struct{ whole }

func (s lenient) Cancel(ctx context.Context, key string, at time.Time) (coupon.Redemption, error) {
	r, err := s.whole.Cancel(ctx, key, at)
	if errors.Is(err, flywheel.ErrConflict) {
		return s.Redemption(ctx, key)
	}
	return r, err
}

type folding struct{ whole }

func (s folding) Code(ctx context.Context, code string) (coupon.Code, error) {
	c, err := s.whole.Code(ctx, code)
	if err != nil {
		return s.whole.Code(ctx, strings.ToLower(code))
	}
	return c, err
}

type piecemeal struct{ whole }

func (s piecemeal) AddCodes(ctx context.Context, codes []coupon.Code) error {
	for _, c := range codes {
		if err := s.whole.AddCodes(ctx, []coupon.Code{c}); err != nil {
			return err
		}
	}
	return nil
}

type lastWins struct{ whole }

func (s lastWins) SaveCampaign(ctx context.Context, c coupon.Campaign) (coupon.Campaign, error) {
	if now, err := s.Campaign(ctx, c.ID); err == nil {
		c.Version = now.Version
	}
	return s.whole.SaveCampaign(ctx, c)
}

type sharing struct {
	whole
	mu   sync.Mutex
	kept map[string]coupon.Redemption
}

func (s *sharing) Redemption(ctx context.Context, key string) (coupon.Redemption, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.kept[key]; ok {
		return r, nil
	}
	r, err := s.whole.Redemption(ctx, key)
	if err == nil {
		if s.kept == nil {
			s.kept = map[string]coupon.Redemption{}
		}
		s.kept[key] = r
	}
	return r, err
}

type local struct{ whole }

func (s local) Redemption(ctx context.Context, key string) (coupon.Redemption, error) {
	r, err := s.whole.Redemption(ctx, key)
	r.At = r.At.In(time.FixedZone("", 3600))
	return r, err
}

type deaf struct{ whole }

func (s deaf) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	return s.whole.Redeem(context.WithoutCancel(ctx), r)
}

type noRollback struct{ whole }

func (s noRollback) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

type swallows struct{ whole }

func (s swallows) InTx(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return s.whole.InTx(ctx, fn)
}

type mixing struct{ whole }

func (s mixing) Codes(ctx context.Context, campaign string) iter.Seq2[coupon.Code, error] {
	return func(yield func(coupon.Code, error) bool) {
		for _, c := range []string{campaign, "d"} {
			for code, err := range s.whole.Codes(ctx, c) {
				if !yield(code, err) {
					return
				}
			}
		}
	}
}

type hiding struct{ whole }

func (s hiding) Redemptions(ctx context.Context, campaign string, held bool) iter.Seq2[coupon.Redemption, error] {
	return func(yield func(coupon.Redemption, error) bool) {
		for r, err := range s.whole.Redemptions(ctx, campaign, held) {
			if r.Canceled.IsZero() && !yield(r, err) {
				return
			}
		}
	}
}

type lasting struct{ whole }

func (s lasting) Expire(ctx context.Context, campaign string, at time.Time) (int64, error) {
	return s.whole.Expire(ctx, campaign, at.Add(-time.Microsecond))
}

type timeless struct{ whole }

func (s timeless) Settle(ctx context.Context, key string, commit bool, _ time.Time) (coupon.Redemption, error) {
	return s.whole.Settle(ctx, key, commit, noon)
}

type keeping struct{ whole }

func (s keeping) Settle(ctx context.Context, key string, commit bool, at time.Time) (coupon.Redemption, error) {
	r, err := s.whole.Settle(ctx, key, commit, at)
	if err == nil && !commit {
		_, err = s.whole.Redeem(ctx, use("left of "+key, r.Uses...))
	}
	return r, err
}

type shortening struct{ whole }

func (s shortening) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	before, err := s.Redemption(ctx, r.Key)
	if err != nil || before.Held.IsZero() || r.Held.IsZero() || !before.Canceled.IsZero() || !r.Same(&before) {
		return s.whole.Redeem(ctx, r)
	}
	if _, err := s.Settle(ctx, r.Key, false, noon); err != nil {
		return coupon.Redemption{}, err
	}
	return s.whole.Redeem(ctx, r)
}

type anyHold struct{ whole }

func (s anyHold) Redemptions(ctx context.Context, campaign string, _ bool) iter.Seq2[coupon.Redemption, error] {
	return s.whole.Redemptions(ctx, campaign, false)
}
