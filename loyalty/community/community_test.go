package community_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty/community"
)

// Whatever is done: available + held + sold is the stock, nobody has more than the
// allowance, a notice counts once.
func TestFlashSaleLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := community.SaleRules{
			Stock: rapid.Int64Range(0, 6).Draw(t, "stock"), PerUser: rapid.Int64Range(1, 3).Draw(t, "per user"), PerOrder: 2, PayTimeout: 10 * time.Second,
			Windows: []community.Window{{Start: instant(0), End: instant(100)}, {Start: instant(200), End: instant(250)}},
		}
		s, err := community.NewFlashSale(r)
		require.NoError(t, err)
		at := int64(0)
		paid := map[string]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			at += rapid.Int64Range(0, 12).Draw(t, "seconds")
			order := fmt.Sprint("o", rapid.IntRange(0, 12).Draw(t, "order"))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				_, err = s.Order(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "user"), order, rapid.Int64Range(1, 3).Draw(t, "units"), instant(at))
			case 2:
				var what community.Outcome
				what, err = s.Pay(order, instant(at))
				if err == nil {
					require.Equal(t, paid[order], what == community.Duplicate, "%s of %s", what, order)
					paid[order] = true
				}
			case 3:
				err = s.Cancel(order, instant(at))
			}
			var refused *community.RefusedError
			require.True(t, err == nil || errors.As(err, &refused), "%v", err)
			available, held, sold := s.Units()
			require.Equal(t, r.Stock, available+held+sold)
			require.GreaterOrEqual(t, min(available, held, sold), int64(0))
			has := map[string]int64{}
			var counted int64
			for i := range 13 {
				if o, ok := s.Get(fmt.Sprint("o", i)); ok && (o.State == community.SaleHeld || o.State == community.SalePaid) {
					has[o.User] += o.Quantity
					counted += o.Quantity
				}
			}
			require.Equal(t, held+sold, counted)
			for _, n := range has {
				require.LessOrEqual(t, n, r.PerUser)
			}
		}
	})
}

// Whatever is done: a group has no more seats than its size, a confirmed order is of
// a group that succeeded, money of a failed one is due, and nobody has more live
// orders than the limit.
func TestGroupBuyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := community.GroupRules{
			Size: rapid.IntRange(2, 3).Draw(t, "size"), Duration: 60 * time.Second, PayTimeout: 15 * time.Second,
			RunOn: rapid.Bool().Draw(t, "run on"), AutoComplete: rapid.Bool().Draw(t, "complete"), AutoCompleteMinPaid: 2,
			LeaderLeaves: rapid.SampledFrom([]community.LeaderLeaves{"", community.Dissolve}).Draw(t, "leader leaves"),
			LatePayment:  rapid.SampledFrom([]community.LatePayment{"", community.NewGroupLate}).Draw(t, "late"),
			LimitPerUser: rapid.IntRange(1, 2).Draw(t, "limit"),
		}
		if rapid.Bool().Draw(t, "ends") {
			r.ActivityEnd = instant(100)
		}
		b, err := community.NewGroupBuy(r)
		require.NoError(t, err)
		at := int64(0)
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			at += rapid.Int64Range(0, 12).Draw(t, "seconds")
			user := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "user")
			order := fmt.Sprint("o", rapid.IntRange(0, 20).Draw(t, "order"))
			var what community.Outcome
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				err = b.Open(user, order, instant(at))
			case 1:
				err = b.Join(user, order, fmt.Sprint("g", rapid.IntRange(1, 4).Draw(t, "group")), true, instant(at))
			case 2, 3:
				before, _ := b.Order(order)
				what, _, err = b.Pay(order, instant(at))
				if err == nil && !before.PaidAt.IsZero() {
					require.Equal(t, community.Duplicate, what)
				}
			case 4:
				err = b.Leave(order, instant(at))
			}
			var refused *community.RefusedError
			require.True(t, err == nil || errors.As(err, &refused), "%v", err)
			seats, live := map[string]int{}, map[string]int{}
			for i := range 21 {
				o, ok := b.Order(fmt.Sprint("o", i))
				if !ok {
					continue
				}
				g, grouped := b.Group(o.Group)
				switch o.State {
				case community.OrderConfirmed:
					require.Equal(t, community.GroupSucceeded, g.State)
				case community.OrderPaid:
					require.Equal(t, community.GroupOpen, g.State)
				case community.OrderUnpaid:
					require.True(t, !grouped || g.State == community.GroupOpen)
				case community.OrderRefundDue:
					require.NotEmpty(t, o.Reason)
				}
				if o.State == community.OrderConfirmed || o.State == community.OrderPaid || o.State == community.OrderUnpaid {
					seats[o.Group]++
					live[o.User]++
				}
			}
			for id, n := range seats {
				require.True(t, id == "" || n <= r.Size)
			}
			for _, n := range live {
				require.LessOrEqual(t, n, r.LimitPerUser)
			}
		}
		b.Advance(instant(1 << 30))
		for i := range 21 {
			if o, ok := b.Order(fmt.Sprint("o", i)); ok {
				require.NotContains(t, []community.GroupOrderState{community.OrderPaid, community.OrderUnpaid}, o.State, "in the end nothing is open")
			}
		}
	})
}

