package suite

import (
	"errors"
	"fmt"
	"sync"
)

// Together calls fn n times at once.
func Together(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// Parallel calls fn n times at once and returns the error of each call.
func Parallel(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	Together(n, func(i int) { errs[i] = fn(i) })
	return errs
}

// Race calls fn n times at once, wants one call to succeed and the others to fail
// with an error that matches lost, and returns which one won.
func Race(n int, lost error, fn func(i int) error) (winner int, err error) {
	winner = -1
	for i, err := range Parallel(n, fn) {
		switch {
		case err == nil && winner >= 0:
			return -1, fmt.Errorf("calls %d and %d of %d at once both succeed", winner, i, n)
		case err == nil:
			winner = i
		case !errors.Is(err, lost):
			return -1, fmt.Errorf("call %d of %d at once: %w, want success or %q", i, n, err, lost)
		}
	}
	if winner < 0 {
		return -1, fmt.Errorf("of %d calls at once none succeeds", n)
	}
	return winner, nil
}
