package suite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// number is what the stores of these tests hold.
type number interface{ Get() (int, error) }

// plain is a store without transactions.
type plain struct {
	value int
	err   error
}

func (p plain) Get() (int, error) { return p.value, p.err }

// joined is a store with transactions, or what tx makes of them.
type joined struct {
	plain
	flywheel.Transactor
}

type check func(t suite.T, s number, tx flywheel.Transactor) error

var contract = suite.Suite[number, check]{
	Cases: []suite.Case[check]{
		{Name: "returned", Rule: "Get is 7", Check: func(_ suite.T, s number, _ flywheel.Transactor) error {
			got, err := s.Get()
			return suite.First(err, suite.Same("Get", got, 7))
		}},
		{Name: "reported", Rule: "Get is positive", Check: func(t suite.T, s number, _ flywheel.Transactor) error {
			t.Helper()
			if got, _ := s.Get(); got <= 0 {
				t.Fatalf("Get is %d", got)
			}
			return nil
		}},
		{Name: "noted", Rule: "Get is odd", Check: func(t suite.T, s number, _ flywheel.Transactor) error {
			if got, _ := s.Get(); got%2 == 0 {
				t.Errorf("Get is %d", got)
			}
			return nil
		}},
		{Name: "panics", Rule: "Get is less than 9", Check: func(_ suite.T, s number, _ flywheel.Transactor) error {
			got, _ := s.Get()
			if n := make([]int, 9)[got]; n != 0 {
				return errors.New("not zero")
			}
			return nil
		}},
		{Name: "skipped", Rule: "a plain store has no error", Check: func(t suite.T, s number, _ flywheel.Transactor) error {
			if _, ok := s.(plain); !ok {
				t.Skip("for plain stores")
			}
			_, err := s.Get()
			return err
		}},
		{Name: "context", Rule: "the context is alive", Check: func(t suite.T, _ number, _ flywheel.Transactor) error {
			return t.Context().Err()
		}},
		{Name: "transaction", Rule: "InTx fails as its function does", Transactions: true, Check: func(t suite.T, _ number, tx flywheel.Transactor) error {
			return suite.RollBack(t.Context(), tx, false, func(context.Context) error { return nil })
		}},
	},
	Call: func(t suite.T, check check, s number, tx flywheel.Transactor) error { return check(t, s, tx) },
}

// swallow is a transactor that takes errors and panics for success.
type swallow struct{}

func (swallow) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	defer func() { _ = recover() }()
	_ = fn(ctx)
	return nil
}

func TestBroken(t *testing.T) {
	wrong := errors.New("wrong")
	for _, c := range []struct {
		store  number
		broken []string
	}{
		{plain{value: 7}, nil},
		{joined{plain{value: 7}, &flywheel.Memory{}}, nil},
		{joined{plain{value: 7}, swallow{}}, []string{"transaction"}},
		{plain{value: 5}, []string{"returned"}},
		{plain{value: 9}, []string{"returned", "panics"}},
		{plain{value: -2}, []string{"returned", "reported", "noted", "panics"}},
		{plain{7, wrong}, []string{"returned", "skipped"}},
		{joined{plain{7, wrong}, &flywheel.Memory{}}, []string{"returned"}},
	} {
		assert.Equal(t, c.broken, contract.Broken(t.Context(), func() number { return c.store }), "%+v", c.store)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, []string{"context"}, contract.Broken(over, func() number { return plain{value: 7} }))
}

func TestRun(t *testing.T) {
	fresh := func(*testing.T) number { return plain{value: 7} }
	contract.Run(t, fresh, nil)
	contract.Run(t, fresh, suite.Transactor(true, func(number) flywheel.Transactor { return &flywheel.Memory{} }))
	contract.Bites(t, "five", "returned", func() number { return plain{value: 5} })
}

