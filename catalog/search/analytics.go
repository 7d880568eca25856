package search

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search/internal/fold"
)

// Log counts what was searched, what was not found, and what was clicked where. It
// keeps numbers by query, never who asked. It is safe for concurrent use; the zero
// value keeps 100,000 queries.
type Log struct {
	// Most is how many different queries are kept; beyond it the one seen longest
	// ago makes room. 0 stands for 100,000.
	Most int

	mu  sync.Mutex
	all map[string]*logged
}

type logged struct {
	QueryStats
	positions int // sum of clicked positions
}

// QueryStats are the numbers of one query, in folded form.
type QueryStats struct {
	Text string
	// Searches is how often it was asked, Empty how often nothing was found, Relaxed
	// how often words were given up.
	Searches, Empty, Relaxed int
	// Results is how many products the last search found.
	Results int
	// Clicks on results, and the mean position of those, from 1; 0 without clicks.
	Clicks   int
	Position float64
	// Last is when it was asked last.
	Last time.Time
}

// normal returns a query as it is counted: folded, with single spaces.
func normal(text string) string {
	text = strings.Join(strings.Fields(fold.String(text)), " ")
	if len(text) > 255 {
		text = strings.ToValidUTF8(text[:255], "")
	}
	return text
}

func (l *Log) entry(text string, at time.Time) *logged {
	if l.all == nil {
		l.all = map[string]*logged{}
	}
	e := l.all[text]
	if e == nil {
		most := l.Most
		if most <= 0 {
			most = 100_000
		}
		if len(l.all) >= most {
			l.forget(len(l.all) - most + 1 + most/16)
		}
		e = &logged{QueryStats: QueryStats{Text: text}}
		l.all[text] = e
	}
	if at.After(e.Last) {
		e.Last = at
	}
	return e
}

// forget takes out the n that were seen longest ago.
func (l *Log) forget(n int) {
	old := make([]*logged, 0, len(l.all))
	for _, e := range l.all {
		old = append(old, e)
	}
	slices.SortFunc(old, func(a, b *logged) int { return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.Text, b.Text)) })
	for _, e := range old[:min(n, len(old))] {
		delete(l.all, e.Text)
	}
}

// Searched counts a search and what it found.
func (l *Log) Searched(text string, r *Result, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(normal(text), at)
	e.Searches++
	e.Results = r.Total
	if r.Total == 0 {
		e.Empty++
	}
	if len(r.Relaxed) > 0 {
		e.Relaxed++
	}
}

// Clicked counts a click on the result at a position, from 1.
func (l *Log) Clicked(text string, position int, at time.Time) error {
	if position < 1 || position > MaxPage {
		return fieldError("position", flywheel.ErrOutOfRange, "%d", position)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(normal(text), at)
	e.Clicks++
	e.positions += position
	return nil
}

// LogOrder says which queries a report begins with.
type LogOrder string

// The orders of a report.
const (
	ByFrequency LogOrder = "frequency" // asked most
	ByEmpty     LogOrder = "empty"     // found nothing most often
	ByIgnored   LogOrder = "ignored"   // found something, and most often nobody clicked
)

// Report returns the n first queries by an order; equal ones by text.
func (l *Log) Report(by LogOrder, n int) ([]QueryStats, error) {
	var weight func(*QueryStats) int
	switch by {
	case ByFrequency:
		weight = func(q *QueryStats) int { return q.Searches }
	case ByEmpty:
		weight = func(q *QueryStats) int { return q.Empty }
	case ByIgnored:
		weight = func(q *QueryStats) int { return q.Searches - q.Empty - q.Clicks }
	default:
		return nil, fieldError("by", flywheel.ErrInvalid, "unknown order %q", by)
	}
	if n < 0 {
		return nil, fieldError("n", flywheel.ErrOutOfRange, "%d", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []QueryStats
	for _, e := range l.all {
		q := e.QueryStats
		if q.Clicks > 0 {
			q.Position = float64(e.positions) / float64(q.Clicks)
		}
		if weight(&q) > 0 {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b QueryStats) int {
		return cmp.Or(cmp.Compare(weight(&b), weight(&a)), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(n, len(all))], nil
}

// String describes a query's numbers in one line.
func (q QueryStats) String() string {
	return fmt.Sprintf("%q: %d searches, %d empty, %d clicks at %.1f", q.Text, q.Searches, q.Empty, q.Clicks, q.Position)
}
