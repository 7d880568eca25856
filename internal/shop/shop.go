// Package shop makes assortments of any size and what is asked of them, for
// benchmarks that need more products than can be committed. The same size and seed
// give the same products.
package shop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Product is one product of an assortment.
type Product struct {
	ID, Title, Description string
	// Attributes are texts, numbers and lists of texts.
	Attributes map[string]any
	Variants   []Variant
}

// Variant is one buyable form of a product.
type Variant struct {
	SKU        string
	Attributes map[string]any
}

// Facets are the ten attributes that shops would let people choose by.
var Facets = []string{"brand", "cat", "color", "size", "material", "price", "rating", "audience", "origin", "feature"}

// PriceRanges are the steps of the facet price.
var PriceRanges = []string{"..1000", "1000..2500", "2500..5000", "5000..10000", "10000..25000", "25000.."}

var departments = []struct {
	name  string
	types []string
}{
	{"Clothing", []string{"shirt", "dress", "jacket", "coat", "sweater", "skirt", "jeans", "hoodie", "blouse", "vest", "socks", "pajamas"}},
	{"Shoes", []string{"sneakers", "boots", "sandals", "loafers", "slippers", "pumps", "clogs", "moccasins"}},
	{"Kitchen", []string{"blender", "kettle", "toaster", "skillet", "saucepan", "knife", "cutting board", "mug", "teapot", "grater", "whisk", "mixing bowl"}},
	{"Electronics", []string{"headphones", "charger", "speaker", "keyboard", "monitor", "tablet case", "power bank", "webcam", "microphone", "router", "memory card"}},
	{"Garden", []string{"hose", "rake", "planter", "lantern", "hammock", "bench", "sprinkler", "wheelbarrow", "trellis"}},
	{"Sports", []string{"dumbbell", "yoga mat", "tent", "backpack", "helmet", "racket", "sleeping bag", "kayak paddle", "climbing rope", "water bottle"}},
	{"Home", []string{"lamp", "rug", "curtain", "pillow", "mirror", "clock", "bookshelf", "vase", "blanket", "picture frame", "wine rack", "candle holder"}},
	{"Toys", []string{"puzzle", "train set", "doll house", "kite", "board game", "plush bear", "building blocks", "scooter", "marble run"}},
}

var (
	adjectives = strings.Fields("classic modern slim wide compact portable foldable vintage rustic premium basic light heavy soft rugged waterproof breathable insulated adjustable stackable wireless cordless quiet bright matte glossy striped checked printed quilted knitted woven handmade organic recycled padded reversible seamless stretch oversized")
	colors     = strings.Fields("black white grey navy blue red green yellow orange purple pink brown beige olive teal turquoise burgundy khaki cream silver gold charcoal mint coral")
	materials  = strings.Fields("cotton wool linen leather suede polyester nylon steel aluminum oak bamboo glass ceramic plastic silicone rubber canvas denim fleece silk")
	audiences  = strings.Fields("women men kids babies unisex seniors")
	sizes      = strings.Fields("XS S M L XL XXL 36 38 40 42 44 46")
	origins    = strings.Fields("Portugal Italy Germany France Spain Poland Turkey India China Vietnam Japan Mexico Canada Sweden Denmark Austria Peru Morocco Kenya Greece")
	features   = strings.Fields("washable dishwasher-safe gift-ready fair-trade vegan energy-saving lifetime-warranty made-to-order limited new-arrival bestseller refillable repairable plastic-free fragrance-free bpa-free")
)

// syllables make words that no list has, for brands and the long tail of
// descriptions.
var syllables = strings.Fields("ba be bi bo ca co da de di do fa fe fi ga go ha he ho ka ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo za zo")

func word(r *rand.Rand, parts int) string {
	var b strings.Builder
	for range parts {
		b.WriteString(syllables[r.IntN(len(syllables))])
	}
	return b.String()
}

