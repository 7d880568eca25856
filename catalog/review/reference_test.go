package review_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

type object = map[string]any

// runners compute the cases of goldens.json by kind.
var runners = map[string]func(t *testing.T, in json.RawMessage) (any, error){
	"wilson": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Positive, Total int64
			Confidence      float64
		}](t, in)
		lower, upper, err := review.Wilson(v.Positive, v.Total, v.Confidence)
		return object{"lower": lower, "upper": upper}, err
	},
	"bayesian_average": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Count      int64
			Mean       float64
			PriorCount float64 `json:"prior_count"`
			PriorMean  float64 `json:"prior_mean"`
		}](t, in)
		return review.BayesianAverage(v.Count, v.Mean, v.PriorCount, v.PriorMean)
	},
	"star_lower_bound": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Counts     review.Stars `json:"counts_1_to_5"`
			Confidence float64
		}](t, in)
		mean, lower, err := review.StarLowerBound(v.Counts, v.Confidence)
		return object{"mean": mean, "lower": lower}, err
	},
	"time_decay": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Ratings  [][2]float64 `json:"ratings_and_age_days"`
			HalfLife float64      `json:"half_life_days"`
		}](t, in)
		var ratings []review.Aged
		for _, r := range v.Ratings {
			require.Equal(t, float64(int(r[0])), r[0])
			ratings = append(ratings, review.Aged{Rating: int(r[0]), Age: days(r[1])})
		}
		return review.Decay(ratings, days(v.HalfLife))
	},
	"aggregate": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Counts review.Stars `json:"counts_1_to_5"`
		}](t, in)
		s := v.Counts
		return object{"ratingCount": s.Count(), "mean": s.Mean(), "ratingValue": s.RatingValue(), "percent_1_to_5": s.Percent()}, nil
	},
	"burst_p_value": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Seen     int64 `json:"reviews_in_window"`
			Expected float64
		}](t, in)
		return review.BurstPValue(v.Seen, v.Expected)
	},
	"text_similarity": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			A, B  string
			Words int `json:"shingle_words"`
		}](t, in)
		return review.Similarity(v.A, v.B, v.Words)
	},
	"jeffreys_lower": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Positive, Total int64
			Quantile        float64
		}](t, in)
		return review.JeffreysLower(v.Positive, v.Total, v.Quantile)
	},
	"helpful_order": func(t *testing.T, in json.RawMessage) (any, error) {
		v := read[struct {
			Reviews []struct {
				ID       string
				Up, Down int64
				AgeRank  int `json:"age_rank"`
			}
			Confidence float64
		}](t, in)
		var posts []review.Voted
		for _, r := range v.Reviews { // a higher rank is newer
			posts = append(posts, review.Voted{ID: r.ID, Up: r.Up, Down: r.Down, At: time.Unix(int64(r.AgeRank), 0)})
		}
		err := review.HelpfulOrder(posts, v.Confidence)
		ids := []string{}
		for _, p := range posts {
			ids = append(ids, p.ID)
		}
		return ids, err
	},
}

func days(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

func read[T any](t *testing.T, in json.RawMessage) (v T) {
	t.Helper()
	testkit.Strict(t, in, &v)
	return v
}

// TestReference runs the cases of SciPy and of exact arithmetic.
func TestReference(t *testing.T) {
	var file struct {
		Cases []struct {
			ID, Kind string
			In, Want json.RawMessage
			Tol      float64
			Note     string
		}
	}
	testkit.Strict(t, testkit.Reference(t, "review", "goldens.json"), &file)
	require.True(t, testkit.Overridden() || len(file.Cases) == 29)
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			run, known := runners[c.Kind]
			require.True(t, known, "kind %q", c.Kind)
			got, err := run(t, c.In)
			require.NoError(t, err)
			want, err := json.Marshal(map[string]json.RawMessage{"want": c.Want})
			require.NoError(t, err)
			testkit.Compare(t, want, object{"want": got}, testkit.Tolerance{Absolute: c.Tol})
		})
	}
}
