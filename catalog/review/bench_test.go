package review_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

func filled(b *testing.B, n int) *review.MemoryStore {
	store := review.NewMemory(nil)
	for i := range n {
		_, err := store.Save(b.Context(), review.Post{
			ID: fmt.Sprint(i), Kind: review.Review, Product: fmt.Sprint(i % (n/100 + 1)), Author: flywheel.CustomerID(fmt.Sprint("u", i)), Rating: 1 + i%5,
			Text: "Light, and true to size.", CreatedAt: noon.Add(time.Duration(i) * time.Second), UpdatedAt: noon, Moderation: moderation.Item{State: moderation.Approved},
		})
		require.NoError(b, err)
	}
	return store
}

func BenchmarkSave(b *testing.B) {
	store := filled(b, 100_000)
	p, err := store.Get(b.Context(), "77")
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Rating = 1 + i%5
		if p, err = store.Save(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAggregates(b *testing.B) {
	store := filled(b, 100_000)
	products := make([]string, 50)
	for i := range products {
		products[i] = fmt.Sprint(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Aggregates(b.Context(), false, products...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	s, err := review.New(filled(b, 100_000), nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Page(b.Context(), review.Filter{Product: "7", Kind: review.Review, Visible: true, Sort: review.Helpful}, "", 10); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVote(b *testing.B) {
	s, err := review.New(filled(b, 100_000), nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, err := s.Vote(b.Context(), "77", "reader", 1-i%2*2); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSubmit(b *testing.B) {
	s, err := review.New(filled(b, 100_000), &review.Options{
		Moderation: moderation.Rules{AutoApproveTrust: 1}, Trust: func(context.Context, flywheel.CustomerID) (int, error) { return 1, nil },
		Now: func() time.Time { return noon },
	})
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Submit(b.Context(), review.Draft{
			Kind: review.Review, Product: fmt.Sprint(i % 1000), Author: flywheel.CustomerID(fmt.Sprint("new", i)), Rating: 5,
			Text: "They run a bit small, but the color is lovely and they are very comfortable.",
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSummarize(b *testing.B) {
	data, err := os.ReadFile("testdata/sentences.txt")
	require.NoError(b, err)
	lines := strings.Split(string(data), "\n")
	var posts []review.Post
	for i := range 1000 {
		text := ""
		for k := range 3 {
			sentence, _, _ := strings.Cut(lines[3+(3*i+k)%200], " |")
			text += sentence + " "
		}
		posts = append(posts, opinion(i, text))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := review.Summarize(posts, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStarLowerBound(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := review.StarLowerBound(review.Stars{100, 20, 30, 200, 650}, 0.95); err != nil {
			b.Fatal(err)
		}
	}
}
