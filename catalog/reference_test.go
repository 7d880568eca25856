package catalog_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// TestReference runs the cases of the catalog: worlds in which steps are taken, on
// the memory store. What a step answers is compared with what is wanted of it.
func TestReference(t *testing.T) {
	referenceCases(t, 1, func(testing.TB) catalog.Store { return catalog.NewMemory(nil) })
}

// referenceCases runs each n-th case on stores of fresh.
func referenceCases(t *testing.T, n int, fresh func(tb testing.TB) catalog.Store) {
	var file struct {
		Worlds map[string]map[string]any
		Cases  []struct {
			ID, Note string
			Given    map[string]any
			Steps    []map[string]any
		}
	}
	decodeNumbers(t, testkit.Reference(t, "catalog", "cases.json"), &file)
	require.NotEmpty(t, file.Cases)
	for i, c := range file.Cases {
		if i%n != 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			given := map[string]any{}
			if name, ok := c.Given["world"].(string); ok {
				require.Contains(t, file.Worlds, name)
				given = file.Worlds[name]
			}
			given = merged(given, c.Given)
			w := newWorld(t, fresh, given)
			for i, step := range c.Steps {
				w.step(fmt.Sprintf("step %d", i+1), step)
			}
		})
	}
}

func decodeNumbers(tb testing.TB, data []byte, into any) {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	require.NoError(tb, d.Decode(into))
}

// merged is a world plus more: lists are appended, objects merged.
func merged(base, more map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, base)
	for k, v := range more {
		switch v := v.(type) {
		case []any:
			list, _ := out[k].([]any)
			out[k] = append(slices.Clone(list), v...)
		case map[string]any:
			m, _ := out[k].(map[string]any)
			out[k] = merged(m, v)
		default:
			out[k] = v
		}
	}
	delete(out, "world")
	return out
}

// world is a shop in which steps are taken.
type world struct {
	t       *testing.T
	fresh   func(tb testing.TB) catalog.Store
	given   map[string]any
	s       *catalog.Service
	now     time.Time
	offers  map[flywheel.SKU]map[string]any
	coins   map[catalog.Channel]money.Currency
	events  []flywheel.Event
	cursors map[string]string
}

func newWorld(t *testing.T, fresh func(tb testing.TB) catalog.Store, given map[string]any) *world {
	w := &world{t: t, fresh: fresh, given: given, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), offers: map[flywheel.SKU]map[string]any{},
		coins: map[catalog.Channel]money.Currency{}, cursors: map[string]string{}}
	if text, ok := given["now"].(string); ok {
		w.now = w.time(text)
	}
	var err error
	w.s, err = catalog.New(fresh(t), &catalog.Options{
		Now:    func() time.Time { return w.now },
		Offers: catalog.OffersFunc(w.answer),
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for i := range events {
				if err := events[i].Validate(); err != nil {
					return err
				}
			}
			w.events = append(w.events, events...)
			return nil
		}),
	})
	require.NoError(t, err)
	for _, k := range slices.Sorted(maps.Keys(given)) {
		require.Contains(t, []string{"locales", "channels", "attributes", "options", "types", "categories", "collections", "products", "offers", "now"}, k)
	}
	w.define()
	start := w.now
	for _, p := range asList(given["products"]) {
		product := maps.Clone(p.(map[string]any))
		w.now = start
		if text, ok := product["at"].(string); ok {
			w.now = w.time(text)
		}
		delete(product, "at")
		_, err := w.s.Put(t.Context(), w.product(product))
		require.NoError(t, err)
	}
	w.now = start
	if offers, ok := given["offers"].(map[string]any); ok {
		w.putOffers(offers)
	}
	w.events = nil
	return w
}

