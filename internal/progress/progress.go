// Package progress draws a bar with the time left on a terminal. Anywhere else,
// in a file, a pipe or a test, it is silent.
//
//	bar := progress.New(os.Stderr, len(items), "items")
//	for i := range items {
//		…
//		bar.Step(i + 1)
//	}
//	bar.Clear()
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Bar is a bar of progress. It is safe for concurrent use; a nil Bar is silent.
type Bar struct {
	mu    sync.Mutex
	w     io.Writer // nil for silence
	now   func() time.Time
	total int64
	label string
	done  int64
	began time.Time
	drawn time.Time
}

// New returns a bar for total steps, labeled with what they are. It is silent
// unless w is a terminal, and where TERM is "dumb". With total 0 or less it
// counts without a share and a time left.
func New(w io.Writer, total int, label string) *Bar {
	b := &Bar{total: int64(total), label: label, now: time.Now}
	if f, ok := w.(*os.File); ok && os.Getenv("TERM") != "dumb" {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.w = w
		}
	}
	b.began = b.now()
	return b
}

// interval is the least time between two drawings.
const interval = 100 * time.Millisecond

// Step shows that done steps are done.
func (b *Bar) Step(done int) { b.set(int64(done), "") }

// Add shows that n more steps are done.
func (b *Bar) Add(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draw(b.done+int64(n), b.label)
}

// Say is Step with another label from now on.
func (b *Bar) Say(done int, label string) { b.set(int64(done), label) }

func (b *Bar) set(done int64, label string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if label == "" {
		label = b.label
	}
	b.draw(done, label)
}

// draw draws at most ten times a second, and the last step always.
func (b *Bar) draw(done int64, label string) {
	b.done, b.label = done, label
	if b.w == nil {
		return
	}
	now := b.now()
	if (b.total <= 0 || done < b.total) && now.Sub(b.drawn) < interval {
		return
	}
	b.drawn = now
	elapsed := now.Sub(b.began)
	rate := ""
	if s := elapsed.Seconds(); s > 0 {
		rate = fmt.Sprintf(", %.0f/s", float64(done)/s)
	}
	if b.total <= 0 {
		fmt.Fprintf(b.w, "\r\x1b[K%d %s%s", done, label, rate)
		return
	}
	const width = 32
	share := min(max(float64(done)/float64(b.total), 0), 1)
	full := int(width * share)
	left := ""
	if done > 0 && share > 0 {
		left = fmt.Sprintf(", %v left", time.Duration(float64(elapsed)*(1-share)/share).Round(time.Second))
	}
	fmt.Fprintf(b.w, "\r\x1b[K%s%s %3d%%  %d of %d %s%s%s", strings.Repeat("█", full), strings.Repeat("░", width-full),
		int(100*share), done, b.total, label, rate, left)
}

// Clear removes the bar, so that what is printed next begins an empty line.
func (b *Bar) Clear() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w != nil {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
