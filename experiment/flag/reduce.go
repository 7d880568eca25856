package flag

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ReduceOptions says what [Reduce] keeps. Nil keeps everything that is not
// decided.
type ReduceOptions struct {
	// Include keeps what meets all of its lists, Exclude drops what meets any.
	Include, Exclude PayloadFilter
	// DropPrerequisites applies both to prerequisites of what is kept, too.
	// Without it they stay, so that evaluation does not change; holdouts
	// always do.
	DropPrerequisites bool
}

// PayloadFilter selects features and experiments by their metadata. Of each
// list one match is enough. A nil list does not select; an empty one matches
// nothing.
type PayloadFilter struct {
	Projects     []string         `json:"projects"`
	Tags         []string         `json:"tags"`
	CustomFields map[string][]any `json:"customFields"`
}

// Reduce shrinks a decrypted payload for a user of whom some attributes are
// known, as a server does before it hands flags to a browser: conditions lose
// what is decided, and groups, bandits and prerequisites that nothing leads to
// go. The result evaluates as the whole for everyone who agrees with known;
// keys that are not known here stay. The error matches [ErrPayload].
func Reduce(src []byte, known map[string]any, opts *ReduceOptions) ([]byte, error) {
	if opts == nil {
		opts = &ReduceOptions{}
	}
	if err := strictjson.Check(src, &strictjson.Limits{Bytes: maxBytes, CaseSensitive: true}); err != nil {
		return nil, &Problem{"", fmt.Errorf("%w: %w", err, ErrPayload)}
	}
	var whole map[string]any
	if err := json.Unmarshal(src, &whole); err != nil {
		return nil, &Problem{"", fmt.Errorf("%w: %w", err, ErrPayload)}
	}
	r := reducer{opts: opts, known: known}
	r.rawGroups, _ = whole["savedGroups"].(map[string]any)
	groups, err := rule.ParseGroups(mustMarshal(r.rawGroups))
	if err != nil {
		return nil, &Problem{"savedGroups", err}
	}
	r.groups = groups
	r.allFeatures, _ = whole["features"].(map[string]any)
	r.features = map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(r.allFeatures)) {
		if r.selected(r.allFeatures[id]) {
			r.keepFeature(id)
		}
	}
	experiments := r.keepExperiments(whole["experiments"])
	bandits := r.keepBandits(whole["contextualBandits"], experiments)

	out := maps.Clone(whole)
	out["features"], out["experiments"] = r.features, experiments
	out["savedGroups"] = r.keepGroups([]any{r.features, experiments, bandits})
	delete(out, "contextualBandits")
	if _, ok := whole["contextualBandits"].(map[string]any); ok {
		out["contextualBandits"] = bandits
	}
	return json.Marshal(out)
}

// mustMarshal writes what came from JSON.
func mustMarshal(x any) []byte {
	out, err := json.Marshal(x)
	if err != nil || string(out) == "null" {
		return []byte("{}")
	}
	return out
}

type reducer struct {
	opts        *ReduceOptions
	known       map[string]any
	groups      *rule.Groups
	rawGroups   map[string]any
	allFeatures map[string]any
	features    map[string]any // what is kept
}

func metadata(item any) map[string]any {
	object, _ := item.(map[string]any)
	meta, _ := object["metadata"].(map[string]any)
	return meta
}

// inProjects reports whether something with this metadata is delivered to the
// projects asked for. What lists no project is in none.
func (r *reducer) inProjects(meta map[string]any) bool {
	projects := r.opts.Include.Projects
	return projects == nil || truthy(meta["allProjects"]) || anyOf(meta["projects"], texts(projects))
}

func truthy(x any) bool {
	switch x := x.(type) {
	case nil:
		return false
	case bool:
		return x
	case float64:
		return x != 0
	case string:
		return x != ""
	default:
		return true
	}
}

