package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// SignalKind is a way in which a post is suspicious.
type SignalKind string

// The kinds of signals.
const (
	Burst       SignalKind = "burst"        // more reviews of the product than by chance
	Repeated    SignalKind = "repeated"     // the text of another post
	Hurried     SignalKind = "hurried"      // the author writes many reviews in a short time
	Undisclosed SignalKind = "undisclosed"  // the text speaks of an incentive that is not disclosed
	Contact     SignalKind = "contact"      // links, addresses, telephone numbers
	Deceptive   SignalKind = "deceptive"    // the text held what Clean removed
	Returned    SignalKind = "returned"     // the author returned what the review is about
	OneVoice    SignalKind = "single_voice" // all reviews of the author praise, or all condemn
)

// Signal is one reason to look at a post. Signals never decide: they send a post to
// a moderator, and say why.
type Signal struct {
	Kind SignalKind `json:"kind"`
	// Reason says it in words, with the numbers.
	Reason string `json:"reason"`
	// Posts are the others concerned, such as those with the same text.
	Posts []string `json:"posts,omitempty"`
}

// Around is what a post is compared with.
type Around struct {
	// Product are reviews of the same product, the newest first; Author are posts of
	// the same author. The post itself is passed over.
	Product, Author []Post
	// Findings are what [moderation.Clean] removed from its texts.
	Findings []moderation.Finding
}

// The thresholds of [Signals].
const (
	burstWindow    = 24 * time.Hour
	burstBaseline  = 90 * 24 * time.Hour
	burstFloor     = 0.5 // reviews expected in a window where there is no history
	burstLevel     = 0.001
	burstLeast     = 4
	alikeShingles  = 3
	alikeFrom      = 0.7
	alikeLeast     = 8 // words below which texts are alike by chance
	hurriedFrom    = 6 // reviews of one author in a window
	singleVoiceMin = 6
)

var (
	contacts = regexp.MustCompile(`(?i)\bhttps?:|\bwww\.|[\w.+-]+@[\w-]+\.\w|\b(whatsapp|telegram|wechat|line id)\b|\+\d[\d \-/]{7,}\d|\b\d{3}[- ]\d{3}[- ]\d{4}\b`)
	// phrases of a text that speaks of an incentive.
	incentivePhrases = regexp.MustCompile(`(?i)\b(in exchange for (an? |my |this )?(honest |unbiased |fair )?(review|feedback|opinion)|for (my|an) (honest|unbiased) (review|opinion)|` +
		`(free|complimentary|review) (sample|product|item|copy)|(received|got|given|sent)( this| it| one)?( product| item)? (for free|free of charge|at a discount)|` +
		`(gifted|sponsored) (by|from|product|review)|i (work|worked) (for|at) the (brand|company|maker|manufacturer)|(gift card|refund|cash ?back|voucher) (for|if i) (a |an |leave |left |writ|review))`)
)

// Signals returns what makes a post suspicious, in the order of the kinds above. It
// is O(words of the texts compared).
func Signals(p *Post, around Around, at time.Time) (list []Signal) {
	add := func(kind SignalKind, posts []string, format string, args ...any) {
		list = append(list, Signal{kind, fmt.Sprintf(format, args...), posts})
	}
	if p.Kind == Review {
		if seen, expected, ok := burst(p, around.Product, at); ok {
			add(Burst, nil, "%d reviews of the product in %s where %.2g were expected (p = %.1g)", seen, hours(burstWindow), expected, poissonTail(seen, expected))
		}
	}
	if id, alike := mostAlike(p, around); id != "" {
		add(Repeated, []string{id}, "%.0f %% of the phrases are those of post %s", 100*alike, id)
	}
	if p.Kind == Review {
		if n := recent(p, around.Author, at); n >= hurriedFrom {
			add(Hurried, nil, "%d reviews by the author in %s", n, hours(burstWindow))
		}
	}
	text := p.Title + "\n" + p.Text
	if phrase := incentivePhrases.FindString(text); phrase != "" && p.Incentive == NoIncentive && p.Kind == Review {
		add(Undisclosed, nil, "the text says %q and no incentive is disclosed", strings.ToLower(phrase))
	}
	if contacts.MatchString(text) {
		add(Contact, nil, "the text holds a link, an address or a number")
	}
	for _, f := range around.Findings {
		add(Deceptive, nil, "the text held %s, %d times", strings.ReplaceAll(string(f.Kind), "_", " "), f.Count)
	}
	if p.Kind == Review {
		if n, star := oneVoice(p, around.Author); n >= singleVoiceMin {
			add(OneVoice, nil, "all %d reviews by the author give %d stars", n, star)
		}
	}
	return list
}

func hours(d time.Duration) string { return fmt.Sprintf("%d hours", int(d.Hours())) }

// burst compares how many reviews came in the window with how many came before.
func burst(p *Post, product []Post, at time.Time) (seen int64, expected float64, ok bool) {
	seen = 1
	older, oldest := 0, at.Add(-burstWindow)
	for i := range product {
		switch o := &product[i]; {
		case o.ID == p.ID || o.Kind != Review || o.CreatedAt.After(at):
		case o.CreatedAt.After(at.Add(-burstWindow)):
			seen++
		case o.CreatedAt.After(at.Add(-burstBaseline)):
			older++
			oldest = o.CreatedAt
		}
	}
	if windows := at.Add(-burstWindow).Sub(oldest).Hours() / burstWindow.Hours(); windows >= 1 {
		expected = float64(older) / windows
	} else {
		expected = float64(older)
	}
	expected = max(expected, burstFloor)
	return seen, expected, seen >= burstLeast && poissonTail(seen, expected) < burstLevel
}

// mostAlike returns the other post whose text is most like p's, if it is alike.
func mostAlike(p *Post, around Around) (id string, alike float64) {
	if len(words(p.Text)) < alikeLeast {
		return "", 0
	}
	own := shingles(p.Text, alikeShingles)
	for _, others := range [][]Post{around.Product, around.Author} {
		for i := range others {
			o := &others[i]
			if o.ID == p.ID || o.Text == "" || o.Product == p.Product && o.Author == p.Author && o.Kind == p.Kind && o.Kind == Review {
				continue
			}
			if a := jaccard(own, shingles(o.Text, alikeShingles)); a >= alikeFrom && (a > alike || a == alike && o.ID < id) {
				id, alike = o.ID, a
			}
		}
	}
	return id, alike
}

// recent counts the author's reviews of the window, p among them.
func recent(p *Post, author []Post, at time.Time) int {
	n := 1
	for i := range author {
		if o := &author[i]; o.ID != p.ID && o.Kind == Review && o.CreatedAt.After(at.Add(-burstWindow)) {
			n++
		}
	}
	return n
}

// oneVoice returns how many reviews the author wrote, if all give five stars or all
// one, p among them.
func oneVoice(p *Post, author []Post) (n, star int) {
	if p.Rating != 1 && p.Rating != 5 {
		return 0, 0
	}
	n = 1
	for i := range author {
		o := &author[i]
		if o.ID == p.ID || o.Kind != Review || o.Rating == 0 {
			continue
		}
		if o.Rating != p.Rating {
			return 0, 0
		}
		n++
	}
	return n, p.Rating
}

// signaled returns the signals with one of a kind in place of those of that kind.
func signaled(list []Signal, s Signal) []Signal {
	list = slices.DeleteFunc(slices.Clone(list), func(o Signal) bool { return o.Kind == s.Kind })
	return append(list, s)
}
