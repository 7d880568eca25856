package reviewsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
	"github.com/flywheel-go/flywheel/catalog/review/reviewtest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		reviewtest.Run(t, func(t *testing.T) reviewtest.Store { return sqldbtest.Store(t, open(t), d, reviewsql.New) }, reviewtest.Features{Transactions: true})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(id string) review.Post {
	return review.Post{
		ID: id, Kind: review.Review, Product: "shoe", Author: flywheel.CustomerID("by-" + id), Rating: 4, Text: "Light.",
		CreatedAt: noon, UpdatedAt: noon, Moderation: moderation.Item{State: moderation.Approved},
	}
}

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, reviewsql.New)
	calls := func() []error {
		_, saveErr := s.Save(ctx, sample("b"))
		_, _, voteErr := s.Vote(ctx, "a", "ben", 1)
		noteErr := s.Note(ctx, review.Purchase{Customer: "ben", SKU: "x", Order: "o", Quantity: 1, At: noon})
		return []error{saveErr, voteErr, noteErr, s.ForgetPurchases(ctx, "cleo"), s.Forget(ctx, "by-c"), s.ClearPurchases(ctx)}
	}
	for _, id := range []string{"a", "c"} {
		_, err := s.Save(ctx, sample(id))
		require.NoError(t, err)
	}
	require.NoError(t, s.Note(ctx, review.Purchase{Customer: "cleo", SKU: "x", Order: "o", Quantity: 1, At: noon}))
	before.Store(true)
	for i, err := range calls() {
		require.Error(t, err, "call %d", i)
	}
	before.Store(false)
	_, err := s.Get(ctx, "b")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	after.Store(true)
	for i, err := range calls() {
		require.NoError(t, err, "call %d", i)
	}
	after.Store(false)
	list, err := s.Aggregates(ctx, false, "shoe")
	require.NoError(t, err)
	require.Equal(t, review.Stars{3: 2}, list[0].Ratings)
}

// More posts than a page holds come whole and in order.
func TestPages(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		s := sqldbtest.Store(t, open(t), d, reviewsql.New)
		const n = 403
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			for i := range n {
				if _, err := s.Save(ctx, sample(fmt.Sprintf("r-%03d", i))); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, limit := range []int{0, 200, 401} {
			seen := 0
			for p, err := range s.List(t.Context(), review.Filter{Product: "shoe", Kind: review.Review, Sort: review.Oldest, Limit: limit}) {
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("r-%03d", seen), p.ID)
				seen++
			}
			if limit == 0 {
				limit = n
			}
			require.Equal(t, limit, seen)
		}
	})
}

