// Package data is the assortment that the store is filled with when nothing else is given.
package data

import (
	"encoding/json"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Channel is where the store sells.
const Channel catalog.Channel = "web"

// Languages of the store.
var Languages = []catalog.Locale{"en", "de", "zh"}

// Good is one product with its variants.
type Good struct {
	ID               catalog.ID
	Category         catalog.CategoryID
	Brand            string
	En, De, Zh       string
	Story            string
	Price            string // with tax, in EUR
	Colors           []string
	Grams, InStock   int64
	Reduced, Digital bool  // tax, and whether nothing is shipped
	Later            int64 // how many are sold before they are there

	// Of goods that come from a file: their items, which are made of ID and Colors where there
	// are none, and what items cost where the file says it.
	Items []flywheel.SKU
	Costs map[flywheel.SKU]money.Amount
}

// Categories from the top.
var Categories = []catalog.Category{
	{ID: "kitchen", Name: map[catalog.Locale]string{"en": "Kitchen", "de": "Küche", "zh": "厨房"}},
	{ID: "cups", Parent: "kitchen", Position: 1, Name: map[catalog.Locale]string{"en": "Cups", "de": "Becher", "zh": "杯子"}},
	{ID: "pots", Parent: "kitchen", Position: 2, Name: map[catalog.Locale]string{"en": "Pots", "de": "Töpfe", "zh": "锅"}},
	{ID: "home", Position: 1, Name: map[catalog.Locale]string{"en": "Home", "de": "Wohnen", "zh": "家居"}},
	{ID: "lamps", Parent: "home", Name: map[catalog.Locale]string{"en": "Lamps", "de": "Lampen", "zh": "灯"}},
	{ID: "books", Position: 2, Name: map[catalog.Locale]string{"en": "Books", "de": "Bücher", "zh": "书"}},
}

// Collections are goods that belong together for some reason other than what they are.
var Collections = []catalog.Collection{
	{ID: "breakfast", Include: []catalog.ID{"stoneware-mug", "espresso-cup", "bread-book"}, Name: map[catalog.Locale]string{"en": "For breakfast", "de": "Zum Frühstück", "zh": "早餐"}},
	{ID: "gifts", When: json.RawMessage(`{"price": {"$lt": 30}, "vendor": {"$ne": "Nordlicht"}}`), Name: map[catalog.Locale]string{"en": "Small gifts", "de": "Kleine Geschenke", "zh": "小礼物"}},
}

// Goods are what is sold.
var Goods = []Good{
	{ID: "stoneware-mug", Category: "cups", Brand: "Tonwerk", En: "Stoneware mug", De: "Steinzeugbecher", Zh: "陶杯", Story: "Fired twice, holds a third of a litre, keeps coffee warm.", Price: "11.90", Colors: []string{"white", "blue", "green"}, Grams: 400, InStock: 24},
	{ID: "espresso-cup", Category: "cups", Brand: "Tonwerk", En: "Espresso cup", De: "Espressotasse", Zh: "浓缩咖啡杯", Story: "Thick walls for a short coffee.", Price: "8.50", Colors: []string{"white", "black"}, Grams: 180, InStock: 40},
	{ID: "travel-cup", Category: "cups", Brand: "Nordlicht", En: "Travel cup", De: "Reisebecher", Zh: "随行杯", Story: "Steel with a lid that closes, for the train.", Price: "24.00", Colors: []string{"black", "green"}, Grams: 320, InStock: 12},
	{ID: "saucepan", Category: "pots", Brand: "Eisenhof", En: "Saucepan", De: "Stielkasserolle", Zh: "汤锅", Story: "Steel with an aluminium core, 16 centimetres.", Price: "49.00", Grams: 1100, InStock: 9},
	{ID: "iron-pot", Category: "pots", Brand: "Eisenhof", En: "Cast-iron pot", De: "Gusseiserner Topf", Zh: "铸铁锅", Story: "For bread and stews, four litres.", Price: "129.00", Colors: []string{"black", "red"}, Grams: 5200, InStock: 4},
	{ID: "reading-lamp", Category: "lamps", Brand: "Nordlicht", En: "Reading lamp", De: "Leselampe", Zh: "阅读灯", Story: "Warm light on an arm that stays where it is put.", Price: "89.00", Colors: []string{"black", "white"}, Grams: 1800, InStock: 7},
	{ID: "table-lamp", Category: "lamps", Brand: "Nordlicht", En: "Table lamp", De: "Tischlampe", Zh: "台灯", Story: "A globe of opal glass.", Price: "119.00", Grams: 2300, InStock: 3, Later: 12},
	{ID: "bread-book", Category: "books", Brand: "Krume", En: "The bread book", De: "Das Brotbuch", Zh: "面包书", Story: "Forty loaves with sourdough, step by step.", Price: "28.00", Grams: 900, InStock: 15, Reduced: true},
	{ID: "bread-book-epub", Category: "books", Brand: "Krume", En: "The bread book (e-book)", De: "Das Brotbuch (E-Book)", Zh: "面包书（电子版）", Story: "The same forty loaves to read on a screen.", Price: "19.90", Reduced: true, Digital: true},
}

// Colors are an option of many goods.
var Colors = catalog.OptionSet{Code: "color", Name: map[catalog.Locale]string{"en": "Color", "de": "Farbe", "zh": "颜色"}, Values: []catalog.OptionValue{
	{Code: "white", Name: map[catalog.Locale]string{"en": "White", "de": "Weiß", "zh": "白"}},
	{Code: "black", Name: map[catalog.Locale]string{"en": "Black", "de": "Schwarz", "zh": "黑"}},
	{Code: "blue", Name: map[catalog.Locale]string{"en": "Blue", "de": "Blau", "zh": "蓝"}},
	{Code: "green", Name: map[catalog.Locale]string{"en": "Green", "de": "Grün", "zh": "绿"}},
	{Code: "red", Name: map[catalog.Locale]string{"en": "Red", "de": "Rot", "zh": "红"}},
}}

// SKUs of a good.
func (g *Good) SKUs() []flywheel.SKU {
	if len(g.Items) > 0 {
		return g.Items
	}
	if len(g.Colors) == 0 {
		return []flywheel.SKU{flywheel.SKU(g.ID)}
	}
	var all []flywheel.SKU
	for _, c := range g.Colors {
		all = append(all, flywheel.SKU(string(g.ID)+"-"+c))
	}
	return all
}

// Product is the good as the catalog keeps it.
func (g *Good) Product() catalog.Product {
	class := "standard"
	if g.Reduced {
		class = "reduced"
	}
	p := catalog.Product{
		ID: g.ID, Type: "ware", Status: catalog.Active, Vendor: g.Brand, TaxClass: class, Digital: g.Digital, Categories: []catalog.CategoryID{g.Category},
		Text:     map[catalog.Locale]catalog.Text{"en": {Title: g.En, Description: "<p>" + g.Story + "</p>"}, "de": {Title: g.De}, "zh": {Title: g.Zh}},
		Listings: map[catalog.Channel]*catalog.Listing{Channel: {}},
	}
	grams := g.Grams
	for i, sku := range g.SKUs() {
		v := catalog.Variant{SKU: sku, WeightGrams: &grams}
		if len(g.Colors) > 0 {
			p.Options = []string{Colors.Code}
			v.Options = []string{g.Colors[i]}
		}
		p.Variants = append(p.Variants, v)
	}
	return p
}

// Currencies of the store; what a euro was worth in them when prices were made, and how
// prices end there, in minor units.
var Currencies = []struct {
	Currency        money.Currency
	Rate            money.Rate
	Ending, Modulus int64
}{{money.EUR, money.MustRate("1"), 0, 1}, {money.USD, money.MustRate("1.12"), 90, 100}, {money.CNY, money.MustRate("8.1"), 800, 1000}}

// Prices are the price list in all currencies, with tax. They are set once and do not move
// with the rates of the day.
func Prices() pricing.List {
	l := pricing.List{ID: "shop", TaxIncluded: true}
	for i := range Goods {
		home := must(money.Parse(Goods[i].Price, money.EUR))
		for _, c := range Currencies {
			unit := must(must(home.Convert(c.Currency, c.Rate, money.HalfUp)).EndIn(c.Ending, c.Modulus))
			for _, sku := range Goods[i].SKUs() {
				l.Entries = append(l.Entries, pricing.Entry{SKU: sku, Unit: money.PriceOf(unit)})
			}
		}
	}
	return l
}

// OneUnit is what a unit costs at a price.
func OneUnit(p money.Price) (money.Amount, error) { return p.Times(1, money.HalfUp) }
