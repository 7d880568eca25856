package catalog_test

// doPages takes the steps about feeds and pages.
func (w *world) doPages(operation string, a *arguments) (any, error) {
	w.t.Fatalf("operation %q is unknown", operation)
	return nil, nil
}
