package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// Crumb is a category on the way to another.
type Crumb struct {
	ID   CategoryID `json:"id"`
	Name string     `json:"name"`
}

// Path returns the categories from the top to one, with their names in a locale.
func (s *Service) Path(ctx context.Context, id CategoryID, l Locale) ([]Crumb, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	if sc.tree.get(id) == nil {
		return nil, fieldError("category", flywheel.ErrNotFound, "category %q", id)
	}
	return sc.crumbs(id, sc.asked(nil, l)), nil
}

func (s *schema) crumbs(id CategoryID, locales []Locale) []Crumb {
	var list []Crumb
	for _, n := range s.tree.path(id) {
		name := textIn(n.Name, locales, "")
		if name == "" {
			name = textIn(n.Name, sortedKeys(n.Name), string(n.ID))
		}
		list = append(list, Crumb{n.ID, name})
	}
	return list
}

// Branch is a category in the tree and how many products are in it or below.
type Branch struct {
	ID       CategoryID
	Depth    int
	Products int
}

// Tree returns all categories, each before those below it, siblings in order, with
// the number of distinct products: of all of them, or with a channel of those that
// are live there now.
func (s *Service) Tree(ctx context.Context, code Channel) ([]Branch, error) {
	l, err := s.listing(ctx, ListQuery{Channel: code})
	if err != nil {
		return nil, err
	}
	var list []Branch
	var above []map[ID]struct{} // products of the categories on the way down, by depth
	var counts []int            // index in list by depth
	close := func(depth int) {
		for len(above) > depth {
			n := len(above) - 1
			list[counts[n]].Products = len(above[n])
			if n > 0 {
				if len(above[n-1]) == 0 {
					above[n-1] = above[n]
				} else {
					for id := range above[n] {
						above[n-1][id] = struct{}{}
					}
				}
			}
			above, counts = above[:n], counts[:n]
		}
	}
	l.schema.tree.walk("", func(n *node, depth int) {
		if err != nil {
			return
		}
		close(depth)
		products := map[ID]struct{}{}
		own := *l
		own.q.Category = n.ID
		q := l.scan(byID)
		q.Spaces = own.own(byID)
		var entries []Entry
		entries, err = s.store.Scan(ctx, q)
		for _, e := range entries {
			products[e.ID] = struct{}{}
		}
		above, counts = append(above, products), append(counts, len(list))
		list = append(list, Branch{ID: n.ID, Depth: depth})
	})
	close(0)
	return list, err
}

// own returns the spaces of the category itself, without those below.
func (l *listing) own(order string) []string {
	if l.ch == nil {
		return anyStatus(l.q.Category)
	}
	return []string{space("l", string(Active), string(l.ch.Code), string(l.q.Category), order)}
}
