package crowd

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/shopper"
)

// guest is a shopper in front of a browser: a [shopper.Shop] is what it finds on the pages.
type guest struct {
	*browser
	n      int
	s      *shopper.Shopper
	words  *shopper.Lexicon
	all    *agenda
	random *rand.Rand // of what is no choice: names, cards
	member bool
	joined bool
	email  string
	slugs  map[flywheel.SKU]string
	titles map[flywheel.SKU]string
	read   map[string]bool
	mails  int
	orders int
}

func newGuest(c *Crowd, n int, words *shopper.Lexicon, all *agenda) *guest {
	seed := c.Seed<<20 + uint64(n)
	g := &guest{
		browser: newBrowser(c, n), n: n, s: shopper.Draw(seed), words: words, all: all, random: rand.New(rand.NewPCG(seed, 0xc20)),
		email: fmt.Sprintf("shopper-%d@example.com", n), slugs: map[flywheel.SKU]string{}, titles: map[flywheel.SKU]string{}, read: map[string]bool{},
	}
	// The store has few goods, and dearer ones than shoppers are drawn for.
	g.s.Budget *= 2.5
	g.s.Eagerness = 4.5
	g.member = g.random.IntN(2) == 0
	return g
}

// visit is one visit.
func (g *guest) visit(ctx context.Context, number int, why shopper.Reason) error {
	g.crowd.counts.visits.Add(1)
	out, err := g.s.Visit(ctx, g.words, number, why, g)
	if len(out.Added) > 0 {
		g.crowd.counts.carts.Add(1)
	}
	return err
}

// post looks into the mailbox.
func (g *guest) post(context.Context) error {
	for _, l := range g.crowd.Letters(g.email) {
		if g.read[l.ID] {
			continue
		}
		g.read[l.ID] = true
		g.mails++
		if after, follows := g.s.Reads(g.mails, shopper.Message{Subject: l.Subject, At: l.At}); follows {
			number := 1_000_000 + g.mails
			g.all.plan(g.crowd.Now().Add(after), 0, func(ctx context.Context) error { return g.visit(ctx, number, shopper.Reminded) })
		}
	}
	return nil
}

// Home implements [shopper.Shop].
func (g *guest) Home(ctx context.Context) (shopper.View, error) {
	body, _, err := g.see(ctx, "/en/")
	if err != nil {
		return shopper.View{}, err
	}
	v := shopper.View{Now: g.crowd.Now()}
	above, below, _ := strings.Cut(body, "<h1>")
	v.Items, v.More = g.cards(above), g.cards(below)
	if len(v.Items) == 0 {
		v.Items, v.More = v.More, nil
	}
	seen := map[string]bool{}
	for _, list := range [][]shopper.Offer{v.Items, v.More} {
		for i := range list {
			if word := list[i].Words[len(list[i].Words)-1]; !seen[word] {
				seen[word] = true
				v.Categories = append(v.Categories, word)
			}
		}
	}
	cart, err := g.Cart(ctx)
	v.Cart = cart.Cart
	return v, err
}

// Search implements [shopper.Shop].
func (g *guest) Search(ctx context.Context, word string) (shopper.View, error) {
	body, _, err := g.see(ctx, "/en/goods?q="+url.QueryEscape(word))
	return shopper.View{Now: g.crowd.Now(), Items: g.cards(body)}, err
}

// Open implements [shopper.Shop].
func (g *guest) Open(ctx context.Context, sku flywheel.SKU) (shopper.View, error) {
	body, _, err := g.see(ctx, "/en/goods/"+url.PathEscape(g.slugs[sku]))
	v := shopper.View{Now: g.crowd.Now()}
	v.Items, v.More = g.product(body, sku, v.Now)
	if len(v.Items) > 0 && v.Items[0].SoldOut && g.crowd.clerk != nil {
		g.crowd.clerk.missing(sku)
	}
	return v, err
}

// Add implements [shopper.Shop].
func (g *guest) Add(ctx context.Context, sku flywheel.SKU) (shopper.View, error) {
	body, _, err := g.press(ctx, "/en/cart/add", "sku", string(sku), "quantity", "1")
	v := shopper.View{Now: g.crowd.Now()}
	v.Cart, v.Total = g.cartOf(body)
	return v, err
}

// Cart implements [shopper.Shop].
func (g *guest) Cart(ctx context.Context) (shopper.View, error) {
	body, _, err := g.see(ctx, "/en/cart")
	v := shopper.View{Now: g.crowd.Now()}
	v.Cart, v.Total = g.cartOf(body)
	return v, err
}

