package audit_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel/segment/audit"
)

func Example() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var chain audit.Chain
	var entries []audit.Entry
	for _, object := range []string{"mug", "cup", "pot"} {
		e, err := chain.Append(audit.Act{Actor: "staff-1", Action: "stock.adjust", Object: object, Reason: "broken", Details: "-1"}, at)
		if err != nil {
			log.Fatal(err)
		}
		entries = append(entries, e)
	}
	fmt.Println(audit.Verify(entries, nil))
	entries[1].Details = "-10"
	err := audit.Verify(entries, nil)
	var broken *audit.BrokenError
	fmt.Println(errors.As(err, &broken), err)
	// Output:
	// <nil>
	// true audit: entry 2: its content has another hash
}

func ExampleVerifyUpTo() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var chain audit.Chain
	e, err := chain.Append(audit.Act{Actor: "staff-1", Action: "price.edit", Object: "mug", Reason: "sale"}, at)
	if err != nil {
		log.Fatal(err)
	}
	kept := chain // in the mail of the day
	err = audit.VerifyUpTo(audit.Chain{}, func(yield func(audit.Entry, error) bool) { yield(e, nil) }, &kept)
	fmt.Println(err)
	err = audit.VerifyUpTo(audit.Chain{}, func(func(audit.Entry, error) bool) {}, &kept)
	fmt.Println(err)
	// Output:
	// <nil>
	// audit: entry 1: the entries up to 1 are missing
}
