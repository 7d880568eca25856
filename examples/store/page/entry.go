package page

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// entry is a field of a form: what it is for browsers, what was typed, and what is wrong with
// that. Say and Empty are what the script of the page says before the form is sent.
type entry struct {
	Name, Label, Type, Auto, Mode, Value string
	Wrong, Say, Empty, Form, Hint        string
	Group, Optional                      bool
}

// entries are the fields of a form of one page, in the language of its reader.
type entries struct {
	r     *web.Request
	typed map[string]string
	wrong map[string]string
}

// is remembers what is wrong with a field; the first that is said of it holds.
func (e *entries) is(field, sentence string, values ...any) {
	if e.wrong == nil {
		e.wrong = map[string]string{}
	}
	if e.wrong[field] == "" {
		e.wrong[field] = sayWith(e.r.Language, sentence, values...)
	}
}

// mistake remembers a mistake of the packages; it reports whether err was one.
func (e *entries) mistake(err error) bool {
	var m *data.Mistake
	if !errors.As(err, &m) {
		return false
	}
	if m.Value == "" {
		e.is(m.Field, m.Say)
	} else {
		e.is(m.Field, m.Say, m.Value)
	}
	return true
}

// with adds what is known of each field.
func (e *entries) with(list ...entry) []entry {
	for i := range list {
		f := &list[i]
		f.Label, f.Wrong, f.Hint = say(e.r.Language, f.Label), e.wrong[f.Name], say(e.r.Language, f.Hint)
		if f.Say != "" {
			f.Say = say(e.r.Language, f.Say)
		}
		if !f.Optional {
			f.Empty = sayWith(e.r.Language, "“%s” is empty.", f.Label)
		}
		if typed, given := e.typed[f.Name]; given {
			f.Value = typed
		}
	}
	return list
}

// sayWith translates a sentence with values in it.
func sayWith(language, sentence string, values ...any) string {
	if len(values) == 0 {
		return say(language, sentence)
	}
	return fmt.Sprintf(say(language, sentence), values...)
}
