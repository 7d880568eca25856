package suite_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/flywheel-go/flywheel/internal/suite"
)

var errLost, errRefused = errors.New("lost"), errors.New("refused")

// hooked returns a hook that fails at one place, and what it was told.
func hooked(fail string) (suite.Hook, *[]string) {
	told := &[]string{}
	return func(call string, after bool) error {
		at := fmt.Sprint(call, " ", after)
		*told = append(*told, at)
		if at == fail {
			return errLost
		}
		return nil
	}, told
}

func TestCallAndDo(t *testing.T) {
	both := []string{"Add false", "Add true"}
	for _, c := range []struct {
		fail    string
		err     error // of the call itself
		answer  int
		want    error
		told    []string
		effects int
	}{
		{"", nil, 5, nil, both, 1},
		{"Add false", nil, 0, errLost, both[:1], 0},
		{"Add true", nil, 0, errLost, both, 1},
		{"Add true", errRefused, 5, errRefused, both[:1], 1}, // the answer of the call, and no hook after it
	} {
		effects := 0
		hook, told := hooked(c.fail)
		answer, err := suite.Call(hook, "Add", func() (int, error) { effects++; return 5, c.err })
		assert.Equal(t, c.answer, answer, c)
		assert.Equal(t, c.want, err, c)
		assert.Equal(t, c.told, *told, c)
		assert.Equal(t, c.effects, effects, c)

		effects = 0
		hook, told = hooked(c.fail)
		err = suite.Do(hook, "Add", func() error { effects++; return c.err })
		assert.Equal(t, c.want, err, c)
		assert.Equal(t, c.told, *told, c)
		assert.Equal(t, c.effects, effects, c)
	}
}

// upTo yields 0, 1, … and at the end an error, if there is one.
func upTo(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func TestSeq(t *testing.T) {
	both := []string{"List false", "List true"}
	for _, c := range []struct {
		fail string
		err  error
		list []int
		want error
		told []string
	}{
		{"", nil, []int{0, 1, 2}, nil, both},
		{"List false", nil, nil, errLost, both[:1]},
		{"List true", nil, []int{0, 1, 2}, errLost, both},
		{"List true", errRefused, []int{0, 1, 2}, errRefused, both[:1]},
	} {
		hook, told := hooked(c.fail)
		list, err := suite.Collect(suite.Seq(hook, "List", upTo(3, c.err)))
		assert.Equal(t, c.list, list, c)
		assert.Equal(t, c.want, err, c)
		assert.Equal(t, c.told, *told, c)
	}
	hook, told := hooked("")
	for range suite.Seq(hook, "List", upTo(3, nil)) {
		break
	}
	assert.Equal(t, both[:1], slices.Clone(*told), "stopped early")
}
