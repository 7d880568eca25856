package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"testing"
	"time"
)

// operation is one thing that several libraries can do, Flywheel first.
type operation struct {
	name string
	runs []run
}

// run is one operation done by one library.
type run struct {
	peer   string
	answer func() string // what it comes to, in one form for all libraries
	repeat func(n int)   // does it n times
}

const (
	rounds    = 40                   // of which the least time counts, on a shared machine
	roundTime = 2 * time.Millisecond // about
)

func main() {
	operations := []operation{
		add(), rateAndRound(), allocate(), format(), display(), parse(), quote(10), quote(100),
	}
	for _, o := range operations {
		if err := o.agree(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println("| operation | library | ns | allocations | times Flywheel |")
	fmt.Println("| --- | --- | ---: | ---: | ---: |")
	for _, o := range operations {
		o.print(os.Stdout, o.measure())
	}
}

// agree makes sure that all libraries answer the same.
func (o operation) agree() error {
	want := o.runs[0].answer()
	for _, r := range o.runs[1:] {
		if got := r.answer(); got != want {
			return fmt.Errorf("%s: %s answers %s, %s answers %s", o.name, o.runs[0].peer, want, r.peer, got)
		}
	}
	return nil
}

// measure returns the least nanoseconds of each run, taken in turns.
func (o operation) measure() []float64 {
	counts := make([]int, len(o.runs))
	least := make([]float64, len(o.runs))
	for i, r := range o.runs {
		counts[i] = 1
		for {
			took := timed(r, counts[i])
			if took >= roundTime {
				break
			}
			counts[i] *= 2
		}
		least[i] = math.Inf(1)
	}
	for range rounds {
		for i, r := range o.runs {
			least[i] = min(least[i], float64(timed(r, counts[i]).Nanoseconds())/float64(counts[i]))
		}
	}
	return least
}

func timed(r run, n int) time.Duration {
	start := time.Now()
	r.repeat(n)
	return time.Since(start)
}

// print writes a row of the table for each run.
func (o operation) print(to io.Writer, times []float64) {
	for i, r := range o.runs {
		allocations := testing.AllocsPerRun(10, func() { r.repeat(1) })
		digits := 1
		if times[i] >= 100 {
			digits = 0
		}
		fmt.Fprintf(to, "| %s | %s | %.*f | %.0f | %.1f |\n", o.name, r.peer, digits, times[i], allocations, times[i]/times[0])
	}
}
