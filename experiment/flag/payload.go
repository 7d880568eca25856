package flag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ParseOptions says how a payload is read. Nil means the defaults.
type ParseOptions struct {
	// Key opens the encrypted parts of a payload.
	Key string
	// Strict refuses a payload with a [Problem]. Without it the parts that are
	// wrong show nothing to anyone, and [Set.Problems] lists them.
	Strict bool
}

// payload is the top of the JSON; parts that are wrong must not take the others
// with them, so they are read one by one.
type payload struct {
	Features             map[string]json.RawMessage `json:"features"`
	EncryptedFeatures    string                     `json:"encryptedFeatures"`
	Experiments          []json.RawMessage          `json:"experiments"`
	EncryptedExperiments string                     `json:"encryptedExperiments"`
	Groups               json.RawMessage            `json:"savedGroups"`
	EncryptedGroups      string                     `json:"encryptedSavedGroups"`
	Bandits              map[string]json.RawMessage `json:"contextualBandits"`
}

// maxBytes bounds a payload.
const maxBytes = 64 << 20

// Parse reads a payload in the form of GrowthBook's feature API and compiles
// it. The error is a [*Problem] and matches [ErrPayload] where the text is no
// payload, [ErrKey] where it does not open with the key, or what
// [ParseOptions.Strict] refuses.
func Parse(src []byte, opts *ParseOptions) (*Set, error) {
	if opts == nil {
		opts = &ParseOptions{}
	}
	p, err := readPayload(src, opts.Key)
	if err != nil {
		return nil, err
	}
	// Twice: the first time reports which attributes are asked for, the
	// second time conditions find them by index in users that are prepared.
	c := newCompiler(p, nil)
	c.compile(p)
	c = newCompiler(p, c.schema())
	c.compile(p)
	slices.SortStableFunc(c.set.problems, func(a, b *Problem) int {
		return cmp.Compare(a.Path, b.Path)
	})
	if opts.Strict && len(c.set.problems) > 0 {
		return nil, c.set.problems[0]
	}
	return c.set, nil
}

func readPayload(src []byte, key string) (payload, error) {
	var p payload
	decode := func(path string, src []byte, v any) error {
		if err := strictjson.Check(src, &strictjson.Limits{Bytes: maxBytes, CaseSensitive: true}); err != nil {
			return &Problem{path, fmt.Errorf("%w: %w", err, ErrPayload)}
		}
		if err := json.Unmarshal(src, v); err != nil {
			return &Problem{path, fmt.Errorf("%w: %w", err, ErrPayload)}
		}
		return nil
	}
	if err := decode("", src, &p); err != nil {
		return payload{}, err
	}
	for _, part := range [...]struct {
		path, encrypted string
		into            any
	}{
		{"encryptedFeatures", p.EncryptedFeatures, &p.Features},
		{"encryptedExperiments", p.EncryptedExperiments, &p.Experiments},
		{"encryptedSavedGroups", p.EncryptedGroups, &p.Groups},
	} {
		if part.encrypted == "" {
			continue
		}
		plain, err := Decrypt(part.encrypted, key)
		if err != nil {
			return payload{}, &Problem{part.path, err}
		}
		if err := decode(part.path, plain, part.into); err != nil {
			return payload{}, err
		}
	}
	return p, nil
}

// compiler turns a payload into a Set and notes what is wrong.
type compiler struct {
	set     *Set
	groups  *rule.Groups
	bandits map[string]*bandit
	paths   map[string]rule.Type // the attributes that conditions ask for
}

func newCompiler(p payload, schema *rule.Schema) compiler {
	return compiler{
		set:   &Set{features: make(map[string]*feature, len(p.Features)), schema: schema},
		paths: map[string]rule.Type{},
	}
}

// schema is the attributes that conditions have asked for. A path that no
// schema can have is looked up by name.
func (c *compiler) schema() *rule.Schema {
	for path := range c.paths {
		if _, err := rule.NewSchema(map[string]rule.Type{path: rule.Any}); err != nil {
			delete(c.paths, path)
		}
	}
	schema, err := rule.NewSchema(c.paths)
	if err != nil {
		return nil
	}
	return schema
}

func (c *compiler) problem(path string, err error) {
	c.set.problems = append(c.set.problems, &Problem{path, err})
}

