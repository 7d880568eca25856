package replenish

import "math"

// run is the part of a history along which a policy is simulated: each period
// from start on orders up to the level of its moment.
type run struct {
	demand []float64
	start  int
	late   int     // first review of the last third of the history
	row    int     // of the first moment
	weight float64 // of a unit that is left or short: 1/mean demand before start
}

// booster learns levels from moments and the runs that they make up.
type booster struct {
	Learner
	laws    *laws
	runs    []run
	rows    []moment
	windows []window // one for each row
	scales  linear   // of the figures of windows
	average float64  // mean demand of an item
	grower  *grower
}

const (
	rounds  = 20
	pace    = 0.075 // share of a Newton step that a tree makes
	recency = 0.98  // weight of a period against the one after it
)

// boost learns the levels that are best when each unit short costs price times
// what it costs for an item of average demand on top. The share of the laws'
// levels comes first, from a grid, then the trees. O(rounds·moments·features).
func (b *booster) boost(price float64) *Levels {
	levels := make([]float64, len(b.rows)) // in multiples of the moment's scale
	l := &Levels{periods: b.Periods, ratio: b.Ratio, laws: b.laws, price: price / b.average}
	start := func(share float64) {
		l.share = share
		for i := range levels {
			levels[i] = l.first(&b.rows[i])
		}
	}
	least, best := math.Inf(1), 1.0
	for k := 2; k <= 30; k++ {
		share := float64(k) / 20
		start(share)
		if cost := b.simulate(price, levels, false).cost; cost < least {
			least, best = cost, share
		}
	}
	start(best)
	active := make([]int32, 0, len(b.rows))
	for range rounds {
		b.simulate(price, levels, true)
		active = active[:0]
		for i, c := range b.grower.curve {
			if c > 0 {
				active = append(active, int32(i))
			}
		}
		t := b.grower.grow(active)
		for i := range t {
			t[i].value *= pace
		}
		l.trees = append(l.trees, t)
		for i := range levels {
			levels[i] += t.at(&b.rows[i].features)
		}
	}
	l.linear = fitLinear(b.windows, b.Ratio, price, b.average, b.Seed)
	for i := range levels {
		w := &b.windows[i]
		levels[i] = mix(levels[i]*b.rows[i].scale, l.linear.at(&w.known)*w.mean) / b.rows[i].scale
	}
	for j := range l.linear {
		l.linear[j] /= b.scales[j]
	}
	paid := b.simulate(price, levels, false)
	l.fillRate = 1 - paid.short/math.Max(paid.demand, 1e-9)
	return l
}

// mix returns the mean of the levels that two ways of learning give: they err
// differently, so that their mean errs less (Bates & Granger, 1969).
func mix(boosted, linear float64) float64 {
	return float64(0.5*math.Max(boosted, 0)) + float64(0.5*math.Max(linear, 0))
}

// first returns the level of a moment before the trees correct it.
func (l *Levels) first(m *moment) float64 {
	return l.share * m.advised(1+float64(l.price*m.mean))
}

// bill is what a policy pays in its runs, and the demand and the units short of
// their late parts.
type bill struct{ cost, demand, short float64 }

// simulate runs the policy of some levels, rounded to whole units. When asked
// to, it leaves with the grower how the cost changes with the level of each
// moment: a level matters for as long as the position comes from it. So that the
// slope is smooth, and the best level rounds to the best number of units, the
// position is thought to be spread evenly over half a unit on both sides. The
// curvature is the one that demand with an exponential tail, whose mean is the
// scale of the moment, has at its best level.
func (b *booster) simulate(price float64, levels []float64, slopes bool) (paid bill) {
	under := b.Ratio / (1 - b.Ratio)
	price *= under / b.average
	if slopes {
		clear(b.grower.slope)
		clear(b.grower.curve)
	}
	for i := range b.runs {
		r := &b.runs[i]
		total := 0.0 // demand of the protection interval
		for _, y := range r.demand[r.start : r.start+b.Periods] {
			total += y
		}
		age := math.Pow(recency, float64(len(r.demand)-r.start))
		position, rest, from := math.Inf(-1), 0.0, 0
		for now := r.start; now+b.Periods <= len(r.demand); now++ {
			row := r.row + now - r.start
			level := math.Max(levels[row]*b.rows[row].scale, 0)
			if whole := math.Round(level); whole >= position {
				position, rest, from = whole, level-whole, row
			}
			last := r.demand[now+b.Periods-1]
			left := position - total
			short := math.Min(last, math.Max(-left, 0))
			if now >= r.late {
				paid.demand += last
				paid.short += short
			}
			paid.cost += float64(age * (float64(r.weight*(math.Max(left, 0)+float64(under*math.Max(-left, 0)))) + float64(price*short)))
			if slopes {
				over := math.Min(math.Max(left+rest+0.5, 0), 1)
				slope := r.weight * (over - float64(under*(1-over)))
				if left+rest > -last {
					slope -= float64(price * (1 - over))
				}
				scale := age * b.rows[from].scale
				b.grower.slope[from] += float64(scale * slope)
				b.grower.curve[from] += float64(scale * (r.weight + price/under))
			}
			position -= r.demand[now]
			total -= r.demand[now]
			if next := now + b.Periods; next < len(r.demand) {
				total += r.demand[next]
			}
			age /= recency
		}
	}
	return paid
}
