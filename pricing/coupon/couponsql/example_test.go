package couponsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/couponsql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:coupons?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := couponsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	coupons, err := coupon.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := coupons.SaveCampaign(ctx, coupon.Campaign{ID: "spring", PerCode: 1}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(coupons.Add(ctx, coupon.Code{Code: "SAVE10", Campaign: "spring"}))
	for _, order := range []string{"order-1", "order-1", "order-2"} {
		r, err := coupons.Redeem(ctx, order, coupon.Request{Code: "save10", Customer: "ann", Ref: order})
		fmt.Println(r.Ref, err)
	}
	// Output:
	// <nil>
	// order-1 <nil>
	// order-1 <nil>
	//  coupon: this code cannot be used: not found
}

// The coupon is used with a row of the caller's own, in the caller's transaction.
func ExampleStore_join() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:coupon_orders?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := couponsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	coupons, err := coupon.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := coupons.SaveCampaign(ctx, coupon.Campaign{ID: "spring"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(coupons.Add(ctx, coupon.Code{Code: "SAVE10", Campaign: "spring"}))

	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	_, err = coupons.Redeem(inTx, "order-1", coupon.Request{Code: "SAVE10", Customer: "ann"})
	fmt.Println(err, tx.Rollback())
	end(false)
	used, err := coupons.Used(ctx, "spring")
	fmt.Println(used, err)
	// Output:
	// <nil>
	// <nil> <nil>
	// 0 <nil>
}
