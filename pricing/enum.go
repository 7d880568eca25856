package pricing

import "fmt"

// enumText returns the name of a value of an enumeration, enumValue the value
// of a name.
func enumText(names []string, v uint8) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, invalid("no such value: %d", v)
	}
	return []byte(names[v]), nil
}

func enumString(names []string, v uint8) string {
	if int(v) >= len(names) {
		return fmt.Sprintf("value(%d)", v)
	}
	return names[v]
}

func enumValue(names []string, text []byte) (uint8, error) {
	for i, name := range names {
		if string(text) == name {
			return uint8(i), nil
		}
	}
	return 0, invalid("%.40q is none of %q", text, names)
}
