package review

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// Kind is what a post is.
type Kind string

// The kinds of posts.
const (
	Review   Kind = "review"
	Question Kind = "question"
	Answer   Kind = "answer"
)

// Incentive is what the author got for a review, which readers are shown.
type Incentive string

// The incentives.
const (
	NoIncentive Incentive = ""
	FreeProduct Incentive = "free_product"
	Discount    Incentive = "discount"
	Points      Incentive = "points"
	Contest     Incentive = "contest"
	Employee    Incentive = "employee" // of the shop or the maker
)

var incentives = []Incentive{NoIncentive, FreeProduct, Discount, Points, Contest, Employee}

// Media is a picture, a video or a 3D model of a post. The file is kept elsewhere,
// under its name; see [moderation.CheckMedia] for its content.
type Media struct {
	Name string `json:"name"`
	// Alt says in words what it shows.
	Alt string `json:"alt,omitempty"`
}

// Post is a review, a question or an answer, with what was found out about it. Its
// slices are shared with nobody.
type Post struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Product is what the post is about, of a question's answers as well.
	Product string `json:"product"`
	// SKUs are those whose purchase verifies a review of the product; without any it
	// is the product's own name.
	SKUs []flywheel.SKU `json:"skus,omitempty"`
	// Parent is the question of an answer.
	Parent string `json:"parent,omitempty"`
	// Author wrote it, empty once forgotten. Name is how the author is shown.
	Author flywheel.CustomerID `json:"author,omitempty"`
	Name   string              `json:"name,omitempty"`
	// Rating is 1 to 5 of a review, else 0.
	Rating int    `json:"rating,omitempty"`
	Title  string `json:"title,omitempty"`
	Text   string `json:"text,omitempty"`
	// Language is a BCP 47 tag, such as "en" or "pt-BR"; empty where unknown.
	Language  string    `json:"language,omitempty"`
	Media     []Media   `json:"media,omitempty"`
	Incentive Incentive `json:"incentive,omitempty"`
	// Verified says that the author bought one of SKUs by the log and did not return
	// all of it; Order is that order.
	Verified bool   `json:"verified,omitempty"`
	Order    string `json:"order,omitempty"`
	// Official answers are the shop's or the maker's.
	Official bool `json:"official,omitempty"`

	Moderation moderation.Item `json:"moderation"`
	// Signals are what made the post suspicious, for moderators.
	Signals []Signal `json:"signals,omitempty"`
	// Note is why a moderator decided so, for the author.
	Note string `json:"note,omitempty"`

	// Up and Down count the votes of readers who found it helpful or not. Voting
	// leaves Version alone.
	Up   int64 `json:"up,omitempty"`
	Down int64 `json:"down,omitempty"`

	// Fingerprint is a hash of the draft, by which a repeated one is known.
	Fingerprint string `json:"fingerprint,omitempty"`

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Version counts the saves; 0 is a post that is not stored.
	Version int64 `json:"version"`
}

// Visible reports whether readers see the post.
func (p *Post) Visible() bool { return p.Moderation.Visible() }

// bought reports whether a purchase of sku verifies the post.
func (p *Post) bought(sku flywheel.SKU) bool {
	if len(p.SKUs) == 0 {
		return sku == flywheel.SKU(p.Product)
	}
	return slices.Contains(p.SKUs, sku)
}

// skus returns those whose purchase verifies the post.
func (p *Post) skus() []flywheel.SKU {
	if len(p.SKUs) == 0 {
		return []flywheel.SKU{flywheel.SKU(p.Product)}
	}
	return p.SKUs
}

// Clone returns a copy that shares no memory with p.
func (p Post) Clone() Post {
	p.SKUs = slices.Clone(p.SKUs)
	p.Media = slices.Clone(p.Media)
	p.Signals = slices.Clone(p.Signals)
	for i := range p.Signals {
		p.Signals[i].Posts = slices.Clone(p.Signals[i].Posts)
	}
	p.Moderation.Reporters = slices.Clone(p.Moderation.Reporters)
	return p
}

// Normal returns p as stores keep it: times in UTC to the microsecond, empty slices
// nil. It shares the slices with p. It is for authors of stores.
func (p Post) Normal() Post {
	for _, t := range []*time.Time{
		&p.CreatedAt, &p.UpdatedAt, &p.Moderation.Entered, &p.Moderation.Due, &p.Moderation.Until, &p.Moderation.Decided,
	} {
		if *t = t.UTC().Truncate(time.Microsecond); t.IsZero() {
			*t = time.Time{}
		}
	}
	if len(p.SKUs) == 0 {
		p.SKUs = nil
	}
	if len(p.Media) == 0 {
		p.Media = nil
	}
	if len(p.Signals) == 0 {
		p.Signals = nil
	}
	if len(p.Moderation.Reporters) == 0 {
		p.Moderation.Reporters = nil
	}
	return p
}

// Erased returns p without anything of its author, invisible for good. It is for
// authors of stores.
func (p Post) Erased() Post {
	return Post{
		ID: p.ID, Kind: p.Kind, Product: p.Product, Parent: p.Parent, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		Moderation: moderation.Item{State: moderation.Rejected}, Version: p.Version + 1,
	}
}

// Contributions returns what p adds to the tallies of its product and of the month
// of its writing. It is for authors of stores.
func (p *Post) Contributions() (Month, Tally) { return MonthOf(p.CreatedAt), p.tally() }