func (w *world) define() {
	for _, kind := range []struct{ key, operation string }{{"locales", "put_locale"}, {"channels", "put_channel"}, {"attributes", "put_attribute"},
		{"options", "put_options"}, {"types", "put_type"}, {"categories", "put_category"}, {"collections", "put_collection"}} {
		for _, d := range asList(w.given[kind.key]) {
			_, err := w.do(kind.operation, &arguments{w.t, maps.Clone(d.(map[string]any))})
			require.NoError(w.t, err, "%s %v", kind.key, d)
		}
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

func (w *world) time(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(w.t, err)
	return at
}

func (w *world) putOffers(offers map[string]any) {
	for sku, o := range offers {
		w.offers[flywheel.SKU(sku)] = o.(map[string]any)
	}
}

// answer plays pricing and inventory.
func (w *world) answer(_ context.Context, ch catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
	out := map[flywheel.SKU]catalog.Offer{}
	currency := w.coins[ch]
	if ch == "" {
		currency = money.EUR
	}
	for _, sku := range skus {
		given, ok := w.offers[sku]
		if !ok {
			continue
		}
		var o catalog.Offer
		for k, v := range given {
			text, _ := v.(string)
			amount := func(into *money.Amount) {
				var err error
				*into, err = money.Parse(text, currency)
				require.NoError(w.t, err)
			}
			switch k {
			case "price":
				amount(&o.Price)
			case "sale_price":
				amount(&o.SalePrice)
			case "compare_at":
				amount(&o.CompareAt)
			case "cost":
				amount(&o.Cost)
			case "sale_from":
				o.SaleFrom = w.time(text)
			case "sale_to":
				o.SaleTo = w.time(text)
			case "available_at":
				o.AvailableAt = w.time(text)
			case "stock", "quantity":
				n, err := v.(json.Number).Int64()
				require.NoError(w.t, err)
				o.Stock = &n
			case "tracked":
				tracked := v.(bool)
				o.Tracked = &tracked
			case "continue_selling":
				continues := v.(bool)
				o.ContinueSelling = &continues
			case "policy":
				o.Policy = catalog.StockPolicy(text)
			default:
				w.t.Fatalf("offer has %q", k)
			}
		}
		out[sku] = o
	}
	return out, nil
}

// arguments of a step; each is used once, and all of them.
type arguments struct {
	t   testing.TB
	all map[string]any
}

func (a *arguments) take(name string) any {
	v := a.all[name]
	delete(a.all, name)
	return v
}

func (a *arguments) text(name string) string {
	switch v := a.take(name).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		a.t.Fatalf("%s is %v", name, v)
		return ""
	}
}

func (a *arguments) integer(name string) *int {
	v := a.take(name)
	if v == nil {
		return nil
	}
	n, err := strconv.Atoi(v.(json.Number).String())
	require.NoError(a.t, err)
	return &n
}

// into decodes an argument strictly.
func (a *arguments) into(name string, v any) {
	if given := a.take(name); given != nil {
		strict(a.t, given, v)
	}
}

// rest decodes all that is left.
func (a *arguments) rest(v any) {
	strict(a.t, a.all, v)
	clear(a.all)
}

func strict(tb testing.TB, given, into any) {
	tb.Helper()
	data, err := json.Marshal(given)
	require.NoError(tb, err)
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(tb, d.Decode(into), "%s", data)
}

// product reads a product; generated variants are made of the option sets given.
func (w *world) product(given map[string]any) catalog.Product {
	given = maps.Clone(given)
	var generate *struct {
		Generate struct {
			SKU   string
			Count int
		}
	}
	if m, ok := given["variants"].(map[string]any); ok {
		strict(w.t, m, &generate)
		delete(given, "variants")
	}
	var p catalog.Product
	strict(w.t, given, &p)
	if generate != nil {
		sets := make([]catalog.OptionSet, len(p.Options))
		for _, d := range asList(w.given["options"]) {
			o := w.optionSet(maps.Clone(d.(map[string]any)))
			for i, code := range p.Options {
				if code == o.Code {
					sets[i] = o
				}
			}
		}
		p.Variants = catalog.Combinations(sets, generate.Generate.SKU, generate.Generate.Count)
	}
	return p
}

func (w *world) optionSet(given map[string]any) catalog.OptionSet {
	var values []catalog.OptionValue
	if m, ok := given["values"].(map[string]any); ok {
		var g struct {
			Generate struct {
				Prefix string
				Count  int
			}
		}
		strict(w.t, m, &g)
		for i := range g.Generate.Count {
			code := fmt.Sprintf("%s%d", g.Generate.Prefix, i+1)
			values = append(values, catalog.OptionValue{Code: code, Name: map[catalog.Locale]string{"en": strings.ToUpper(code)}})
		}
		delete(given, "values")
	}
	var o catalog.OptionSet
	strict(w.t, given, &o)
	if values != nil {
		o.Values = values
	}
	return o
}

func (w *world) step(name string, step map[string]any) {
	step = maps.Clone(step)
	operation, _ := step["do"].(string)
	name += " " + operation
	want, wants := step["want"]
	refused, errs := step["errors"]
	if at, ok := step["at"].(string); ok {
		w.now = w.time(at)
	}
	for _, k := range []string{"do", "want", "errors", "at", "note"} {
		delete(step, k)
	}
	if m, ok := want.(map[string]any); ok && operation == "jsonld_html" && m["lacks"] != nil {
		m = maps.Clone(m)
		step["lacks"] = m["lacks"]
		delete(m, "lacks")
		want = m
	}
	told := len(w.events)
	args := &arguments{w.t, step}
	got, err := w.do(operation, args)
	require.Empty(w.t, args.all, "%s: arguments that nobody took", name)
	if errs {
		require.Error(w.t, err, name)
		require.ElementsMatch(w.t, wantedErrors(refused), gotErrors(w.t, err), "%s: %v", name, err)
		require.Len(w.t, w.events, told, "%s: a refused call tells nothing", name)
		return
	}
	require.NoError(w.t, err, name)
	if wants {
		data, err := json.Marshal(got)
		require.NoError(w.t, err)
		var plain any
		decodeNumbers(w.t, data, &plain)
		w.compare(name, want, plain, false)
	}
}

func wantedErrors(list any) []string {
	var out []string
	for _, e := range asList(list) {
		m := e.(map[string]any)
		out = append(out, m["path"].(string)+": "+m["kind"].(string))
	}
	return out
}

var kinds = []struct {
	err  error
	name string
}{{flywheel.ErrInvalid, "invalid"}, {flywheel.ErrOutOfRange, "out_of_range"}, {flywheel.ErrLimit, "limit"}, {flywheel.ErrNotFound, "not_found"},
	{flywheel.ErrConflict, "conflict"}, {flywheel.ErrForbidden, "forbidden"}}

func kindName(t testing.TB, err error) string {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	t.Fatalf("%v is of no kind", err)
	return ""
}

func gotErrors(t testing.TB, err error) []string {
	list, ok := errors.AsType[catalog.Errors](err)
	require.True(t, ok, "%v", err)
	var out []string
	for _, e := range list {
		out = append(out, e.Field+": "+kindName(t, e.Err))
	}
	return out
}

// compare compares of an object the keys that are wanted, all where it is exact.
func (w *world) compare(place string, want, got any, exact bool) {
	switch want := want.(type) {
	case nil:
		require.Nil(w.t, got, place)
	case map[string]any:
		m, ok := got.(map[string]any)
		require.True(w.t, ok, "%s is %v", place, got)
		if exact {
			require.ElementsMatch(w.t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(m)), place)
		}
		for k, v := range want {
			w.compare(place+"."+k, v, m[k], k == "old" || k == "new")
		}
	case []any:
		list, ok := got.([]any)
		require.True(w.t, ok, "%s is %v", place, got)
		require.Len(w.t, list, len(want), "%s is %v", place, got)
		for i := range want {
			w.compare(fmt.Sprintf("%s[%d]", place, i), want[i], list[i], false)
		}
	case json.Number:
		n, ok := got.(json.Number)
		require.True(w.t, ok && n == want, "%s is %v, want %v", place, got, want)
	default:
		require.Equal(w.t, want, got, place)
	}
}

