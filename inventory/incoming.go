package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Paper is a document that is worked on for a while: goods that are expected, a
// transfer, or a count that waits for approval.
type Paper struct {
	Kind PaperKind `json:"kind"`
	Ref  string    `json:"ref"`
	// Open papers are still worked on.
	Open bool `json:"open"`
	// From is where a transfer left; To is where goods are expected, or were counted.
	From Location `json:"from,omitempty"`
	To   Location `json:"to"`
	// Due is the day on which goods are expected.
	Due fulfillment.Date `json:"due,omitzero"`
	// Reason and By say why a count was made and who decided about it.
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	// Lines are ordered by SKU, one for each; those of a purchase order by SKU and Line.
	Lines []PaperLine `json:"lines"`
	// Source is the version of the purchase order that the lines were taken from.
	Source int64 `json:"source,omitempty"`
	// Version counts the saves.
	Version int64 `json:"version"`
}

// PaperKind says what a [Paper] is about.
type PaperKind string

// The kinds of papers.
const (
	PaperIncoming PaperKind = "incoming" // expected, from a supplier or another location
	PaperCount    PaperKind = "count"
	// PaperPurchase is what a purchase order expects, line by line; see
	// [Service.Schedule].
	PaperPurchase PaperKind = "purchase"
)

// PaperLine is what a paper says of a SKU.
type PaperLine struct {
	SKU flywheel.SKU `json:"sku"`
	// Quantity is what is expected, or what was counted.
	Quantity int64 `json:"quantity"`
	// Done is what has arrived.
	Done int64 `json:"done,omitempty"`
	// Variance is what a count found, less what was on hand then.
	Variance int64 `json:"variance,omitempty"`
	// Line, To, Due, Earliest and Latest are those of a line of a purchase order, of
	// which several may be about one SKU.
	Line     string           `json:"line,omitempty"`
	To       Location         `json:"to,omitempty"`
	Due      fulfillment.Date `json:"due,omitzero"`
	Earliest fulfillment.Date `json:"earliest,omitzero"`
	Latest   fulfillment.Date `json:"latest,omitzero"`
}

// Incoming is a number of units that are expected at a place.
type Incoming = fulfillment.Incoming

// PaperStore is what a Store offers in addition when it keeps papers. [Service] finds
// it by assertion, and uses it in transactions only.
type PaperStore interface {
	// Paper returns a paper. A missing one is an error matching flywheel.ErrNotFound.
	Paper(ctx context.Context, kind PaperKind, ref string) (Paper, error)
	// SavePaper writes p when the stored version is p.Version, 0 meaning that there is
	// none, and returns it with its new version. Otherwise the error matches
	// [ErrStale].
	SavePaper(ctx context.Context, p Paper) (Paper, error)
	// OpenPapers returns up to limit open papers of a kind whose Ref is greater than
	// after, ordered by it.
	OpenPapers(ctx context.Context, kind PaperKind, after string, limit int) ([]Paper, error)
	// Incoming returns what open incoming papers expect of skus, ordered by SKU, Due
	// (no day last), Location, Ref and Line; lines of which nothing is to come are left
	// out. Papers of two kinds may have one Ref.
	Incoming(ctx context.Context, skus []flywheel.SKU) ([]Incoming, error)
}

// incoming returns what a line of an open incoming paper still expects.
func (p *Paper) incoming(l *PaperLine) (Incoming, bool) {
	in := Incoming{SKU: l.SKU, Location: p.To, Ref: p.Ref, From: p.From, Due: p.Due, Quantity: l.Quantity - l.Done}
	if p.Kind == PaperPurchase {
		in.Location, in.Line, in.Due, in.Earliest, in.Latest = l.To, l.Line, l.Due, l.Earliest, l.Latest
	}
	return in, p.Open && (p.Kind == PaperIncoming || p.Kind == PaperPurchase) && in.Quantity > 0
}

// IncomingOf returns what a paper still expects, for authors of stores.
func (p *Paper) IncomingOf() (list []Incoming) {
	for i := range p.Lines {
		if in, ok := p.incoming(&p.Lines[i]); ok {
			list = append(list, in)
		}
	}
	return list
}

var errNoPapers = refused(flywheel.ErrInvalid, "the store keeps no papers in transactions")

// Expect records goods that a supplier will deliver to the service's location on a
// day, zero if that is not known. Ref names the purchase order: the same lines again
// change nothing, others match flywheel.ErrConflict. See [Service.Reschedule].
func (s *Service) Expect(ctx context.Context, ref string, due fulfillment.Date, lines []flywheel.Line) error {
	p, err := s.newPaper(ref, lines)
	if err != nil {
		return err
	}
	p.Kind, p.To, p.Due = PaperIncoming, s.location, due
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		_, err := s.begin(ctx, p)
		return err
	})
}

