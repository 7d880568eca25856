package coupontest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// scenarioChecks let customers fight over coupons, budgets and cards through the
// service.
var scenarioChecks = []testCase{
	{Name: "scenario/coupon-limit", Rule: "Of 200 customers at once a coupon of five uses serves five; a cancelled order gives its use back once.", Check: func(e *env) {
		e.scenario(func(svc *coupon.Service, name string, n sizes, seed *rand.Rand) {
			_, err := svc.SaveCampaign(e.Context(), coupon.Campaign{ID: name, Limit: 5})
			e.OK(err)
			e.OK(svc.Add(e.Context(), coupon.Code{Code: name, Campaign: name}))
			turn := seed.Perm(n.coupon)
			redeem := func(i int) error {
				_, err := svc.Redeem(e.Context(), fmt.Sprintf("%s %d", name, turn[i]), coupon.Request{Code: name, Customer: flywheel.CustomerID(fmt.Sprint(turn[i]))})
				return err
			}
			won := e.count(n.coupon, redeem)
			if len(won) != 5 {
				e.Fatalf("%s: %d redeemed", name, len(won))
			}
			suite.Together(12, func(i int) {
				if _, err := svc.Cancel(e.Context(), fmt.Sprintf("%s %d", name, turn[won[i%2]])); err != nil {
					e.Errorf("%s: %v", name, err)
				}
			})
			if used, err := svc.Used(e.Context(), name); used != 3 || err != nil {
				e.Errorf("%s: %d used after two were cancelled, %v", name, used, err)
			}
			later := e.count(10, func(i int) error {
				_, err := svc.Redeem(e.Context(), fmt.Sprintf("%s later %d", name, i), coupon.Request{Code: name, Visitor: flywheel.VisitorID(fmt.Sprint(i))})
				return err
			})
			if len(later) != 2 {
				e.Errorf("%s: %d more redeemed", name, len(later))
			}
		})
	}},
	{Name: "scenario/per-customer", Rule: "One customer at many orders at once uses a coupon once, and once more after it was cancelled.", Check: func(e *env) {
		e.scenario(func(svc *coupon.Service, name string, n sizes, seed *rand.Rand) {
			_, err := svc.SaveCampaign(e.Context(), coupon.Campaign{ID: name, PerCustomer: 1})
			e.OK(err)
			e.OK(svc.Add(e.Context(), coupon.Code{Code: name, Campaign: name}))
			for round := range 2 {
				won := e.count(n.orders, func(i int) error {
					_, err := svc.Redeem(e.Context(), fmt.Sprintf("%s %d %d", name, round, i), coupon.Request{Code: name, Customer: "ann"})
					return err
				})
				if len(won) != 1 {
					e.Fatalf("%s: %d redeemed", name, len(won))
				}
				_, err := svc.Cancel(e.Context(), fmt.Sprintf("%s %d %d", name, round, won[0]))
				e.OK(err)
			}
		})
	}},
	{Name: "scenario/budget", Rule: "500 orders at once of 0.37 never spend more than a budget of 100.00, and leave less than 0.37 of it.", Check: func(e *env) {
		e.scenario(func(svc *coupon.Service, name string, n sizes, seed *rand.Rand) {
			budget := int64(20 * n.budget)
			_, err := svc.SaveCampaign(e.Context(), coupon.Campaign{ID: name, Budgets: []coupon.Budget{{Period: coupon.Always, Amount: money.New(budget, money.EUR)}}})
			e.OK(err)
			e.OK(svc.Add(e.Context(), coupon.Code{Code: name, Campaign: name}))
			turn := seed.Perm(n.budget)
			won := e.count(n.budget, func(i int) error {
				_, err := svc.Redeem(e.Context(), fmt.Sprintf("%s %d", name, turn[i]), coupon.Request{Code: name, Visitor: flywheel.VisitorID(fmt.Sprint(i)), Amount: money.New(37, money.EUR)})
				return err
			})
			if int64(len(won)) != budget/37 {
				e.Errorf("%s: %d redeemed", name, len(won))
			}
			if used, err := svc.Used(e.Context(), name); used != budget/37 || err != nil {
				e.Errorf("%s: %d used, %v", name, used, err)
			}
		})
	}},
	{Name: "scenario/gift-card", Rule: "50 checkouts at once of 10.00 charge a card of 50.00 five times; refunds at once never come to more than was charged.", Check: func(e *env) {
		e.scenario(func(svc *coupon.Service, name string, n sizes, seed *rand.Rand) {
			_, err := svc.SaveCampaign(e.Context(), coupon.Campaign{ID: name})
			e.OK(err)
			cards, err := svc.IssueCards(e.Context(), name, coupon.Pattern{}, 1, money.New(50_00, money.EUR))
			e.OK(err)
			balance := func(want int64) {
				e.Helper()
				left, err := svc.Balance(e.Context(), coupon.Request{Code: cards[0], Visitor: "v"})
				if err != nil || left != money.New(want, money.EUR) {
					e.Errorf("%s: balance %s, %v", name, left, err)
				}
			}
			turn := seed.Perm(n.card)
			won := e.count(n.card, func(i int) error {
				_, err := svc.Charge(e.Context(), fmt.Sprintf("%s %d", name, turn[i]), coupon.Request{Code: cards[0], Visitor: flywheel.VisitorID(fmt.Sprint(i)), Amount: money.New(10_00, money.EUR)})
				return err
			})
			if len(won) != 5 {
				e.Fatalf("%s: charged %d times", name, len(won))
			}
			balance(0)
			back := e.count(10, func(i int) error {
				_, err := svc.Refund(e.Context(), fmt.Sprintf("%s refund %d", name, i), fmt.Sprintf("%s %d", name, turn[won[0]]), money.New(3_00, money.EUR))
				return err
			})
			if len(back) != 3 {
				e.Errorf("%s: refunded %d times", name, len(back))
			}
			balance(9_00)
		})
	}},
}

// sizes are how many fight at once in each scenario. A budget is 0.20 for each of
// its orders.
type sizes struct{ coupon, orders, budget, card int }

var (
	full  = sizes{coupon: 200, orders: 20, budget: 500, card: 50}
	small = sizes{coupon: 30, orders: 5, budget: 25, card: 10}
)

// scenario runs fn for each seed, each with a name of its own.
func (e *env) scenario(fn func(svc *coupon.Service, name string, n sizes, seed *rand.Rand)) {
	many, err := coupon.NewLimiter(1000, time.Hour)
	e.OK(err)
	svc, err := coupon.New(e.Store, &coupon.Options{Now: func() time.Time { return noon }, Customers: many, Failures: coupon.InProcess})
	e.OK(err)
	for seed := range e.seeds {
		n := full
		if e.small && seed > 0 {
			n = small
		}
		fn(svc, fmt.Sprint("SCENARIO ", seed), n, rand.New(rand.NewPCG(uint64(seed), 0)))
	}
}

// count runs fn n times at once and returns which of them had no error. A refusal
// is the only error allowed.
func (e *env) count(n int, fn func(i int) error) (won []int) {
	e.Helper()
	results := make([]bool, n)
	var odd atomic.Pointer[error]
	suite.Together(n, func(i int) {
		err := fn(i)
		results[i] = err == nil
		if err != nil && !errors.Is(err, coupon.ErrRefused) {
			odd.Store(&err)
		}
	})
	if err := odd.Load(); err != nil {
		e.Fatalf("unexpected error: %v", *err)
	}
	for i, ok := range results {
		if ok {
			won = append(won, i)
		}
	}
	return won
}
