package campaigntest

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// ids lists all contacts.
func (w *world) ids() ([]flywheel.CustomerID, error) {
	ids := []flywheel.CustomerID{}
	for c, err := range w.List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("List: %w", err)
		}
		ids = append(ids, c.ID)
	}
	return ids, nil
}

func (w *world) lists(want ...flywheel.CustomerID) error {
	got, err := w.ids()
	if err != nil {
		return err
	}
	return suite.Same("List", got, append([]flywheel.CustomerID{}, want...))
}

var listCases = []testCase{
	{Name: "list/order", Rule: "List yields all contacts in the byte order of their IDs", Check: func(w *world) error {
		if err := w.lists(); err != nil {
			return err
		}
		if err := w.save(dueAt("b", 1), dueAt("a", 2), dueAt("B", 3), dueAt("ä", 4), dueAt("a0", 5)); err != nil {
			return err
		}
		return w.lists("B", "a", "a0", "b", "ä")
	}},
	{Name: "list/whole", Rule: "List yields whole contacts, with their versions, as copies", Check: func(w *world) error {
		want, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		for got, err := range w.List(ctx) {
			if err != nil {
				return err
			}
			if err := suite.Same("List", got, want); err != nil {
				return err
			}
			got.Runs[0].Step = "changed"
		}
		return w.expect(sampleWith(want, "w1", "push"))
	}},
	{Name: "list/early-stop", Rule: "ranging may stop early and begin again", Check: func(w *world) error {
		if err := w.save(dueAt("a", 1), dueAt("b", 2)); err != nil {
			return err
		}
		for range w.List(ctx) {
			break
		}
		return w.lists("a", "b")
	}},
	{Name: "list/change-while-ranging", Rule: "the store may be read and written while its contacts are ranged over, and none that stays is yielded twice or left out", Check: func(w *world) error {
		if err := w.save(dueAt("b", 1), dueAt("d", 2), dueAt("f", 3)); err != nil {
			return err
		}
		seen := map[flywheel.CustomerID]int{}
		for c, err := range w.List(ctx) {
			if err != nil {
				return err
			}
			seen[c.ID]++
			if c.ID == "b" {
				c.Zone = "changed"
				if _, err := w.Save(ctx, c); err != nil {
					return err
				}
				if err := w.save(dueAt("a", 1), dueAt("e", 1)); err != nil {
					return err
				}
			}
		}
		for _, id := range []flywheel.CustomerID{"b", "d", "f"} {
			if err := suite.Same("times that "+string(id)+" was yielded", seen[id], 1); err != nil {
				return err
			}
		}
		return w.lists("a", "b", "d", "e", "f")
	}},
}
