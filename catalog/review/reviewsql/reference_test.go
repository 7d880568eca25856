package reviewsql_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// TestReference runs the abuse cases of values that reach a store, on both
// databases.
func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		for _, c := range cases {
			if c.Area != "query_input" {
				continue
			}
			t.Run(c.ID, func(t *testing.T) {
				store := sqldbtest.Store(t, open(t), d, reviewsql.New)
				service, err := review.New(store, nil)
				require.NoError(t, err)
				got := queryInput(t, service, c.Input)
				var want map[string]any
				require.NoError(t, json.Unmarshal(c.Expected, &want))
				allowed := []any{any(want)}
				if list, ok := want["one_of"].([]any); ok {
					allowed = list
				}
				for _, w := range allowed {
					if holds(w.(map[string]any), got) {
						return
					}
				}
				t.Errorf("%s: %v, want %s", c.Attack, got, c.Expected)
			})
		}
	})
}

func holds(want, got map[string]any) bool {
	for name, value := range want {
		if got[name] != value {
			return false
		}
	}
	return true
}

// queryInput gives the value to the place where a shop's pages would.
func queryInput(t *testing.T, s *review.Service, input json.RawMessage) map[string]any {
	t.Helper()
	ctx := t.Context()
	var in struct {
		SKU, Sort, Language *string
		Limit               *int
	}
	testkit.Strict(t, input, &in)
	stored, err := s.Submit(ctx, review.Draft{Kind: review.Review, Product: "a", Author: "anna", Rating: 5})
	require.NoError(t, err)
	got := map[string]any{"result": "accepted"}
	f, limit := review.Filter{Product: "a", Kind: review.Review}, 10
	switch {
	case in.SKU != nil:
		d := review.Draft{Kind: review.Review, Product: *in.SKU, SKUs: []flywheel.SKU{flywheel.SKU(*in.SKU)}, Author: "anna", Rating: 5}
		var p review.Post
		if p, err = s.Submit(ctx, d); err == nil {
			page, err := s.Page(ctx, review.Filter{Product: *in.SKU, Kind: review.Review}, "", 10)
			require.NoError(t, err)
			got["round_trip"] = len(page.Items) == 1 && page.Items[0].ID == p.ID && page.Items[0].Product == *in.SKU && page.Items[0].SKUs[0] == d.SKUs[0]
		}
	case in.Sort != nil:
		f.Sort = review.Sort(*in.Sort)
	case in.Language != nil:
		f.Language = *in.Language
	case in.Limit != nil:
		limit = *in.Limit
		got["max_rows"] = float64(review.MaxPage)
	default:
		t.Fatalf("input of a form this test does not know: %s", input)
	}
	if err == nil {
		_, err = s.Page(ctx, f, "", limit)
	}
	switch {
	case errors.Is(err, flywheel.ErrInvalid):
		got = map[string]any{"result": "refused", "kind": "invalid"}
	case errors.Is(err, flywheel.ErrLimit):
		got = map[string]any{"result": "refused", "kind": "limit"}
	default:
		require.NoError(t, err)
	}
	// Whatever was asked, everything is still there.
	still, err := s.Get(ctx, stored.ID)
	require.NoError(t, err)
	require.Equal(t, stored, still)
	return got
}
