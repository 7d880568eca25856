package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

// meanwhile is a store in which something happens between the decision and the first
// save.
type meanwhile struct {
	catalog.Store
	then func()
}

func (m *meanwhile) Save(ctx context.Context, b *catalog.Batch) error {
	if then := m.then; then != nil {
		m.then = nil
		then()
	}
	return m.Store.Save(ctx, b)
}

func bundle(id catalog.ID, own flywheel.SKU, parts ...flywheel.SKU) catalog.Product {
	p := thing(id, own)
	for _, sku := range parts {
		p.Components = append(p.Components, catalog.Component{SKU: sku, Quantity: 1})
	}
	return p
}

// Two changes that are fine each by itself, and together would make a bundle a part of
// itself, do not both come to be, though neither sees the other when it is decided.
func TestBundlesAtOneMoment(t *testing.T) {
	put := func(p catalog.Product) func(context.Context, *catalog.Service) error {
		return func(ctx context.Context, s *catalog.Service) error {
			_, err := s.Put(ctx, p)
			return err
		}
	}
	add := func(id catalog.ID, sku flywheel.SKU, options ...string) func(context.Context, *catalog.Service) error {
		return func(ctx context.Context, s *catalog.Service) error {
			_, err := s.PutVariant(ctx, id, sku, catalog.Fields{"options": options})
			return err
		}
	}
	sized := func(id catalog.ID, parts ...flywheel.SKU) catalog.Product {
		p := bundle(id, "", parts...)
		p.Options, p.Variants, p.Status = []string{"size"}, nil, catalog.Draft
		return p
	}
	for _, c := range []struct {
		name   string
		before []catalog.Product
		first  func(context.Context, *catalog.Service) error
		second func(context.Context, *catalog.Service) error
		want   string
	}{
		{"two", []catalog.Product{bundle("a", "A"), bundle("b", "B")}, put(bundle("a", "A", "B")), put(bundle("b", "B", "A")), "components[0].sku: invalid"},
		{"three", []catalog.Product{bundle("a", "A"), bundle("b", "B"), bundle("c", "C", "A")}, put(bundle("a", "A", "B")), put(bundle("b", "B", "C")), "components[0].sku: invalid"},
		{"new", nil, put(bundle("a", "A", "B")), put(bundle("b", "B", "A")), "components[0].sku: invalid"},
		{"variants", []catalog.Product{sized("a", "B"), sized("b", "A")}, add("a", "A", "m"), add("b", "B", "m"), "sku: invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store catalog.Store) {
				ctx := t.Context()
				between := &meanwhile{Store: store}
				s, _ := shopOn(t, between, nil)
				other, err := catalog.New(store, nil)
				require.NoError(t, err)
				require.NoError(t, s.PutOptions(ctx, catalog.OptionSet{Code: "size", Values: []catalog.OptionValue{{Code: "m"}}}))
				for _, p := range c.before {
					_, err := s.Put(ctx, p)
					require.NoError(t, err)
				}
				between.then = func() { require.NoError(t, c.second(ctx, other)) }
				wrong(t, c.first(ctx, s), c.want)
				require.Nil(t, between.then)
			})
		})
	}
}

// A variant that is new to a bundle is no part of what the bundle is made of, however it
// comes there.
func TestVariantsOfBundles(t *testing.T) {
	ctx := t.Context()
	s, _ := shopOn(t, nil, nil)
	require.NoError(t, s.PutOptions(ctx, catalog.OptionSet{Code: "size", Values: []catalog.OptionValue{{Code: "m"}, {Code: "l"}}}))
	sized := bundle("box", "", "INNER")
	sized.Options, sized.Variants, sized.Status = []string{"size"}, nil, catalog.Draft
	inner := bundle("inner", "INNER", "LATER")
	loose := thing("loose", "LOOSE")
	loose.Options, loose.Variants, loose.Status = []string{"size"}, []catalog.Variant{{SKU: "LATER2", Options: []string{"m"}}, {SKU: "FREE", Options: []string{"l"}}}, catalog.Draft
	for _, p := range []catalog.Product{sized, inner, loose, bundle("deep", "DEEP", "LATER2")} {
		_, err := s.Put(ctx, p)
		require.NoError(t, err)
	}
	_, err := s.PutVariant(ctx, "box", "LATER", catalog.Fields{"options": []string{"m"}})
	wrong(t, err, "sku: invalid")
	_, err = s.PutVariant(ctx, "box", "OTHER", catalog.Fields{"options": []string{"m"}})
	require.NoError(t, err)

	inner.Components[0].SKU = "DEEP"
	_, err = s.Put(ctx, inner)
	require.NoError(t, err)
	wrong(t, s.MoveVariant(ctx, "LATER2", "box", []string{"l"}), "sku: invalid")
	require.NoError(t, s.MoveVariant(ctx, "FREE", "box", []string{"l"}))
}

// Changes of bundles do not make an import read what it has read before.
func TestBundlesKeepTheHash(t *testing.T) {
	ctx := t.Context()
	store := &readings{Store: catalog.NewMemory(nil)}
	s, _ := shopOn(t, store, nil)
	in := catalog.Import{Form: catalog.JSONForm}
	file := `{"id":"part","type":"goods","text":{"en":{"title":"Part"}},"variants":[{"sku":"PART"}]}
{"id":"kit","type":"goods","text":{"en":{"title":"Kit"}},"variants":[{"sku":"KIT"}],"components":[{"sku":"PART","quantity":2}]}
`
	load := func(by *catalog.Service) (created, unchanged, reads int) {
		store.variants = 0
		report, err := by.Import(ctx, strings.NewReader(file), in)
		require.NoError(t, err)
		require.Empty(t, report.Errors)
		return report.Created, report.Unchanged, store.variants
	}
	created, _, _ := load(s)
	require.Equal(t, 2, created)
	_, err := s.Put(ctx, bundle("later", "LATER", "KIT"))
	require.NoError(t, err)
	fresh, err := catalog.New(store, nil)
	require.NoError(t, err)
	for _, by := range []*catalog.Service{s, fresh} {
		created, unchanged, reads := load(by)
		require.Equal(t, []int{0, 2, 0}, []int{created, unchanged, reads})
	}
	// A definition that is written behind it is seen by both.
	require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "c", Name: map[catalog.Locale]string{"en": "C"}}))
	for i, by := range []*catalog.Service{fresh, s} {
		created, unchanged, reads := load(by)
		require.Equal(t, []int{0, 2}, []int{created, unchanged})
		require.Equal(t, i == 0, reads > 0)
	}
}
