package coupontest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func campaign(id string) coupon.Campaign {
	return coupon.Campaign{
		ID: id, Starts: noon.In(time.FixedZone("", 3600)).Add(7), Ends: noon.AddDate(1, 0, 0), Limit: 9, PerCode: 2, PerCustomer: 1,
		Budgets:  []coupon.Budget{{Period: coupon.Always, Amount: money.New(10_000, money.EUR)}, {Period: coupon.Weekly, Amount: money.New(99, money.EUR)}},
		TimeZone: "Europe/Berlin", Disabled: true,
	}
}

var catalogChecks = []testCase{
	{Name: "campaign/round-trip", Rule: "A campaign comes back as it was saved, with times in UTC to the microsecond and a version that counts up.", Check: func(e *env) {
		for _, id := range names {
			want := campaign(id)
			saved, err := e.SaveCampaign(e.Context(), want)
			e.OK(err)
			want = want.Stored()
			want.Version = 1
			e.same("the saved campaign", saved, want)
			got, err := e.Campaign(e.Context(), id)
			e.OK(err)
			e.same("the stored campaign", got, want)
			if got.Starts.Location() != time.UTC || got.Starts.Nanosecond()%1000 != 0 {
				e.Errorf("start %v", got.Starts)
			}
		}
		_, err := e.Campaign(e.Context(), "B")
		e.Matches(err, flywheel.ErrNotFound)
	}},
	{Name: "campaign/version", Rule: "SaveCampaign refuses a version other than the stored one, and changes nothing then.", Check: func(e *env) {
		first, err := e.SaveCampaign(e.Context(), campaign("c"))
		e.OK(err)
		for _, version := range []int64{0, 2} {
			stale := first
			stale.Version, stale.Limit = version, 77
			_, err := e.SaveCampaign(e.Context(), stale)
			e.Matches(err, coupon.ErrStale)
		}
		missing := campaign("d")
		missing.Version = 1
		_, err = e.SaveCampaign(e.Context(), missing)
		e.Matches(err, coupon.ErrStale)
		got, err := e.Campaign(e.Context(), "c")
		e.OK(err)
		e.same("the campaign", got, first)
		first.Limit = 5
		second, err := e.SaveCampaign(e.Context(), first)
		e.OK(err)
		if second.Version != 2 || second.Limit != 5 {
			e.Errorf("saved %+v", second)
		}
	}},
	{Name: "campaign/race", Rule: "Of many writers with one version one wins.", Check: func(e *env) {
		_, err := e.SaveCampaign(e.Context(), campaign("c"))
		e.OK(err)
		var won atomic.Int64
		suite.Together(16, func(i int) {
			c := campaign("c")
			c.Version, c.Limit = 1, int64(i)
			if _, err := e.SaveCampaign(e.Context(), c); err == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			e.Errorf("%d writers won", won.Load())
		}
	}},
	{Name: "campaign/copy", Rule: "What is returned or was given is a copy.", Check: func(e *env) {
		given := campaign("c")
		saved, err := e.SaveCampaign(e.Context(), given)
		e.OK(err)
		given.Budgets[0].Period = "spoiled"
		saved.Budgets[0].Period = "spoiled"
		for range 2 {
			got, err := e.Campaign(e.Context(), "c")
			e.OK(err)
			if got.Budgets[0].Period != coupon.Always {
				e.Fatalf("the store shares its budgets")
			}
			got.Budgets[0].Period = "spoiled"
		}
	}},
	{Name: "codes/round-trip", Rule: "Codes come back as they were added, byte by byte.", Check: func(e *env) {
		var codes []coupon.Code
		for i, name := range names {
			codes = append(codes, coupon.Code{Code: name, Campaign: "c " + name, Customer: flywheel.CustomerID(name), Value: money.New(int64(i), money.JPY)})
		}
		codes = append(codes, coupon.Code{Code: "plain", Campaign: "c"})
		e.OK(e.AddCodes(e.Context(), codes))
		for _, want := range codes {
			got, err := e.Code(e.Context(), want.Code)
			e.OK(err)
			e.same("the code", got, want)
		}
		_, err := e.Code(e.Context(), "PLAIN")
		e.Matches(err, flywheel.ErrNotFound)
		e.OK(e.AddCodes(e.Context(), nil))
	}},
	{Name: "codes/many", Rule: "AddCodes takes more than a thousand codes.", Check: func(e *env) {
		codes := make([]coupon.Code, 1234)
		for i := range codes {
			codes[i] = coupon.Code{Code: fmt.Sprint("code ", i), Campaign: "c"}
		}
		e.OK(e.AddCodes(e.Context(), codes))
		for _, i := range []int{0, 499, 500, 1233} {
			if _, err := e.Code(e.Context(), codes[i].Code); err != nil {
				e.Errorf("code %d: %v", i, err)
			}
		}
	}},
	{Name: "codes/taken", Rule: "When one code exists, or is there twice, none is added.", Check: func(e *env) {
		e.OK(e.AddCodes(e.Context(), []coupon.Code{{Code: "a", Campaign: "c"}}))
		for _, codes := range [][]coupon.Code{{{Code: "b", Campaign: "c"}, {Code: "a", Campaign: "d"}}, {{Code: "b", Campaign: "c"}, {Code: "b", Campaign: "c"}}} {
			e.Matches(e.AddCodes(e.Context(), codes), coupon.ErrTaken)
			_, err := e.Code(e.Context(), "b")
			e.Matches(err, flywheel.ErrNotFound)
		}
		got, err := e.Code(e.Context(), "a")
		e.OK(err)
		e.same("the code", got, coupon.Code{Code: "a", Campaign: "c"})
	}},
	{Name: "codes/list", Rule: "Codes yields the codes of one campaign in the order of their bytes; whoever ranges over them may add others or stop.", Check: func(e *env) {
		var codes []coupon.Code
		for i := range 1100 {
			codes = append(codes, coupon.Code{Code: fmt.Sprintf("c%04d", (i*7)%1100), Campaign: "c"})
		}
		codes = append(codes, coupon.Code{Code: "other", Campaign: "d"}, coupon.Code{Code: "Z", Campaign: "c"}, coupon.Code{Code: "é", Campaign: "c"})
		e.OK(e.AddCodes(e.Context(), codes))
		n, last := 0, ""
		for c, err := range e.Codes(e.Context(), "c") {
			e.OK(err)
			if c.Campaign != "c" || c.Code <= last {
				e.Fatalf("%q after %q", c.Code, last)
			}
			if n == 0 {
				e.OK(e.AddCodes(e.Context(), []coupon.Code{{Code: "0", Campaign: "c"}}))
			}
			n, last = n+1, c.Code
		}
		e.same("the number of codes", n, 1102)
		for c, err := range e.Codes(e.Context(), "c") {
			e.OK(err)
			e.same("the first code", c.Code, "0")
			break
		}
		for range e.Codes(e.Context(), "none") {
			e.Errorf("a code of no campaign")
		}
		ctx, cancel := context.WithCancel(e.Context())
		cancel()
		for _, err := range e.Codes(ctx, "c") {
			if err == nil {
				e.Fatalf("a code though the context is over")
			}
		}
	}},
	{Name: "context/cancelled", Rule: "A call whose context is over changes nothing.", Check: func(e *env) {
		ctx, cancel := context.WithCancel(e.Context())
		cancel()
		_, err1 := e.SaveCampaign(ctx, campaign("c"))
		_, err2 := e.Redeem(ctx, use("k", coupon.Tally{Name: "t", Add: 1, Limit: 1}))
		_, err3 := e.Campaign(ctx, "c")
		for i, err := range []error{err1, err2, err3, e.AddCodes(ctx, []coupon.Code{{Code: "a", Campaign: "c"}})} {
			if err == nil {
				e.Errorf("call %d has no error", i)
			}
		}
		_, err := e.Campaign(e.Context(), "c")
		e.Matches(err, flywheel.ErrNotFound)
		_, err = e.Code(e.Context(), "a")
		e.Matches(err, flywheel.ErrNotFound)
		e.used("t", 0)
	}},
}
