package browser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	screenshots = flag.String("screenshots", "", "`folder` to write pictures of the pages to")
	only        = flag.String("pages", "", "`pattern` of the pages that are pictured, all by default")
)

// Pictures of all pages at phone and desk width, light and dark, for whoever changes a page:
//
//	go -C examples/store/browser test . -run Screenshots -screenshots "$PWD/pictures"
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("asked for by -screenshots")
	}
	folder, err := filepath.Abs(*screenshots)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(folder, 0o755))
	wanted := regexp.MustCompile(*only)
	s := start(t, "-store", "memory")
	buyer := s.visit()
	buyer.pay("4242").press("Place order")
	order := buyer.ordered()
	buyer.see("/en/goods/espresso-cup").press("Add to cart")
	keeper := s.desk()
	for _, where := range []struct {
		tab   *tab
		pages []string
	}{{buyer, append(pages, order, "/en/checkout?step=Address")}, {keeper, append(deskPages, "/en/desk"+strings.TrimPrefix(order, "/en"))}} {
		for _, path := range where.pages {
			if !wanted.MatchString(path) {
				continue
			}
			for _, width := range []int64{390, 1280} {
				for _, scheme := range []string{"light", "dark"} {
					where.tab.run(chromedp.EmulateViewport(width, 844), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
					where.tab.see(path)
					name := regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.ToLower(path), "-")
					where.tab.picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", strings.Trim(name, "-"), width, scheme)))
				}
			}
		}
	}
}