// TestFailures runs this test binary again, where the tests of failing fail, and
// reads what they say.
func TestFailures(t *testing.T) {
	const name = "FLYWHEEL_SUITE_FAILURE"
	failing := map[string]struct {
		run  func(t *testing.T)
		says []string
	}{
		"wrong": {
			func(t *testing.T) { contract.Run(t, func(*testing.T) number { return plain{value: -2} }, nil) },
			[]string{
				"FAIL: TestFailures/returned", "Get:\n", "got -2", "want 7", "the rule: Get is 7",
				"FAIL: TestFailures/reported", "Get is -2", "the rule: Get is positive", "FAIL: TestFailures/noted",
				"FAIL: TestFailures/panics", "panic: runtime error: index out of range", "suite_test.go", "the rule: Get is less than 9",
				"SKIP: TestFailures/transaction", "the store has no transactions",
			},
		},
		"no transactor": {
			func(t *testing.T) {
				contract.Run(t, func(*testing.T) number { return plain{value: 7} }, suite.Transactor[number](true, nil))
			},
			[]string{"FAIL: TestFailures/transaction", "suite_test.plain is no flywheel.Transactor", "PASS: TestFailures/returned"},
		},
		"not caught": {
			func(t *testing.T) { contract.Bites(t, "five", "panics", func() number { return plain{value: 5} }) },
			[]string{"FAIL: TestFailures/five", `panics is not among the cases that catch it: ["returned"]`},
		},
		"no hook": {
			func(t *testing.T) {
				fails(t, func(s counter, _ func(string, bool) error) counter { return s })
			},
			[]string{`told of [], want ["Count before" "Count after"]`, "the call answers <nil>", "state of the store:"},
		},
		"another name": {
			func(t *testing.T) {
				fails(t, func(s counter, hook func(string, bool) error) counter {
					return func(by int) (int, error) { return suite.Call(hook, "Add", func() (int, error) { return s(by) }) }
				})
			},
			[]string{`told of ["Add before" "Add after"], want ["Count before"]`},
		},
		"the effect comes first": {
			func(t *testing.T) {
				fails(t, func(s counter, hook func(string, bool) error) counter {
					return func(by int) (int, error) {
						n, err := s(by)
						return suite.Call(hook, "Count", func() (int, error) { return n, err })
					}
				})
			},
			[]string{"state of the store:"},
		},
	}
	if f, ok := failing[os.Getenv(name)]; ok {
		f.run(t)
		return
	}
	for which, f := range failing {
		t.Run(which, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestFailures$", "-test.v")
			cmd.Env = append(os.Environ(), name+"="+which)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			for _, s := range f.says {
				assert.Contains(t, string(out), s)
			}
		})
	}
}

// counter is a store with one call, which adds to a number.
type counter func(by int) (int, error)

func newCounter() counter {
	n := 0
	return func(by int) (int, error) {
		n += by
		return n, nil
	}
}

// fails looks at a function Failing for counters.
func fails(t *testing.T, failing func(s counter, hook func(call string, after bool) error) counter) {
	suite.Fails(t, failing, newCounter, map[string]func(s counter) error{
		"Count": func(s counter) error { return suite.Err(s(1)) },
	}, func(s counter) (any, error) { return s(0) })
}

func TestFails(t *testing.T) {
	fails(t, func(s counter, hook func(call string, after bool) error) counter {
		return func(by int) (int, error) { return suite.Call(hook, "Count", func() (int, error) { return s(by) }) }
	})
}

func TestTransactor(t *testing.T) {
	own, other := joined{Transactor: &flywheel.Memory{}}, &flywheel.Memory{}
	of := func(number) flywheel.Transactor { return other }
	assert.Nil(t, suite.Transactor(false, of))
	assert.Same(t, other, suite.Transactor(true, of)(own))
	assert.Equal(t, own, suite.Transactor[number](true, nil)(own))
	assert.Nil(t, suite.Transactor[number](true, nil)(plain{}))
}

func ExampleSuite_Broken() {
	two := func() number { return plain{value: 2} }
	fmt.Println(contract.Broken(context.Background(), two))
	// Output: [returned noted]
}
