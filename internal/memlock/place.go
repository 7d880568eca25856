package memlock

import (
	"runtime"
	"strings"
	"sync"
)

// places is how many transactions can be recognized at once; beyond, a goroutine
// that waits for itself is found by the end of its patience.
const places = 16

var free = struct {
	sync.Mutex
	taken [places + 1]bool
}{}

// Run runs fn, so that a call that fn makes on the same goroutine is known to be
// of this transaction even where its context does not say so. A goroutine has no
// name that a program could ask for; but its stack says through which line of
// stand the transaction went, and each has a line of its own.
func (o *Owner) Run(fn func() error) error {
	o.place = take()
	defer giveBack(o.place)
	return stand(o.place, fn)
}

func take() int {
	free.Lock()
	defer free.Unlock()
	for i := 1; i <= places; i++ {
		if !free.taken[i] {
			free.taken[i] = true
			return i
		}
	}
	return 0
}

func giveBack(place int) {
	free.Lock()
	free.taken[place] = false
	free.Unlock()
}

// here reports whether this goroutine runs within o.Run. A place is taken for as
// long as Run runs, so o must still be the holder when the answer counts.
func here(o *Owner) bool {
	if o == nil || o.place == 0 {
		return false
	}
	line := lines()[o.place]
	return walk(func(at int) bool { return at == line })
}

// walk calls found with the lines of stand on the stack of this goroutine, from
// the innermost, until it answers true.
func walk(found func(line int) bool) bool {
	pcs := make([]uintptr, 128)
	for skip := 1; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasSuffix(f.Function, "/memlock.stand") && found(f.Line) {
				return true
			}
		}
	}
}

// lines are the lines of stand by place.
var lines = sync.OnceValue(func() (lines [places + 1]int) {
	for place := range lines {
		_ = stand(place, func() error {
			walk(func(line int) bool { lines[place] = line; return true })
			return nil
		})
	}
	return lines
})

// stand runs fn at a line that tells the place.
//
//go:noinline
func stand(place int, fn func() error) error {
	switch place {
	case 1:
		return fn()
	case 2:
		return fn()
	case 3:
		return fn()
	case 4:
		return fn()
	case 5:
		return fn()
	case 6:
		return fn()
	case 7:
		return fn()
	case 8:
		return fn()
	case 9:
		return fn()
	case 10:
		return fn()
	case 11:
		return fn()
	case 12:
		return fn()
	case 13:
		return fn()
	case 14:
		return fn()
	case 15:
		return fn()
	case 16:
		return fn()
	}
	return fn()
}
