package order

import (
	"testing"
	"time"
)

// FuzzCursor shows that no text breaks the parser, and that what it accepts is
// a position whose cursor leads to the same position.
func FuzzCursor(f *testing.F) {
	f.Add(Position{time.Date(2011, 1, 2, 3, 4, 5, 678000, time.UTC), "o 1"}.cursor())
	f.Add("")
	f.Add("MTIz")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseCursor(s)
		if err != nil {
			return
		}
		again, err := parseCursor(p.cursor())
		if err != nil || again.Compare(p) != 0 {
			t.Fatalf("%q gives %+v, again %+v, %v", s, p, again, err)
		}
	})
}
