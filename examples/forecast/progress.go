package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress draws a bar with rate and time left, on a terminal only.
type progress struct {
	w           io.Writer
	total       int
	start, last time.Time
}

func newProgress(w io.Writer, total int) *progress {
	file, ok := w.(*os.File)
	if !ok {
		return &progress{}
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	now := time.Now()
	return &progress{w: w, total: total, start: now, last: now}
}

// step draws the bar, at most ten times a second.
func (p *progress) step(done int) {
	if p.w == nil {
		return
	}
	now := time.Now()
	if now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last = now
	rate := float64(done) / now.Sub(p.start).Seconds()
	left := time.Duration(float64(p.total-done) / rate * float64(time.Second)).Round(time.Second)
	const width = 30
	filled := min(width*done/p.total, width)
	fmt.Fprintf(p.w, "\r[%-*s] %d of %d, %.0f series/s, %v left \x1b[K", width, bars[:filled], done, p.total, rate, left)
}

const bars = "=============================="

// end removes the bar.
func (p *progress) end() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