// However the cuts fall, so many reach the floor exactly, each at least one.
func TestBargainReachesTheFloor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		floor := rapid.Int64Range(0, 1000).Draw(t, "floor")
		start := floor + rapid.Int64Range(1, 1<<40).Draw(t, "above")
		helps := rapid.IntRange(1, int(min(start-floor, 50))).Draw(t, "helps")
		b, err := community.NewBargain(community.BargainRules{Start: start, Floor: floor, Helps: helps})
		require.NoError(t, err)
		require.NoError(t, b.Start("owner", "l", instant(0)))
		sum := int64(0)
		for i := range helps {
			cut, err := b.Help("l", fmt.Sprint("friend", i), rapid.Float64Range(0, math.Nextafter(1, 0)).Draw(t, "u"), instant(1))
			require.NoError(t, err)
			require.GreaterOrEqual(t, cut, int64(1))
			sum += cut
		}
		require.Equal(t, start-floor, sum)
		price, err := b.Order("l", "owner", instant(2))
		require.NoError(t, err)
		require.Equal(t, floor, price)
	})
}

// The cases that the reference leaves open.
func TestEdges(t *testing.T) {
	b, err := community.NewGroupBuy(community.GroupRules{Size: 2, Duration: time.Hour, PayTimeout: time.Hour, ActivityEnd: instant(1000)})
	require.NoError(t, err)
	require.NoError(t, b.Open("a", "o1", instant(900)))
	what, group, err := b.Pay("o1", instant(1000))
	require.NoError(t, err)
	require.Equal(t, community.Refunded, what, "the leader paid when the activity was over")
	require.Empty(t, group)

	b, err = community.NewGroupBuy(community.GroupRules{Size: 2, Duration: time.Minute})
	require.NoError(t, err)
	require.NoError(t, b.Open("a", "o1", instant(0)))
	_, _, err = b.Pay("o1", instant(0))
	require.NoError(t, err)
	require.NoError(t, b.Join("b", "o2", "g1", true, instant(59)))
	what, _, err = b.Pay("o2", instant(60))
	require.NoError(t, err)
	require.Equal(t, community.Refunded, what, "the deadline comes before a payment of the same instant")
	g, _ := b.Group("g1")
	require.Equal(t, community.GroupFailed, g.State)
	require.ErrorIs(t, b.Leave("o9", instant(61)), flywheel.ErrNotFound)

	sale, err := community.NewFlashSale(community.SaleRules{Windows: []community.Window{{Start: instant(0), End: instant(9)}}, Stock: 5})
	require.NoError(t, err)
	_, err = sale.Order("a", "o", 1, instant(0))
	require.NoError(t, err)
	_, err = sale.Order("b", "o", 1, instant(1))
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	_, err = sale.Pay("o", instant(1))
	require.NoError(t, err)
	require.ErrorIs(t, sale.Cancel("o", instant(1)), flywheel.ErrConflict)

	bargain, err := community.NewBargain(community.BargainRules{Start: 10, Helps: 2, NoSelfCut: true})
	require.NoError(t, err)
	require.NoError(t, bargain.Start("a", "l", instant(0)))
	_, err = bargain.Help("l", "a", 0, instant(0))
	require.ErrorIs(t, err, flywheel.ErrForbidden)

	shares, err := community.NewShares(community.ShareRules{Window: time.Minute})
	require.NoError(t, err)
	require.NoError(t, shares.Share("a", "k", ""))
	require.ErrorIs(t, shares.Share("b", "k", ""), flywheel.ErrConflict)
	require.ErrorIs(t, shares.Share("b", "m", "z"), flywheel.ErrNotFound)
	_, err = shares.Visit("b", "z", instant(0))
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.Empty(t, shares.Credit("b", instant(0)))
}

