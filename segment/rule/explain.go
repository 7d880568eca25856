package rule

import (
	"encoding/json"
	"strings"
)

// Term is one comparison of a rule and how it went.
type Term struct {
	Path     string `json:"path"`               // the attribute, such as "address.city"
	Operator string `json:"operator,omitempty"` // such as "$gt"; empty where a literal stands for equality
	Wanted   any    `json:"wanted"`             // the operand, in the form of encoding/json
	Actual   any    `json:"actual"`             // the attribute's value, nil for null and missing
	Negated  bool   `json:"negated,omitempty"`  // stands under an odd number of $not and $nor
	Holds    bool   `json:"holds"`              // whether it spoke for the rule, negation included
}

// String tells the term in words: `age $gt 65: no, is 60`.
func (t Term) String() string {
	var s strings.Builder
	s.WriteString(t.Path)
	if t.Negated {
		s.WriteString(" not")
	}
	if t.Operator != "" {
		s.WriteString(" " + t.Operator)
	}
	s.WriteString(" " + text(t.Wanted))
	if t.Holds {
		s.WriteString(": yes, is ")
	} else {
		s.WriteString(": no, is ")
	}
	s.WriteString(text(t.Actual))
	return s.String()
}

func text(x any) string {
	var s strings.Builder
	enc := json.NewEncoder(&s)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return "?"
	}
	return strings.TrimSuffix(s.String(), "\n")
}

// Explanation tells why a rule matched or did not.
type Explanation struct {
	Match bool `json:"match"`
	// Terms are the comparisons that were made, in the order of the rule.
	// Those that could not change the outcome any more were not made, so the
	// last one decided. A rule without terms has none.
	Terms []Term `json:"terms,omitempty"`
}

// Decisive returns the term that decided, the zero Term where there is none.
func (e Explanation) Decisive() Term {
	if len(e.Terms) == 0 {
		return Term{}
	}
	return e.Terms[len(e.Terms)-1]
}

// Explain tells how attributes meet or miss the rule. Match agrees with
// [Rule.Match].
func (r *Rule) Explain(attrs map[string]any) Explanation {
	if r == nil {
		return Explanation{Match: true}
	}
	return r.program.explain(&scope{root: value{kind: kindObject, ref: attrs}})
}

// ExplainRecord is [Rule.Explain] for a prepared record.
func (r *Rule) ExplainRecord(record *Record) Explanation {
	if r == nil {
		return Explanation{Match: true}
	}
	return r.program.explain(r.scope(record))
}

// explain runs the program and notes each test on the way.
func (p *program) explain(s *scope) Explanation {
	var e Explanation
	pc := p.entry
	for pc >= first {
		t := &p.code[pc-first]
		v := s.load(t)
		held := t.holds(&v)
		term := Term{
			Path: t.path, Operator: t.operator, Wanted: plain(t.wanted), Actual: v.plain(),
			Negated: t.negated, Holds: held != t.flipped,
		}
		e.Terms = append(e.Terms, term)
		if held {
			pc = t.yes
		} else {
			pc = t.no
		}
	}
	e.Match = pc == yes
	return e
}