func (s *Service) newPaper(ref string, lines []flywheel.Line) (Paper, error) {
	p := Paper{Ref: ref, Open: true}
	if s.papers == nil {
		return p, errNoPapers
	}
	if err := s.checkRef(ref); err != nil {
		return p, err
	}
	lines, err := merged(lines)
	for _, l := range lines {
		p.Lines = append(p.Lines, PaperLine{SKU: l.SKU, Quantity: l.Quantity})
	}
	return p, err
}

// begin saves a new paper, and reports whether it was there already.
func (s *Service) begin(ctx context.Context, p Paper) (known bool, err error) {
	before, err := s.papers.Paper(ctx, p.Kind, p.Ref)
	if errors.Is(err, flywheel.ErrNotFound) {
		_, err = s.papers.SavePaper(ctx, p)
		return false, err
	}
	if err != nil {
		return false, err
	}
	same := before.From == p.From && before.To == p.To && slices.EqualFunc(before.Lines, p.Lines, func(a, b PaperLine) bool {
		return a.SKU == b.SKU && a.Quantity == b.Quantity
	})
	if !same {
		return true, refused(flywheel.ErrKeyReused, "%s %q is about other goods", p.Kind, p.Ref)
	}
	return true, nil
}

// Reschedule says on which other day goods are expected.
func (s *Service) Reschedule(ctx context.Context, ref string, due fulfillment.Date) error {
	return s.change(ctx, PaperIncoming, ref, func(_ context.Context, p *Paper) error {
		if !p.Open {
			return refused(flywheel.ErrConflict, "%s %q is closed", p.Kind, ref)
		}
		p.Due = due
		return nil
	})
}

// CloseIncoming says that nothing more will come of a purchase order or a transfer;
// what a transfer has not brought is lost. Closing again changes nothing.
func (s *Service) CloseIncoming(ctx context.Context, ref string) error {
	return s.change(ctx, PaperIncoming, ref, func(_ context.Context, p *Paper) error {
		p.Open = false
		return nil
	})
}

// change changes a paper in a transaction, again when somebody else was faster.
func (s *Service) change(ctx context.Context, kind PaperKind, ref string, fn func(ctx context.Context, p *Paper) error) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	if s.papers == nil {
		return errNoPapers
	}
	for range maxRounds {
		err := s.tx.InTx(ctx, func(ctx context.Context) error {
			p, err := s.papers.Paper(ctx, kind, ref)
			if err != nil {
				return err
			}
			if err := fn(ctx, &p); err != nil {
				return err
			}
			_, err = s.papers.SavePaper(ctx, p)
			return err
		})
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
	return refused(ErrStale, "%s %q keeps changing", kind, ref)
}

// Transfer sends goods from the service's location to another, where they are expected
// on a day. They are in transit: on hand nowhere, and incoming there, until
// [Service.Arrive]. Less than that at the service's location is a [*ShortageError]. Of
// tracked items those lots travel that expire first. Ref names the transfer: the same
// again changes nothing.
func (s *Service) Transfer(ctx context.Context, ref string, to Location, due fulfillment.Date, lines []flywheel.Line) error {
	p, err := s.newPaper(ref, lines)
	if err != nil {
		return err
	}
	if err := checkLocation(to); err != nil {
		return err
	}
	if to == s.location {
		return refused(flywheel.ErrInvalid, "transfer %q goes where it comes from", ref)
	}
	p.Kind, p.From, p.To, p.Due = PaperIncoming, s.location, to, due
	at := s.now()
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		if known, err := s.begin(ctx, p); known || err != nil {
			return err
		}
		ms := make([]Movement, len(p.Lines))
		for i, l := range p.Lines {
			ms[i] = Movement{SKU: l.SKU, Location: s.location, Kind: KindTransferOut, Ref: ref, OnHand: -l.Quantity, At: at}
		}
		if err := s.post(ctx, ms); err != nil {
			return err
		}
		return s.track(ctx, ms, nil)
	})
}