func (c *compiler) compile(p payload) {
	if len(p.Groups) > 0 && string(p.Groups) != "null" {
		groups, err := rule.ParseGroups(p.Groups)
		if err != nil {
			c.problem("savedGroups", err)
		}
		c.groups = groups
	}
	if c.groups == nil {
		c.groups = &rule.Groups{}
	}
	c.set.groups = c.groups
	c.bandits = make(map[string]*bandit, len(p.Bandits))
	for _, id := range slices.Sorted(maps.Keys(p.Bandits)) {
		c.bandits[id] = c.bandit("contextualBandits."+id, p.Bandits[id])
	}
	// Features are made before their rules, which may lead to any of them.
	ids := slices.Sorted(maps.Keys(p.Features))
	for i, id := range ids {
		c.set.features[id] = &feature{id: id, index: int32(i)}
	}
	for _, id := range ids {
		c.feature(c.set.features[id], "features."+id, p.Features[id])
	}
	c.cycles(ids)
	for _, id := range ids {
		c.set.features[id].setIdentities()
	}
	for i, raw := range p.Experiments {
		path := fmt.Sprintf("experiments[%d]", i)
		var def Experiment
		if err := json.Unmarshal(raw, &def); err != nil {
			c.problem(path, fmt.Errorf("%w: %w", err, ErrPayload))
			continue
		}
		c.set.experiments = append(c.set.experiments, c.experiment(path, def))
	}
}

// feature compiles a feature's rules. A rule that cannot be read is left out.
func (c *compiler) feature(f *feature, path string, raw json.RawMessage) {
	var def struct {
		Default json.RawMessage   `json:"defaultValue"`
		Rules   []json.RawMessage `json:"rules"`
	}
	if err := json.Unmarshal(raw, &def); err != nil {
		c.problem(path, fmt.Errorf("%w: %w", err, ErrPayload))
	}
	f.standard = newValue(def.Default)
	for i, raw := range def.Rules {
		path := fmt.Sprintf("%s.rules[%d]", path, i)
		var r Rule
		if err := json.Unmarshal(raw, &r); err != nil {
			c.problem(path, fmt.Errorf("%w: %w", err, ErrPayload))
			continue
		}
		f.rules = append(f.rules, c.rule(f.id, path, r))
	}
}

// condition compiles a condition; nil means that everyone meets it, and a
// broken one is met by nobody.
func (c *compiler) condition(path string, src json.RawMessage) *rule.Rule {
	if len(src) == 0 || string(src) == "null" {
		return nil
	}
	if _, err := rule.Compile(src, &rule.Options{Saved: c.groups}); err != nil {
		c.problem(path, err)
	}
	compiled, err := rule.Compile(src, &rule.Options{Saved: c.groups, Lenient: true, Schema: c.set.schema})
	if err != nil {
		return nobody
	}
	for _, path := range compiled.Paths() {
		c.paths[path] = rule.Any
	}
	return compiled
}

// nobody is the condition that nobody meets.
var nobody = rule.MustCompile(`{"$not": {}}`)

func (c *compiler) parents(path string, list []Parent) []parent {
	var parents []parent
	for i, p := range list {
		path := fmt.Sprintf("%s.parentConditions[%d]", path, i)
		f := c.set.features[p.ID]
		if f == nil {
			c.problem(path, fmt.Errorf("feature %q is not in the payload: %w", p.ID, ErrPayload))
		}
		parents = append(parents, parent{feature: f, condition: c.condition(path+".condition", p.Condition), gate: p.Gate})
	}
	return parents
}

// cycles finds the features that lead back to themselves, or to such a feature,
// by their prerequisites.
func (c *compiler) cycles(ids []string) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(ids))
	var visit func(f *feature) bool
	visit = func(f *feature) bool {
		switch state[f.index] {
		case open:
			return true
		case done:
			return f.cyclic
		}
		state[f.index] = open
		for _, r := range f.rules {
			for _, p := range r.parents {
				if p.feature != nil && visit(p.feature) {
					f.cyclic = true
				}
			}
		}
		state[f.index] = done
		return f.cyclic
	}
	for _, id := range ids {
		if visit(c.set.features[id]) {
			c.problem("features."+id, ErrCycle)
		}
	}
}
