package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

func ExampleMembers_Common() {
	ctx := context.Background()
	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: []segment.Definition{
		{Name: "buyers", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)},
		{Name: "loyal", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for i, customer := range []flywheel.CustomerID{"ann", "bob", "ann"} {
		learn(ctx, profiles, flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Time: at, Customer: customer})
	}
	buyers, _ := profiles.Members(ctx, "buyers")
	loyal, _ := profiles.Members(ctx, "loyal")
	fmt.Println(buyers.Common(loyal))
	// Output: 1 <nil>
}
