package catalog

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel"
)

// makers finds option sets and values by their names, and makes those that are not
// there.
type makers struct {
	im      *importer
	sets    map[string]*optionSet // by code, as they will be
	changed map[string]bool
	byName  map[string]string // code of the set of a name
	codes   map[string]map[string]string
	chain   []Locale
}

func newMakers(w *write, im *importer) *makers {
	m := &makers{im: im, sets: map[string]*optionSet{}, changed: map[string]bool{}, byName: map[string]string{}, codes: map[string]map[string]string{}, chain: w.schema.chain(im.ch, im.locale)}
	for _, code := range sortedKeys(w.schema.options) {
		set := w.schema.options[code]
		m.sets[code] = set
		if name := textIn(set.Name, m.chain, code); m.byName[name] == "" {
			m.byName[name] = code
		}
	}
	return m
}

// named reports whether a set has a name.
func (m *makers) named(code, name string) bool {
	set := m.sets[code]
	return set != nil && textIn(set.Name, m.chain, code) == name
}

// free returns the slug of a name that is not taken.
func (m *makers) free(name, fallback string, taken func(string) bool) string {
	base := slugify(name, m.im.locale, ASCIISlugs)
	if base == "" {
		base = slugify(name, m.im.locale, UnicodeSlugs)
	}
	if base == "" {
		base = fallback
	}
	code := base
	for n := 2; taken(code); n++ {
		code = numberedSlug(base, "-"+strconv.Itoa(n))
	}
	return code
}

// set returns the code of the set of a name.
func (m *makers) set(name string, before []string) string {
	if code := m.byName[name]; code != "" && !contains(before, code) {
		return code
	}
	code := m.free(name, "option", func(c string) bool { return m.sets[c] != nil })
	m.enter(code, name)
	m.byName[name] = code
	return code
}

// setOf returns the set of a code, which is made where it is not there.
func (m *makers) setOf(code string) string {
	if m.sets[code] == nil {
		m.enter(code, code)
	}
	return code
}

func (m *makers) enter(code, name string) {
	m.sets[code] = &optionSet{OptionSet: OptionSet{Code: code, Name: map[Locale]string{m.im.locale: name}}, at: map[string]int{}}
	m.changed[code] = true
}

// names returns the values of a set by name.
func (m *makers) names(code string) map[string]string {
	if byName := m.codes[code]; byName != nil {
		return byName
	}
	byName := map[string]string{}
	for _, v := range m.sets[code].Values {
		if name := textIn(v.Name, m.chain, v.Code); byName[name] == "" {
			byName[name] = v.Code
		}
	}
	m.codes[code] = byName
	return byName
}

// value returns the code of the value of a name in a set.
func (m *makers) value(set, name string) string {
	byName := m.names(set)
	if code := byName[name]; code != "" {
		return code
	}
	old := m.sets[set]
	code := m.free(name, "value", func(c string) bool {
		_, taken := old.at[c]
		return taken
	})
	if !m.changed[set] {
		next := &optionSet{OptionSet: old.OptionSet, at: make(map[string]int, len(old.at)+1)}
		next.Values = slices.Clone(old.Values)
		for c, i := range old.at {
			next.at[c] = i
		}
		m.sets[set], m.changed[set], old = next, true, next
	}
	old.at[code] = len(old.Values)
	old.Values = append(old.Values, OptionValue{Code: code, Name: map[Locale]string{m.im.locale: name}})
	byName[name] = code
	return code
}

func (m *makers) valueName(set, code string) string {
	if s := m.sets[set]; s != nil {
		return s.valueName(code, m.chain)
	}
	return code
}

// values returns the codes of values by name, one of each option.
func (m *makers) values(options, names []string) []string {
	if len(names) != len(options) || len(names) == 0 {
		return nil
	}
	codes := make([]string, len(names))
	for i, name := range names {
		codes[i] = m.value(options[i], name)
	}
	return codes
}

// define enters the sets that were made or got values in the change.
func (m *makers) define(w *write) error {
	for _, code := range sortedKeys(m.changed) {
		set := m.sets[code]
		if len(set.Values) > maxValues {
			return fieldError("values", flywheel.ErrLimit, "option set %q would have %d values", code, len(set.Values))
		}
		defs, err := definition(kindOptions, code, set.OptionSet)
		if err != nil {
			return err
		}
		w.batch.Definitions = append(w.batch.Definitions, defs...)
	}
	if len(w.batch.Definitions) == 0 {
		return nil
	}
	next, err := w.schema.apply(w.schema.revision+1, w.batch.Definitions)
	if err != nil {
		return fmt.Errorf("catalog: import: %w", err)
	}
	w.schema = next
	return nil
}
