package recommend

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
)

// Learner learns a [Scorer] from a [Matrix]. Its exported fields are its
// parameters; those that are zero take the value that their comment gives.
type Learner interface {
	// Fit returns what was learned from m. It is immutable, does not depend on
	// the number of processors, and its bytes are the same for the same m. A
	// parameter out of its range is a [*ConfigError].
	Fit(m *Matrix) (Scorer, error)
	// String names the kind and the parameters in short.
	String() string
}

// Scorer says what each item is worth to somebody with a history: it is a model
// behind one interface, whatever it has learned. It is immutable and safe for
// concurrent use. Known and new customers are asked for in the same way, by their
// history, so an event of a moment ago counts at once.
type Scorer interface {
	// Index returns the items that are scored.
	Index() *Index
	// Score sets scores[n] for every item n to its worth, higher being better;
	// len(scores) is Index().Len(). Items of h are scored as well: whoever asks
	// leaves them out. A history that says nothing gives scores that are all
	// equal, usually 0.
	Score(h History, scores []float64)
}

// Contributor is a [Scorer] whose scores are sums over the items of the history.
type Contributor interface {
	Scorer
	// Contributions sets parts[k] to what h[k] adds to the score of item. Their
	// sum, plus what does not depend on the history, is the score.
	Contributions(h History, item int32, parts []float64)
}

// learnError wraps a ConfigError in the name of a learner's field.
func paramError(learner, field string, value any) error {
	return &ConfigError{Field: learner + "." + field, Value: value}
}

// positive reports whether x is a finite number of at least 0.
func positive(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

// orDefault returns x, or def where x is 0.
func orDefault[T int | float64](x, def T) T {
	if x == 0 {
		return def
	}
	return x
}

// parallel calls do for every n below count, from as many goroutines as there are
// processors. setup makes the scratch of one goroutine. What do writes for n must
// depend on n alone.
func parallel[S any](count int, setup func() S, do func(n int, scratch S)) {
	const chunk = 16
	workers := min(runtime.GOMAXPROCS(0), (count+chunk-1)/chunk)
	if workers <= 1 {
		s := setup()
		for n := range count {
			do(n, s)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			s := setup()
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= count {
					return
				}
				for n := from; n < min(from+chunk, count); n++ {
					do(n, s)
				}
			}
		})
	}
	wait.Wait()
}

// tooLarge reports that something would need more memory than is allowed.
func tooLarge(what string, n, limit int) error {
	return fmt.Errorf("recommend: %s: %d, at most %d: %w", what, n, limit, flywheel.ErrLimit)
}
