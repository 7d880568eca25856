package catalog_test

func (w *world) doFiles(operation string, a *arguments) (any, error) {
	w.t.Fatalf("operation %q is unknown", operation)
	return nil, nil
}