// Buy implements [shopper.Shop]: it goes through the checkout.
func (g *guest) Buy(ctx context.Context) (bool, error) {
	if g.member && !g.joined {
		if err := g.join(ctx); err != nil {
			return false, err
		}
	}
	if _, _, err := g.see(ctx, "/en/checkout"); err != nil {
		return false, err
	}
	body, _, err := g.press(ctx, "/en/checkout/address", "email", g.email, "name", fmt.Sprintf("Shopper %d", g.n), "street", fmt.Sprintf("Torstraße %d", 1+g.n%200), "postcode", "10115", "city", "Berlin", "country", "DE")
	if err != nil {
		return false, err
	}
	if m := optionForm.FindStringSubmatch(body); m != nil {
		if _, _, err = g.press(ctx, "/en/checkout/delivery", "option", text(m[1])); err != nil {
			return false, err
		}
	}
	cards := []string{"4242 4242 4242 4242"}
	switch g.random.IntN(20) {
	case 0:
		cards = []string{"4000000000000002", "4242 4242 4242 4242"} // is declined, and takes another
	case 1, 2:
		cards = []string{"4000 0025 0000 3155"} // asks the bank
	}
	for _, card := range cards {
		body, _, err := g.press(ctx, "/en/checkout/payment", "number", card, "expiry", "12/40")
		if err != nil {
			return false, err
		}
		session, seen := hidden(body, "session"), hidden(body, "seen")
		if session == "" {
			return false, nil // the shop asks for something that this shopper does not know
		}
		body, at, err := g.press(ctx, "/en/checkout/place", "session", session, "seen", seen)
		if err == nil && at == "/en/bank" {
			_, at, err = g.press(ctx, "/en/bank", "session", hidden(body, "session"), "answer", "yes")
		}
		if err != nil {
			return false, err
		}
		if orderPath.MatchString(at) {
			g.crowd.counts.orders.Add(1)
			g.orders++
			number := g.orders // which is no chance, as the order's identifier is
			g.all.plan(g.crowd.Now().Add(4*24*time.Hour), 0, func(ctx context.Context) error { return g.unpack(ctx, at, number, 0) })
			return true, nil
		}
	}
	return false, nil
}

// join opens an account by the link in the letter. The cart comes along.
func (g *guest) join(ctx context.Context) error {
	g.joined = true
	if g.crowd.Letters == nil {
		return nil
	}
	if _, _, err := g.press(ctx, "/en/login/link", "email", g.email); err != nil {
		return err
	}
	for _, l := range g.crowd.Letters(g.email) {
		link := linkForm.FindString(l.Text)
		if link == "" {
			continue
		}
		g.read[l.ID] = true
		body, _, err := g.see(ctx, link)
		if err != nil {
			return err
		}
		password := fmt.Sprintf("password of shopper %d", g.n)
		_, at, err := g.press(ctx, "/en/password", "token", hidden(body, "token"), "friend", hidden(body, "friend"), "name", fmt.Sprintf("Shopper %d", g.n), "password", password, "newsletter", "yes")
		if at == "/en/account" {
			g.crowd.counts.accounts.Add(1)
		}
		return err
	}
	return nil
}

// mostLooks is how often somebody looks whether a parcel has come.
const mostLooks = 8

// unpack looks at an order after some days: what came is kept or given back, and reviewed.
func (g *guest) unpack(ctx context.Context, at string, number, looks int) error {
	body, _, err := g.see(ctx, at)
	if err != nil {
		return err
	}
	lines := giveBackForm.FindAllStringSubmatch(body, -1)
	if len(lines) == 0 {
		if looks < mostLooks {
			g.all.plan(g.crowd.Now().Add(2*24*time.Hour), 0, func(ctx context.Context) error { return g.unpack(ctx, at, number, looks+1) })
		}
		return nil
	}
	for _, m := range lines {
		title := text(m[1])
		sku := g.skuOf(title)
		parcel := shopper.Parcel{Order: fmt.Sprintf("%d of %d", number, g.n), SKU: sku, Quality: quality(g.slugs[sku])}
		if stars, writes := g.s.Review(parcel); writes && g.joined && g.slugs[sku] != "" {
			text := []string{"", "Not for me.", "I had hoped for more.", "It does what it should.", "Good.", "I would buy it again."}[stars]
			_, where, err := g.press(ctx, "/en/goods/"+g.slugs[sku]+"/voices", "kind", "review", "rating", fmt.Sprint(stars), "title", title, "text", text)
			if err != nil {
				return err
			}
			if strings.HasPrefix(where, "/en/goods/") {
				g.crowd.counts.reviews.Add(1)
			}
		}
		if g.s.Keeps(parcel) {
			continue
		}
		if _, _, err := g.press(ctx, at+"/return", "line", text(m[2]), "quantity", "1"); err != nil {
			return err
		}
		g.crowd.counts.returns.Add(1)
		if g.crowd.clerk != nil {
			g.crowd.clerk.comesBack(orderPath.FindStringSubmatch(at)[1])
		}
	}
	return nil
}

// quality is what a product is worth once it is held in the hand: it is nowhere on a page.
func quality(slug string) float64 {
	h := fnv.New32a()
	h.Write([]byte(slug))
	return 3.2 + 1.6*float64(h.Sum32()%1000)/1000
}
