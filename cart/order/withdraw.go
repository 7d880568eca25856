package order

import (
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// EventWithdrawn says that a buyer withdrew from the purchase. Property "return" is the
// [RMA] of what has been sent.
const EventWithdrawn = "withdrawn"

// Withdraw is the consumer's withdrawal from the contract, wholly or in part, without
// a reason: the online function that Directive (EU) 2023/2673 (article 11a of
// Directive 2011/83/EU) asks for from 19 June 2026 on. Units that have not been sent
// are called off and paid back; those that have been sent come back as an [RMA] for a
// change of mind, also while they are on their way to the buyer. The time is that of
// [Policy].WindowDays, counted from the day of delivery.
//
// The shop shows the function while [Order.MayWithdraw] says so, lets the buyer
// confirm it, and sends an acknowledgment with the content of [Operation] and its time
// to Email without delay.
type Withdraw struct {
	// ID names the withdrawal, and the return that it leads to.
	ID string `json:"id"`
	// Name and Email are what the buyer states; the acknowledgment goes to Email.
	Name  string `json:"name"`
	Email string `json:"email"`
	// Lines are the units, by line; nil is everything.
	Lines map[string]int64 `json:"lines,omitempty"`
}

// KindWithdraw is the kind of [Withdraw].
const KindWithdraw Kind = "withdraw"

// Kind implements [Command].
func (c *Withdraw) Kind() Kind { return KindWithdraw }

func (c *Withdraw) key() string { return c.ID }

func (c *Withdraw) buyers() bool { return true }

func (c *Withdraw) check() error {
	if err := checkKey("id", c.ID); err != nil {
		return err
	}
	if strings.TrimSpace(c.Name) == "" {
		return refuse("name", flywheel.ErrInvalid, "missing")
	}
	if !strings.Contains(c.Email, "@") {
		return refuse("email", flywheel.ErrInvalid, "no address for the acknowledgment")
	}
	if err := checkText("name", c.Name); err != nil {
		return err
	}
	return checkText("email", c.Email)
}

func (c *Withdraw) decide(d *decision) error {
	if d.o.RMA(c.ID) != nil {
		return refuse("id", flywheel.ErrKeyReused, "return %q is there", c.ID)
	}
	lines := c.Lines
	if lines == nil {
		lines = map[string]int64{}
		for i := range d.o.Lines {
			l := &d.o.Lines[i]
			if n, err := d.withdrawable(l); err == nil && n > 0 {
				lines[l.ID] = n
			}
		}
	}
	if len(lines) == 0 {
		return refuse("lines", flywheel.ErrConflict, "nothing that could be withdrawn from")
	}
	off, back := map[string]int64{}, map[string]int64{}
	for _, id := range sortedLines(lines) {
		l, n := d.o.Line(id), lines[id]
		if l == nil {
			return refuse("lines."+id, flywheel.ErrNotFound, "no line %q", id)
		}
		if n < 1 {
			return refuse("lines."+id, flywheel.ErrOutOfRange, "%d units", n)
		}
		free, err := d.withdrawable(l)
		if err != nil {
			return err
		}
		if n > free {
			return &UnitsError{Line: id, Want: n, Have: free}
		}
		if unsent := min(n, l.Unshipped()); unsent > 0 {
			off[id] = unsent
		}
		if sent := n - off[id]; sent > 0 {
			back[id] = sent
		}
	}
	if len(back) > 0 {
		d.comeBack(RMA{ID: c.ID, Reason: ChangedMind, At: d.at}, back)
		d.event(EventReturnRequested, d.o.amount(0), d.itemsOf(back), map[string]any{"return": c.ID, "reason": ChangedMind})
	}
	if len(off) > 0 {
		if err := (&CallOff{Lines: off, Reason: "withdrawal"}).decide(d); err != nil {
			return err
		}
	}
	d.event(EventWithdrawn, d.o.amount(0), d.itemsOf(lines), map[string]any{"return": c.ID})
	return nil
}

// withdrawable returns of how many units of a line the buyer may withdraw now.
func (d *decision) withdrawable(l *Line) (int64, error) {
	n := l.Unshipped() + l.Fulfilled() - d.o.onWay(l.ID)
	if n <= 0 || l.FinalSale || l.Download {
		return 0, nil
	}
	if !l.DeliveredAt.IsZero() {
		over, err := d.o.Policy.over(d.at, l.DeliveredAt, d.o.Policy.WindowDays)
		if err != nil || over && l.Unshipped() == 0 {
			return 0, err
		}
		if over {
			return l.Unshipped(), nil
		}
	}
	return n, nil
}

// MayWithdraw returns of how many units of each line the buyer may withdraw at a time,
// see [Withdraw]. Final sales and downloads are left out.
func (o *Order) MayWithdraw(at time.Time) (map[string]int64, error) {
	d := &decision{o: o, at: normalTime(at)}
	lines := map[string]int64{}
	if o.Mode == "" {
		return lines, nil
	}
	for i := range o.Lines {
		n, err := d.withdrawable(&o.Lines[i])
		if err != nil {
			return nil, err
		}
		if n > 0 {
			lines[o.Lines[i].ID] = n
		}
	}
	return lines, nil
}
