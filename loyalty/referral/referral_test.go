package referral_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty/referral"
)

func TestMailbox(t *testing.T) {
	for address, want := range map[string]string{
		"Jo.Doe@Gmail.com": "jodoe@gmail.com", "jodoe+2@googlemail.com": "jodoe@gmail.com", " a+b@x.example ": "a@x.example", "+b@x.example": "+b@x.example",
		"a.b@x.example": "a.b@x.example", "jo-shop@yahoo.com": "jo@yahoo.com", "jo-shop@x.example": "jo-shop@x.example", "x@PM.me": "x@proton.me", "nothing": "nothing", "@x": "@x", "x@": "x@",
		"...@gmail.com": "...@gmail.com", "a@x.example.": "a@x.example",
	} {
		require.Equal(t, want, referral.Mailbox(address), address)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.String().Draw(t, "address")
		require.Equal(t, referral.Mailbox(a), referral.Mailbox(referral.Mailbox(a)))
	})
}

func TestRefer(t *testing.T) {
	var n referral.Network
	require.NoError(t, n.Refer("a", "b", nil))
	require.NoError(t, n.Refer("b", "c", nil))
	require.NoError(t, n.Refer("a", "d", nil))
	require.Equal(t, "b", n.Referrer("c"))
	for _, c := range []struct {
		from, to string
		reason   referral.Reason
	}{{"c", "a", referral.Cycle}, {"d", "c", referral.AlreadyReferred}, {"x", "x", referral.Self}} {
		err := n.Refer(c.from, c.to, nil)
		var refused *referral.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, c.reason, refused.Reason)
	}
	people := map[string]referral.Person{"a": {Email: "a@x.example", Signals: map[string]string{"card": "1"}}, "e": {Email: "A+1@x.example"}, "f": {Signals: map[string]string{"card": "1", "phone": ""}}, "g": {Orders: 1}}
	of := func(id string) referral.Person { return people[id] }
	var refused *referral.RefusedError
	require.ErrorAs(t, n.Refer("a", "e", of), &refused)
	require.Equal(t, "email", refused.Signal)
	require.ErrorAs(t, n.Refer("c", "f", of), &refused, "the second account of somebody further up")
	require.Equal(t, "card", refused.Signal)
	require.ErrorIs(t, n.Refer("a", "g", of), flywheel.ErrForbidden)
	require.ErrorIs(t, n.Refer("", "g", of), flywheel.ErrInvalid)
	require.Empty(t, n.Referrer("g"))
}

func TestReward(t *testing.T) {
	day := 24 * time.Hour
	placed := time.Unix(0, 0)
	never := time.Time{}
	for _, c := range []struct {
		canceled time.Time
		at       time.Duration
		want     referral.RewardState
	}{
		{never, 13 * day, referral.RewardPending}, {never, 14 * day, referral.RewardEarned}, {placed.Add(3 * day), 2 * day, referral.RewardPending},
		{placed.Add(3 * day), 3 * day, referral.RewardLost}, {placed.Add(3 * day), 30 * day, referral.RewardLost}, {placed.Add(14 * day), 30 * day, referral.RewardEarned},
	} {
		require.Equal(t, c.want, referral.Reward(placed, c.canceled, 14*day, placed.Add(c.at)))
	}
}

