package flag

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel/segment/rule"
)

// bandit is a contextual bandit: contexts in order, of which the first that a
// user meets gives the weights.
type bandit struct {
	version  *int
	contexts []banditContext
	falsy    bool // a definition that JavaScript takes for none
}

type banditContext struct {
	condition *rule.Rule
	leaf      *int
	weights   []float64
	malformed bool // ends the search: what it asks is not known
}

// noLeaf is the leaf of users whom no context fits.
const noLeaf = -1

// bandit reads a definition. Whatever is malformed in it leads to the fallback
// weights rather than to an error.
func (c *compiler) bandit(path string, raw json.RawMessage) *bandit {
	var decoded any
	_ = json.Unmarshal(raw, &decoded) // checked with the payload
	b := &bandit{falsy: !newValue(raw).on}
	def, ok := decoded.(map[string]any)
	if !ok {
		c.problem(path, fmt.Errorf("no object: %w", ErrPayload))
		return b
	}
	if version, ok := def["banditVersion"].(float64); ok && version == float64(int(version)) {
		v := int(version)
		b.version = &v
	}
	var contexts struct {
		Contexts []json.RawMessage `json:"contexts"`
	}
	if err := json.Unmarshal(raw, &contexts); err != nil {
		c.problem(path+".contexts", fmt.Errorf("%w: %w", err, ErrPayload))
	}
	for i, raw := range contexts.Contexts {
		b.contexts = append(b.contexts, c.banditContext(fmt.Sprintf("%s.contexts[%d]", path, i), raw))
	}
	return b
}

func (c *compiler) banditContext(path string, raw json.RawMessage) banditContext {
	malformed := func(err error) banditContext {
		c.problem(path, fmt.Errorf("%w: %w", err, ErrPayload))
		return banditContext{malformed: true}
	}
	var def struct {
		Leaf      any             `json:"leafId"`
		Condition json.RawMessage `json:"condition"`
		Weights   json.RawMessage `json:"weights"`
	}
	if err := json.Unmarshal(raw, &def); err != nil {
		return malformed(err)
	}
	context := banditContext{}
	if len(def.Condition) > 0 && string(def.Condition) != "null" {
		if _, err := rule.Prune(def.Condition, nil, c.groups); err != nil {
			return malformed(err)
		}
		context.condition = c.condition(path+".condition", def.Condition)
		context.malformed = asWritten(def.Condition)
	}
	if leaf, ok := def.Leaf.(float64); ok && leaf == float64(int(leaf)) {
		id := int(leaf)
		context.leaf = &id
	}
	if err := json.Unmarshal(def.Weights, &context.weights); err != nil {
		context.weights = nil
	}
	return context
}

// asWritten reports a condition that other libraries throw at: $and, $or and
// $nor without a list of objects, $not without an object.
func asWritten(src json.RawMessage) bool {
	var decoded any
	_ = json.Unmarshal(src, &decoded)
	return throws(decoded)
}

func throws(x any) bool {
	condition, ok := x.(map[string]any)
	if !ok {
		return true
	}
	for key, x := range condition {
		switch key {
		case "$not":
			if throws(x) {
				return true
			}
		case "$and", "$or", "$nor":
			list, ok := x.([]any)
			if !ok {
				return true
			}
			for _, x := range list {
				if throws(x) {
					return true
				}
			}
		}
	}
	return false
}

// routed is an experiment with the weights of each of a bandit's contexts.
type routed struct {
	bandit   *bandit
	leaves   []*compiled // by context, nil where the weights cannot be used
	fallback *compiled
}

// route prepares the experiment for each context.
func (b *bandit) route(x *compiled) *routed {
	if b == nil || b.falsy {
		return nil
	}
	r := &routed{bandit: b}
	n := len(x.values)
	for _, c := range b.contexts {
		if c.leaf == nil || !validWeights(c.weights, n) {
			r.leaves = append(r.leaves, nil)
			continue
		}
		r.leaves = append(r.leaves, x.weighted(c.weights, &Leaf{ID: *c.leaf, Weights: c.weights, Version: b.version}))
	}
	r.fallback = x.weighted(x.def.Weights, &Leaf{ID: noLeaf, Weights: normalWeights(n, x.def.Weights), Version: b.version})
	return r
}

// weighted is the experiment with a leaf's weights. Where ranges are given they
// decide, and no weights could be told truthfully.
func (x *compiled) weighted(weights []float64, leaf *Leaf) *compiled {
	y := *x
	plain := *x.def
	plain.Weights = weights
	y.plain, y.def = &plain, &plain
	if len(plain.Ranges) > 0 {
		return &y
	}
	def := plain
	def.Leaf = leaf
	y.def = &def
	y.cut(weights)
	return &y
}

// choose finds the context that the user meets.
func (r *routed) choose(e *evaluator) *compiled {
	for i := range r.bandit.contexts {
		c := &r.bandit.contexts[i]
		if c.malformed {
			break
		}
		if e.user.meets(e.set, c.condition) {
			if r.leaves[i] == nil {
				break
			}
			return r.leaves[i]
		}
	}
	return r.fallback
}
