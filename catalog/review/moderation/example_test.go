package moderation_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// A review is approved, reported by two readers, and looked at again.
func Example() {
	m, err := moderation.New(moderation.Rules{ReportLimit: 2})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	item, err := m.Submit(moderation.Submission{Author: "anna", Trust: 40}, at)
	if err != nil {
		log.Fatal(err)
	}
	if item, err = m.Claim(item, "mod-1", at); err != nil {
		log.Fatal(err)
	}
	if item, err = m.Decide(item, "mod-1", moderation.Approved, at.Add(time.Minute)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(item.State, item.Visible())
	for _, reader := range []string{"ben", "ben", "cleo"} {
		var outcome moderation.Outcome
		if item, outcome, err = m.Report(item, reader, at.Add(time.Hour)); err != nil {
			log.Fatal(err)
		}
		fmt.Println(reader, outcome)
	}
	fmt.Println(item.State, "due", item.Due.Format(time.DateTime))
	// Output:
	// approved true
	// ben noted
	// ben duplicate
	// cleo hidden
	// pending due 2026-03-03 10:00:00
}

func ExampleRefusedError() {
	m, err := moderation.New(moderation.Rules{})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	item, err := m.Submit(moderation.Submission{Author: "anna"}, at)
	if err != nil {
		log.Fatal(err)
	}
	_, err = m.Claim(item, "anna", at)
	var refused *moderation.RefusedError
	if errors.As(err, &refused) && refused.Reason == moderation.OwnItem {
		fmt.Println(refused)
	}
	// Output: moderation: refused: own_item
}

func ExampleClean() {
	text, findings := moderation.Clean("<b>Buy</b> at раypal\u200b.example \u202enow")
	fmt.Println(text)
	for _, f := range findings {
		var kind moderation.FindingKind = f.Kind
		fmt.Println(kind, f.Count)
	}
	// Output:
	// Buy at paypal.example now
	// direction 1
	// invisible 1
	// look_alike 2
	// markup 2
}

func ExampleCheckMedia() {
	fmt.Println(moderation.CheckMedia("shoe.jpg", []byte("\xff\xd8\xff\xe0 and so on")))
	err := moderation.CheckMedia("../shoe.jpg", nil)
	var refused *moderation.MediaError
	fmt.Println(errors.As(err, &refused), err)
	// Output:
	// <nil>
	// true moderation: media "../shoe.jpg": a path or a sign that paths use: invalid
}

// The author of a rejected review appeals, and somebody else decides.
func ExampleMachine_Appeal() {
	m, err := moderation.New(moderation.Rules{Appeals: 1})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	item, err := m.Submit(moderation.Submission{Author: "anna"}, at)
	if err != nil {
		log.Fatal(err)
	}
	if item, err = m.Claim(item, "mod-1", at); err != nil {
		log.Fatal(err)
	}
	if item, err = m.Decide(item, "mod-1", moderation.Rejected, at); err != nil {
		log.Fatal(err)
	}
	if item, err = m.Appeal(item, "anna", at.Add(time.Hour)); err != nil {
		log.Fatal(err)
	}
	_, err = m.Claim(item, "mod-1", at.Add(2*time.Hour))
	fmt.Println(item.State, err)
	item, err = m.Claim(item, "mod-2", at.Add(2*time.Hour))
	fmt.Println(item.State, err)
	// Output:
	// pending <nil>
	// claimed <nil>
}

// A claim that is given back, or that runs out, leaves the item in the queue; and so
// does a text that its author has changed.
func ExampleMachine_Release() {
	m, err := moderation.New(moderation.Rules{Lease: 10 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	item, err := m.Submit(moderation.Submission{Author: "anna"}, at)
	if err != nil {
		log.Fatal(err)
	}
	if item, err = m.Claim(item, "mod-1", at); err != nil {
		log.Fatal(err)
	}
	fmt.Println(item.State, item.At(at.Add(m.Rules().Lease)).State)
	released, err := m.Release(item, "mod-1", at.Add(time.Minute))
	fmt.Println(released.State, err)
	if item, err = m.Decide(item, "mod-1", moderation.Approved, at.Add(time.Minute)); err != nil {
		log.Fatal(err)
	}
	item, err = m.Edit(item, "anna", at.Add(time.Hour))
	fmt.Println(item.State, err)
	// Output:
	// claimed pending
	// pending <nil>
	// pending <nil>
}