// Whatever is done: what accounts have and have withdrawn is what the rates give on
// what is left of the orders; bonds have no circle.
func TestCommissionLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := referral.CommissionRules{RatesBP: []int64{1000, 333, 50}, Hold: 20 * time.Second, LastBinds: rapid.Bool().Draw(t, "last"), SelfPurchase: rapid.Bool().Draw(t, "self")}
		c, err := referral.NewCommissions(rules)
		require.NoError(t, err)
		users := []string{"a", "b", "c", "d"}
		who := rapid.SampledFrom(users)
		left, levels := map[string]int64{}, map[string]int{}
		at := time.Unix(0, 0)
		for range rapid.IntRange(0, 50).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "s")) * time.Second)
			order := fmt.Sprint("o", rapid.IntRange(0, 5).Draw(t, "order"))
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				_ = c.Bind(who.Draw(t, "user"), who.Draw(t, "referrer"), at)
			case 1:
				base := rapid.Int64Range(100_000, 1_000_000).Draw(t, "base")
				if shares, err := c.Paid(order, who.Draw(t, "buyer"), base, at); err == nil {
					if _, known := left[order]; !known {
						left[order], levels[order] = base, len(shares)
					}
				}
			case 2:
				_ = c.Received(order, at)
			case 3:
				amount := rapid.Int64Range(1, 500_000).Draw(t, "amount")
				if _, err := c.Refund(order, amount, at); err == nil {
					left[order] -= amount
				} else {
					require.True(t, left[order] < amount)
				}
			case 4:
				u := who.Draw(t, "user")
				before := c.Account(u)
				if err := c.Withdraw(u, rapid.Int64Range(1, 1000).Draw(t, "amount"), at); err == nil {
					require.GreaterOrEqual(t, c.Account(u).Available, int64(0))
				} else {
					require.Equal(t, before.Withdrawn, c.Account(u).Withdrawn)
				}
			}
			var has, want int64
			for _, u := range users {
				a := c.Account(u)
				has += a.Pending + a.Available + a.Withdrawn
			}
			for order, base := range left {
				for i := range levels[order] {
					want += base * rules.RatesBP[i] / 10_000
				}
			}
			require.Equal(t, want, has)
		}
	})
}

func TestCommissionEdges(t *testing.T) {
	at := time.Unix(0, 0)
	c, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1000, 500}, SelfPurchase: true})
	require.NoError(t, err)
	require.NoError(t, c.Bind("b", "a", at))
	shares, err := c.Paid("o", "b", 1000, at)
	require.NoError(t, err)
	require.Equal(t, []referral.Share{{User: "b", Amount: 100}, {User: "a", Amount: 50}}, shares)
	again, err := c.Paid("o", "b", 1000, at)
	require.NoError(t, err)
	require.Equal(t, shares, again)
	_, err = c.Paid("o", "b", 1001, at)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	require.NoError(t, c.Received("o", at))
	require.NoError(t, c.Received("o", at.Add(time.Hour)))
	require.Equal(t, referral.Account{Available: 100}, c.Account("b"), "without a hold at once")
	_, err = c.Refund("o", 1001, at)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = c.Refund("x", 1, at)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.ErrorIs(t, c.Received("x", at), flywheel.ErrNotFound)
	tiny, err := c.Paid("tiny", "b", 5, at)
	require.NoError(t, err)
	require.Empty(t, tiny)
	big, err := c.Paid("big", "b", 1<<50, at)
	require.NoError(t, err)
	require.Equal(t, int64(1<<50)/10, big[0].Amount)
}

func TestBadInput(t *testing.T) {
	nan := math.NaN()
	c, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1}})
	require.NoError(t, err)
	at := time.Unix(0, 0)
	rules := func(r referral.CommissionRules) func() error {
		return func() error { _, err := referral.NewCommissions(r); return err }
	}
	growth := func(v ...float64) func() error {
		return func() error { _, err := referral.Growth(v[0], v[1], v[2], v[3], v[4]); return err }
	}
	for name, call := range map[string]func() error{
		"no rates": rules(referral.CommissionRules{}), "rate": rules(referral.CommissionRules{RatesBP: []int64{-1}}), "rates": rules(referral.CommissionRules{RatesBP: []int64{9000, 2000}}),
		"hold": rules(referral.CommissionRules{RatesBP: []int64{1}, Hold: -1}), "days": rules(referral.CommissionRules{RatesBP: []int64{1}, BindDays: -1}),
		"base":     func() error { _, err := c.Paid("o", "u", -1, at); return err },
		"huge":     func() error { _, err := c.Paid("o", "u", math.MaxInt64, at); return err },
		"withdraw": func() error { return c.Withdraw("u", 0, at) },
		"seed":     growth(nan, 1, 1, 1, 1), "invites": growth(1, -1, 1, 1, 1), "conversion": growth(1, 1, 1.1, 1, 1), "cycle": growth(1, 1, 1, 0, 1), "time": growth(1, 1, 1, 1, math.Inf(1)),
		"explodes": growth(1, 100, 1, 1, 1000),
		"shared":   func() error { _, err := referral.Clusters(nil, nil, 1); return err },
	} {
		err := call()
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, name)
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field, name)
	}
	require.ErrorIs(t, c.Bind("", "a", at), flywheel.ErrInvalid)
	require.ErrorIs(t, c.Withdraw("", 1, at), flywheel.ErrInvalid)
}

