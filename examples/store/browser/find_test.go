package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// Suggestions while typing, by the keyboard; a collection with its filters.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/")
	b.fill("Search", "stone")
	b.until(`all("#suggestions li").length === 1 && seen(document.querySelector("#suggestions"))`)
	b.key(kb.ArrowDown)
	b.until(`document.querySelector("#q").getAttribute("aria-activedescendant") === "suggestion-0"`)
	b.leaving(func() { b.key(kb.Enter) })
	require.Equal(t, "/en/goods/stoneware-mug", b.at())
	b.see("/en/").fill("Search", "lamp")
	b.until(`all("#suggestions li").length === 2`)
	b.key(kb.Escape)
	b.until(`document.querySelector("#suggestions").hidden`)
	b.leaving(func() { b.key(kb.Enter) })
	require.Equal(t, "/en/goods?q=lamp", b.at())
	b.see("/en/").press("Small gifts").has("Espresso cup").hasNot("Saucepan").press("Krume (").has("The bread book").hasNot("Espresso cup")
}

// The model of a cup takes the place of its picture when it is asked for, and turns.
func TestModel(t *testing.T) {
	t.Parallel()
	s := start(t, "-store", "memory")
	b := s.visit().see("/en/goods/stoneware-mug")
	var loaded bool
	require.NoError(t, b.ask(&loaded, `performance.getEntriesByType("resource").some(e => /model/.test(e.name))`))
	require.False(t, loaded)
	b.click("View in 3D")
	b.until(`!!(document.querySelector("canvas") || {dataset: {}}).dataset.drawn`)
	var before, after string
	require.NoError(t, b.ask(&before, `document.querySelector("canvas").dataset.drawn`))
	require.True(t, strings.HasPrefix(before, "0 "), before)
	b.key(kb.ArrowRight)
	require.NoError(t, b.ask(&after, `document.querySelector("canvas").dataset.drawn`))
	require.NotEqual(t, before, after)
}
