package flag

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// URLTarget is a set of pages.
type URLTarget struct {
	// Type is "simple", where * stands for anything, or "regex".
	Type    string `json:"type,omitempty"`
	Pattern string `json:"pattern"`
	// Include is false for pages where the experiment does not run; true, or
	// not given, for those where it does.
	Include *bool `json:"include,omitempty"`
}

// urlTarget is a compiled URLTarget. One that is malformed matches no page.
type urlTarget struct {
	exclude bool
	pattern *regexp.Regexp // "regex"
	simple  *simpleURL
}

// simpleURL is what the parts of a page's URL must match.
type simpleURL struct {
	host, path, fragment *regexp.Regexp // fragment may be nil
	query                map[string]*regexp.Regexp
}

func newURLTarget(def URLTarget) (urlTarget, error) {
	t := urlTarget{exclude: def.Include != nil && !*def.Include}
	switch def.Type {
	case "regex":
		pattern, err := regexp.Compile(strings.ReplaceAll(def.Pattern, `\/`, `/`))
		if err != nil {
			return t, fmt.Errorf("%w: %w", err, ErrPayload)
		}
		t.pattern = pattern
	case "simple", "":
		simple, err := newSimpleURL(def.Pattern)
		if err != nil {
			return t, err
		}
		t.simple = simple
	default:
		return t, fmt.Errorf("type %q is unknown: %w", def.Type, ErrPayload)
	}
	return t, nil
}

// anything stands for * while a pattern is read as a URL.
const anything = "_____"

var bareHost = regexp.MustCompile(`^[^:/?]*\.`)

func newSimpleURL(pattern string) (*simpleURL, error) {
	text := strings.ReplaceAll(pattern, "*", anything)
	switch {
	case bareHost.MatchString(text):
		text = "https://" + text
	case !strings.Contains(text, "://"):
		text = "https://" + anything + "/" + strings.TrimPrefix(text, "/")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q is no URL: %w", pattern, ErrPayload)
	}
	part := func(s string) *regexp.Regexp {
		return regexp.MustCompile(`(?i)^` + strings.ReplaceAll(regexp.QuoteMeta(s), anything, ".*") + `$`)
	}
	path := strings.ReplaceAll(regexp.QuoteMeta(strings.Trim(u.Path, "/")), anything, ".*")
	s := &simpleURL{host: part(u.Host), path: regexp.MustCompile(`(?i)^/?` + path + `/?$`), query: map[string]*regexp.Regexp{}}
	if u.Fragment != "" {
		s.fragment = part(u.Fragment)
	}
	for key, values := range u.Query() {
		s.query[key] = part(values[0])
	}
	return s, nil
}

func (t *urlTarget) matches(page *url.URL) bool {
	switch {
	case t.pattern != nil:
		full := page.String()
		if t.pattern.MatchString(full) {
			return true
		}
		path, ok := strings.CutPrefix(full, page.Scheme+"://"+page.Host)
		return ok && t.pattern.MatchString(path)
	case t.simple != nil:
		s := t.simple
		if !s.host.MatchString(page.Host) || !s.path.MatchString(page.Path) ||
			s.fragment != nil && !s.fragment.MatchString(page.Fragment) {
			return false
		}
		query := page.Query()
		for key, pattern := range s.query {
			if !pattern.MatchString(query.Get(key)) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// targeted reports whether a page is one of those included, or, where none are,
// of those not excluded.
func targeted(page string, targets []urlTarget) bool {
	u, err := url.Parse(page)
	if err != nil {
		return false
	}
	includes, included := false, false
	for i := range targets {
		t := &targets[i]
		match := t.matches(u)
		if t.exclude && match {
			return false
		}
		includes = includes || !t.exclude
		included = included || !t.exclude && match
	}
	return included || !includes
}

// queryOverride is the variation that ?key=variation in the page's URL asks for.
func queryOverride(key, page string, variations int) (int, bool) {
	u, err := url.Parse(page)
	if err != nil {
		return 0, false
	}
	values := u.Query()[key]
	if len(values) != 1 {
		return 0, false
	}
	i, err := strconv.Atoi(values[0])
	return i, err == nil && i >= 0 && i < variations
}

// Redirect reports where to send a user.
type Redirect struct {
	// URL is the target, with the page's query where the experiment keeps it.
	URL        string
	Assignment Assignment
}

// Redirect runs the payload's own experiments for the user's page and returns
// the first redirect that a variation asks for; ok is false where none does.
// Record the assignment, where it counts, before redirecting.
func (s *Set) Redirect(u *User) (r Redirect, ok bool) {
	for _, x := range s.experiments {
		a := s.Run(&Compiled{x}, u)
		if !a.In {
			continue
		}
		variation, _ := a.Value.(map[string]any)
		target, _ := variation["urlRedirect"].(string)
		if target == "" {
			continue
		}
		if x.def.PersistQuery {
			target = mergeQuery(target, u.URL)
		}
		return Redirect{URL: target, Assignment: a}, true
	}
	return Redirect{}, false
}

// mergeQuery adds to target the parameters of page that it does not have.
func mergeQuery(target, page string) string {
	to, err := url.Parse(target)
	if err != nil {
		return target
	}
	from, err := url.Parse(page)
	if err != nil {
		return target
	}
	own := to.Query()
	for pair := range strings.SplitSeq(from.RawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || pair == "" || own.Has(name) {
			continue
		}
		if to.RawQuery != "" {
			to.RawQuery += "&"
		}
		to.RawQuery += pair
	}
	return to.String()
}
