// Package memstore holds what the stores in memory have in common: changes of a map
// that a transaction can take back, and lists that are yielded outside of the lock.
package memstore

// Set writes m[key] and tells undo how to take that back.
func Set[K comparable, V any](m map[K]V, key K, value V, undo func(func())) {
	restore(m, key, undo)
	m[key] = value
}

// Delete removes m[key] and tells undo how to take that back.
func Delete[K comparable, V any](m map[K]V, key K, undo func(func())) {
	restore(m, key, undo)
	delete(m, key)
}

func restore[K comparable, V any](m map[K]V, key K, undo func(func())) {
	before, there := m[key]
	undo(func() {
		if there {
			m[key] = before
		} else {
			delete(m, key)
		}
	})
}

// Yield yields the list, or the error that kept it from being read.
func Yield[T any](yield func(T, error) bool, list []T, err error) {
	if err != nil {
		var none T
		yield(none, err)
		return
	}
	for _, v := range list {
		if !yield(v, nil) {
			return
		}
	}
}
