package rule

import (
	"bytes"
	"strconv"
	"strings"
)

// appendVersion appends the sort key of a version: a leading v and the build
// after + are dropped, the parts between dots and hyphens are joined by
// hyphens, numbers padded to five places, and a release (three parts) gets a
// last part ~ so that it sorts behind its pre-releases. Keys compare as bytes.
// The form is GrowthBook's, so numbers beyond 99,999 compare as text.
func appendVersion(dst []byte, version string) []byte {
	if version == "" {
		version = "0"
	}
	version = strings.TrimPrefix(version, "v")
	version, _, _ = strings.Cut(version, "+")
	parts := 0
	for {
		end := strings.IndexAny(version, "-.")
		part := version
		if end >= 0 {
			part = version[:end]
		}
		if parts > 0 {
			dst = append(dst, '-')
		}
		parts++
		if isDigits(part) {
			for range 5 - len(part) {
				dst = append(dst, ' ')
			}
		}
		dst = append(dst, part...)
		if end < 0 {
			break
		}
		version = version[end+1:]
	}
	if parts == 3 {
		dst = append(dst, "-~"...)
	}
	return dst
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// versionKey is the sort key of a wanted version, with the kind of its source:
// a text is only compared with texts and a number with numbers.
func versionKey(wanted value) (key string, ok bool) {
	switch wanted.kind {
	case kindString:
		return string(appendVersion(nil, wanted.str)), true
	case kindNumber:
		return string(appendVersion(nil, strconv.FormatFloat(wanted.num, 'f', -1, 64))), true
	default:
		return "", false
	}
}

// compareVersion orders an actual version against a wanted key.
func compareVersion(actual *value, key string) int {
	var text, number [64]byte
	var mine []byte
	if actual.kind == kindString {
		mine = appendVersion(text[:0], actual.str)
	} else {
		mine = appendVersion(text[:0], string(strconv.AppendFloat(number[:0], actual.num, 'f', -1, 64)))
	}
	return bytes.Compare(mine, []byte(key))
}