func (r *reducer) selected(item any) bool {
	meta := metadata(item)
	fields, _ := meta["customFields"].(map[string]any)
	include, exclude := &r.opts.Include, &r.opts.Exclude
	if !r.inProjects(meta) || include.Tags != nil && !anyOf(meta["tags"], texts(include.Tags)) {
		return false
	}
	for key, wanted := range include.CustomFields {
		if !anyOf(fields[key], wanted) {
			return false
		}
	}
	if anyOf(meta["projects"], texts(exclude.Projects)) || anyOf(meta["tags"], texts(exclude.Tags)) {
		return false
	}
	for key, unwanted := range exclude.CustomFields {
		if anyOf(fields[key], unwanted) {
			return false
		}
	}
	return true
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// anyOf reports whether actual, or an element of it, is one of wanted.
func anyOf(actual any, wanted []any) bool {
	list, ok := actual.([]any)
	if !ok {
		list = []any{actual}
	}
	return slices.ContainsFunc(list, func(x any) bool {
		switch x.(type) {
		case []any, map[string]any:
			return false
		}
		return slices.ContainsFunc(wanted, func(w any) bool {
			switch w.(type) {
			case []any, map[string]any:
				return false
			}
			return w == x
		})
	})
}

// keepFeature keeps a feature with its rules reduced, and then what it needs.
func (r *reducer) keepFeature(id string) {
	def, ok := r.allFeatures[id].(map[string]any)
	if _, kept := r.features[id]; !ok || kept {
		return
	}
	rules, ok := def["rules"].([]any)
	if !ok {
		r.features[id] = def
		return
	}
	// A prerequisite from another project keeps the rules of its own.
	scoped := r.inProjects(metadata(def))
	kept := []any{}
	for _, one := range rules {
		meta := metadata(one)
		if scoped && meta["projects"] != nil && !r.inProjects(meta) {
			continue
		}
		kept = append(kept, r.prune(one, true))
	}
	def = maps.Clone(def)
	def["rules"] = kept
	r.features[id] = def // before its prerequisites, so that a cycle ends
	for _, one := range kept {
		r.keepParents(one)
	}
}

func (r *reducer) keepParents(item any) {
	object, _ := item.(map[string]any)
	parents, _ := object["parentConditions"].([]any)
	for _, p := range parents {
		parent, _ := p.(map[string]any)
		id, ok := parent["id"].(string)
		if ok && (!r.opts.DropPrerequisites || strings.HasPrefix(id, "$holdout:")) {
			r.keepFeature(id)
		}
	}
}

func (r *reducer) keepExperiments(x any) []any {
	list, _ := x.([]any)
	kept := []any{}
	for _, item := range list {
		if r.selected(item) {
			kept = append(kept, r.prune(item, false))
		}
	}
	for _, item := range kept {
		r.keepParents(item)
	}
	return kept
}

// prune reduces the condition of a rule or an experiment. One that never holds
// stays as a condition that never holds: sticky buckets and overrides of an
// experiment skip it.
func (r *reducer) prune(item any, isRule bool) any {
	object, ok := item.(map[string]any)
	if !ok {
		return item
	}
	condition, ok := object["condition"].(map[string]any)
	if !ok {
		return item
	}
	object = maps.Clone(object)
	left := r.left(condition)
	switch left {
	case true:
		delete(object, "condition")
	case false:
		object["condition"] = map[string]any{"$not": map[string]any{}}
		if _, ok := object["force"]; ok && isRule {
			object["force"] = nil // never returned, so not sent either
		}
	default:
		object["condition"] = left
	}
	return object
}

// left is a condition's outcome as a bool, or what is left of it as an object.
func (r *reducer) left(condition map[string]any) any {
	pruned, err := rule.Prune(mustMarshal(condition), r.known, r.groups)
	if err != nil {
		return undecided{condition}
	}
	if pruned.Decided {
		return pruned.Match
	}
	return undecided{json.RawMessage(pruned.Rest)}
}

// undecided keeps what is left apart from a decision, and comparable.
type undecided struct{ condition any }

// keepBandits keeps the bandits that something kept uses, without contexts that
// nobody can meet.
func (r *reducer) keepBandits(x any, experiments []any) map[string]any {
	all, _ := x.(map[string]any)
	kept := map[string]any{}
	items := slices.Clone(experiments)
	for _, id := range slices.Sorted(maps.Keys(r.features)) {
		def, _ := r.features[id].(map[string]any)
		rules, _ := def["rules"].([]any)
		items = append(items, rules...)
	}
	for _, item := range items {
		object, _ := item.(map[string]any)
		id, _ := object["contextualBanditRef"].(string)
		if def, ok := all[id]; ok && id != "" {
			kept[id] = r.pruneBandit(def)
		}
	}
	return kept
}

func (r *reducer) pruneBandit(x any) any {
	def, ok := x.(map[string]any)
	if !ok {
		return x
	}
	contexts, _ := def["contexts"].([]any)
	kept := []any{}
	for _, c := range contexts {
		context, ok := c.(map[string]any)
		condition, isObject := context["condition"].(map[string]any)
		if !ok || !isObject && context["condition"] != nil {
			kept = append(kept, c) // malformed: evaluation falls back at it
			continue
		}
		left := r.left(condition)
		if left == false {
			continue
		}
		if left == true {
			left = map[string]any{}
		}
		context = maps.Clone(context)
		context["condition"] = left
		kept = append(kept, context)
	}
	def = maps.Clone(def)
	def["contexts"] = kept
	return def
}
