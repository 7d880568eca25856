package wishtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/cart/wish/wishtest"
)

func TestMemory(t *testing.T) {
	wishtest.Run(t, func(*testing.T) wish.Store { return wish.NewMemory(nil) }, wishtest.Features{Transactions: true})
	wishtest.Run(t, func(*testing.T) wish.Store {
		return wishtest.Failing(wish.NewMemory(nil), func(string, bool) error { return nil })
	}, wishtest.Features{})
}

// A call that fails before has no effect, one that fails after has it.
func TestFailing(t *testing.T) {
	ctx, down := context.Background(), errors.New("down")
	calls := map[string]func(s wish.Store) error{
		"Get":     func(s wish.Store) error { _, err := s.Get(ctx, "c:anna"); return err },
		"ByToken": func(s wish.Store) error { _, err := s.ByToken(ctx, "t"); return err },
		"Save":    func(s wish.Store) error { _, err := s.Save(ctx, wish.List{Owner: "c:ben"}); return err },
		"Watches": func(s wish.Store) error { _, err := s.Watches(ctx, wish.Wished, "", wish.Watch{}, 1); return err },
		"Forget":  func(s wish.Store) error { return s.Forget(ctx, "c:anna") },
	}
	for name, call := range calls {
		for _, when := range []bool{false, true} {
			under := wish.NewMemory(nil)
			_, err := under.Save(ctx, wish.List{Owner: "c:anna", Token: "t"})
			require.NoError(t, err)
			s := wishtest.Failing(under, func(got string, after bool) error {
				if got == name && after == when {
					return down
				}
				return nil
			})
			require.ErrorIs(t, call(s), down, "%s %v", name, when)
			ben, err := under.Get(ctx, "c:ben")
			require.NoError(t, err)
			require.Equal(t, name == "Save" && when, ben.Version == 1)
		}
	}
	require.NotNil(t, wishtest.Failing(wish.NewMemory(nil), nil).(flywheel.Stored).Handle())
}

func ExampleRun() {
	run := func(t *testing.T) { // a test of one's own store
		wishtest.Run(t, func(*testing.T) wish.Store { return wish.NewMemory(nil) }, wishtest.Features{Transactions: true})
	}
	fmt.Println(run != nil)
	// Output: true
}

func ExampleFailing() {
	s := wishtest.Failing(wish.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && after {
			return errors.New("the answer was lost")
		}
		return nil
	})
	_, err := s.Save(context.Background(), wish.List{Owner: "c:anna"})
	l, _ := s.Get(context.Background(), "c:anna")
	fmt.Println(err, l.Version)
	// Output: the answer was lost 1
}

func ExampleFeatures() {
	own := wishtest.Features{Transactions: true, Tx: func(s wish.Store) flywheel.Transactor { return s.(flywheel.Stored).Handle() }}
	fmt.Println(own.Transactions)
	// Output: true
}
