package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

func shirt() catalog.Product {
	return catalog.Product{
		ID: "shirt", Title: "Linen shirt", Status: catalog.Active,
		Categories: []catalog.CategoryID{"shirts"},
		Axes:       []catalog.Axis{{Name: "size", Values: []string{"S", "M"}}, {Name: "colour", Values: []string{"white", "blue"}}},
		Variants: []catalog.Variant{
			{SKU: "SH-S-W", Options: []string{"S", "white"}},
			{SKU: "SH-M-W", Options: []string{"M", "white"}},
			{SKU: "SH-M-B", Options: []string{"M", "blue"}},
		},
	}
}

func Example() {
	ctx := context.Background()
	shop, err := catalog.New(nil, nil)
	if err != nil {
		panic(err)
	}
	if _, err := shop.PutCategories(ctx,
		catalog.Category{ID: "clothes", Name: "Clothes"},
		catalog.Category{ID: "shirts", Parent: "clothes", Name: "Shirts"},
	); err != nil {
		panic(err)
	}
	if _, err := shop.Put(ctx, shirt()); err != nil {
		panic(err)
	}
	p, v, err := shop.BySKU(ctx, "SH-M-B")
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Title, v.Options)
	for p, err := range shop.All(ctx, catalog.Filter{Category: "clothes", Status: catalog.Active}) {
		if err != nil {
			panic(err)
		}
		fmt.Println("in clothes:", p.ID)
	}
	// Output:
	// Linen shirt [M blue]
	// in clothes: shirt
}

func ExampleService_Put() {
	ctx := context.Background()
	shop, _ := catalog.New(nil, nil)
	_, _ = shop.PutCategories(ctx, catalog.Category{ID: "shirts", Name: "Shirts"})
	p, err := shop.Put(ctx, shirt())
	fmt.Println("version", p.Version, err)

	p.Title = "Shirt of linen"
	changed, err := shop.Put(ctx, p)
	fmt.Println("version", changed.Version, err)

	p.Title = "Linen"
	_, err = shop.Put(ctx, p) // someone else's change would be lost
	fmt.Println(err, errors.Is(err, flywheel.ErrConflict))
	// Output:
	// version 1 <nil>
	// version 2 <nil>
	// catalog: product "shirt": version 1 given, 2 is stored true
}

func ExampleFieldError() {
	p := shirt()
	p.Variants[2].Options[1] = "green"
	err := p.Validate()
	if wrong, ok := errors.AsType[*catalog.FieldError](err); ok {
		fmt.Println(wrong.Field)
	}
	fmt.Println(err)
	// Output:
	// variants[2].options[1]
	// catalog: product "shirt": variants[2].options[1]: "green" is no value of axis "colour": invalid
}

func ExampleProduct_Find() {
	p := shirt()
	v, ok := p.Find("M", "blue")
	fmt.Println(v.SKU, ok)
	_, ok = p.Find("S", "blue")
	fmt.Println(ok)
	// Output:
	// SH-M-B true
	// false
}

func ExampleTree() {
	tree, err := catalog.NewTree(0, []catalog.Category{
		{ID: "clothes", Name: "Clothes"},
		{ID: "shirts", Parent: "clothes", Name: "Shirts", Position: 2},
		{ID: "linen", Parent: "shirts", Name: "Linen shirts"},
		{ID: "shoes", Parent: "clothes", Name: "Shoes", Position: 1},
	})
	if err != nil {
		panic(err)
	}
	for depth, c := range tree.All() {
		fmt.Println(strings.Repeat("  ", depth) + c.Name)
	}
	_, err = tree.Move("clothes", "linen")
	fmt.Println(err)
	if tree, err = tree.Move("linen", ""); err != nil {
		panic(err)
	}
	fmt.Println(tree.Descendants("clothes"), len(tree.Path("linen")))
	// Output:
	// Clothes
	//   Shoes
	//   Shirts
	//     Linen shirts
	// catalog: category "clothes": parent: "linen" is itself or below it: cycle of categories: invalid
	// [clothes shoes shirts] 1
}

func ExampleService_Page() {
	ctx := context.Background()
	shop, _ := catalog.New(nil, nil)
	for _, id := range []catalog.ID{"a", "b", "c"} {
		_, _ = shop.Put(ctx, catalog.Product{ID: id, Title: "Product " + string(id)})
	}
	for cursor := ""; ; {
		page, err := shop.Page(ctx, catalog.Filter{}, cursor, 2)
		if err != nil {
			panic(err)
		}
		for _, p := range page.Items {
			fmt.Print(p.ID, " ")
		}
		fmt.Println("| more:", page.Next != "")
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	// Output:
	// a b | more: true
	// c | more: false
}

func ExampleStatus_CanBecome() {
	fmt.Println(catalog.Draft.CanBecome(catalog.Active), catalog.Archived.CanBecome(catalog.Active))
	// Output: true false
}