func TestBadInput(t *testing.T) {
	nan := math.NaN()
	for name, call := range map[string]func() error{
		"size":     func() error { _, err := community.NewGroupBuy(community.GroupRules{Size: 1}); return err },
		"duration": func() error { _, err := community.NewGroupBuy(community.GroupRules{Size: 2, Duration: -1}); return err },
		"timeout": func() error {
			_, err := community.NewGroupBuy(community.GroupRules{Size: 2, PayTimeout: -1})
			return err
		},
		"min paid": func() error {
			_, err := community.NewGroupBuy(community.GroupRules{Size: 2, AutoCompleteMinPaid: 3})
			return err
		},
		"limit": func() error {
			_, err := community.NewGroupBuy(community.GroupRules{Size: 2, LimitPerUser: -1})
			return err
		},
		"floor": func() error {
			_, err := community.NewBargain(community.BargainRules{Start: 1, Floor: 1, Helps: 1})
			return err
		},
		"helps": func() error { _, err := community.NewBargain(community.BargainRules{Start: 3, Helps: 4}); return err },
		"start": func() error {
			_, err := community.NewBargain(community.BargainRules{Start: 1 << 60, Helps: 4})
			return err
		},
		"lasts": func() error {
			_, err := community.NewBargain(community.BargainRules{Start: 3, Helps: 1, Duration: -1})
			return err
		},
		"help limit": func() error {
			_, err := community.NewBargain(community.BargainRules{Start: 3, Helps: 1, HelpLimit: -1})
			return err
		},
		"launches": func() error {
			_, err := community.NewBargain(community.BargainRules{Start: 3, Helps: 1, LaunchLimit: -1})
			return err
		},
		"stock":     func() error { _, err := community.NewFlashSale(community.SaleRules{Stock: -1}); return err },
		"per user":  func() error { _, err := community.NewFlashSale(community.SaleRules{PerUser: -1}); return err },
		"per order": func() error { _, err := community.NewFlashSale(community.SaleRules{PerOrder: -1}); return err },
		"pay":       func() error { _, err := community.NewFlashSale(community.SaleRules{PayTimeout: -1}); return err },
		"window": func() error {
			_, err := community.NewFlashSale(community.SaleRules{Windows: []community.Window{{}}})
			return err
		},
		"share":      func() error { _, err := community.NewShares(community.ShareRules{}); return err },
		"hops":       func() error { _, err := community.NewShares(community.ShareRules{Window: 1, Hops: -1}); return err },
		"rating":     func() error { _, err := community.Count([]int{11}); return err },
		"no answers": func() error { _, err := community.NetPromoter(community.Answers{}); return err },
		"negative":   func() error { _, err := community.NetPromoter(community.Answers{Promoters: -1}); return err },
		"one mind": func() error {
			_, err := community.CompareNPS(community.Answers{Promoters: 1}, community.Answers{Promoters: 1})
			return err
		},
		"second": func() error {
			_, err := community.CompareNPS(community.Answers{Promoters: 1}, community.Answers{})
			return err
		},
		"csat":       func() error { _, err := community.Satisfied([]int{6}, 5, 4); return err },
		"from":       func() error { _, err := community.Satisfied([]int{5}, 5, 6); return err },
		"scale":      func() error { _, err := community.Satisfied([]int{1}, 1, 1); return err },
		"no ratings": func() error { _, err := community.Satisfied(nil, 5, 4); return err },
		"ces":        func() error { _, err := community.EffortScore([]int{5}, 7); return err },
		"rows":       func() error { _, err := community.Rake(nil, nil, nil); return err },
		"margins":    func() error { _, err := community.Rake([]map[string]string{{}}, nil, nil); return err },
		"base": func() error {
			_, err := community.Rake([]map[string]string{{"a": "x"}}, map[string]map[string]float64{"a": {"x": 1}}, []float64{nan})
			return err
		},
		"bases": func() error {
			_, err := community.Rake([]map[string]string{{"a": "x"}}, map[string]map[string]float64{"a": {"x": 1}}, []float64{1, 1})
			return err
		},
		"margin": func() error {
			_, err := community.Rake([]map[string]string{{"a": "x"}}, map[string]map[string]float64{"a": {"x": nan}}, nil)
			return err
		},
		"values":     func() error { _, err := new(community.Weighted).Mean([]float64{1}); return err },
		"value":      func() error { _, err := (&community.Weighted{Weights: []float64{1}}).Mean([]float64{nan}); return err },
		"strata":     func() error { _, err := community.PostStratify(nil); return err },
		"population": func() error { _, err := community.PostStratify([]community.Stratum{{Responses: 1}}); return err },
		"responses":  func() error { _, err := community.PostStratify([]community.Stratum{{Population: 1}}); return err },
		"mean": func() error {
			_, err := community.PostStratify([]community.Stratum{{Population: 1, Responses: 1, Mean: nan}})
			return err
		},
		"half-life": func() error { _, err := community.Leaderboard(nil, 0); return err },
		"age":       func() error { _, err := community.Leaderboard([]community.Score{{Age: -1}}, 1); return err },
		"points":    func() error { _, err := community.Leaderboard([]community.Score{{Points: nan}}, 1); return err },
	} {
		err := call()
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, name)
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field, name)
	}
	for name, call := range map[string]func() error{
		"leader": func() error {
			_, err := community.NewGroupBuy(community.GroupRules{Size: 2, LeaderLeaves: "x"})
			return err
		},
		"late": func() error {
			_, err := community.NewGroupBuy(community.GroupRules{Size: 2, LatePayment: "x"})
			return err
		},
		"touch": func() error { _, err := community.NewShares(community.ShareRules{Window: 1, Touch: "x"}); return err },
		"totals": func() error {
			_, err := community.Rake([]map[string]string{{"a": "x", "b": "y"}}, map[string]map[string]float64{"a": {"x": 1}, "b": {"y": 2}}, nil)
			return err
		},
		"unknown": func() error {
			_, err := community.Rake([]map[string]string{{"a": "z"}}, map[string]map[string]float64{"a": {"x": 1}}, nil)
			return err
		},
		"empty": func() error {
			_, err := community.Rake([]map[string]string{{"a": "x"}}, map[string]map[string]float64{"a": {"x": 1, "y": 1}}, nil)
			return err
		},
		"unreachable": func() error {
			rows := []map[string]string{{"a": "x", "b": "y"}, {"a": "z", "b": "w"}}
			_, err := community.Rake(rows, map[string]map[string]float64{"a": {"x": 1, "z": 3}, "b": {"y": 3, "w": 1}}, nil)
			return err
		},
	} {
		require.ErrorIs(t, call(), flywheel.ErrInvalid, name)
	}
	b, err := community.NewGroupBuy(community.GroupRules{Size: 2})
	require.NoError(t, err)
	require.ErrorIs(t, b.Open("", "o", instant(0)), flywheel.ErrInvalid)
	require.ErrorIs(t, b.Join("a", " ", "g", true, instant(0)), flywheel.ErrInvalid)
	bargain, err := community.NewBargain(community.BargainRules{Start: 10, Helps: 2})
	require.NoError(t, err)
	require.NoError(t, bargain.Start("a", "l", instant(0)))
	for _, u := range []float64{nan, -0.1, 1} {
		_, err = bargain.Help("l", "b", u, instant(0))
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	sale, err := community.NewFlashSale(community.SaleRules{Stock: 1})
	require.NoError(t, err)
	_, err = sale.Order("a", "o", 0, instant(0))
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func BenchmarkFlashSale(b *testing.B) {
	s, err := community.NewFlashSale(community.SaleRules{Windows: []community.Window{{Start: instant(0), End: instant(1 << 40)}}, Stock: 1 << 40})
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprint(i)
		if _, err := s.Order(id, id, 1, instant(int64(i))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRake(b *testing.B) {
	rows := make([]map[string]string, 1000)
	for i := range rows {
		rows[i] = map[string]string{"sex": []string{"f", "m"}[i%3/2], "age": []string{"18", "35", "55"}[i%7/3], "region": []string{"n", "s"}[i%2]}
	}
	margins := map[string]map[string]float64{"sex": {"f": 500, "m": 500}, "age": {"18": 300, "35": 400, "55": 300}, "region": {"n": 600, "s": 400}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := community.Rake(rows, margins, nil); err != nil {
			b.Fatal(err)
		}
	}
}
