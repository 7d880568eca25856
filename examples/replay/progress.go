package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress draws a bar on a terminal; anywhere else it is silent.
type progress struct {
	w     io.Writer
	total int
	began time.Time
	drawn time.Time
}

// newProgress returns a progress for total steps, which is silent unless w is a
// terminal.
func newProgress(w io.Writer, total int) *progress {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" {
			return &progress{w: w, total: total, began: time.Now()}
		}
	}
	return &progress{}
}

// step shows that done steps are done, at most ten times a second.
func (p *progress) step(done int, label string) {
	if p.w == nil || p.total == 0 {
		return
	}
	now := time.Now()
	if done < p.total && now.Sub(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = now
	const width = 32
	full := width * done / p.total
	left := ""
	if elapsed := now.Sub(p.began); done > 0 {
		left = (elapsed * time.Duration(p.total-done) / time.Duration(done)).Round(time.Second).String()
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s %3d%%  %s  %s left", strings.Repeat("█", full), strings.Repeat("░", width-full), 100*done/p.total, label, left)
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
