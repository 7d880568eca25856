package catalog_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

func TestValidate(t *testing.T) {
	good := shirt()
	require.NoError(t, good.Validate())
	many := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint(i))
		}
		return out
	}
	for _, c := range []struct {
		field  string
		kind   error
		change func(p *catalog.Product)
	}{
		{"id", flywheel.ErrInvalid, func(p *catalog.Product) { p.ID = "" }},
		{"id", flywheel.ErrLimit, func(p *catalog.Product) { p.ID = catalog.ID(strings.Repeat("x", catalog.MaxIDBytes+1)) }},
		{"title", flywheel.ErrInvalid, func(p *catalog.Product) { p.Title = " " }},
		{"title", flywheel.ErrInvalid, func(p *catalog.Product) { p.Title = "\xff" }},
		{"title", flywheel.ErrLimit, func(p *catalog.Product) { p.Title = strings.Repeat("x", catalog.MaxTitleBytes+1) }},
		{"description", flywheel.ErrInvalid, func(p *catalog.Product) { p.Description = "\x00" }},
		{"description", flywheel.ErrLimit, func(p *catalog.Product) { p.Description = strings.Repeat("x", catalog.MaxDescriptionBytes+1) }},
		{"status", flywheel.ErrInvalid, func(p *catalog.Product) { p.Status = "Active" }},
		{"version", flywheel.ErrOutOfRange, func(p *catalog.Product) { p.Version = -1 }},
		{"categories[1]", flywheel.ErrInvalid, func(p *catalog.Product) { p.Categories = []catalog.CategoryID{"a", "a"} }},
		{"categories", flywheel.ErrLimit, func(p *catalog.Product) { p.Categories = make([]catalog.CategoryID, catalog.MaxCategories+1) }},
		{"attributes.n", flywheel.ErrInvalid, func(p *catalog.Product) { p.Attributes = map[string]any{"z": 1, "n": math.NaN(), "ok": 1.5} }},
		{"attributes.n", flywheel.ErrInvalid, func(p *catalog.Product) { p.Attributes = map[string]any{"n": []any{"a", []any{}}} }},
		{"attributes.n", flywheel.ErrInvalid, func(p *catalog.Product) { p.Attributes = map[string]any{"n": nil} }},
		{"attributes.n", flywheel.ErrLimit, func(p *catalog.Product) {
			p.Attributes = map[string]any{"n": make([]any, catalog.MaxAttributeValues+1)}
		}},
		{"attributes.", flywheel.ErrInvalid, func(p *catalog.Product) { p.Attributes = map[string]any{"": true} }},
		{"axes", flywheel.ErrLimit, func(p *catalog.Product) { p.Axes = make([]catalog.Axis, catalog.MaxAxes+1) }},
		{"axes[0].name", flywheel.ErrInvalid, func(p *catalog.Product) { p.Axes[0].Name = "" }},
		{"axes[1].name", flywheel.ErrInvalid, func(p *catalog.Product) { p.Axes[1].Name = "size" }},
		{"axes[0].values", flywheel.ErrInvalid, func(p *catalog.Product) { p.Axes[0].Values = nil }},
		{"axes[0].values", flywheel.ErrLimit, func(p *catalog.Product) { p.Axes[0].Values = many(catalog.MaxAxisValues + 1) }},
		{"axes[0].values[1]", flywheel.ErrInvalid, func(p *catalog.Product) { p.Axes[0].Values[1] = "S" }},
		{"variants", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants = nil }},
		{"variants", flywheel.ErrLimit, func(p *catalog.Product) { p.Variants = make([]catalog.Variant, catalog.MaxVariants+1) }},
		{"variants[2].sku", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[2].SKU = "" }},
		{"variants[2].sku", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[2].SKU = p.Variants[0].SKU }},
		{"variants[1].options", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[1].Options = []string{"S"} }},
		{"variants[1].options", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[1].Options = []string{"S", "white"} }},
		{"variants[1].options[0]", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[1].Options[0] = "s" }},
		{"variants[0].attributes.x", flywheel.ErrInvalid, func(p *catalog.Product) { p.Variants[0].Attributes = map[string]any{"x": 3} }},
		{"variants[1].options", flywheel.ErrInvalid, func(p *catalog.Product) {
			p.Axes, p.Variants = nil, []catalog.Variant{{SKU: "one"}, {SKU: "two"}}
		}},
	} {
		p := shirt()
		c.change(&p)
		err := p.Validate()
		var wrong *catalog.FieldError
		require.ErrorAs(t, err, &wrong, c.field)
		assert.Equal(t, c.field, wrong.Field, "%v", err)
		assert.ErrorIs(t, err, c.kind, c.field)
	}
	draft := shirt()
	draft.Status, draft.Variants = catalog.Draft, nil
	assert.NoError(t, draft.Validate(), "a draft may have no variant yet")
}
