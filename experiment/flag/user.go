package flag

import (
	"maps"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/unittext"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// User is for whom features are evaluated.
type User struct {
	// Attributes are what conditions ask for and hashes take: "id" unless a
	// rule says otherwise. Values are those of JSON.
	Attributes map[string]any
	// Customer and Visitor stand for the attributes "customer" and "visitor"
	// where Attributes lacks them, and are kept with exposures.
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	// At is the time by which schedules are read. At the zero time a scheduled
	// rule is off.
	At time.Time
	// URL is the page, for experiments that run on some pages only and for the
	// override ?experiment=variation, with which testers see a variation.
	URL string
	// Forced are variations by experiment key, which testers see whatever
	// their bucket. Nobody who is forced is counted.
	Forced map[string]int
	// QA keeps the user out of every experiment that is not forced.
	QA bool
	// Off keeps the user out of every experiment.
	Off bool
	// Sticky are the user's earlier assignments; nil goes without.
	Sticky *Sticky

	prepared *prepared
}

// prepared is a user's attributes in the order of a set's schema.
type prepared struct {
	set    *Set
	record *rule.Record
	id     string
}

// Prepare returns a copy of u that s evaluates faster, for a user who is asked
// about several features. Attributes must not change afterwards. Another set
// takes the copy as it takes u.
func (s *Set) Prepare(u *User) *User {
	v := *u
	v.prepared = nil
	p := &prepared{set: s, id: v.unit("id")}
	if s.schema != nil {
		p.record = s.schema.NewRecord()
		p.record.Load(u.Attributes)
	}
	v.prepared = p
	return &v
}

// meets reports whether the user meets a condition of s.
func (u *User) meets(s *Set, condition *rule.Rule) bool {
	switch {
	case condition == nil:
		return true
	case u.prepared != nil && u.prepared.set == s && u.prepared.record != nil:
		return condition.MatchRecord(u.prepared.record)
	default:
		return condition.Match(u.Attributes)
	}
}

// unit is the value of an attribute in the form in which it is hashed: a text
// that is not empty or a number that is not zero; else there is none.
func (u *User) unit(attribute string) string {
	if u.prepared != nil && attribute == "id" {
		return u.prepared.id
	}
	switch v := u.Attributes[attribute].(type) {
	case nil:
		switch attribute {
		case experiment.ByCustomer:
			return string(u.Customer)
		case experiment.ByVisitor:
			return string(u.Visitor)
		}
	default:
		return unittext.Of(v)
	}
	return ""
}

// identity is the attribute that is hashed, and its value.
func (u *User) identity(attribute, fallback string, sticky bool) (name, unit string) {
	unit = u.unit(attribute)
	if unit == "" && sticky && fallback != "" {
		if other := u.unit(fallback); other != "" {
			return fallback, other
		}
	}
	return attribute, unit
}

// WithRemoteGroups returns a copy of u who is in these remote groups and no
// others (see [rule.RemoteGroups]).
func (u *User) WithRemoteGroups(groups []any) *User {
	v := *u
	v.prepared = nil
	v.Attributes = maps.Clone(u.Attributes)
	if v.Attributes == nil {
		v.Attributes = map[string]any{}
	}
	v.Attributes[rule.RemoteGroups] = groups
	return &v
}