func TestGrowth(t *testing.T) {
	s, err := referral.Growth(10, 1, 1, 1, 4)
	require.NoError(t, err)
	require.Equal(t, 50.0, s.Users, "each brings one")
	require.True(t, math.IsInf(s.Limit, 1))
	near, err := referral.Growth(10, 1, 1-1e-12, 1, 4)
	require.NoError(t, err)
	require.InDelta(t, 50, near.Users, 1e-6)
	s, err = referral.Growth(10, 0, 1, 1, 4)
	require.NoError(t, err)
	require.Equal(t, referral.Spread{K: 0, Users: 10, Limit: 10, Amplification: 1}, s)
	s, err = referral.Growth(1, 2, 1, 1, 3)
	require.NoError(t, err)
	require.InEpsilon(t, 15, s.Users, 1e-12)
}

// Clusters and circles are those that a slow search finds.
func TestClustersAreReachability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "accounts")
		name := func(i int) string { return string(rune('a' + i)) }
		signals := map[string][]string{}
		for i := range n {
			signals[name(i)] = rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}), 0, 3).Draw(t, "signals")
		}
		var edges []referral.Edge
		reach := map[[2]int]bool{}
		for range rapid.IntRange(0, 9).Draw(t, "edges") {
			x, y := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			edges = append(edges, referral.Edge{From: name(x), To: name(y)})
			reach[[2]int{x, y}] = true
		}
		for k := range n {
			for x := range n {
				for y := range n {
					if reach[[2]int{x, k}] && reach[[2]int{k, y}] {
						reach[[2]int{x, y}] = true
					}
				}
			}
		}
		f, err := referral.Clusters(signals, edges, 3)
		require.NoError(t, err)
		var circle []string
		for x := range n {
			if reach[[2]int{x, x}] {
				circle = append(circle, name(x))
			}
		}
		require.Equal(t, circle, f.InCycle)
		in := map[string]int{}
		for i, c := range f.Clusters {
			require.Greater(t, len(c), 1)
			for _, a := range c {
				in[a] = i + 1
			}
		}
		holders := map[string][]string{}
		for i := range n {
			seen := map[string]bool{}
			for _, s := range signals[name(i)] {
				if !seen[s] {
					holders[s] = append(holders[s], name(i))
				}
				seen[s] = true
			}
		}
		for s, of := range holders {
			if len(of) > 3 {
				require.Contains(t, f.Ignored, s)
				continue
			}
			for _, a := range of[1:] {
				require.NotZero(t, in[a])
				require.Equal(t, in[of[0]], in[a])
			}
		}
		for _, e := range f.Inside {
			require.True(t, e.From == e.To || in[e.From] == in[e.To])
		}
	})
}

// A long chain needs no deep recursion.
func TestLongChain(t *testing.T) {
	var edges []referral.Edge
	n := testkit.Often(50_000, 5_000)
	for i := range n {
		edges = append(edges, referral.Edge{From: fmt.Sprint(i), To: fmt.Sprint((i + 1) % n)})
	}
	f, err := referral.Clusters(nil, edges, 2)
	require.NoError(t, err)
	require.Len(t, f.InCycle, n)
}

func BenchmarkPaid(b *testing.B) {
	c, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1000, 500}})
	require.NoError(b, err)
	at := time.Unix(0, 0)
	require.NoError(b, c.Bind("c", "b", at))
	require.NoError(b, c.Bind("b", "a", at))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := c.Paid(fmt.Sprint(i), "c", 19999, at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClusters(b *testing.B) {
	signals := map[string][]string{}
	var edges []referral.Edge
	for i := range 10_000 {
		signals[fmt.Sprint(i)] = []string{fmt.Sprint("dev", i/2), fmt.Sprint("addr", i/3)}
		edges = append(edges, referral.Edge{From: fmt.Sprint(i), To: fmt.Sprint(i * 7 % 10_000)})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := referral.Clusters(signals, edges, 3); err != nil {
			b.Fatal(err)
		}
	}
}