// Arrive puts goods of a purchase order or a transfer on the shelf where they are
// expected, some or all of them; more than expected of a purchase order is taken, more
// than was sent by a transfer is a [*ShortageError]. Lots say of which lots they are, for
// a purchase order; a transfer brings those that left. Key names the arrival: the same
// again changes nothing, other goods under it match flywheel.ErrConflict. When
// everything has come the paper is closed; a closed one takes no more.
func (s *Service) Arrive(ctx context.Context, ref, key string, lines []flywheel.Line, lots []LotLine) error {
	if err := checkID("key", key); err != nil {
		return err
	}
	for _, l := range lots {
		lines = append(lines[:len(lines):len(lines)], flywheel.Line{SKU: l.SKU, Quantity: l.Quantity})
	}
	lines, err := merged(lines)
	if err != nil {
		return err
	}
	if len(lots) > 0 && s.lots == nil {
		return refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	at := s.now()
	return s.change(ctx, PaperIncoming, ref, func(ctx context.Context, p *Paper) error {
		kind, named := KindReceive, lots
		if p.From != "" {
			kind = KindTransferIn
		}
		ms := make([]Movement, len(lines))
		for i, l := range lines {
			ms[i] = Movement{SKU: l.SKU, Location: p.To, Kind: kind, Ref: ref, Key: key, OnHand: l.Quantity, At: at}
		}
		if known, err := s.knows(ctx, ms); known || err != nil {
			return err
		}
		if !p.Open {
			return refused(flywheel.ErrConflict, "%s %q is closed", p.Kind, ref)
		}
		if err := p.arrived(lines); err != nil {
			return err
		}
		if p.From != "" && s.lots != nil {
			if named, err = s.inTransit(ctx, ref, lines); err != nil {
				return err
			}
		}
		if err := s.post(ctx, ms); err != nil {
			return err
		}
		if err := s.track(ctx, ms, named); err != nil {
			return err
		}
		return s.At(p.To).tell(ctx, kind, p.To, ref, ms, lines, map[string]any{"key": key})
	})
}

// arrived adds lines to what has come, and closes the paper when that is everything.
func (p *Paper) arrived(lines []flywheel.Line) error {
	for _, l := range lines {
		i, ok := slices.BinarySearchFunc(p.Lines, l.SKU, func(line PaperLine, sku flywheel.SKU) int { return cmp.Compare(line.SKU, sku) })
		switch {
		case !ok && p.From == "":
			p.Lines = slices.Insert(p.Lines, i, PaperLine{SKU: l.SKU})
		case !ok:
			return refused(flywheel.ErrNotFound, "%s is not in transfer %q", l.SKU, p.Ref)
		case p.From != "" && l.Quantity > p.Lines[i].Quantity-p.Lines[i].Done:
			return &ShortageError{SKU: l.SKU, Location: p.From, Want: l.Quantity, Have: p.Lines[i].Quantity - p.Lines[i].Done}
		}
		if l.Quantity > MaxQuantity-p.Lines[i].Done {
			return refused(flywheel.ErrOutOfRange, "more than %d of %s", MaxQuantity, l.SKU)
		}
		p.Lines[i].Done += l.Quantity
	}
	p.Open = slices.ContainsFunc(p.Lines, func(l PaperLine) bool { return l.Done < l.Quantity })
	return nil
}

// inTransit says of which lots lines of a transfer are: of those that left and have not
// arrived, the first to expire first.
func (s *Service) inTransit(ctx context.Context, ref string, lines []flywheel.Line) (named []LotLine, err error) {
	moves, err := s.lots.LotMovesOf(ctx, ref)
	if err != nil {
		return nil, err
	}
	var lots []Lot
	for _, m := range moves {
		if m.Kind != KindTransferOut && m.Kind != KindTransferIn {
			continue
		}
		i := slices.IndexFunc(lots, func(l Lot) bool { return l.SKU == m.SKU && l.Lot == m.Lot })
		if i < 0 {
			i, lots = len(lots), append(lots, Lot{SKU: m.SKU, Lot: m.Lot, Expires: m.Expires})
		}
		lots[i].OnHand -= m.OnHand
	}
	slices.SortFunc(lots, func(a, b Lot) int { return cmp.Or(cmp.Compare(a.SKU, b.SKU), compareLots(&a, &b)) })
	for _, l := range lines {
		left := l.Quantity
		for _, lot := range lots {
			if n := min(left, lot.OnHand); lot.SKU == l.SKU && n > 0 {
				named = append(named, LotLine{SKU: l.SKU, Lot: lot.Lot, Expires: lot.Expires, Quantity: n})
				left -= n
			}
		}
	}
	return named, nil
}

// Incoming returns what is expected of SKUs at all places, from suppliers and in
// transit, ordered by SKU, day, location, ref and line.
func (s *Service) Incoming(ctx context.Context, skus []flywheel.SKU) ([]Incoming, error) {
	for i, sku := range skus {
		if err := checkID(fmt.Sprintf("sku %d", i+1), string(sku)); err != nil {
			return nil, err
		}
	}
	if s.papers == nil {
		return nil, errNoPapers
	}
	return s.papers.Incoming(ctx, skus)
}

// OpenPapers returns up to limit papers of a kind that are still worked on and whose Ref
// is greater than after, ordered by it.
func (s *Service) OpenPapers(ctx context.Context, kind PaperKind, after string, limit int) ([]Paper, error) {
	if s.papers == nil {
		return nil, errNoPapers
	}
	return s.papers.OpenPapers(ctx, kind, after, limit)
}

// OnOrder returns how many units of each SKU are expected at all places from suppliers;
// what is in transit between places is already counted there. A SKU of which nothing is expected
// is left out.
func (s *Service) OnOrder(ctx context.Context, skus []flywheel.SKU) (map[flywheel.SKU]int64, error) {
	incoming, err := s.Incoming(ctx, skus)
	if err != nil {
		return nil, err
	}
	sums := map[flywheel.SKU]int64{}
	for i := range incoming {
		if incoming[i].From == "" {
			sums[incoming[i].SKU] += incoming[i].Quantity
		}
	}
	return sums, nil
}
