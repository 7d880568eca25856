package suite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/flywheel-go/flywheel"
)

// OddTexts are identifiers that databases like to confuse, change or obey.
var OddTexts = []string{
	"abc", "ABC", "Abc", "straße", "STRASSE", "é", "e\u0301", "ﬁ", "fi", "ı", "i", "I", "İ",
	"a b", "a%", "a_", "ab", "'; DROP TABLE flywheel_migrations; --", `"quoted"`, `back\slash`, "日本語", "🛒",
	"007", "7", "1e3", "null", "true", "?", "$1", "{}", "100%s",
}

// Same returns an error unless got and want are deeply equal.
func Same(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
	return nil
}

// Wrong returns an error unless err matches want.
func Wrong(what string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("%s: got the error %v, want one that matches %q", what, err, want)
}

// First returns the first error there is.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Collect returns the values of a sequence up to its error.
func Collect[V any](values iter.Seq2[V, error]) (list []V, err error) {
	for v, err := range values {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return list, nil
}

// errEnd is what ends a transaction of RollBack.
var errEnd = errors.New("the transaction fails here")

// RollBack runs fn in a transaction that then fails or, if panics is set, panics,
// and wants the caller to see that.
func RollBack(ctx context.Context, tx flywheel.Transactor, panics bool, fn func(ctx context.Context) error) error {
	var err error
	panicked := func() (p any) {
		defer func() { p = recover() }()
		err = tx.InTx(ctx, func(ctx context.Context) error {
			if err := fn(ctx); err != nil {
				return err
			}
			if panics {
				panic(errEnd)
			}
			return errEnd
		})
		return nil
	}()
	switch {
	case panics && panicked == errEnd || !panics && panicked == nil && errors.Is(err, errEnd):
		return nil
	case panicked != nil:
		return fmt.Errorf("InTx panicked with %v", panicked)
	default:
		return fmt.Errorf("InTx returned %v, want that the transaction fails as its function does", err)
	}
}
