package utm

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Mode is how strictly a link is read.
type Mode int

// The modes of reading.
const (
	// Lenient takes keys in any case, after "amp;", and behind the fragment
	// where the query has none; of repeated keys the first that has a value; and
	// a broken escape as it stands.
	Lenient Mode = iota
	// Strict takes keys as a Tagger writes them. A broken escape, a value that
	// is not UTF-8 and a key that is there twice with different values are
	// errors.
	Strict
)

// Landing is what the address of a landing page says about where the visit came
// from.
type Landing struct {
	Params Params
	// Clicks are the click ids in the order of the link.
	Clicks []Click
	// Share names the share button that the link went through, such as
	// "wechat", or is empty.
	Share string
}

// Click is an identifier that an advertising platform adds to a link.
type Click struct {
	Key   string // such as "gclid"
	Value string
}

// ClickSource is what a click id says about where the click came from.
type ClickSource struct {
	Source, Medium string
	// Paid is false where the platform adds the id to links that nobody paid
	// for, too; such an id does not make a visit paid.
	Paid bool
}

// clickSources are the click ids of the large platforms, after their help pages.
var clickSources = map[string]ClickSource{
	"gclid":      {"google", "cpc", true},
	"gbraid":     {"google", "cpc", true},
	"wbraid":     {"google", "cpc", true},
	"dclid":      {"google", "display", true}, // Display & Video 360, Campaign Manager
	"msclkid":    {"bing", "cpc", true},
	"yclid":      {"yandex", "cpc", true},
	"bd_vid":     {"baidu", "cpc", true},
	"qhclickid":  {"so.com", "cpc", true},
	"ttclid":     {"tiktok", "cpc", true},
	"li_fat_id":  {"linkedin", "cpc", true},
	"twclid":     {"twitter", "cpc", true},
	"rdt_cid":    {"reddit", "cpc", true},
	"sccid":      {"snapchat", "cpc", true},
	"epik":       {"pinterest", "social", false},
	"fbclid":     {"facebook", "social", false},
	"igshid":     {"instagram", "social", false},
	"irclickid":  {"impact", "affiliate", true},
	"awc":        {"awin", "affiliate", true},
	"cjevent":    {"cj", "affiliate", true},
	"mc_eid":     {"mailchimp", "email", false},
	"_kx":        {"klaviyo", "email", false},
	"_hsenc":     {"hubspot", "email", false},
	"srsltid":    {"google", "organic", false}, // free listings of Merchant Center
	"vero_id":    {"vero", "email", false},
	"oly_enc_id": {"omeda", "email", false},
}

// ClickSourceOf returns what a click id's key says, in any case, and whether it
// is known.
func ClickSourceOf(key string) (ClickSource, bool) {
	s, ok := clickSources[strings.ToLower(key)]
	return s, ok
}

// wechatFrom are the values that WeChat gives the parameter "from" when a page is
// shared to a chat, a group or moments; any other "from" is the shop's own.
var wechatFrom = map[string]bool{"singlemessage": true, "groupmessage": true, "timeline": true, "singlecard": true, "favorites": true}

// Read reads a link's campaign parameters, click ids and share button. A link
// without any gives a zero Landing. In the mode Strict the error is a
// [*LinkError]; Lenient never fails. O(n) in the length of the link.
func Read(link string, mode Mode) (Landing, error) {
	rest, fragment, _ := strings.Cut(link, "#")
	_, query, _ := strings.Cut(rest, "?")
	var l Landing
	if err := l.read(query, mode); err != nil {
		return Landing{}, linkError(link, err)
	}
	if mode == Lenient && l.Params.IsZero() && strings.Contains(fragment, "=") {
		if _, after, ok := strings.Cut(fragment, "?"); ok {
			fragment = after
		}
		behind := Landing{Clicks: l.Clicks, Share: l.Share}
		if err := behind.read(fragment, mode); err == nil {
			l = behind
		}
	}
	return l, nil
}

func (l *Landing) read(query string, mode Mode) error {
	installed, from := false, ""
	for part := range strings.SplitSeq(query, "&") {
		rawKey, rawValue, _ := strings.Cut(part, "=")
		key, err := decode(rawKey, mode)
		if err != nil {
			return err
		}
		name := key
		if mode == Lenient {
			name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(key)), "amp;")
		}
		at := -1
		for i, k := range keys {
			if k == name {
				at = i
			}
		}
		_, click := clickSources[strings.ToLower(name)]
		share := name == "from" || name == "isappinstalled"
		if at < 0 && !click && !share {
			continue
		}
		value, err := decode(rawValue, mode)
		if err != nil {
			return err
		}
		if mode == Lenient {
			value = strings.TrimSpace(value)
		}
		switch {
		case at >= 0:
			field := l.Params.field(at)
			if *field != "" && *field != value && mode == Strict {
				return fmt.Errorf("%s is there twice: %w", name, flywheel.ErrInvalid)
			}
			if *field == "" {
				*field = value
			}
		case click && value != "":
			l.Clicks = append(l.Clicks, Click{strings.ToLower(name), value})
		case name == "isappinstalled":
			installed = value == "0" || value == "1"
		case name == "from":
			from = value
		}
	}
	if installed || wechatFrom[from] {
		l.Share = "wechat"
	}
	return nil
}

// decode undoes percent-encoding and takes + for a blank.
func decode(s string, mode Mode) (string, error) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		if mode == Strict && !utf8.ValidString(s) {
			return "", fmt.Errorf("%q is not UTF-8: %w", brief(s), flywheel.ErrInvalid)
		}
		return strings.ToValidUTF8(s, "\ufffd"), nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		case c == '%' && mode == Strict:
			return "", fmt.Errorf("%q has a broken escape: %w", brief(s), flywheel.ErrInvalid)
		default:
			b = append(b, c)
		}
	}
	if mode == Strict && !utf8.Valid(b) {
		return "", fmt.Errorf("%q is not UTF-8: %w", brief(s), flywheel.ErrInvalid)
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), nil
}

func brief(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// Clean returns the link without campaign parameters, click ids and what share
// buttons add, so that addresses of one page compare equal. The bytes of the rest
// stay as they are.
func Clean(link string) string {
	rest, fragment := link, ""
	if i := strings.IndexByte(link, '#'); i >= 0 {
		rest, fragment = link[:i], link[i:]
	}
	path, query, ok := strings.Cut(rest, "?")
	if !ok {
		return link
	}
	landing, _ := Read(rest, Lenient)
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		rawKey, rawValue, _ := strings.Cut(part, "=")
		key, _ := decode(rawKey, Lenient)
		key = strings.TrimPrefix(strings.ToLower(key), "amp;")
		_, click := clickSources[key]
		value, _ := decode(rawValue, Lenient)
		shared := landing.Share == "wechat" && (key == "isappinstalled" || key == "from" && wechatFrom[value])
		if !click && !shared && !strings.HasPrefix(key, "utm_") {
			kept = append(kept, part)
		}
	}
	if len(kept) == 0 || len(kept) == 1 && kept[0] == "" {
		return path + fragment
	}
	return path + "?" + strings.Join(kept, "&") + fragment
}
