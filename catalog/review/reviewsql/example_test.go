package reviewsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
)

// The reviews of a shop in SQLite: the aggregate follows each decision.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:reviews?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *reviewsql.Store = reviewsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	reviews, err := review.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	p, err := reviews.Submit(ctx, review.Draft{Kind: review.Review, Product: "mug", Author: "anna", Rating: 5, Text: "Holds the tea."})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := reviews.Claim(ctx, p.ID, "mod"); err != nil {
		log.Fatal(err)
	}
	if _, err := reviews.Decide(ctx, p.ID, "mod", moderation.Approved, ""); err != nil {
		log.Fatal(err)
	}
	sums, err := reviews.Aggregates(ctx, false, "mug", "cup")
	for _, a := range sums {
		fmt.Printf("%s %d %q\n", a.Product, a.Ratings.Count(), a.Ratings.RatingValue())
	}
	fmt.Println(err)
	// Output:
	// mug 1 "5.0"
	// cup 0 ""
	// <nil>
}
