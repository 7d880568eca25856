package suite

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// recorder is a T that keeps what is reported instead of failing a test.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	reported string
}

// record calls fn with a recorder, in a goroutine that it may end, and returns
// what was reported.
func record(ctx context.Context, fn func(r *recorder)) string {
	r := &recorder{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(r)
	}()
	<-done
	return r.reported
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Skip(...any)              { runtime.Goexit() }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reported += fmt.Sprintf(format, args...) + "\n"
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