// vocabulary returns n made words, each once.
func vocabulary(r *rand.Rand, n, parts int) []string {
	seen := map[string]bool{}
	var all []string
	for len(all) < n {
		if w := word(r, parts+r.IntN(2)); !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	return all
}

// skewed returns a number below n, small ones much more often (Zipf's law, roughly).
func skewed(r *rand.Rand, n int) int {
	return min(n-1, int(math.Exp(r.Float64()*math.Log(float64(n)+1)))-1)
}

func pick(r *rand.Rand, list []string) string { return list[skewed(r, len(list))] }

// Assortment calls yield for each of n products. Two of five have two to eight
// variants by color and size.
func Assortment(n int, seed uint64, yield func(*Product)) {
	r := rand.New(rand.NewPCG(seed, 1))
	brands := vocabulary(r, 400, 2)
	tail := vocabulary(r, 20000, 3)
	for i := range n {
		d := departments[skewed(r, len(departments))]
		thing := pick(r, d.types)
		brand := strings.ToUpper(brands[0][:1]) + brands[0][1:]
		if b := pick(r, brands); b != "" {
			brand = strings.ToUpper(b[:1]) + b[1:]
		}
		adjective, material, audience := adjectives[r.IntN(len(adjectives))], pick(r, materials), audiences[r.IntN(len(audiences))]
		level := d.name + " > " + strings.ToUpper(thing[:1]) + thing[1:]
		p := &Product{
			ID:    fmt.Sprintf("p%07d", i),
			Title: fmt.Sprintf("%s %s %s %s for %s", brand, adjective, material, thing, audience),
			Attributes: map[string]any{
				"brand": brand, "cat": []string{d.name, level, level + " > " + strings.ToUpper(adjective[:1]) + adjective[1:]}, "material": material, "audience": audience,
				"origin": pick(r, origins), "rating": float64(1 + skewed(r, 5)), "feature": some(r, features), "sold": float64(skewed(r, 5000)),
			},
		}
		var b strings.Builder
		for w := range 18 + r.IntN(12) {
			if w > 0 {
				b.WriteByte(' ')
			}
			switch r.IntN(4) {
			case 0:
				b.WriteString(pick(r, adjectives))
			case 1:
				b.WriteString(pick(r, d.types))
			default:
				b.WriteString(pick(r, tail))
			}
		}
		p.Description = b.String()
		variants := 1
		if r.IntN(5) < 2 {
			variants = 2 + r.IntN(7)
		}
		price := float64(300+skewed(r, 30000)) + 99
		first := r.IntN(len(sizes))
		color := pick(r, colors)
		for v := range variants {
			if v%3 == 0 {
				color = pick(r, colors)
			}
			p.Variants = append(p.Variants, Variant{SKU: fmt.Sprintf("%s-%d", p.ID, v), Attributes: map[string]any{
				"color": color, "size": sizes[(first+v)%len(sizes)], "price": price + float64(100*(v/3)), "stock": float64(r.IntN(8)),
			}})
		}
		if r.IntN(8) > 0 {
			p.Title += " - " + color
		}
		yield(p)
	}
}

// some returns up to three of a list.
func some(r *rand.Rand, list []string) []string {
	var all []string
	for range r.IntN(4) {
		if f := pick(r, list); len(all) == 0 || all[len(all)-1] != f {
			all = append(all, f)
		}
	}
	return all
}

// Query is one thing asked of an assortment.
type Query struct {
	// Text is empty where everything matches.
	Text string
	// Typo is Text with one edit in its longest word.
	Typo string
	// Select holds chosen values by facet.
	Select map[string][]string
}

// Queries returns n queries: one in ten matches everything, and half of all choose
// values of one to three facets.
func Queries(n int, seed uint64) []Query {
	r := rand.New(rand.NewPCG(seed, 2))
	var all []Query
	for i := range n {
		var q Query
		if i%10 != 0 {
			d := departments[skewed(r, len(departments))]
			words := []string{pick(r, d.types)}
			if r.IntN(2) == 0 {
				words = append([]string{adjectives[r.IntN(len(adjectives))]}, words...)
			}
			if r.IntN(3) == 0 {
				words = append([]string{pick(r, colors)}, words...)
			}
			if r.IntN(3) == 0 {
				words = append([]string{pick(r, materials)}, words...)
			}
			q.Text = strings.Join(words, " ")
			q.Typo = mistyped(r, q.Text)
		}
		if r.IntN(2) == 0 {
			q.Select = map[string][]string{}
			for range 1 + r.IntN(3) {
				switch r.IntN(5) {
				case 0:
					q.Select["color"] = []string{pick(r, colors), pick(r, colors)}
				case 1:
					q.Select["size"] = []string{sizes[r.IntN(len(sizes))]}
				case 2:
					q.Select["material"] = []string{pick(r, materials)}
				case 3:
					q.Select["audience"] = []string{audiences[r.IntN(len(audiences))]}
				case 4:
					q.Select["price"] = []string{PriceRanges[r.IntN(len(PriceRanges))]}
				}
			}
		}
		all = append(all, q)
	}
	return all
}

// mistyped changes one letter within the longest word.
func mistyped(r *rand.Rand, text string) string {
	words := strings.Fields(text)
	longest := 0
	for i, w := range words {
		if len(w) > len(words[longest]) {
			longest = i
		}
	}
	w := []byte(words[longest])
	if len(w) < 5 {
		return text
	}
	at := 1 + r.IntN(len(w)-2)
	switch r.IntN(3) {
	case 0:
		w[at] = 'a' + byte((int(w[at]-'a')+1+r.IntN(24))%26)
	case 1:
		w = append(w[:at], w[at+1:]...)
	default:
		w[at], w[at+1] = w[at+1], w[at]
	}
	words[longest] = string(w)
	return strings.Join(words, " ")
}
