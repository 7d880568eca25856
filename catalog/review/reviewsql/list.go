package reviewsql

import (
	"context"
	"iter"
	"strings"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// page is how many posts are read at once: a listing holds no connection while the
// caller looks at a post.
const page = 200

// List implements review.Store.
func (s *Store) List(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error] {
	return func(yield func(review.Post, error) bool) {
		if err := f.Check(); err != nil {
			yield(review.Post{}, err)
			return
		}
		left := f.Limit
		for {
			limit := page
			if f.Limit > 0 {
				limit = min(page, left)
			}
			query, args := where(f)
			posts, err := sqldb.Select(ctx, s.db.Read(ctx), query, append(args, limit), scan)
			if err != nil {
				yield(review.Post{}, err)
				return
			}
			for _, p := range posts {
				if err := ctx.Err(); err != nil {
					yield(review.Post{}, err)
					return
				}
				if !yield(p, nil) {
					return
				}
				f.After = p.Position(f.Sort)
			}
			if left -= len(posts); len(posts) < limit || f.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// where returns the query of a page and its arguments but the limit.
func where(f review.Filter) (query string, args []any) {
	var conditions []string
	add := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if f.Product != "" {
		add("product = ?", f.Product)
	}
	if f.Kind != "" {
		add("kind = ?", string(f.Kind))
	}
	if f.Parent != "" {
		add("parent <> '' AND parent = ?", f.Parent)
	}
	if f.Author != "" {
		add("author <> '' AND author = ?", string(f.Author))
	}
	if f.Visible {
		add("visible = 1")
	}
	if f.Rating != 0 {
		add("rating = ?", f.Rating)
	}
	if f.Verified {
		add("verified = 1")
	}
	if f.Language != "" {
		add("language = ?", f.Language)
	}
	var order []string
	switch f.Sort {
	case review.Helpful:
		order = []string{"helpful", "created_at", "id"}
	case review.Highest, review.Lowest:
		order = []string{"rating", "created_at", "id"}
	case review.Waiting:
		order = []string{"due", "id"}
		add("due IS NOT NULL")
	default:
		order = []string{"created_at", "id"}
	}
	compare, direction := " > ", ""
	if f.Sort.Descends() {
		compare, direction = " < ", " DESC"
	}
	if !f.After.IsZero() {
		at := []any{sqldb.Micros(f.After.At), f.After.ID}
		if len(order) == 3 {
			at = append([]any{f.After.Key}, at...)
		}
		add("("+strings.Join(order, ", ")+")"+compare+sqldb.Values(1, len(order)), at...)
	}
	return `SELECT ` + columns + ` FROM flywheel_review_posts WHERE ` + strings.Join(conditions, " AND ") +
		` ORDER BY ` + strings.Join(order, direction+", ") + direction + ` LIMIT ?`, args
}
