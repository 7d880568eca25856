package utm

import "strings"

// hostOf returns the host of an absolute http or https link, without user, port
// and final dot. A backslash ends the host, as browsers have it, so that
// "https://evil.example\@shop.example" is a link to evil.example.
func hostOf(link string) (string, bool) {
	const plain, secure = "http://", "https://"
	var rest string
	switch {
	case len(link) > len(secure) && strings.EqualFold(link[:len(secure)], secure):
		rest = link[len(secure):]
	case len(link) > len(plain) && strings.EqualFold(link[:len(plain)], plain):
		rest = link[len(plain):]
	default:
		return "", false
	}
	for i := range len(rest) {
		if c := rest[i]; c == '/' || c == '?' || c == '#' || c == '\\' {
			rest = rest[:i]
			break
		}
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if strings.HasPrefix(rest, "[") {
		if i := strings.IndexByte(rest, ']'); i >= 0 {
			return rest[:i+1], true
		}
		return "", false
	}
	if i := strings.IndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	rest = strings.TrimSuffix(rest, ".")
	return rest, rest != ""
}

// within reports whether host is one of domains or below one of them. The
// domains are in lower case.
func within(host string, domains []string) bool {
	for _, d := range domains {
		if len(host) < len(d) || !strings.EqualFold(host[len(host)-len(d):], d) {
			continue
		}
		if len(host) == len(d) || host[len(host)-len(d)-1] == '.' {
			return true
		}
	}
	return false
}
