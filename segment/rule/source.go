package rule

import (
	"bytes"
	"encoding/json"

	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// object is a JSON object in the order of its source, so that a rule is
// evaluated and explained in the order its author wrote.
type object []member

type member struct {
	key   string
	value any // nil, bool, float64, string, []any of these, object
}

// parseSource checks a rule's text against the limits and reads it.
func parseSource(src []byte, limits *strictjson.Limits) (any, error) {
	if err := strictjson.Check(src, limits); err != nil {
		return nil, err
	}
	return parseValue(json.NewDecoder(bytes.NewReader(src)))
}

func parseValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			x, err := parseValue(dec)
			if err != nil {
				return nil, err
			}
			o = append(o, member{key.(string), x})
		}
		_, err = dec.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			x, err := parseValue(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, x)
		}
		_, err = dec.Token()
		return list, err
	default:
		return token, nil
	}
}

// plain turns objects into maps.
func plain(x any) any {
	switch x := x.(type) {
	case object:
		m := make(map[string]any, len(x))
		for _, member := range x {
			m[member.key] = plain(member.value)
		}
		return m
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = plain(x[i])
		}
		return list
	default:
		return x
	}
}

// isOperators reports whether every key of o is an operator; so it is for the
// empty object.
func (o object) isOperators() bool {
	for _, m := range o {
		if m.key == "" || m.key[0] != '$' {
			return false
		}
	}
	return true
}
