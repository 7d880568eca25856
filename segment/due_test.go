package segment_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/segment"
)

// left is how often there is something to do.
type left int

func (l *left) Advance(context.Context, time.Time) (bool, error) {
	if *l < 0 {
		return true, errors.New("down")
	}
	if *l == 0 {
		return false, nil
	}
	*l--
	return true, nil
}

func ExampleDue() {
	ctx := context.Background()
	log, err := segment.NewLog(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	carts := left(3) // a *cart.Service, a *checkout.Sessions, …
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Jobs: []segment.Job{segment.Due("carts that are left", &carts)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(runner.Drain(ctx), carts)
	// Output: <nil> 0
}

func TestDue(t *testing.T) {
	n := left(-1)
	job := segment.Due("x", &n)
	require.Error(t, job.Run(t.Context(), time.Now()))
	require.GreaterOrEqual(t, job.Every, time.Second)
}
