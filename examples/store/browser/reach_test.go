package browser

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/axe/axe.min.js
var axe string

// pages are what everybody may be on, with a cup in the cart.
var pages = []string{"/en/", "/de/goods", "/en/goods?q=lamp", "/zh/goods/stoneware-mug", "/en/cart", "/en/checkout", "/en/nowhere", "/en/desk/login"}

// deskPages are those behind the login.
var deskPages = []string{
	"/en/desk", "/en/desk/orders", "/en/desk/customers", "/en/desk/tickets", "/en/desk/reviews", "/en/desk/catalog", "/en/desk/stock", "/en/desk/stock/stoneware-mug-blue",
	"/en/desk/replenish", "/en/desk/replenish/stoneware-mug-blue", "/en/desk/promotions", "/en/desk/segments", "/en/desk/segments/buyers", "/en/desk/journeys",
	"/en/desk/journeys/cart-recovery", "/en/desk/experiments", "/en/desk/recommendations", "/en/desk/loyalty", "/en/desk/health", "/en/desk/sent",
}

// violations are what axe-core finds serious or critical.
func (b *tab) violations() []string {
	b.t.Helper()
	var found []string
	require.NoError(b.t, b.ask(&found, `(window.axe ? Promise.resolve() : Promise.reject(new Error("no axe"))).then(() => axe.run(document, {resultTypes: ["violations"]}))
		.then(r => r.violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v => v.id + ": " + v.help + " at " + v.nodes.slice(0, 4).map(n => n.target + " " + n.html.slice(0, 160) + " " + n.failureSummary).join(" | ")))`))
	return found
}

// Axe-core finds nothing serious on any page, light and dark, for buyers and at the desk.
func TestAxe(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	buyer := s.visit()
	buyer.pay("4242").press("Place order")
	order := buyer.ordered()
	buyer.see("/en/goods/espresso-cup").press("Add to cart").press("Checkout").fillAddress().choose("standard").press("Continue")
	keeper := s.desk()
	for _, where := range []struct {
		tab   *tab
		pages []string
	}{{buyer, append(pages, order, "/en/checkout?step=Address")}, {keeper, append(deskPages, "/en/desk"+order[len("/en"):])}} {
		for i, path := range where.pages {
			scheme := []string{"light", "dark"}[i%2]
			where.tab.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			where.tab.see(path)
			require.Equal(t, path, where.tab.at())
			where.tab.run(chromedp.Evaluate(axe+";1", nil))
			require.Empty(t, where.tab.violations(), "%s %s", scheme, path)
		}
	}
}

// At 320 pixels, which is also 1280 at a zoom of 400 %, nothing is cut off or wider than the window.
func TestNarrow(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	buyer := s.visit()
	buyer.pay("4242").press("Place order")
	order := buyer.ordered()
	buyer.see("/en/goods/espresso-cup").press("Add to cart").press("Checkout").fillAddress().choose("standard").press("Continue")
	keeper := s.desk()
	for _, where := range []struct {
		tab   *tab
		pages []string
	}{{buyer, append(pages, order, "/en/checkout?step=Address")}, {keeper, append(deskPages, "/en/desk"+order[len("/en"):])}} {
		where.tab.run(chromedp.EmulateViewport(320, 640))
		for _, path := range where.pages {
			where.tab.see(path)
			var wide []string
			require.NoError(t, where.tab.ask(&wide, `document.documentElement.scrollWidth <= 320 ? [] : all("body *").filter(e => seen(e) && e.getBoundingClientRect().right > 321 && !e.closest(".wide")).slice(0, 5).map(e => e.outerHTML.slice(0, 160)).concat("the page is " + document.documentElement.scrollWidth + " wide")`))
			require.Empty(t, wide, path)
		}
	}
}

// The whole purchase without a mouse: Tab, arrows, Space and Enter; the focus can be seen wherever it is.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	b.tabTo("Blue").key(" ").enter("Add to cart").enter("Checkout")
	for label, text := range map[string]string{"E-mail": "anna@example.com", "Name": "Anna", "Street and number": "Torstraße 1", "Postcode": "10115", "City": "Berlin"} {
		b.tabTo(label).key(text)
	}
	b.enter("Continue")
	b.tabTo("standard").key(" ").enter("Continue")
	b.tabTo("Card number").key("4242424242424242")
	b.tabTo("Valid until").key("12/40").enter("Continue")
	b.enter("Place order")
	b.ordered()
}

// enter goes to what is said and presses it.
func (b *tab) enter(what string) *tab {
	b.t.Helper()
	b.tabTo(what)
	return b.leaving(func() { b.key(kb.Enter) })
}

// tabTo presses Tab until what is said has the focus. Within radio buttons the arrows go on.
func (b *tab) tabTo(what string) *tab {
	b.t.Helper()
	var at struct {
		Says    string
		Visible bool
		Radio   bool
	}
	const focused = `(() => { const e = document.activeElement, s = getComputedStyle(e);
		return {Says: e === document.body ? "" : e.labels && e.labels.length ? labelOf(e.labels[0]) : says(e),
			Visible: e === document.body || (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2), Radio: e.type === "radio"} })()`
	var been []string
	for range 150 {
		b.key(kb.Tab)
		require.NoError(b.t, b.ask(&at, focused))
		for steps := 0; ; steps++ {
			require.True(b.t, at.Visible, "the focus on %q cannot be seen", at.Says)
			been = append(been, at.Says)
			if says := strings.ToLower(at.Says); strings.HasPrefix(says, strings.ToLower(what)) || strings.Contains(says, what) && at.Radio {
				return b
			}
			if !at.Radio || steps > 12 {
				break
			}
			b.key(kb.ArrowDown)
			require.NoError(b.t, b.ask(&at, focused))
		}
	}
	b.t.Fatalf("Tab never came to %q, but to %q", what, been)
	return b
}

// With script switched off the whole purchase goes as before.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit()
	b.run(emulation.SetScriptExecutionDisabled(true))
	b.pay("3155").press("Place order").press("Confirm")
	b.ordered()
}
