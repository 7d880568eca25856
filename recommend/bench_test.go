package recommend_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// year returns the purchases of a synthetic year: as many baskets, lines, items
// and customers as Online Retail has, with item popularity falling as 1/rank and
// baskets of very different sizes.
func year() []flywheel.Event {
	const baskets, items, customers = 20_000, 4_000, 4_400
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.05, 40, items-1)
	start := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC)
	events := make([]flywheel.Event, baskets)
	for n := range events {
		e := flywheel.Event{ID: fmt.Sprintf("purchase:%06d", n), Name: flywheel.EventPurchase,
			Time: start.Add(time.Duration(n) * 25 * time.Minute)}
		if rng.IntN(4) > 0 {
			e.Customer = flywheel.CustomerID(fmt.Sprint(10_000 + rng.IntN(customers)))
		}
		for range 1 + int(rng.ExpFloat64()*27) {
			e.Lines = append(e.Lines, flywheel.Line{SKU: flywheel.SKU(fmt.Sprintf("SKU-%04d", zipf.Uint64())), Quantity: 1})
		}
		events[n] = e
	}
	return events
}

func BenchmarkPublish(b *testing.B) {
	events := year()
	var lines int
	for _, e := range events {
		lines += len(e.Lines)
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := recommend.New(nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			if err := s.Publish(context.Background(), e); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
}

func trained(b *testing.B, cfg recommend.Config) *recommend.Service {
	s, err := recommend.New(nil, &recommend.Options{Config: cfg})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Publish(context.Background(), year()...); err != nil {
		b.Fatal(err)
	}
	if _, err := s.Train(context.Background()); err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkDataset(b *testing.B) {
	s := trained(b, recommend.Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Dataset(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	for _, group := range []recommend.Group{recommend.ByBasket, recommend.ByActor} {
		for _, measure := range []recommend.Measure{recommend.LogLikelihood, recommend.Cosine} {
			b.Run(fmt.Sprintf("group=%d/measure=%v", group, measure), func(b *testing.B) {
				s := trained(b, recommend.Config{})
				d, err := s.Dataset(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := recommend.Train(d, recommend.Config{Group: group, Measure: measure}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkRules(b *testing.B) {
	d, err := trained(b, recommend.Config{}).Dataset(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := recommend.Rules(d, recommend.RuleConfig{MinSupport: 300}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecommend(b *testing.B) {
	s := trained(b, recommend.Config{})
	m := s.Model()
	var skus []flywheel.SKU
	for r := range m.Popular() {
		skus = append(skus, r.SKU)
	}
	for _, n := range []int{1, 5, 20, 200} {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := m.Recommend(recommend.Request{Items: skus[:n]}); len(got) != 10 {
					b.Fatal(len(got))
				}
			}
		})
	}
	b.Run("history", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Recommend(context.Background(), recommend.Actor{Customer: "10007"}, recommend.Request{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
