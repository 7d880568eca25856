package catalog_test

import (
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
)

func (w *world) list(a *arguments) (any, error) {
	q := catalog.ListQuery{
		Channel: catalog.Channel(a.text("channel")), Locale: catalog.Locale(a.text("locale")), Status: catalog.Status(a.text("status")),
		Category: catalog.CategoryID(a.text("category")), Collection: a.text("collection"), Type: a.text("type"), Sort: catalog.Sort(a.text("sort")), Total: true,
	}
	where, _ := a.take("where").(map[string]any)
	for field, values := range where {
		if q.Where == nil {
			q.Where = map[string][]any{}
		}
		q.Where[field] = asList(values)
	}
	if limit := a.integer("limit"); limit != nil {
		q.Limit = *limit
	}
	if name := a.text("cursor"); name != "" {
		q.Cursor = name // a damaged one, unless a step gave it
		if cursor, ok := w.cursors[name]; ok {
			q.Cursor = cursor
		}
	}
	a.into("facets", &q.Facets)
	as := a.text("as")
	page, err := w.s.List(w.t.Context(), q)
	if err != nil {
		return nil, err
	}
	if as != "" {
		w.cursors[as] = page.End
	}
	facets := map[string]any{}
	for field, counts := range page.Facets {
		list := []any{}
		for _, c := range counts {
			list = append(list, []any{c.Value, c.Products})
		}
		facets[field] = list
	}
	return map[string]any{"ids": page.IDs, "more": page.More, "total": page.Total, "facets": facets}, nil
}

func (w *world) told() []any {
	list := []any{}
	names := map[string]string{
		catalog.EventProductCreated: "created", catalog.EventProductUpdated: "updated", catalog.EventProductArchived: "archived", catalog.EventVariantCreated: "created",
		catalog.EventVariantUpdated: "updated", catalog.EventVariantRemoved: "removed", catalog.EventVariantMoved: "moved",
	}
	for _, e := range w.events {
		c, ok := catalog.ChangeOf(e)
		require.True(w.t, ok)
		m := map[string]any{"change": names[c.Event], "product": c.Product}
		if c.SKU != "" {
			m["sku"] = c.SKU
		}
		if c.Old != nil || c.New != nil {
			m["old"], m["new"] = c.Old, c.New
		}
		list = append(list, m)
	}
	w.events = nil
	return list
}
