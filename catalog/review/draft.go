package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// The longest texts, in characters, unless [Options] say otherwise, and the most
// files of a post.
const (
	DefaultMaxText = 10_000
	MaxTitle       = 200
	MaxName        = 80
	MaxMedia       = 20
	MaxSKUs        = 2_048
)

// Draft is what an author submits.
type Draft struct {
	// ID names the post; the same draft under it again is answered as the first time.
	// Empty has one made.
	ID      string         `json:"id,omitempty"`
	Kind    Kind           `json:"kind"`
	Product string         `json:"product,omitempty"` // of an answer that of the question
	SKUs    []flywheel.SKU `json:"skus,omitempty"`
	Parent  string         `json:"parent,omitempty"` // of an answer

	Author flywheel.CustomerID `json:"author"`
	Name   string              `json:"name,omitempty"`

	Rating    int       `json:"rating,omitempty"` // of a review, 1 to 5
	Title     string    `json:"title,omitempty"`
	Text      string    `json:"text,omitempty"` // a review may do without
	Language  string    `json:"language,omitempty"`
	Media     []Media   `json:"media,omitempty"`
	Incentive Incentive `json:"incentive,omitempty"`
	Official  bool      `json:"official,omitempty"` // of an answer
}

// check reports what is wrong with d as a [*flywheel.FieldError].
func (d *Draft) check(maxText int) error {
	ids := []struct{ name, value string }{{"product", d.Product}, {"author", string(d.Author)}}
	if d.ID != "" {
		ids = append(ids, struct{ name, value string }{"id", d.ID})
	}
	switch d.Kind {
	case Answer:
		ids[0] = struct{ name, value string }{"parent", d.Parent}
		if d.Product != "" {
			return field("product", fmt.Errorf("of an answer it is that of the question: %w", flywheel.ErrInvalid))
		}
	case Review, Question:
		if d.Parent != "" {
			return field("parent", fmt.Errorf("only an answer has one: %w", flywheel.ErrInvalid))
		}
		if d.Official {
			return field("official", fmt.Errorf("only an answer is: %w", flywheel.ErrInvalid))
		}
	default:
		return field("kind", fmt.Errorf("%.40q: %w", d.Kind, flywheel.ErrInvalid))
	}
	for _, id := range ids {
		if err := flywheel.CheckID(id.value); err != nil {
			return field(id.name, err)
		}
	}
	if d.Kind != Review && (d.Rating != 0 || d.Incentive != NoIncentive || len(d.SKUs) != 0) {
		return field("kind", fmt.Errorf("a rating, an incentive or SKUs of a %s: %w", d.Kind, flywheel.ErrInvalid))
	}
	if len(d.SKUs) > MaxSKUs {
		return field("skus", fmt.Errorf("%d, at most %d: %w", len(d.SKUs), MaxSKUs, flywheel.ErrLimit))
	}
	for i, sku := range d.SKUs {
		if err := flywheel.CheckID(string(sku)); err != nil {
			return field(fmt.Sprintf("skus[%d]", i), err)
		}
	}
	return d.checkContent(maxText)
}

// checkContent reports what is wrong with the part that an edit changes.
func (d *Draft) checkContent(maxText int) error {
	if d.Kind == Review && (d.Rating < 1 || d.Rating > 5) {
		return outOfRange("rating", "%d is not from 1 to 5", d.Rating)
	}
	if !slices.Contains(incentives, d.Incentive) {
		return field("incentive", fmt.Errorf("%.40q: %w", d.Incentive, flywheel.ErrInvalid))
	}
	for _, t := range []struct {
		name, value string
		most        int
	}{{"name", d.Name, MaxName}, {"title", d.Title, MaxTitle}, {"text", d.Text, maxText}} {
		if len(t.value) > t.most && (len(t.value) > 4*t.most || utf8.RuneCountInString(t.value) > t.most) {
			return field(t.name, fmt.Errorf("more than %d characters: %w", t.most, flywheel.ErrLimit))
		}
	}
	if d.Kind != Review && strings.TrimSpace(d.Text) == "" {
		return field("text", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	}
	if d.Language != "" {
		if err := CheckLanguage(d.Language); err != nil {
			return err
		}
	}
	if len(d.Media) > MaxMedia {
		return field("media", fmt.Errorf("%d files, at most %d: %w", len(d.Media), MaxMedia, flywheel.ErrLimit))
	}
	for i, m := range d.Media {
		if err := moderation.CheckMedia(m.Name, nil); err != nil {
			return field(fmt.Sprintf("media[%d].name", i), err)
		}
		if len(m.Alt) > 4*MaxTitle {
			return field(fmt.Sprintf("media[%d].alt", i), fmt.Errorf("%d bytes: %w", len(m.Alt), flywheel.ErrLimit))
		}
	}
	return nil
}

// write copies the content into p, cleaned, and returns what was removed.
func (d *Draft) write(p *Post) (findings []moderation.Finding) {
	clean := func(text string) string {
		text, found := moderation.Clean(text)
		for _, f := range found {
			at := slices.IndexFunc(findings, func(g moderation.Finding) bool { return g.Kind == f.Kind })
			if at < 0 {
				findings = append(findings, f)
			} else {
				findings[at].Count += f.Count
			}
		}
		return text
	}
	oneLine := func(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }
	p.Name, p.Title, p.Text = oneLine(d.Name), oneLine(d.Title), clean(d.Text)
	p.Rating, p.Language, p.Incentive = d.Rating, d.Language, d.Incentive
	p.Media = nil
	for _, m := range d.Media {
		p.Media = append(p.Media, Media{m.Name, oneLine(m.Alt)})
	}
	return findings
}

// fingerprint is a hash of the draft, by which a repeated one is known.
func (d Draft) fingerprint() string {
	text, err := json.Marshal(d)
	if err != nil {
		return "" // texts and numbers always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
