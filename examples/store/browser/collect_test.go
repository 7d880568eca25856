package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/collect"
)

// watched is a shop of two pages with the script of package collect.
type watched struct {
	*httptest.Server
	log     *segment.Log
	handler *collect.Handler
	posted  atomic.Int64 // batches that came in, whatever became of them
	proof   atomic.Pointer[collect.Consent]
}

func watch(t *testing.T) *watched {
	t.Helper()
	log, err := segment.NewLog(segment.NewMemoryLog(&flywheel.Memory{}), nil)
	require.NoError(t, err)
	w := &watched{log: log}
	handler, err := collect.New(collect.Options{Sink: log, Consents: []string{"2026-03"}, Record: func(_ context.Context, c collect.Consent) error {
		w.proof.Store(&c)
		return nil
	}})
	require.NoError(t, err)
	w.handler = handler
	mux := http.NewServeMux()
	mux.HandleFunc("/fw.js", func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.posted.Add(1)
		}
		handler.ServeHTTP(rw, r)
	})
	mux.HandleFunc("/favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, `<!doctype html><html lang="en"><title>Shop</title><script src="/fw.js" async data-sku=%q></script>
<body style="margin:0"><main style="height:4000px"><button onclick="flywheel.consent('We count visits.', '2026-03')">Agree</button>
<button onclick="flywheel.withdraw()">Stop</button><button data-fw="basket" style="position:absolute;left:100px;top:200px;width:200px;height:100px">Into the cart</button>
<a href="/second?q=kettle&amp;utm_source=letter&amp;secret=1">Second</a></main></body></html>`, map[string]string{"/": "mug-blue"}[r.URL.Path])
	})
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w
}

// named returns the events of a name, in their order.
func (w *watched) named(t *testing.T, name string) []flywheel.Event {
	t.Helper()
	_, err := w.log.Number(t.Context())
	require.NoError(t, err)
	entries, err := w.log.Read(t.Context(), 0, 1000)
	require.NoError(t, err)
	var events []flywheel.Event
	for _, e := range entries {
		if e.Event.Name == name {
			events = append(events, e.Event)
		}
	}
	return events
}

// visitor opens a tab that does not say it is driven by a program, with a signal not to be tracked or without.
func (w *watched) visitor(t *testing.T, signal bool) *tab {
	t.Helper()
	b := (&store{t: t, base: w.URL}).visit()
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		disguise := fmt.Sprintf(`Object.defineProperty(Navigator.prototype, "webdriver", { get: () => false }); Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => %v })`, signal)
		_, err := page.AddScriptToEvaluateOnNewDocument(disguise).Do(ctx)
		return err
	}))
	return b
}

// Nothing is stored or posted before consent, nor after it was withdrawn; in between the log
// gets what the visitor did, where, and nothing else.
func TestCollect(t *testing.T) {
	t.Parallel()
	w := watch(t)
	b := w.visitor(t, false).see("/")
	b.until(`!!window.flywheel`)
	b.click("Into the cart")
	b.leaving(func() { b.click("Second") })
	b.until(`localStorage.length === 0`)
	require.Zero(t, w.posted.Load())

	b.see("/")
	b.until(`!!window.flywheel`)
	agreed := time.Now()
	b.click("Agree")
	b.run(chromedp.MouseClickXY(250, 225)) // three quarters into the button of 200, a quarter of its 100
	require.NoError(t, b.ask(nil, `window.scrollTo(0, 1100) || true`))
	b.until(`window.scrollY === 1100`)
	b.until(`new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
	require.NoError(t, b.ask(nil, `window.scrollTo(0, 0) || true`))
	b.leaving(func() { b.click("Second") })
	b.until(`!!window.flywheel`)
	b.see("/") // which posts what the second page saw
	require.Eventually(t, func() bool { return len(w.named(t, flywheel.EventSearch)) == 1 }, patience, 10*time.Millisecond)

	views := w.named(t, flywheel.EventViewItem)
	require.NotEmpty(t, views)
	require.Equal(t, "mug-blue", string(views[0].Lines[0].SKU))
	require.Equal(t, "/", views[0].Properties[collect.PropertyPage])
	require.WithinRange(t, views[0].Time, agreed.Add(-time.Second), time.Now().Add(time.Second))
	require.NotEmpty(t, views[0].Visitor)
	require.NotEmpty(t, views[0].Session)

	pages := w.named(t, collect.EventPageView)
	require.Equal(t, "/second", pages[0].Properties[collect.PropertyPage])
	require.Equal(t, "letter", pages[0].Properties[collect.PropertySource])
	require.Equal(t, views[0].Visitor, pages[0].Visitor)
	require.Equal(t, views[0].Session, pages[0].Session)
	search := w.named(t, flywheel.EventSearch)[0]
	require.Equal(t, "kettle", search.Properties[collect.PropertyQuery])

	clicks := w.named(t, collect.EventClick)
	basket := slices.IndexFunc(clicks, func(e flywheel.Event) bool { return e.Properties[collect.PropertySelector] != nil })
	require.GreaterOrEqual(t, basket, 0)
	where, point, ok := collect.Point(&clicks[basket])
	require.True(t, ok)
	require.Equal(t, "/", where)
	require.Equal(t, `[data-fw="basket"]`, point.Selector)
	require.InDelta(t, .75, point.X, .01)
	require.InDelta(t, .25, point.Y, .01)

	scrolls := w.named(t, collect.EventScroll)
	where, depth, ok := collect.Depth(&scrolls[0])
	require.True(t, ok)
	require.Equal(t, "/", where)
	require.InDelta(t, (1100+900)/4000., depth, .05, "the deepest place, though the visitor went back up")
	proof := w.proof.Load()
	require.Equal(t, "We count visits.", proof.Text)
	require.Equal(t, views[0].Visitor, proof.Visitor)
	require.WithinRange(t, proof.At, agreed.Add(-time.Second), views[0].Time.Add(time.Second))
	for _, name := range []string{flywheel.EventViewItem, collect.EventPageView, collect.EventClick, collect.EventScroll, flywheel.EventSearch} {
		for _, e := range w.named(t, name) {
			require.NotContains(t, fmt.Sprint(e.Properties), "secret")
		}
	}

	b.until(`!!window.flywheel`)
	b.click("Stop")
	b.until(`localStorage.length === 0`)
	posted := w.posted.Load()
	b.click("Into the cart")
	b.leaving(func() { b.click("Second") })
	b.see("/")
	require.Equal(t, posted, w.posted.Load())
	require.Zero(t, w.handler.Stats().Refused)
}

// A browser that says not to be tracked, and one that says it is driven by a program, are left alone
// even where somebody presses the button of consent.
func TestCollectUnwilling(t *testing.T) {
	t.Parallel()
	w := watch(t)
	for _, b := range []*tab{w.visitor(t, true), (&store{t: t, base: w.URL}).visit()} {
		b.see("/")
		b.until(`document.readyState === "complete"`)
		b.click("Into the cart")
		require.NoError(t, b.ask(nil, `!!window.flywheel && flywheel.consent("We count visits.", "2026-03") || true`))
		b.leaving(func() { b.click("Second") })
		b.until(`localStorage.length === 0`)
	}
	require.Zero(t, w.posted.Load())
}
