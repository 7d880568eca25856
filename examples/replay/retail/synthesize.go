package retail

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Shop says how large a made-up shop is. The zero value of a field means its
// default.
type Shop struct {
	Customers int // default 600
	Products  int // default 300
	Days      int // default 365, from 1 January 2025
}

// Synthesize writes a made-up year of a shop in the Online Retail form: regular
// and seasonal customers with favorites, walk-in customers without a number,
// slow and fast goods with a weekly rhythm and a season, price breaks by
// quantity, cancellations, stock corrections, postage, fees, bad debt, repeated
// rows and one order-entry error that is canceled within minutes. The same shop
// and seed write the same bytes.
func Synthesize(w io.Writer, shop Shop, seed uint64) error {
	shop.Customers = cmp.Or(shop.Customers, 600)
	shop.Products = cmp.Or(shop.Products, 300)
	shop.Days = cmp.Or(shop.Days, 365)
	s := &synthesis{
		out:    bufio.NewWriter(w),
		random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)),
		shop:   shop,
		number: 500001,
	}
	s.makeProducts()
	s.makeCustomers()
	fmt.Fprintln(s.out, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := range shop.Days {
		date := first.AddDate(0, 0, day)
		if date.Weekday() == time.Saturday {
			continue // the shop is closed
		}
		s.day(day, date)
	}
	return s.out.Flush()
}

type synthesis struct {
	out       *bufio.Writer
	random    *rand.Rand
	shop      Shop
	products  []product
	weights   []float64 // cumulative popularity
	customers []customer
	number    int
	sold      []sold // what may still be cancelled
}

type product struct {
	code, name string
	pence      int64
	season     float64 // centre of its season as a part of the year, below 0 for none
	since      int     // the day it came into the range
}

type customer struct {
	id      int
	country string
	rate    float64 // orders a day
	from    int     // day of the first visit
	until   int     // day after which they are gone
	lines   float64
	likes   []int
	bulk    bool
}

type sold struct {
	customer *customer
	product  int
	quantity int64
	pence    int64
}

func (s *synthesis) makeProducts() {
	colours := []string{"RED", "BLUE", "IVORY", "GREEN", "PINK"}
	things := []string{"MUG", "LANTERN", "TEA TOWEL", "CANDLE", "BOWL", "CLOCK", "GARLAND", "LUNCH BAG", "CAKE TIN", "DOORMAT"}
	total := 0.0
	for i := range s.shop.Products {
		p := product{
			code:   fmt.Sprint(20000 + i*7),
			name:   colours[i%len(colours)] + " " + things[i/len(colours)%len(things)],
			pence:  29 + int64(math.Exp(s.random.NormFloat64()*0.8+5.3)),
			season: -1,
		}
		if i%5 == 1 {
			p.code += "B"
		}
		if i%6 == 2 {
			p.season = s.random.Float64()
		}
		if i%9 == 4 {
			p.since = s.random.IntN(s.shop.Days * 3 / 4)
		}
		s.products = append(s.products, p)
		total += 1 / math.Pow(float64(i)+8, 0.7)
		s.weights = append(s.weights, total)
	}
}

// themes is how many tastes there are: customers of one taste like the same
// part of the range.
const themes = 12

func (s *synthesis) makeCustomers() {
	for i := range s.shop.Customers {
		c := customer{
			id: 12000 + i, country: "United Kingdom",
			rate:  math.Exp(s.random.NormFloat64()*0.9 - 4.1),
			from:  s.random.IntN(s.shop.Days),
			lines: 2 + s.random.ExpFloat64()*12,
			bulk:  s.random.Float64() < 0.15,
		}
		c.until = c.from + 30 + int(s.random.ExpFloat64()*250)
		if s.random.Float64() < 0.1 {
			c.country = []string{"Germany", "France", "EIRE", "Spain"}[s.random.IntN(4)]
		}
		theme := s.random.IntN(themes)
		for range 4 + s.random.IntN(12) {
			c.likes = append(c.likes, (s.random.IntN(len(s.products))/themes*themes+theme)%len(s.products))
		}
		s.customers = append(s.customers, c)
	}
}

// pick draws a product by popularity.
func (s *synthesis) pick() int {
	x := s.random.Float64() * s.weights[len(s.weights)-1]
	i, _ := slices.BinarySearch(s.weights, x)
	return min(i, len(s.products)-1)
}

