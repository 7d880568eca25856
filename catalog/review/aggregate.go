package review

import (
	"math"
	"slices"
	"time"
)

// Add adds n ratings of so many stars, 1 to 5; a negative n takes them away. It
// reports whether that was possible; where not nothing changes.
func (s *Stars) Add(rating int, n int64) bool {
	if rating < 1 || rating > 5 {
		return false
	}
	if sum := s[rating-1] + n; sum < 0 || sum > maxCount || n > maxCount {
		return false
	}
	s[rating-1] += n
	return true
}

// Count returns how many ratings there are.
func (s Stars) Count() (n int64) {
	for _, c := range s {
		n += c
	}
	return n
}

// sum returns the sum of all stars.
func (s Stars) sum() (n int64) {
	for i, c := range s {
		n += int64(i+1) * c
	}
	return n
}

// Mean returns the mean rating, 0 where there is none.
func (s Stars) Mean() float64 {
	n := s.Count()
	if n == 0 {
		return 0
	}
	return float64(s.sum()) / float64(n)
}

// RatingValue returns the mean to one decimal, half up, as schema.org wants it, and
// "" where there is no rating. It is computed from integers: 3.25 is "3.3"
// everywhere.
func (s Stars) RatingValue() string {
	n := s.Count()
	if n == 0 {
		return ""
	}
	tenths := (20*s.sum() + n) / (2 * n)
	return string([]byte{byte('0' + tenths/10), '.', byte('0' + tenths%10)})
}

// Percent returns the share of each star in whole percent that sum to 100, by the
// largest remainder, ties to the higher star. Without ratings all are 0.
func (s Stars) Percent() (percent [5]int) {
	n := s.Count()
	if n == 0 || s.check() != nil {
		return percent
	}
	var order [5]int
	var rest [5]int64
	left := 100
	for i, c := range s {
		whole, remainder := 100*c/n, 100*c%n
		percent[i], rest[i], order[i] = int(whole), remainder, i
		left -= percent[i]
	}
	slices.SortStableFunc(order[:], func(a, b int) int {
		switch {
		case rest[a] != rest[b]:
			return int(max(-1, min(1, rest[b]-rest[a])))
		default:
			return b - a
		}
	})
	for _, i := range order[:left] {
		percent[i]++
	}
	return percent
}

// Tally counts the visible posts of a product, or of one of its months.
type Tally struct {
	// Ratings are those of all visible reviews; Verified and Incentivized are parts
	// of them, of authors who bought the product and of those who got something for
	// the review.
	Ratings      Stars `json:"ratings"`
	Verified     Stars `json:"verified"`
	Incentivized Stars `json:"incentivized"`
	// Questions and Answers are the visible ones.
	Questions int64 `json:"questions"`
	Answers   int64 `json:"answers"`
}

// Add adds the tally of other parts.
func (t *Tally) Add(other Tally) {
	for i := range t.Ratings {
		t.Ratings[i] += other.Ratings[i]
		t.Verified[i] += other.Verified[i]
		t.Incentivized[i] += other.Incentivized[i]
	}
	t.Questions += other.Questions
	t.Answers += other.Answers
}

// Negative returns the tally that takes t away.
func (t Tally) Negative() (n Tally) {
	for i := range t.Ratings {
		n.Ratings[i], n.Verified[i], n.Incentivized[i] = -t.Ratings[i], -t.Verified[i], -t.Incentivized[i]
	}
	n.Questions, n.Answers = -t.Questions, -t.Answers
	return n
}

// IsZero reports whether nothing is counted.
func (t Tally) IsZero() bool { return t == Tally{} }

// Unprompted returns the ratings of reviews for which the author got nothing.
func (t Tally) Unprompted() (s Stars) {
	for i := range s {
		s[i] = t.Ratings[i] - t.Incentivized[i]
	}
	return s
}

// Month is a calendar month in UTC: 12 times the year plus the month less one.
type Month int32

// MonthOf returns the month of an instant.
func MonthOf(t time.Time) Month {
	y, m, _ := t.UTC().Date()
	return Month(12*y + int(m) - 1)
}

// Middle returns the instant in the middle of the month.
func (m Month) Middle() time.Time {
	start := time.Date(int(m/12), time.Month(m%12)+1, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(int(m/12), time.Month(m%12)+2, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(end.Sub(start) / 2)
}

// MonthTally is the tally of the posts that were written in a month.
type MonthTally struct {
	Month Month `json:"month"`
	Tally
}

// Aggregate is what readers see of a product's reviews at a glance.
type Aggregate struct {
	Product string `json:"product"`
	Tally
	// Months are the parts by month of writing, the oldest first; only where asked
	// for.
	Months []MonthTally `json:"months,omitempty"`
}

// Decay is [Decay] over the months of the aggregate, each rating at the middle of
// its month: half a month off at most, without reading any review. Ratings of the
// current month have no age.
func (a *Aggregate) Decay(at time.Time, halfLife time.Duration) (Decayed, error) {
	if halfLife <= 0 {
		return Decayed{}, outOfRange("half_life", "%v is not positive", halfLife)
	}
	var d decaying
	for _, m := range a.Months {
		weight := math.Exp2(-float64(max(0, at.Sub(m.Month.Middle()))) / float64(halfLife))
		for i, n := range m.Ratings {
			d.add(float64(i+1), float64(n), weight)
		}
	}
	return d.result(), nil
}

// Count returns the tally of a set of posts from nothing, which is what the
// aggregates of a store equal after any number of edits.
func Count(posts ...Post) (t Tally) {
	for i := range posts {
		t.Add(posts[i].tally())
	}
	return t
}

// tally is what p adds to the aggregates of its product.
func (p *Post) tally() (t Tally) {
	if !p.Moderation.Visible() {
		return t
	}
	switch p.Kind {
	case Question:
		t.Questions = 1
	case Answer:
		t.Answers = 1
	case Review:
		t.Ratings.Add(p.Rating, 1)
		if p.Verified {
			t.Verified.Add(p.Rating, 1)
		}
		if p.Incentive != NoIncentive {
			t.Incentivized.Add(p.Rating, 1)
		}
	}
	return t
}
