package joints_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tester is what a case needs of a testing.T, so that it can be run to see whether
// it fails.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// probe is a tester that only notes whether something failed.
type probe struct {
	ctx    context.Context
	failed bool
}

func (p *probe) Helper()                  {}
func (p *probe) Context() context.Context { return p.ctx }
func (p *probe) Errorf(string, ...any)    { p.failed = true }
func (p *probe) Fatalf(string, ...any)    { p.FailNow() }

func (p *probe) FailNow() {
	p.failed = true
	runtime.Goexit()
}

// passes reports whether a case passes.
func passes(t *testing.T, c *testCase, s stores) bool {
	p := &probe{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(p, c, s)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the case does not end")
	}
	return !p.failed
}

func run(t tester, c *testCase, s stores) {
	w := newWorld(t, c, s)
	for i := range c.Steps {
		w.do(&c.Steps[i])
	}
	w.check(c.Expected)
}
