package wheel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/shopper"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

const (
	perCluster  = 4  // SKUs that stand in for each other
	perCategory = 10 // clusters
)

// good is one SKU, with what the shop knows of it and what only buyers find out.
type good struct {
	sku      flywheel.SKU
	cluster  int
	category int
	cost     int64
	quality  float64 // what is in the box
	offer    shopper.Offer
	stars    float64 // sum of the ratings
	free     int64   // available, as the service of the stock last said
	member   int64   // price for members of the segment
	memberOf shopper.Offer
}

// assortment draws the goods of a seed: clusters of four SKUs each, ten clusters to a category.
func assortment(seed uint64, clusters int) (goods []good, categories []string) {
	random := rand.New(rand.NewPCG(seed, 0x600d5))
	for c := range (clusters + perCategory - 1) / perCategory {
		categories = append(categories, fmt.Sprintf("category %d of %d", c, seed))
	}
	for c := range clusters {
		kind := fmt.Sprintf("kind %d of %d", c, seed)
		base := 2200 * math.Exp(0.2*random.NormFloat64())
		for i := range perCluster {
			price := int64(base*math.Exp(0.12*random.NormFloat64())/10)*10 + 9
			g := good{
				sku: flywheel.SKU(fmt.Sprintf("k%d-%d", c, i)), cluster: c, category: c / perCategory,
				cost:    int64(float64(price) * (0.4 + 0.1*random.Float64())),
				quality: min(max(3.9+0.5*random.NormFloat64(), 1), 5),
			}
			reviews := 3 + random.IntN(30)
			g.offer = shopper.Offer{
				SKU: g.sku, Words: []string{kind, categories[c/perCategory], fmt.Sprintf("brand %d of %d", random.IntN(20), seed)},
				Price: price, Rating: min(max(g.quality+0.3*random.NormFloat64(), 1), 5), Reviews: reviews, Days: 2 + random.IntN(3),
			}
			g.stars = g.offer.Rating * float64(reviews)
			goods = append(goods, g)
		}
	}
	return goods, categories
}

// segmentName is the segment that the promotion is for.
const segmentName = "bargain-hunters"

// shipping is what delivery costs the buyer, and parcel what it costs the shop; backCost is what
// one thing costs that comes back.
const (
	shippingFee = 390
	parcelCost  = 450
	backCost    = 350
)

// prices compiles the price list with the promotion for the segment, and reads both prices of each
// good off the engine.
func prices(goods []good, percent string) (*pricing.Engine, error) {
	rate, err := money.ParseRate(percent)
	if err != nil {
		return nil, err
	}
	list := pricing.List{ID: "shop"}
	for i := range goods {
		list.Entries = append(list.Entries, pricing.Entry{SKU: goods[i].sku, Unit: money.PriceOf(money.New(goods[i].offer.Price, money.EUR))})
	}
	config := pricing.Config{Lists: []pricing.List{list}, Taxes: []pricing.Tax{{}}}
	if rate != (money.Rate{}) {
		config.Promotions = []pricing.Promotion{{ID: "for-bargain-hunters", Percent: rate, When: []byte(`{"groups":{"$in":["` + segmentName + `"]}}`)}}
	}
	engine, err := pricing.Compile(config)
	if err != nil {
		return nil, err
	}
	for i := range goods {
		g := &goods[i]
		q, err := engine.Quote(pricing.Basket{Currency: money.EUR, At: opening, Groups: []string{segmentName}, Lines: []pricing.Line{{ID: "1", SKU: g.sku, Quantity: 1}}})
		if err != nil {
			return nil, err
		}
		g.memberOf = g.offer
		if g.member = q.Total.Minor(); g.member < g.offer.Price {
			g.memberOf.Price, g.memberOf.Was = g.member, g.offer.Price
		}
	}
	return engine, nil
}

// opening is the shop's first instant, a Monday.
var opening = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