func (s *synthesis) day(day int, date time.Time) {
	year := float64(day) / 365
	rhythm := 1 + 0.35*math.Sin(2*math.Pi*(year-0.55))
	if date.Weekday() == time.Sunday {
		rhythm *= 0.5
	}
	at := date.Add(8 * time.Hour)
	next := func() time.Time {
		at = at.Add(time.Duration(1+s.random.IntN(9)) * time.Minute)
		return at
	}
	for i := range s.customers {
		c := &s.customers[i]
		if day >= c.from && day < c.until && (day == c.from || s.random.Float64() < c.rate*rhythm) {
			s.order(day, next(), c)
		}
	}
	for range s.random.IntN(3) {
		s.order(day, next(), nil)
	}
	if len(s.sold) > 0 && s.random.Float64() < 0.4 {
		s.cancel(next())
	}
	switch {
	case day == 200:
		s.row(fmt.Sprintf("A%d", s.number), "B", "Adjust bad debt", 1, next(), 1106206, nil)
		s.row(fmt.Sprintf("A%d", s.number+1), "B", "Adjust bad debt", 1, next(), -1106206, nil)
		s.number += 2
	case day == 150:
		c := &s.customers[0]
		s.row(fmt.Sprint(s.number), s.products[2].code, s.products[2].name, 4000, next(), s.products[2].pence, c)
		s.row(fmt.Sprintf("C%d", s.number+1), s.products[2].code, s.products[2].name, -4000, next(), s.products[2].pence, c)
		s.number += 2
	case day%31 == 12:
		s.row(fmt.Sprint(s.number), s.products[s.pick()].code, "damaged", -int64(1+s.random.IntN(30)), next(), 0, nil)
		s.number++
	case day%45 == 20:
		s.row(fmt.Sprint(s.number), s.products[s.pick()].code, "found", int64(1+s.random.IntN(20)), next(), 0, nil)
		s.number++
	case day%60 == 33:
		s.row(fmt.Sprintf("C%d", s.number), "BANK CHARGES", "Bank Charges", -1, next(), 1500+s.random.Int64N(900), nil)
		s.number++
	}
}

func (s *synthesis) order(day int, at time.Time, c *customer) {
	invoice := fmt.Sprint(s.number)
	s.number++
	mean := 6.0
	if c != nil {
		mean = c.lines
	}
	n := 1 + int(s.random.ExpFloat64()*mean)
	billed := 0
	for tries := 0; billed < min(n, 60) && tries < 10*n; tries++ {
		p := s.pick()
		if c != nil && s.random.Float64() < 0.6 {
			p = c.likes[s.random.IntN(len(c.likes))]
		}
		item := s.products[p]
		if day < item.since || item.season >= 0 && s.random.Float64() > nearness(float64(day)/365, item.season) {
			continue
		}
		quantity, pence := int64(1+s.random.IntN(12)), item.pence
		if c != nil && c.bulk {
			quantity *= 12
			pence = max(1, pence*85/100)
		}
		s.row(invoice, item.code, item.name, quantity, at, pence, c)
		billed++
		if s.random.Float64() < 0.01 {
			s.row(invoice, item.code, item.name, quantity, at, pence, c)
		}
		if c != nil {
			s.sold = append(s.sold, sold{c, p, quantity, pence})
		}
	}
	switch {
	case billed == 0: // nothing they wanted is on
	case c == nil:
		s.row(invoice, "DOT", "DOTCOM POSTAGE", 1, at, 395+s.random.Int64N(2000), c)
	case c.country != "United Kingdom":
		s.row(invoice, "POST", "POSTAGE", 1+s.random.Int64N(3), at, 1800, c)
	}
}

// nearness is how much of a season is on: 1 at its center, little half a year
// away.
func nearness(year, centre float64) float64 {
	d := math.Abs(year - math.Floor(year) - centre)
	return math.Exp(-8 * min(d, 1-d) * min(d, 1-d) * 8)
}

// cancel takes back something sold, at times more than was sold or at another
// price, so that not every cancellation finds its order.
func (s *synthesis) cancel(at time.Time) {
	i := s.random.IntN(len(s.sold))
	x := s.sold[i]
	s.sold = slices.Delete(s.sold, i, i+1)
	quantity := 1 + s.random.Int64N(x.quantity)
	if s.random.Float64() < 0.1 {
		x.pence++
	}
	p := s.products[x.product]
	s.row(fmt.Sprintf("C%d", s.number), p.code, p.name, -quantity, at, x.pence, x.customer)
	s.number++
}

func (s *synthesis) row(invoice, code, name string, quantity int64, at time.Time, pence int64, c *customer) {
	id, country := "", "United Kingdom"
	if c != nil {
		id, country = fmt.Sprint(c.id), c.country
	}
	sign := ""
	if pence < 0 {
		sign, pence = "-", -pence
	}
	fmt.Fprintf(s.out, "%s,%s,%s,%d,%s,%s%d.%02d,%s,%s\n",
		invoice, code, name, quantity, at.Format(time.DateTime), sign, pence/100, pence%100, id, country)
}
