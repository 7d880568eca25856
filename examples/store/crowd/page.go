package crowd

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/shopper"
)

// How the pages of the store look, in English, to somebody who reads them.
var (
	cardForm     = regexp.MustCompile(`(?s)<li>\s*<a href="/en/goods/([^"?#]+)">.*?<img src="/picture/([^"?]+)".*?<span>([^<]+)</span>.*?<b>([^<]*)</b>(.*?)</li>`)
	priceForm    = regexp.MustCompile(`[0-9][0-9,]*(?:\.[0-9]{2})?`)
	ratingForm   = regexp.MustCompile(`([0-9](?:\.[0-9]+)?) / 5 \(([0-9]+)\)`)
	variantForm  = regexp.MustCompile(`<input type="radio" name="sku" value="([^"]+)"([^>]*)>`)
	arrivesForm  = regexp.MustCompile(`<b>([0-9]{4}-[0-9]{2}-[0-9]{2}) – [0-9]{4}-[0-9]{2}-[0-9]{2}</b>`)
	boldForm     = regexp.MustCompile(`<b>([^<]+)</b>`)
	headForm     = regexp.MustCompile(`<h1>([^<]+)</h1>`)
	lineForm     = regexp.MustCompile(`(?s)<tr><th scope="row">([^<]+)</th>.*?name="line" value="[^"]+".*?name="quantity"[^>]* value="([0-9]+)"`)
	totalForm    = regexp.MustCompile(`(?s)>Total</th><td class="number"><b>([^<]+)</b>`)
	optionForm   = regexp.MustCompile(`name="option" value="([^"]+)"`)
	hiddenForm   = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)
	giveBackForm = regexp.MustCompile(`(?s)<tr><th scope="row">[0-9]+ × ([^<]+)</th>(?:[^<]|<[^/]|</[^t]|</t[^r])*?/return"><input type="hidden" name="line" value="([^"]+)">`)
	orderPath    = regexp.MustCompile(`^/en/orders/([^/?]+)$`)
	linkForm     = regexp.MustCompile(`/en/password\?\S+`)
)

// minor reads a price, in minor units; 0 where there is none.
func minor(s string) int64 {
	digits := strings.ReplaceAll(priceForm.FindString(text(s)), ",", "")
	whole, cents, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// cards are the goods that a piece of a page shows.
func (g *guest) cards(body string) (list []shopper.Offer) {
	for _, m := range cardForm.FindAllStringSubmatch(body, -1) {
		slug, sku, title := m[1], flywheel.SKU(text(m[2])), text(m[3])
		g.slugs[sku], g.titles[sku] = slug, title
		o := shopper.Offer{SKU: sku, Position: len(list) + 1, Words: append([]string{slug}, strings.Fields(strings.ToLower(title))...), Price: minor(m[4]), Rating: 4, Days: 3, SoldOut: strings.Contains(m[5], "Sold out")}
		if r := ratingForm.FindStringSubmatch(m[5]); r != nil {
			o.Rating, _ = strconv.ParseFloat(r[1], 64)
			o.Reviews, _ = strconv.Atoi(r[2])
		}
		list = append(list, o)
	}
	return list
}

// product is a product page: the variant that was asked for first, then the others and what is
// bought together with it.
func (g *guest) product(body string, sku flywheel.SKU, now time.Time) (items, more []shopper.Offer) {
	o := shopper.Offer{Position: 1, Rating: 4, Days: 3}
	if m := headForm.FindStringSubmatch(body); m != nil {
		o.Words = append([]string{g.slugs[sku]}, strings.Fields(strings.ToLower(text(m[1])))...)
	}
	if m := boldForm.FindStringSubmatch(body); m != nil {
		o.Price = minor(m[1])
	}
	if m := ratingForm.FindStringSubmatch(body); m != nil {
		o.Rating, _ = strconv.ParseFloat(m[1], 64)
		o.Reviews, _ = strconv.Atoi(m[2])
	}
	if m := arrivesForm.FindStringSubmatch(body); m != nil {
		if day, err := time.Parse(time.DateOnly, m[1]); err == nil {
			o.Days = max(0, int(day.Sub(now)/(24*time.Hour))+1)
		}
	}
	for _, m := range variantForm.FindAllStringSubmatch(body, -1) {
		v := o
		v.SKU, v.SoldOut = flywheel.SKU(text(m[1])), strings.Contains(m[2], "disabled")
		g.slugs[v.SKU], g.titles[v.SKU] = g.slugs[sku], g.titles[sku]
		if v.SKU == sku {
			items = append(items, v)
		} else {
			more = append(more, v)
		}
	}
	return items, append(more, g.cards(body)...)
}

// cart is the cart's page.
func (g *guest) cartOf(body string) (lines []shopper.CartLine, total int64) {
	for _, m := range lineForm.FindAllStringSubmatch(body, -1) {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		title := text(m[1])
		lines = append(lines, shopper.CartLine{SKU: g.skuOf(title), Kind: title, Quantity: n})
	}
	if m := totalForm.FindStringSubmatch(body); m != nil {
		total = minor(m[1])
	}
	return lines, total
}

// skuOf is what a title stands for, as far as this shopper has seen it.
func (g *guest) skuOf(title string) (sku flywheel.SKU) {
	for s, t := range g.titles {
		if strings.HasPrefix(title, t) && (sku == "" || s < sku) {
			sku = s
		}
	}
	return sku
}

// hidden is the value of a hidden field of the page.
func hidden(body, name string) string {
	for _, m := range hiddenForm.FindAllStringSubmatch(body, -1) {
		if m[1] == name {
			return text(m[2])
		}
	}
	return ""
}
