package reviewsql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// counts are the columns of a tally, in the order of numbers.
var counts = func() (names []string) {
	for _, kind := range []string{"n", "v", "i"} {
		for star := 1; star <= 5; star++ {
			names = append(names, fmt.Sprint(kind, star))
		}
	}
	return append(names, "questions", "answers")
}()

var (
	selectTallies = `SELECT product, month, ` + strings.Join(counts, ", ") + ` FROM flywheel_review_tallies WHERE `
	addTally      = func() string {
		sets := make([]string, len(counts))
		for i, c := range counts {
			sets[i] = c + ` = flywheel_review_tallies.` + c + ` + excluded.` + c
		}
		return `INSERT INTO flywheel_review_tallies (product, month, ` + strings.Join(counts, ", ") + `) VALUES ` + sqldb.Values(1, 2+len(counts)) +
			` ON CONFLICT (product, month) DO UPDATE SET ` + strings.Join(sets, ", ")
	}()
)

// pointers are the numbers of a tally, in the order of counts.
func pointers(t *review.Tally) (all []any) {
	for _, stars := range []*review.Stars{&t.Ratings, &t.Verified, &t.Incentivized} {
		for i := range stars {
			all = append(all, &stars[i])
		}
	}
	return append(all, &t.Questions, &t.Answers)
}

// retally adds to the tallies what is different between two states of a post.
func retally(ctx context.Context, tx *sqldb.Tx, before, p *review.Post) error {
	type place struct {
		product string
		month   review.Month
	}
	change := func(p *review.Post) (place, review.Tally) {
		month, tally := p.Contributions()
		return place{p.Product, month}, tally
	}
	from, minus := change(before)
	to, plus := change(p)
	minus = minus.Negative()
	changes := []struct {
		at place
		by review.Tally
	}{{from, minus}, {to, plus}}
	if from == to {
		plus.Add(minus)
		changes = changes[1:]
		changes[0].by = plus
	}
	for _, c := range changes {
		if c.by.IsZero() {
			continue
		}
		numbers := pointers(&c.by)
		for _, month := range []review.Month{0, c.at.month} { // all wait for each other in this order
			if _, err := tx.ExecContext(ctx, addTally, append([]any{c.at.product, int64(month)}, values(numbers)...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func values(numbers []any) []any {
	all := make([]any, len(numbers))
	for i, n := range numbers {
		all[i] = *n.(*int64)
	}
	return all
}

// Aggregates implements review.Store.
func (s *Store) Aggregates(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error) {
	list := make([]review.Aggregate, len(products))
	places := map[string][]int{}
	for i, product := range products {
		list[i].Product = product
		places[product] = append(places[product], i)
	}
	names, err := json.Marshal(products)
	if err != nil || len(products) == 0 {
		return list, err
	}
	query := selectTallies + sqldb.In(s.db.Dialect(), "product")
	if !months {
		query += ` AND month = 0`
	}
	err = sqldb.Each(ctx, s.db.Read(ctx), query+` ORDER BY product, month`, []any{string(names)}, func(r sqldb.Row) error {
		var product string
		var m review.MonthTally
		if err := r.Scan(append([]any{&product, &m.Month}, pointers(&m.Tally)...)...); err != nil {
			return err
		}
		for _, i := range places[product] {
			if m.Month == 0 {
				list[i].Tally = m.Tally
			} else if !m.Tally.IsZero() {
				list[i].Months = append(list[i].Months, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
