package flag

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// StickyDocument is what one identity was assigned to, in the form in which
// GrowthBook's libraries keep it.
type StickyDocument struct {
	Attribute string `json:"attributeName"`
	Value     string `json:"attributeValue"`
	// Assignments are variation keys by experiment and version, such as
	// "checkout__0".
	Assignments map[string]string `json:"assignments"`
}

// Sticky is the earlier assignments of one user, whom they bind although
// weights have changed since, or the user has signed in. Evaluation adds new
// assignments to it. It belongs to one goroutine.
type Sticky struct {
	documents []StickyDocument
	changed   []bool
}

// NewSticky returns the assignments of a user's identities.
func NewSticky(documents ...StickyDocument) *Sticky {
	s := &Sticky{}
	for _, d := range documents {
		d.Assignments = maps.Clone(d.Assignments)
		s.documents = append(s.documents, d)
	}
	s.changed = make([]bool, len(s.documents))
	return s
}

// Documents returns all assignments, ordered by attribute and value.
func (s *Sticky) Documents() []StickyDocument {
	return s.list(func(int) bool { return true })
}

// Changed returns the documents to which evaluation has added something.
func (s *Sticky) Changed() []StickyDocument {
	return s.list(func(i int) bool { return s.changed[i] })
}

func (s *Sticky) list(keep func(i int) bool) []StickyDocument {
	var list []StickyDocument
	for i, d := range s.documents {
		if keep(i) {
			d.Assignments = maps.Clone(d.Assignments)
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b StickyDocument) int {
		return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Value, b.Value))
	})
	return list
}

func (s *Sticky) find(attribute, value string) int {
	for i := range s.documents {
		if s.documents[i].Attribute == attribute && s.documents[i].Value == value {
			return i
		}
	}
	return -1
}

func (s *Sticky) assignments(attribute, value string) map[string]string {
	if i := s.find(attribute, value); i >= 0 && value != "" {
		return s.documents[i].Assignments
	}
	return nil
}

// lookup finds the variation that binds the user, and whether an assignment of
// a version that is not accepted any more keeps the user out.
func (s *Sticky) lookup(x *compiled, u *User, attribute, unit string) (variation int, blocked bool) {
	fallback := cmp.Or(x.def.Fallback, "id")
	first := s.assignments(attribute, unit)
	var second map[string]string
	if fallback != attribute {
		second = s.assignments(fallback, u.unit(fallback))
	}
	if x.def.MinBucketVersion > 0 && (x.outdated(first) || x.outdated(second)) {
		return -1, true
	}
	key, ok := first[x.stickyKey]
	if !ok {
		key, ok = second[x.stickyKey]
	}
	if !ok {
		return -1, false
	}
	return slices.Index(x.keys, key), false
}

// stickyKey names an experiment's buckets of its current version.
func stickyKey(def *Experiment) string {
	return def.Key + "__" + strconv.Itoa(max(def.BucketVersion, 0))
}

// outdated reports an assignment of a version below the least accepted one.
func (x *compiled) outdated(assignments map[string]string) bool {
	for key := range assignments {
		i := strings.LastIndex(key, "__")
		if i < 0 || key[:i] != x.def.Key {
			continue
		}
		if version, err := strconv.Atoi(key[i+2:]); err == nil && version >= 0 && version < x.def.MinBucketVersion {
			return true
		}
	}
	return false
}

// save keeps an assignment.
func (s *Sticky) save(attribute, value, key, variation string) {
	i := s.find(attribute, value)
	if i < 0 {
		i = len(s.documents)
		s.documents = append(s.documents, StickyDocument{Attribute: attribute, Value: value})
		s.changed = append(s.changed, false)
	}
	d := &s.documents[i]
	if d.Assignments[key] == variation {
		return
	}
	if d.Assignments == nil {
		d.Assignments = map[string]string{}
	}
	d.Assignments[key] = variation
	s.changed[i] = true
}
