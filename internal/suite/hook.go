package suite

import "iter"

// A Hook is told of each call of a failing store, by the name of the method: with
// after = false before its effect, and with after = true when the call succeeded.
// An error of the hook takes the place of the answer: before, nothing has
// happened; after, the effect is there and only the answer is lost.
//
// After a call that failed there is no hook and the caller gets its answer: such
// a call has no effect, so that losing its answer is the same as failing before.
type Hook = func(call string, after bool) error

// Call is a call with an answer.
func Call[V any](hook Hook, name string, call func() (V, error)) (V, error) {
	var none V
	if err := hook(name, false); err != nil {
		return none, err
	}
	answer, err := call()
	if err != nil {
		return answer, err
	}
	if err := hook(name, true); err != nil {
		return none, err
	}
	return answer, nil
}

// Do is a call without an answer.
func Do(hook Hook, name string, call func() error) error {
	_, err := Call(hook, name, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// Seq is a call that answers with a sequence: the hook is called before the first
// value and after the last, and not where the caller stops early.
func Seq[V any](hook Hook, name string, values iter.Seq2[V, error]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var none V
		if err := hook(name, false); err != nil {
			yield(none, err)
			return
		}
		for v, err := range values {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := hook(name, true); err != nil {
			yield(none, err)
		}
	}
}