// Each store is, after any edits, as the memory store after the same, and its
// aggregates are the recount.
func TestSameAsMemory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		stores := []reviewtest.Store{sqldbtest.Store(t, open(t), d, reviewsql.New), review.NewMemory(nil)}
		random := rand.New(rand.NewPCG(7, 7))
		for range testkit.Often(600, 60) {
			id := fmt.Sprint(random.IntN(12))
			roll, rating, month := random.IntN(10), 1+random.IntN(5), random.IntN(4)
			var answers []string
			for _, s := range stores {
				p, err := s.Get(ctx, id)
				if errors.Is(err, flywheel.ErrNotFound) {
					p, err = sample(id), nil
					p.CreatedAt = noon.AddDate(0, -month, 0)
				}
				require.NoError(t, err)
				switch roll {
				case 0:
					answers = append(answers, fmt.Sprint(s.Forget(ctx, flywheel.CustomerID("by-"+id))))
					continue
				case 1, 2, 3:
					up, down, err := s.Vote(ctx, id, flywheel.CustomerID(fmt.Sprint("by-", rating)), month%3-1)
					answers = append(answers, fmt.Sprint(up, down, err))
					continue
				case 4, 5:
					p.Rating = rating
				case 6:
					p.Moderation.State = []moderation.State{moderation.Approved, moderation.Rejected, moderation.Pending, moderation.Claimed}[month]
					p.Moderation.Due = noon.Add(time.Duration(rating) * time.Hour)
				case 7:
					p.Verified = !p.Verified
				case 8:
					p.Product = []string{"shoe", "hat"}[month%2]
				case 9:
					p.Moderation.Reporters = []string{fmt.Sprint("by-", rating)}
				}
				p, err = s.Save(ctx, p)
				answers = append(answers, fmt.Sprint(p, err))
			}
			require.Equal(t, answers[1], answers[0])
		}
		var seen [2][]review.Post
		for i, s := range stores {
			for _, f := range []review.Filter{
				{Product: "shoe", Kind: review.Review}, {Product: "hat", Kind: review.Review, Sort: review.Helpful}, {Product: "shoe", Kind: review.Review, Sort: review.Lowest}, {Sort: review.Waiting},
			} {
				for p, err := range s.List(ctx, f) {
					require.NoError(t, err)
					seen[i] = append(seen[i], p)
				}
			}
		}
		require.Equal(t, seen[1], seen[0])
		want, err := stores[1].Aggregates(ctx, true, "shoe", "hat")
		require.NoError(t, err)
		got, err := stores[0].Aggregates(ctx, true, "shoe", "hat")
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// No listing of a running shop reads a table from one end to the other, or sorts it.
func TestPlans(t *testing.T) {
	pool := sqldbtest.OpenSQLite(t)
	sqldbtest.Store(t, pool, flywheel.SQLite, reviewsql.New)
	for query, index := range map[string]string{
		`WHERE product = 'a' AND kind = 'review' AND visible = 1 ORDER BY created_at DESC, id DESC`:                          "flywheel_review_posts_newest",
		`WHERE product = 'a' AND kind = 'review' AND visible = 1 ORDER BY helpful DESC, created_at DESC, id DESC`:            "flywheel_review_posts_helpful",
		`WHERE product = 'a' AND kind = 'review' AND (rating, created_at, id) > (1, 2, '3') ORDER BY rating, created_at, id`: "flywheel_review_posts_rating",
		`WHERE parent <> '' AND parent = 'a' ORDER BY created_at, id`:                                                        "flywheel_review_posts_parent",
		`WHERE author <> '' AND author = 'a' AND kind = 'review' ORDER BY created_at DESC, id DESC`:                          "flywheel_review_posts_author",
		`WHERE due IS NOT NULL ORDER BY due, id`:                                                                             "flywheel_review_posts_due",
	} {
		plan := explain(t, pool, `SELECT body FROM flywheel_review_posts `+query+` LIMIT 10`)
		require.Contains(t, plan, index, query)
		require.NotContains(t, plan, "TEMP B-TREE", query)
	}
	require.Contains(t, explain(t, pool, `SELECT post FROM flywheel_review_acts WHERE person = 'a' ORDER BY act, post`), "flywheel_review_acts_person")
}

func explain(t *testing.T, pool *sql.DB, query string) string {
	rows, err := pool.Query("EXPLAIN QUERY PLAN " + query)
	require.NoError(t, err)
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	return strings.Join(plan, "; ")
}

func TestDatabaseGoesAway(t *testing.T) {
	ctx := t.Context()
	pool := sqldbtest.OpenSQLite(t)
	s := sqldbtest.Store(t, pool, flywheel.SQLite, reviewsql.New)
	_, err := s.Save(ctx, sample("a"))
	require.NoError(t, err)
	_, err = pool.Exec(`UPDATE flywheel_review_posts SET body = '{'`)
	require.NoError(t, err)
	_, err = s.Get(ctx, "a")
	require.Error(t, err)
	require.False(t, errors.Is(err, flywheel.ErrNotFound), "a post that cannot be read is not missing")
	require.NoError(t, pool.Close())
	_, err = s.Get(ctx, "a")
	require.Error(t, err)
	_, err = s.Save(ctx, sample("b"))
	require.Error(t, err)
	_, err = s.Aggregates(ctx, false, "shoe")
	require.Error(t, err)
	_, err = s.Bought(ctx, "ben")
	require.Error(t, err)
	require.Error(t, s.Forget(ctx, "ben"))
	for _, err := range s.List(ctx, review.Filter{Product: "shoe", Kind: review.Review}) {
		require.Error(t, err)
	}
}

func BenchmarkSave(b *testing.B) {
	s := sqldbtest.Store(b, sqldbtest.OpenSQLite(b), flywheel.SQLite, reviewsql.New)
	p, err := s.Save(b.Context(), sample("a"))
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Rating = 1 + i%5
		if p, err = s.Save(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAggregates(b *testing.B) {
	s := sqldbtest.Store(b, sqldbtest.OpenSQLite(b), flywheel.SQLite, reviewsql.New)
	products := make([]string, 50)
	for i := range products {
		p := sample(fmt.Sprint(i))
		p.Product = fmt.Sprint(i)
		products[i] = p.Product
		_, err := s.Save(b.Context(), p)
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Aggregates(b.Context(), false, products...); err != nil {
			b.Fatal(err)
		}
	}
}
