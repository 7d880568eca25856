package suite

import "errors"

// Checker is a T with what checks ask most often.
type Checker struct{ T }

// OK ends the check unless err is nil.
func (c Checker) OK(err error) {
	c.Helper()
	if err != nil {
		c.Fatalf("unexpected error: %v", err)
	}
}

// Matches ends the check unless err matches kind.
func (c Checker) Matches(err, kind error) {
	c.Helper()
	if !errors.Is(err, kind) {
		c.Fatalf("error is %v, want one that matches %q", err, kind)
	}
}
