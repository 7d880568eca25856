package shopper

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func offers(n int) (list []Offer) {
	for i := range n {
		list = append(list, Offer{
			SKU: flywheel.SKU(fmt.Sprintf("item-%d", i)), Position: i + 1, Words: []string{fmt.Sprintf("kind-%d", i), "home", "brand"},
			Price: 1500 + int64(i)*300, Rating: 4, Reviews: 10, Days: 2,
		})
	}
	return list
}

// Over many visits of one shopper each place is taken as often as the multinomial logit over what
// is examined says, summed over what can be examined.
func TestChoiceIsLogit(t *testing.T) {
	s, l := Draw(7), NewLexicon()
	list := offers(3)
	var v [3]float64
	for i := range list {
		v[i] = s.Utility(l, &list[i], monday)
	}
	nothing := (v[0] + v[1] + v[2]) / 3
	want := [4]float64{} // the places, and nothing
	for set := range 8 {
		p, sum := 1.0, math.Exp(nothing)
		for i := range v {
			if set>>i&1 == 1 {
				p *= examined(i + 1)
				sum += math.Exp(v[i])
			} else {
				p *= 1 - examined(i+1)
			}
		}
		want[3] += p * math.Exp(nothing) / sum
		for i := range v {
			if set>>i&1 == 1 {
				want[i] += p * math.Exp(v[i]) / sum
			}
		}
	}
	const visits = 200_000
	var got [4]float64
	for n := range visits {
		best, _ := s.choose(l, uint64(n), likeDraw, nothing, monday, list)
		if best == nil {
			got[3]++
		} else {
			got[best.Position-1]++
		}
	}
	for i := range got {
		// Five standard errors of a binomial share, a fixed sample.
		require.InDelta(t, want[i], got[i]/visits, 5*math.Sqrt(want[i]*(1-want[i])/visits), "place %d", i+1)
	}
}

// What is shown moves people the way that the formula says.
func TestUtility(t *testing.T) {
	s, l := Draw(3), NewLexicon()
	base := offers(1)[0]
	v := s.Utility(l, &base, monday)
	for _, c := range []struct {
		what   string
		change func(*Offer)
		better bool
	}{
		{"dearer", func(o *Offer) { o.Price *= 2 }, false},
		{"reduced", func(o *Offer) { o.Was = o.Price + 100 }, true},
		{"later", func(o *Offer) { o.Days = 20 }, false},
		{"better reviewed", func(o *Offer) { o.Rating = 5 }, true},
	} {
		o := base
		c.change(&o)
		require.Equal(t, c.better, s.Utility(l, &o, monday) > v, c.what)
	}
	s.sated = map[string]time.Time{base.Words[0]: monday}
	require.InDelta(t, v-satedLoss, s.Utility(l, &base, monday), 1e-9, "has one already")
	require.InDelta(t, v, s.Utility(l, &base, monday.Add(satedFor)), 1e-9)

	few := base
	few.Rating, few.Reviews = 5, 1
	many := few
	many.Reviews = 100
	require.Greater(t, s.Utility(l, &many, monday), s.Utility(l, &few, monday), "one review says little")
}

// script is a shop that shows the same to everybody and writes down what is asked.
type script struct {
	view  View
	asked []string
}

func (s *script) Home(context.Context) (View, error) {
	s.asked = append(s.asked, "home")
	return s.view, nil
}
func (s *script) Search(_ context.Context, word string) (View, error) {
	s.asked = append(s.asked, "search "+word)
	return s.view, nil
}
func (s *script) Open(_ context.Context, sku flywheel.SKU) (View, error) {
	s.asked = append(s.asked, "open "+string(sku))
	for _, o := range s.view.Items {
		if o.SKU == sku {
			return View{Now: s.view.Now, Items: []Offer{o}, More: s.view.Items}, nil
		}
	}
	return View{}, nil
}
func (s *script) Add(_ context.Context, sku flywheel.SKU) (View, error) {
	s.asked = append(s.asked, "add "+string(sku))
	s.view.Cart = append(s.view.Cart, CartLine{SKU: sku, Kind: "kind", Quantity: 1})
	s.view.Total += 1500
	return s.view, nil
}
func (s *script) Cart(context.Context) (View, error) {
	s.asked = append(s.asked, "cart")
	return s.view, nil
}
func (s *script) Buy(context.Context) (bool, error) {
	s.asked = append(s.asked, "buy")
	s.view.Cart, s.view.Total = nil, 0
	return true, nil
}

// Two shops that show the same get the same visit, whoever they are; and a life has everything in it.
func TestVisits(t *testing.T) {
	happened := map[string]int{}
	for seed := range uint64(300) {
		one, other := &script{view: View{Now: monday, Items: offers(8), Categories: []string{"home", "garden"}}}, &script{view: View{Now: monday, Items: offers(8), Categories: []string{"home", "garden"}}}
		a, b := Draw(seed), Draw(seed)
		for v := range a.Visits {
			x, err := a.Visit(t.Context(), NewLexicon(), v, Planned, one)
			require.NoError(t, err)
			y, err := b.Visit(t.Context(), NewLexicon(), v, Planned, other)
			require.NoError(t, err)
			require.Equal(t, x, y)
			if x.Bought {
				happened["bought"]++
			} else if len(x.Added) > 0 {
				happened["left a cart"]++
			}
		}
		require.Equal(t, one.asked, other.asked)
		if len(one.view.Cart) > 0 {
			_, err := a.Visit(t.Context(), NewLexicon(), 1000, Reminded, one)
			require.NoError(t, err)
			if len(one.view.Cart) == 0 {
				happened["was reminded"]++
			}
		}
		p := Parcel{Order: fmt.Sprint(seed), SKU: "item-1", Quality: 3}
		if !a.Keeps(p) {
			happened["sent back"]++
		}
		if stars, writes := a.Review(p); writes {
			happened["reviewed"]++
			require.True(t, stars >= 1 && stars <= 5)
		}
		if _, follows := a.Reads(1, Message{Subject: "your cart", At: monday}); follows {
			happened["read"]++
		}
	}
	for _, what := range []string{"bought", "left a cart", "was reminded", "sent back", "reviewed", "read"} {
		require.Positive(t, happened[what], what)
	}
}

// Who finds sold out what was wanted takes another or goes, and comes with less hope next time.
func TestSoldOut(t *testing.T) {
	missed := 0
	for seed := range uint64(200) {
		shop := &script{view: View{Now: monday, Items: offers(8)}}
		for i := range shop.view.Items {
			shop.view.Items[i].SoldOut = true
		}
		s := Draw(seed)
		out, err := s.Visit(t.Context(), NewLexicon(), 0, Planned, shop)
		require.NoError(t, err)
		require.Empty(t, out.Added)
		if out.Missed {
			missed++
			require.Equal(t, 1, s.annoys)
		}
	}
	require.Positive(t, missed)
}

func ExampleDraw() {
	s, again := Draw(42), Draw(42)
	fmt.Println(s.Taste == again.Taste, len(s.Visits) > 0, s.Visits[0])
	// Output: true true 0s
}

func ExampleShopper_Visit() {
	shop := &script{view: View{Now: monday, Items: offers(8), Categories: []string{"home"}}}
	out, err := Draw(1).Visit(context.Background(), NewLexicon(), 0, Planned, shop)
	fmt.Println(shop.asked[0], out.Pages > 0, err)
	// Output: home true <nil>
}
