package flag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Set is the features and experiments of a payload, compiled. It is immutable
// and safe for concurrent use without locks.
type Set struct {
	features    map[string]*feature
	experiments []*compiled
	groups      *rule.Groups
	schema      *rule.Schema // the attributes that conditions ask for
	problems    []*Problem
}

// Features returns the features by name, sorted.
func (s *Set) Features() []string {
	names := make([]string, 0, len(s.features))
	for id := range s.features {
		names = append(names, id)
	}
	slices.Sort(names)
	return names
}

// Problems returns what is wrong in the payload, by path: conditions with
// unknown operators, weights that do not sum, prerequisites that lead back to
// themselves. What is wrong shows nothing to anyone.
func (s *Set) Problems() []*Problem { return slices.Clone(s.problems) }

// feature is a compiled Feature.
type feature struct {
	id       string
	index    int32
	standard *value
	rules    []*featureRule
	cyclic   bool // its prerequisites lead to a cycle

	identities []string // the attributes under which it looks for sticky buckets
}

// featureRule is a compiled Rule: it forces a value or runs an experiment.
type featureRule struct {
	id        string
	parents   []parent
	filters   []filter
	schedule  Schedule
	forced    *value
	condition *rule.Rule // of a forced value
	attribute string
	fallback  string
	sticky    bool
	hash      hasher
	inside    *experiment.Range // the buckets that a forced value is for
	partly    bool              // inside counts
	run       *compiled
	bandit    *routed
}

type parent struct {
	feature   *feature // nil where the payload has none
	condition *rule.Rule
	gate      bool
}

type filter struct {
	attribute string
	hash      hasher
	ranges    []experiment.Range
}

// hasher is an experiment.Hasher, or none for a version that is not known.
type hasher struct {
	experiment.Hasher
	unknown bool
}

func newHasher(seed string, version, standard experiment.HashVersion) hasher {
	version = cmp.Or(version, standard)
	return hasher{experiment.NewHasher(seed, version), version > experiment.HashV2}
}

// value is a feature's value with what is asked of it.
type value struct {
	json any
	on   bool           // as JavaScript sees it
	as   map[string]any // what prerequisites are matched with
}

var null = newValue(nil)

func newValue(src json.RawMessage) *value {
	v := &value{}
	if len(src) > 0 {
		// The payload has been checked, so this cannot fail but for a number
		// beyond float64, which is null then.
		_ = json.Unmarshal(src, &v.json)
	}
	switch x := v.json.(type) {
	case nil:
	case bool:
		v.on = x
	case float64:
		v.on = x != 0
	case string:
		v.on = x != ""
	default:
		v.on = true
	}
	v.as = map[string]any{"value": v.json}
	return v
}

// compiled is an Experiment made ready.
type compiled struct {
	def       *Experiment
	plain     *Experiment // def without the bandit's leaf
	attribute string
	values    []*value
	keys      []string
	hash      hasher
	ranges    []experiment.Range
	full      []experiment.Range // at a coverage of 1, for ramps
	condition *rule.Rule
	parents   []parent
	filters   []filter
	layer     *experiment.Range // of the namespace
	namespace hasher
	urls      []urlTarget
	stickyKey string
}

func (c *compiler) rule(id, path string, r Rule) *featureRule {
	out := &featureRule{
		id:        r.ID,
		parents:   c.parents(path, r.Parents),
		filters:   c.filters(path, r.Filters),
		schedule:  c.schedule(path, r.Schedule),
		attribute: cmp.Or(r.Attribute, "id"),
		fallback:  r.Fallback,
		sticky:    !r.NoSticky,
	}
	if r.Force != nil {
		out.forced = newValue(r.Force)
		out.condition = c.condition(path+".condition", r.Condition)
		out.hash = newHasher(cmp.Or(r.Seed, id), r.Hash, experiment.HashV1)
		switch {
		case r.Range != nil:
			out.inside, out.partly = r.Range, true
			c.checkRange(path+".range", *r.Range)
		case r.Coverage != nil && !(*r.Coverage >= 0 && *r.Coverage <= 1):
			c.problem(path+".coverage", fmt.Errorf("%v is no share: %w", *r.Coverage, flywheel.ErrOutOfRange))
			out.inside, out.partly = &experiment.Range{}, true // nobody
		case r.Coverage != nil:
			out.inside, out.partly = &experiment.Range{0, *r.Coverage}, true
		default:
			out.inside = &experiment.Range{0, 1}
		}
		return out
	}
	def := r.Experiment
	if r.ContextualVariations != nil {
		def.Variations = r.ContextualVariations
	}
	if len(def.Variations) == 0 {
		if len(r.Parents) == 0 {
			c.problem(path, fmt.Errorf("neither a value to force nor variations: %w", ErrPayload))
		}
		return out
	}
	def.Key = cmp.Or(def.Key, id)
	// What the rule itself looks at is not asked again, and what rules do not
	// have does not count.
	def.Parents, def.URLs, def.Active, def.Status, def.Forced, def.Leaf = nil, nil, nil, "", nil, nil
	out.run = c.experiment(path, def)
	if r.Bandit != "" {
		b := c.bandits[r.Bandit]
		if b == nil {
			c.problem(path, fmt.Errorf("bandit %q is not in the payload: %w", r.Bandit, ErrPayload))
		}
		out.bandit = b.route(out.run)
	}
	return out
}