func nothing(err error) (any, error) { return nil, err }

func (w *world) do(operation string, a *arguments) (any, error) {
	ctx := w.t.Context()
	switch operation {
	case "put_locale":
		var d catalog.LocaleDef
		a.rest(&d)
		return nothing(w.s.PutLocale(ctx, d))
	case "put_channel":
		var d catalog.ChannelDef
		a.rest(&d)
		err := w.s.PutChannel(ctx, d)
		if err == nil {
			w.coins[d.Code] = money.EUR
			if d.Currency != "" {
				w.coins[d.Code] = money.MustCurrency(d.Currency)
			}
		}
		return nil, err
	case "put_attribute":
		var d catalog.Attribute
		a.rest(&d)
		return nothing(w.s.PutAttribute(ctx, d))
	case "put_options":
		d := w.optionSet(a.all)
		clear(a.all)
		return nothing(w.s.PutOptions(ctx, d))
	case "put_type":
		var d catalog.ProductType
		a.rest(&d)
		return nothing(w.s.PutType(ctx, d))
	case "put_category":
		var d catalog.Category
		a.rest(&d)
		return nothing(w.s.PutCategory(ctx, d))
	case "move_category":
		return nothing(w.s.MoveCategory(ctx, catalog.CategoryID(a.text("id")), catalog.CategoryID(a.text("parent")), a.integer("position")))
	case "remove_category":
		return nothing(w.s.RemoveCategory(ctx, catalog.CategoryID(a.text("id"))))
	case "put_collection":
		var d catalog.Collection
		a.rest(&d)
		return nothing(w.s.PutCollection(ctx, d))
	case "put":
		p := w.product(a.take("product").(map[string]any))
		_, err := w.s.Put(ctx, p, w.version(a)...)
		return nil, err
	case "put_all":
		var list []catalog.Product
		for _, p := range asList(a.take("products")) {
			list = append(list, w.product(p.(map[string]any)))
		}
		_, err := w.s.PutAll(ctx, list)
		return nil, err
	case "patch":
		var unset []string
		a.into("unset", &unset)
		set, _ := a.take("set").(map[string]any)
		_, err := w.s.Patch(ctx, catalog.ID(a.text("product")), set, unset...)
		return nil, err
	case "set_status":
		_, err := w.s.SetStatus(ctx, catalog.ID(a.text("product")), catalog.Status(a.text("status")))
		return nil, err
	case "put_variant":
		set := maps.Clone(a.take("variant").(map[string]any))
		sku, _ := set["sku"].(string)
		delete(set, "sku")
		_, err := w.s.PutVariant(ctx, catalog.ID(a.text("product")), flywheel.SKU(sku), set, w.version(a)...)
		return nil, err
	case "remove_variant":
		return nothing(w.s.RemoveVariant(ctx, flywheel.SKU(a.text("sku"))))
	case "move_variant":
		var options []string
		a.into("options", &options)
		return nothing(w.s.MoveVariant(ctx, flywheel.SKU(a.text("sku")), catalog.ID(a.text("to")), options))
	case "get":
		return w.s.View(ctx, catalog.ID(a.text("product")), catalog.Channel(a.text("channel")), catalog.Locale(a.text("locale")))
	case "get_variant":
		id, v, err := w.s.VariantAt(ctx, flywheel.SKU(a.text("sku")))
		return map[string]any{"product": id, "options": v.Options, "version": v.Version, "attributes": v.Attributes}, err
	case "find_sku":
		p, _, err := w.s.BySKU(ctx, flywheel.SKU(a.text("sku")))
		return map[string]any{"product": p.ID}, err
	case "resolve":
		r, err := w.s.Resolve(ctx, catalog.Channel(a.text("channel")), catalog.Locale(a.text("locale")), a.text("slug"))
		if err == nil && r == (catalog.Resolved{}) {
			return map[string]any{"none": true}, nil
		}
		return r, err
	case "redirect":
		return nothing(w.s.Redirect(ctx, catalog.Channel(a.text("channel")), catalog.Locale(a.text("locale")), a.text("from"), a.text("to")))
	case "slugify":
		l, mode := catalog.Locale(a.text("locale")), catalog.SlugMode(a.text("mode"))
		return catalog.Slugify(a.text("text"), l, mode, a.text("fallback")), nil
	case "gtin":
		return catalog.ParseGTIN(a.text("code"))
	case "media":
		return w.s.Media(ctx, catalog.ID(a.text("product")), flywheel.SKU(a.text("sku")), catalog.Role(a.text("role")), a.text("platform"))
	case "gallery":
		return w.s.Gallery(ctx, catalog.ID(a.text("product")), flywheel.SKU(a.text("sku")))
	case "check_model":
		data, err := base64.StdEncoding.DecodeString(a.text("data"))
		require.NoError(w.t, err)
		return map[string]any{"ok": true}, catalog.CheckModel(a.text("format"), data)
	case "path":
		return w.s.Path(ctx, catalog.CategoryID(a.text("category")), catalog.Locale(a.text("locale")))
	case "tree":
		branches, err := w.s.Tree(ctx, catalog.Channel(a.text("channel")))
		list := []any{}
		for _, b := range branches {
			list = append(list, []any{b.Depth, b.ID, b.Products})
		}
		return list, err
	case "collection":
		return w.s.InCollection(ctx, a.text("id"), catalog.Channel(a.text("channel")), catalog.Locale(a.text("locale")))
	case "list":
		return w.list(a)
	case "put_offers":
		w.putOffers(a.take("offers").(map[string]any))
		return nil, nil
	case "events":
		return w.told(), nil
	}
	return w.doFiles(operation, a)
}

func (w *world) version(a *arguments) []catalog.Condition {
	if v := a.integer("version"); v != nil {
		return []catalog.Condition{catalog.IfVersion(int64(*v))}
	}
	return nil
}
