package campaign

import "context"

// Standing counts the runs of a journey that are under way by the step at which they
// stand, of all its versions together. A journey without runs has none. It reads every
// contact.
func (e *Engine) Standing(ctx context.Context, id ID) (map[string]int64, error) {
	steps := map[string]int64{}
	for state, err := range e.store.List(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range state.Runs {
			if state.Runs[i].Journey == id {
				steps[state.Runs[i].Step]++
			}
		}
	}
	return steps, nil
}