func (c *compiler) experiment(path string, def Experiment) *compiled {
	x := &compiled{
		def: &def, plain: &def,
		attribute: cmp.Or(def.Attribute, "id"),
		hash:      newHasher(cmp.Or(def.Seed, def.Key), def.Hash, experiment.HashV1),
		condition: c.condition(path+".condition", def.Condition),
		parents:   c.parents(path, def.Parents),
		filters:   c.filters(path, def.Filters),
		stickyKey: stickyKey(&def),
	}
	if x.hash.unknown {
		c.problem(path+".hashVersion", fmt.Errorf("%d is unknown: %w", def.Hash, ErrPayload))
	}
	for i, v := range def.Variations {
		x.values = append(x.values, newValue(v))
		key := strconv.Itoa(i)
		if i < len(def.Meta) {
			key = cmp.Or(def.Meta[i].Key, key)
		}
		x.keys = append(x.keys, key)
	}
	if len(def.Variations) < 2 {
		c.problem(path+".variations", fmt.Errorf("%d, want at least two: %w", len(def.Variations), ErrPayload))
	}
	if def.Coverage != nil && !(*def.Coverage >= 0 && *def.Coverage <= 1) {
		c.problem(path+".coverage", fmt.Errorf("%v is no share: %w", *def.Coverage, flywheel.ErrOutOfRange))
	}
	if len(def.Weights) > 0 && !validWeights(def.Weights, len(def.Variations)) {
		c.problem(path+".weights", fmt.Errorf("%v are no shares of %d variations: %w", def.Weights, len(def.Variations), ErrPayload))
	}
	for i, r := range def.Ranges {
		c.checkRange(fmt.Sprintf("%s.ranges[%d]", path, i), r)
	}
	x.ranges, x.full = def.Ranges, def.Ranges
	if len(x.ranges) == 0 {
		x.cut(def.Weights)
	}
	if n := def.Namespace; n != nil {
		x.layer = &experiment.Range{n.From, n.To}
		x.namespace = newHasher("__"+n.ID, 0, experiment.HashV1)
	}
	for i, u := range def.URLs {
		target, err := newURLTarget(u)
		if err != nil {
			c.problem(fmt.Sprintf("%s.urlPatterns[%d]", path, i), err)
		}
		x.urls = append(x.urls, target)
	}
	return x
}

// checkRange notes a range whose end is before its beginning, in which nobody is.
func (c *compiler) checkRange(path string, r experiment.Range) {
	if !(r[0] <= r[1]) {
		c.problem(path, fmt.Errorf("[%v, %v) ends before it begins: %w", r[0], r[1], flywheel.ErrOutOfRange))
	}
}

// cut gives the variations their buckets.
func (x *compiled) cut(weights []float64) {
	coverage := 1.0
	if x.def.Coverage != nil {
		coverage = *x.def.Coverage
	}
	x.ranges = ranges(len(x.values), coverage, weights)
	x.full = ranges(len(x.values), 1, weights)
}

func (c *compiler) filters(path string, defs []Filter) []filter {
	var list []filter
	for i, d := range defs {
		f := filter{
			attribute: cmp.Or(d.Attribute, "id"), ranges: d.Ranges,
			hash: newHasher(d.Seed, d.Hash, experiment.HashV2),
		}
		if f.hash.unknown {
			c.problem(fmt.Sprintf("%s.filters[%d].hashVersion", path, i), fmt.Errorf("%d is unknown: %w", d.Hash, ErrPayload))
		}
		list = append(list, f)
	}
	return list
}

// ranges gives each variation its buckets, as GrowthBook's libraries do:
// coverage is clamped, and weights that are no shares become equal ones.
func ranges(variations int, coverage float64, weights []float64) []experiment.Range {
	if !(coverage >= 0) {
		coverage = 0
	}
	return experiment.Ranges(min(coverage, 1), normalWeights(variations, weights))
}

func normalWeights(variations int, weights []float64) []float64 {
	if validWeights(weights, variations) {
		return weights
	}
	return equalWeights(variations)
}

func equalWeights(n int) []float64 {
	weights := make([]float64, max(n, 0))
	for i := range weights {
		weights[i] = 1 / float64(n)
	}
	return weights
}

// validWeights reports whether weights are shares of that many variations,
// which sum to 1 within a hundredth.
func validWeights(weights []float64, variations int) bool {
	sum := 0.0
	for _, w := range weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return false
		}
		sum += w
	}
	return len(weights) == variations && len(weights) > 0 && sum >= 0.99 && sum <= 1.01
}
