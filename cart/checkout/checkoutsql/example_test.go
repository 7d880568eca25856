package checkoutsql_test

import (
	"context"
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:sessions?mode=memory&cache=shared")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := checkoutsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		fmt.Println(err)
		return
	}
	saved, err := store.SaveSession(ctx, checkout.Session{ID: "s", Cart: "cart"})
	fmt.Println(saved.Revision, err)
	open, err := store.OpenSession(ctx, "cart")
	fmt.Println(open.ID, err)
	// Output:
	// 1 <nil>
	// s <nil>
}
